/**
 * `postmap` as reference for the tables: every line kept or dropped, every warning, every lookup, on generated texts.
 *
 * REFERENCE_SEED chooses them; run.ts takes it as a flag.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lookupEntry, lookupKeys } from '../../lambda/policy/lookup.ts';
import { type ParsedTable, parseTable } from '../../lambda/policy/parse.ts';
import { decodeText } from '../../lambda/postfix/decode.ts';
import { installedVersion } from './instance.ts';
import { type Random, randomFrom } from './random.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const version = installedVersion();
if (version === undefined)
  console.log('tables are not compared with postmap: postfix is not installed (apt-get install postfix)');

const home = mkdtempSync(join(tmpdir(), 'postmap-'));
afterAll(() => rmSync(home, { recursive: true }));
writeFileSync(join(home, 'main.cf'), 'compatibility_level = 3.6\n');
writeFileSync(join(home, 'master.cf'), '');

const TABLES = 40;
const random = randomFrom(seed);
const drawn = Array.from({ length: TABLES }, (_, i) => ({ i, bytes: drawTable(random) }));

describe.skipIf(version === undefined)(`postmap ${version} and ${TABLES} tables of seed ${seed}`, () => {
  test.each(drawn)('hash: table $i', ({ i, bytes }) => {
    const { table, path } = written(i, bytes, 'hash');
    expect(warnings(postmap([`hash:${path}`]))).toEqual(table.problems.map(({ warning }) => warning));
    expect(answers(`hash:${path}`, keysOf(table))).toEqual(ours(table));
  });

  test.each(drawn)('texthash: table $i', ({ i, bytes }) => {
    const { table, path } = written(i, bytes, 'texthash');
    const asked = postmap(['-q', 'nowhere.test', `texthash:${path}`]);
    // postmap opens the table once for each form of the key, so every warning comes several times over.
    expect([...new Set(warnings(asked))]).toEqual([...new Set(table.problems.map(({ warning }) => warning))]);
    expect(answers(`texthash:${path}`, keysOf(table))).toEqual(ours(table));
  });

  test('inline: and static: tables', () => {
    const names = [
      'inline:{a.test=may}',
      'inline:{ {A.test = secure match=x}, b.test=may, a.test=none }',
      'static:encrypt',
      'static:{secure match=x}',
    ];
    for (const name of names) {
      const table = parseTable({ name, text: '' }, version ?? '');
      for (const key of ['a.test', 'A.TEST', 'b.test', 'c.test']) {
        const found = lookupEntry(key, [table], version);
        const asked = postmap(['-q', key, name]).stdout;
        expect(found !== undefined && !('kind' in found) ? found.value : '').toBe(asked.trimEnd());
      }
    }
  });
});

/** What Postfix answers to each key it has an answer for. */
function answers(name: string, keys: readonly string[]): Record<string, string> {
  const { stdout } = postmap(['-q', '-', name], `${keys.join('\n')}\n`);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]));
}

/** What we answer, a broken texthash aside: postmap merely warns where smtp(8) gives the table up. */
function ours(table: ParsedTable): Record<string, string> {
  const { unavailable: _, ...readable } = table;
  return Object.fromEntries(
    keysOf(table).flatMap((key) => {
      const found = readable.entries.find((entry) => entry.key === key.toLowerCase() && entry.shadowedBy === undefined);
      return found === undefined ? [] : [[key, found.value]];
    }),
  );
}

/** All keys, other cases of them, what a sub-domain would be looked up by, and one that is nowhere. */
function keysOf(table: ParsedTable): string[] {
  const keys = table.entries.map(({ key }) => key);
  const more = keys.flatMap((key) => [key.toUpperCase(), ...lookupKeys(`x.${key.replace(/^\./, '')}`, version)]);
  // postmap -q - trims blanks around a key, and takes a line as one key.
  return [...new Set([...keys, ...more, 'nowhere.test'])].filter((key) => key.trim() === key && !/[\n\t]/.test(key));
}

function written(i: number, drawnBytes: Buffer, type: string): { table: ParsedTable; path: string } {
  const path = join(home, `${type}-${i}`);
  // What holds no policy at all is hidden, as it may be a table of passwords: one line makes it one of policies.
  const { noPolicy } = parseTable({ name: `${type}:${path}`, text: decodeText(drawnBytes) }, version ?? '');
  const bytes = noPolicy === undefined ? drawnBytes : Buffer.concat([drawnBytes, Buffer.from('\nlast.test may\n')]);
  writeFileSync(path, bytes);
  // A file younger than a second is read again and again until it has cooled down.
  utimesSync(path, 1e9, 1e9);
  return { path, table: parseTable({ name: `${type}:${path}`, text: decodeText(bytes) }, version ?? '') };
}

function postmap(args: readonly string[], input = ''): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync('postmap', ['-c', home, ...args], { input: Buffer.from(input) });
  return { stdout: decodeText(stdout), stderr: decodeText(stderr) };
}

function warnings({ stderr }: { stderr: string }): string[] {
  return stderr.split('\n').flatMap((line) => /^postmap: warning: (.*)$/.exec(line)?.[1] ?? []);
}

/** Lines of every kind, in bytes: entries, comments, continuations, quotes, Latin-1, and what nobody meant to write. */
function drawTable(r: Random): Buffer {
  const name = () =>
    r.pick([
      'a.test',
      '.a.test',
      'b.test',
      'B.Test',
      '[h.test]',
      '[h.test]:587',
      'x.a.test',
      'bücher.test',
      '192.0.2.1',
      '*',
      'a.test,',
      'c.test:',
      '"q.test"',
      '"q r"',
      'q\\ r',
      '\\',
      '=',
      '{x}',
    ]);
  const value = () =>
    r.pick([
      'may',
      'secure',
      'secure match=x.test',
      'secure,match=x.test',
      '= secure',
      '"secure"',
      'secure # c',
      'Encrypt\tciphers=high',
      'secure { match = x }',
      '\\',
      '"',
      'é',
      '#',
    ]);
  const blank = () => r.pick([' ', '\t', '  ', ' \t ', '\r', '\v', '\f']);
  const line = (): string =>
    r.weighted([
      [10, () => `${name()}${blank()}${value()}`],
      [2, () => `${name()}${blank()}${value()}${blank()}`],
      [2, () => name()],
      [2, () => `# ${value()}`],
      [2, () => `${blank()}# ${value()}`],
      [2, () => ''],
      [1, () => blank()],
      [3, () => `${blank()}${value()}`],
      [1, () => `"${name()} ${value()}`],
      [1, () => `${name()}${value()}`],
      [1, () => `# M\xfcller`],
      [1, () => `M\xfcller.test may`],
    ])();
  const lines = Array.from({ length: r.between(0, 25) }, () => {
    const text = line();
    return text.includes('\xfc') && text.includes('M') ? Buffer.from(text, 'latin1') : Buffer.from(text);
  });
  const end = r.chance(0.8) ? '\n' : '';
  return Buffer.concat(lines.flatMap((each, i) => [each, Buffer.from(i === lines.length - 1 ? end : '\n')]));
}
