/** Strangers' malice and slips through the whole command: names, certificates, banners, DNS answers, tables, closed pipes, signals. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckDocument } from '../../lambda/show/verdict-schema.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { runCommand } from './run-command.ts';

let internet: Internet;
let dir: string;

beforeAll(async () => {
  internet = await startInternet();
  dir = mkdtempSync(join(tmpdir(), 'hostile-'));
});

afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A file in the test's own directory. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const documentOf = (out: string) => JSON.parse(out) as CheckDocument;

describe('names that every object has', () => {
  const POLICY = 'constructor secure\n__proto__ secure\n[constructor]:constructor secure\na.test secure tafile=__proto__\n';

  test('check judges them as any other', async () => {
    const { code, out, err } = await runCommand(['check', file('names', POLICY), '--json', ...internet.flags]);
    expect(err).toBe('');
    expect(documentOf(out).entries.map(({ key, verdict, reason }) => `${key} ${verdict} ${reason}`)).toEqual([
      'constructor fail nxdomain',
      '__proto__ fail nxdomain',
      '[constructor]:constructor unchecked never-looked-up',
      'a.test fail nxdomain',
    ]);
    expect(code).toBe(2);
  });

  test('watch remembers them: told once', async () => {
    const run = () =>
      runCommand([
        'watch',
        file('names', POLICY),
        '--store',
        join(dir, 'names-store'),
        '--confirm-after',
        '0',
        ...internet.flags,
      ]);
    const first = await run();
    expect(first.err).toBe('');
    expect(first.out).toMatch(/^Subject: Now watching 4 entries: 3 would fail$/m);
    expect(await run()).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('long tables', () => {
  test.each([
    ['a line that goes on for 100,000 lines', `a.test secure\n${' match=x\n'.repeat(100_000)}`, 0],
    ['a match list of 100,000 names', `a.test secure match=${Array.from({ length: 100_000 }, (_, i) => `x${i}`).join(':')}\n`, 0],
    ['a key of 1 MB', `${'k'.repeat(1_000_000)} secure\n`, 1],
    ['100,000 broken lines', 'a.test secur\n'.repeat(100_000), 2],
  ])('%s', async (_, policy, expected) => {
    const { code, err } = await runCommand(['lint', file('long', policy)]);
    expect(err).toBe('');
    expect(code).toBe(expected);
  });
});
