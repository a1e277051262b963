/** Completion as the shells themselves offer it: of every command and flag, and of their values. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandTree, leavesBelow } from '../../infra/command-tree.ts';
import { brief } from '../../infra/completion/offer.ts';
import { COMPLETIONS, completions } from '../../infra/manual-and-completion.ts';

/** Words of the line, the last of them the one that is completed. */
type Ask = (words: readonly string[]) => readonly string[];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'completion-'));
  for (const [shell, text] of Object.entries(completions()))
    writeFileSync(join(dir, COMPLETIONS[shell as keyof typeof COMPLETIONS]), text);
  mkdirSync(join(dir, 'place/below'), { recursive: true });
  writeFileSync(join(dir, 'place/tls policy'), '');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', TERM: 'xterm' };
function linesOf(program: string, args: readonly string[]): string[] {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env, cwd: join(dir, 'place') });
  expect(error).toBeUndefined();
  expect(stderr).toBe('');
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.trimEnd()]));
}

const bash: Ask = (words) =>
  linesOf('bash', [join(import.meta.dirname, 'bash-offers.bash'), join(dir, COMPLETIONS.bash), 'postfix-tls-watch', ...words]);
/** Each once: zsh asks in several ways. */
const zsh: Ask = (words) => [...new Set(zshOffers(words))];
const zshOffers: Ask = (words) =>
  linesOf('zsh', ['-f', join(import.meta.dirname, 'zsh-offers.zsh'), dir, ['postfix-tls-watch', ...words].join(' ')]).flatMap(
    (line) => /^<(.*)>$/.exec(line)?.[1] ?? [],
  );
const fish: Ask = (words) =>
  linesOf('fish', [
    '--no-config',
    '-c',
    'source $argv[1]; complete -C "$argv[2]"',
    join(dir, COMPLETIONS.fish),
    ['postfix-tls-watch', ...words].join(' '),
  ]).map((line) => line.split('\t')[0] ?? '');

const SHELLS: Readonly<Record<string, Ask>> = { bash, zsh, fish };
const isMissing = (shell: string) => spawnSync(shell, ['--version']).status !== 0;

const TREE = commandTree();
const leaf = (path: string) => leavesBelow(TREE).find((one) => one.path === path);

describe.each(Object.keys(SHELLS))('%s', (shell) => {
  describe.skipIf(isMissing(shell))(`offers (skipped where ${shell} is not installed)`, () => {
    const ask = SHELLS[shell] as Ask;

    test('every command, and those below one', () => {
      expect(ask(['']).toSorted()).toEqual(expect.arrayContaining(TREE.commands.map(({ path }) => path).toSorted()));
      expect(
        ask(['policy', ''])
          .filter((word) => !word.startsWith('-'))
          .toSorted(),
      ).toEqual(['forget', 'help', 'push', 'show', 'status'].toSorted());
    });

    test.each(leavesBelow(TREE).map(({ path }) => path))('every flag of %s', (path) => {
      const flags = leaf(path)?.flags.map(({ long }) => long) ?? [];
      const offered = ask([...path.split(' '), '--']).map((word) => word.replace(/=$/, ''));
      expect(offered.filter((word) => word.startsWith('--')).toSorted()).toEqual(flags.toSorted());
    });

    test.each([
      { because: 'a command is finished', words: ['unm'], offers: ['unmute'] },
      {
        because: 'below a group another command of the same name counts',
        words: ['policy', 'status', '--j'],
        offers: ['--json'],
      },
      { because: 'choices are offered', words: ['watch', '--smtp-tls', ''], offers: ['off', 'starttls', 'wrapper'] },
      { because: 'a value is narrowed', words: ['watch', '--mta-sts', 'n'], offers: ['never'] },
      { because: 'what takes a word has nothing to offer', words: ['check', '--helo', ''], offers: [] },
      { because: 'help knows the commands', words: ['help', 'unm'], offers: ['unmute'] },
      { because: 'no key of an entry is known here', words: ['mute', 'x'], offers: [] },
    ])('$because', ({ words, offers }) => {
      expect(ask(words).toSorted()).toEqual(offers);
    });

    const names = (words: readonly string[]) => ask(words).map((word) => word.replaceAll('\\', '').replace(/\/$/, ''));

    test('files for a table and for a flag that takes one', () => {
      for (const words of [
        ['lint', ''],
        ['lint', '--main-cf', ''],
        ['why', 't'],
      ])
        expect(names(words), words.join(' ')).toContain('tls policy');
    });

    test('directories alone for a flag that takes one', () => {
      expect(names(['check', '--ca-path', ''])).toEqual(['below']);
    });
  });
});

describe.skipIf(isMissing('bash'))('bash divides words at "="', () => {
  test.each([
    { words: ['watch', '--smtp-tls', '=', 's'], offers: ['starttls'] },
    { words: ['watch', '--smtp-tls', '='], offers: ['off', 'starttls', 'wrapper'] },
    { words: ['check', '--json', '--js'], offers: [] },
    { words: ['check', '--resolver', '::1', '--resol'], offers: ['--resolver'] },
  ])('$words', ({ words, offers }) => {
    expect(bash(words)).toEqual(offers);
  });
});

test.each([
  { text: 'end a mute', is: 'end a mute' },
  { text: `what was seen: ${'a word '.repeat(20)}`, is: 'what was seen' },
  { text: `a path or type:path, as Postfix has it (default: ${'x'.repeat(80)})`, is: 'a path or type:path, as Postfix has it' },
  { text: 'a word '.repeat(20).trim(), is: `${'a word '.repeat(10).trim()} a…` },
])('a description fits beside a flag: $is', ({ text, is }) => {
  expect(brief(text)).toBe(is);
});
