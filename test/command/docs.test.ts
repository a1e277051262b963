/** The pages' command lines: every command and flag that they show is in --help. */
import { expect, test } from 'vitest';
import { PAGES } from '../pages.ts';
import { runCommand } from './run-command.ts';

/** Flags by command, as --help has them. */
async function readHelp(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const commandsIn = (help: string) =>
    [...(help.split('Commands:')[1]?.matchAll(/^ {2}([a-z-]+) /gm) ?? [])].map(([, name = '']) => name);
  const names = commandsIn((await runCommand(['--help'])).out).filter((name) => name !== 'help');
  const below = commandsIn((await runCommand(['policy', '--help'])).out).filter((name) => name !== 'help');
  const all = names.flatMap((name) => (name === 'policy' ? below.map((one) => `policy ${one}`) : [name]));
  const flags = all.map(async (name) => {
    const { out } = await runCommand([...name.split(' '), '--help']);
    return [name, new Set([...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag))] as const;
  });
  return new Map(await Promise.all(flags));
}

const help = await readHelp();
const known = new Set([...help.values()].flatMap((flags) => [...flags]));

/** Of AWS's command line, of CDK, of Docker, of Node and of the bench, where a page speaks of them, and of no command of ours. */
const OF_OTHERS = [
  ...['--authenticate-on-unsubscribe', '--context', '--version', '--group-add'],
  ...['--max-semi-space-size', '--semi-space-growth-factor', '--optimize-for-size', '--heap-growing-percent'],
  ...['--entries', '--growth', '--long', '--pages', '--megabytes'],
];

test('help was read', () => {
  expect([...help.keys()]).toEqual(expect.arrayContaining(['check', 'watch', 'policy push', 'mute', 'unmute']));
  expect(known.size).toBeGreaterThan(30);
});

test('every command line on a page is one that --help explains', () => {
  const shown = PAGES.flatMap(({ path, spans, blocks }) => [
    ...spans.map((code) => ({ path, code })),
    ...blocks.map((code) => ({ path, code })),
  ]);
  const lines = shown.flatMap(({ path, code }) => {
    const line =
      /(?:^|[\s/])(?:postfix-tls-watch|npm start --) (.+)$/.exec(code)?.[1] ?? (nameOf(code) === undefined ? undefined : code);
    return line === undefined ? [] : [{ path, line }];
  });
  expect(lines.length).toBeGreaterThan(30);
  const wrong = lines.flatMap(({ path, line }) => {
    const name = nameOf(line);
    if (name === undefined)
      return flagsOf(line).every((flag) => OF_OTHERS.includes(flag)) ? [] : [`${path}: no such command: ${line}`];
    const flags = help.get(name);
    return flagsOf(line).flatMap((flag) => (flags?.has(flag) ? [] : [`${path}: ${name} has no ${flag}: ${line}`]));
  });
  expect(wrong).toEqual([]);
});

test('every flag that a page speaks of is one of ours', () => {
  const wrong = PAGES.flatMap(({ path, spans, blocks }) =>
    [...spans, ...blocks]
      .filter((code) => code.startsWith('--'))
      .flatMap((code) => flagsOf(code))
      .filter((flag) => !known.has(flag) && !OF_OTHERS.includes(flag))
      .map((flag) => `${path}: ${flag}`),
  );
  expect(wrong).toEqual([]);
});

/** The command at the beginning of a line. */
function nameOf(line: string): string | undefined {
  const [first = '', second = ''] = line.split(' ');
  return [`${first} ${second}`, first].find((name) => help.has(name));
}

/** What stands behind `#` is a comment of the page. */
const flagsOf = (line: string) => [...(line.split(' #')[0] ?? '').matchAll(/(?<=^|\s)--[a-z][a-z-]*/g)].map(([flag]) => flag);
