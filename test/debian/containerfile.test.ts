/** packaging/Containerfile, which nothing builds here: what it names is what the Debian package has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../pages.ts';

const text = readFileSync(join(ROOT, 'packaging/Containerfile'), 'utf8');
/** Instructions with their words, comments left out and lines that go on joined. */
const instructions = text
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const);
const wordsOf = (name: string) => instructions.find(([instruction]) => instruction === name)?.[1];
const ours = (path: string) => readFileSync(join(ROOT, 'packaging/debian', path), 'utf8');

test('it is made of instructions that containers know, in an order that builds', () => {
  expect(instructions.map(([name]) => name)).toEqual([
    'FROM',
    'ARG',
    'COPY',
    'RUN',
    'LABEL',
    'USER',
    'WORKDIR',
    'VOLUME',
    'ENV',
    'ENTRYPOINT',
    'CMD',
  ]);
});

test('the lists of words are JSON', () => {
  expect(JSON.parse(wordsOf('ENTRYPOINT') ?? '')).toEqual(['/usr/bin/postfix-tls-watch']);
  expect(JSON.parse(wordsOf('CMD') ?? '')).toEqual(['--help']);
});

test('what is copied is what is installed, and what is removed again', () => {
  const [, copied] = /^\$\{DEB\} (\S+)$/.exec(wordsOf('COPY') ?? '') ?? [];
  expect(wordsOf('ARG')).toBe('DEB');
  expect(wordsOf('RUN')?.split(String(copied)).length).toBe(3);
});

test('user and directory are those that the package makes', () => {
  const [, user, home] = /^u (\S+) - ".*" (\S+)$/m.exec(ours('sysusers.conf')) ?? [];
  expect(wordsOf('USER')).toBe(user);
  for (const instruction of ['WORKDIR', 'VOLUME']) expect(wordsOf(instruction)).toBe(home);
  expect(wordsOf('ENV')).toBe(`STATE_DIRECTORY=${home}`);
  expect(ours('postinst')).toContain(`state=$DPKG_ROOT${home}\n`);
});

test('something makes the user that the package would take in place of systemd', () => {
  const depends = readFileSync(join(ROOT, 'infra/debian/control.ts'), 'utf8');
  const [, other = ''] = /no-install-recommends (\S+) /.exec(wordsOf('RUN') ?? '') ?? [];
  expect(depends).toContain(` | ${other} | `);
});
