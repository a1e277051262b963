/** The definitions for Nagios, NRPE, Icinga and sudo in docs/examples: all run one and the same command, which is a plugin. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../pages.ts';
import { startScene } from '../scene.ts';
import { parsePlugin } from './plugin-output.ts';

const textOf = (name: string) => readFileSync(join(ROOT, 'docs/examples', name), 'utf8');
const COMMAND = '/usr/local/bin/postfix-tls-watch status --nagios --warning 26 --critical 50';

function ofNagios(): string {
  const text = textOf('nagios.cfg');
  const [, line = ''] = /^\s*command_line\s+sudo -n (.+)$/m.exec(text) ?? [];
  const [, ...args] = /^\s*check_command\s+(.+)$/m.exec(text)?.[1]?.split('!') ?? [];
  expect(args.length).toBe(2);
  return args.reduce((command, arg, i) => command.replace(`$ARG${i + 1}$`, arg), line);
}

/** Arguments in their order, with the values of the command's own variables. */
function ofIcinga(): string {
  const text = textOf('icinga2.conf');
  const words = [...(/^ {2}command = \[ (.+) \]$/m.exec(text)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, word]) => word);
  const args = [...text.matchAll(/^ {4}"(--[a-z]+)" = \{\n {6}value = "\$(\w+)\$"\n[^}]*order = (\d)\n/gm)]
    .toSorted(([, , , a], [, , , b]) => Number(a) - Number(b))
    .flatMap(([, flag, variable]) => [flag, new RegExp(`^ {2}vars\\.${variable} = (\\d+)$`, 'm').exec(text)?.[1]]);
  return [...words, ...args].join(' ').replace(/^sudo -n /, '');
}

test.each([
  { name: 'nagios.cfg', command: ofNagios() },
  { name: 'nrpe.cfg', command: /^command\[check_postfix_tls\]=sudo -n (.+)$/m.exec(textOf('nrpe.cfg'))?.[1] },
  { name: 'icinga2.conf', command: ofIcinga() },
  {
    name: 'postfix-tls-watch.sudoers',
    command: /^nagios ALL=\(root\) NOPASSWD: (.+)$/m.exec(textOf('postfix-tls-watch.sudoers'))?.[1],
  },
])('$name has the command that sudo allows, word for word', ({ command }) => {
  expect(command).toBe(COMMAND);
});

test('sudo allows no other: no rule has a pattern', () => {
  const rules = textOf('postfix-tls-watch.sudoers')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules).toHaveLength(1);
  expect(rules[0]).not.toMatch(/[*?[\]\\]|ALL\s*$/);
});

test('that command is a plugin', { timeout: 300_000 }, async () => {
  const scene = await startScene();
  try {
    await scene.watch();
    const [, ...args] = COMMAND.split(' ');
    const { code, out } = await scene.run([...args, ...scene.storeFlags]);
    expect({ code, state: parsePlugin(out).state }).toEqual({ code: 2, state: 'CRITICAL' });
  } finally {
    await scene.close();
  }
});
