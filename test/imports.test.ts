/**
 * What docs/architecture.md promises of the layout: imports run one way, no file imports its own
 * importer, the function carries nothing that only a terminal needs, and only doors touch network,
 * disk, processes or AWS.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { circlesOf, type Graph, graphOf, importsOf, reachedFrom, readImports } from './import-graph.ts';

/**
 * From the ground to the entry points. What stands in a row imports from the rows above it and from
 * its own folder; folders and files in one row know nothing of one another.
 */
const ORDER: readonly (readonly string[])[] = [
  [
    'named-record.ts',
    'first-within.ts',
    'steady-clock.ts',
    'writing-reserve.ts',
    'usage-error.ts',
    'limits.ts',
    'extremes.ts',
    'version.ts',
    'event.ts',
  ],
  ['text', 'postfix', 'config.ts'],
  ['certificate'],
  ['policy'],
  ['route'],
  ['probe'],
  ['verdict'],
  ['snapshot', 'log', 'metrics.ts'],
  ['alert'],
  ['store'],
  ['run'],
  ['doors.ts', 'local-doors.ts', 'continuations.ts'],
  ['fleet'],
  ['command'],
  ['dashboard'],
  ['cli.ts', 'handler.ts', 'dashboard-handler.ts', 'launcher.cjs'],
];

/** Never in the function's bundle: files and folders that only a terminal or a mail host needs. */
const NOT_IN_THE_FUNCTION = [
  'cli.ts',
  'launcher.cjs',
  'dashboard-handler.ts',
  'dashboard',
  'local-doors.ts',
  'command',
  'fleet',
  'run/fleet',
  'text/terminal.ts',
  'policy/gather',
  'policy/rewrite',
  'policy/exemption.ts',
  'policy/candidates.ts',
  'run/watch/observe.ts',
  'run/suggest',
  'run/check/roots.ts',
  'text/unified-diff.ts',
  'log',
  'alert/channel/hook.ts',
  'alert/channel/ping.ts',
  'alert/channel/own-file.ts',
  'alert/channel/mail',
  'alert/channel/webhook',
  'store/sqlite',
  'store/state-directory.ts',
  'store/transfer/file.ts',
  'store/transfer/level-folder.ts',
  'store/last-shown.ts',
  'store/mail-sent.ts',
  'store/log-place.ts',
];

const DOORS = [
  'policy/gather/this-machine.ts',
  'policy/gather/below-directory.ts',
  'log/read-log.ts',
  'log/follow.ts',
  'route/dns.ts',
  'route/dns-encrypted.ts',
  'route/dns-udp.ts',
  'route/mta-sts/fetch.ts',
  'probe/connection.ts',
  'alert/channel/sns.ts',
  'alert/channel/hook.ts',
  'alert/channel/ping.ts',
  'alert/channel/own-file.ts',
  'alert/channel/mail/smtp.ts',
  'alert/channel/webhook/post.ts',
  'alert/channel/webhook/reach.ts',
  'store/dynamodb-read-sdk.ts',
  'store/dynamodb-sdk.ts',
  'store/transfer/file.ts',
  'store/transfer/level-folder.ts',
  'store/sqlite/database.ts',
  'store/sqlite/files.ts',
  'store/sqlite/hindrance.ts',
  'store/sqlite/owner.ts',
  'store/sqlite/place.ts',
  'store/sqlite/rescued-copy.ts',
  'store/last-shown.ts',
  'command/doctor/source-address.ts',
  'command/put-in-place.ts',
  'command/metrics/replace-file.ts',
  'command/report/page-file.ts',
  'command/suggest/write-table.ts',
  'local-doors.ts',
  'continuations.ts',
  'fleet/folder.ts',
  'fleet/pool.ts',
  'launcher.cjs',
];

/** Not I/O: what OpenSSL is asked to parse or list, without a socket; a letter that is put together. */
const KNOWN = [
  'probe/offer.ts node:tls',
  'certificate/anchors.ts node:tls',
  'alert/channel/mail/letter.ts nodemailer/lib/mail-composer',
];

const OUTSIDE =
  /^(node:(fs|net|dgram|dns|http|https|http2|child_process|worker_threads|cluster|tls|sqlite)(\/.*)?|@aws-sdk\/.*|@smithy\/.*|dynalite|nodemailer(\/.*)?)$/;

/** Needs no import, so a call of it is looked for. */
const FETCH = /(?<![.\w])fetch\(/;

const files = readImports('lambda');
const graph = graphOf(files);

test('the rules below look at every file and every import', () => {
  expect(files.size).toBeGreaterThan(150);
  const missing = [...graph.values()].flat().filter((file) => !existsSync(`lambda/${file}`));
  expect(missing).toEqual([]);
  expect(rowOf('handler.ts')).toBe(ORDER.length - 1);
});

test('imports run one way, from the ground to the entry points', () => {
  expect(upwardImports(graph)).toEqual([]);
});

test('no file imports its own importer, types included', () => {
  expect(circlesOf(graph)).toEqual([]);
});

test('the function carries nothing that only a terminal or a mail host needs', () => {
  for (const name of NOT_IN_THE_FUNCTION) expect(existsSync(`lambda/${name}`), name).toBe(true);
  const ways = reachedFrom('handler.ts', graph);
  expect(ways.size).toBeGreaterThan(100);
  const wrong = [...ways].filter(([file]) => NOT_IN_THE_FUNCTION.some((name) => file === name || file.startsWith(`${name}/`)));
  expect(wrong.map(([, way]) => way)).toEqual([]);
});

test('only doors touch network, disk, processes or AWS', () => {
  const outside = [...files].flatMap(([file, imports]) => [
    ...imports.filter(({ from, typeOnly }) => !typeOnly && OUTSIDE.test(from)).map(({ from }) => `${file} ${from}`),
    ...(FETCH.test(readFileSync(`lambda/${file}`, 'utf8')) ? [`${file} fetch`] : []),
  ]);
  const opens = (file: string) => outside.some((found) => found.startsWith(`${file} `));
  expect(outside.filter((found) => !DOORS.some((door) => found.startsWith(`${door} `)) && !KNOWN.includes(found))).toEqual([]);
  expect(
    DOORS.filter((door) => !opens(door)),
    'a door that opens nothing is no door',
  ).toEqual([]);
});

test.each([
  { text: "import { a } from './a.ts';", from: './a.ts', typeOnly: false, because: 'a value' },
  { text: "import a from './a.ts';", from: './a.ts', typeOnly: false, because: 'a default export' },
  { text: "import * as a from './a.ts';", from: './a.ts', typeOnly: false, because: 'a name space' },
  { text: "import {\n  a,\n  type B,\n} from './a.ts';", from: './a.ts', typeOnly: false, because: 'over several lines' },
  { text: "import type { A } from './a.ts';", from: './a.ts', typeOnly: true, because: 'a type' },
  { text: "import type {\n  A,\n  B,\n} from './a.ts';", from: './a.ts', typeOnly: true, because: 'types over lines' },
  { text: "import { type A, type B } from './a.ts';", from: './a.ts', typeOnly: true, because: 'types alone' },
  { text: "import {\n  // it's; odd\n  a,\n} from './a.ts';", from: './a.ts', typeOnly: false, because: 'a comment inside' },
  { text: "export { a } from './a.ts';", from: './a.ts', typeOnly: false, because: 'handed on' },
  { text: "export * from './a.ts';", from: './a.ts', typeOnly: false, because: 'all of it handed on' },
  { text: "export type { A } from './a.ts';", from: './a.ts', typeOnly: true, because: 'a type handed on' },
  { text: "import './a.ts';", from: './a.ts', typeOnly: false, because: 'a side effect' },
  { text: "const a = await import('./a.ts');", from: './a.ts', typeOnly: false, because: 'at run time' },
  {
    text: "f(\n  (await import(\n    './a.ts'\n  )).a,\n);",
    from: './a.ts',
    typeOnly: false,
    because: 'at run time, over lines',
  },
  { text: "type A = typeof import('./a.ts');", from: './a.ts', typeOnly: true, because: 'the type of a module' },
  { text: "const a = require('./a.cjs');", from: './a.cjs', typeOnly: false, because: 'the old way' },
  { text: '  import { a } from "./a.ts"', from: './a.ts', typeOnly: false, because: 'inside `declare module`' },
])('sees $because', ({ text, from, typeOnly }) => {
  expect(importsOf(text)).toEqual([{ from, typeOnly }]);
});

test.each([
  { text: "// import { a } from './a.ts';", because: 'a comment' },
  { text: "/**\n * import { a } from './a.ts';\n */", because: 'a comment of lines' },
  { text: "const a = 'glob/**/*';\nconst from = 'b';", because: 'a word `from`' },
  { text: "export const a = 1;\nconst b = 'from';", because: 'an export of its own' },
])('sees no import in $because', ({ text }) => {
  expect(importsOf(text)).toEqual([]);
});

test.each([
  { imports: { 'text/a.ts': ['postfix/b.ts'] }, wrong: ['text/a.ts imports postfix/b.ts'], because: 'the two grounds' },
  { imports: { 'postfix/a.ts': ['text/b.ts'] }, wrong: ['postfix/a.ts imports text/b.ts'], because: 'the two grounds' },
  {
    imports: { 'certificate/a.ts': ['policy/b.ts'] },
    wrong: ['certificate/a.ts imports policy/b.ts'],
    because: 'certificates know no policy',
  },
  { imports: { 'policy/lint/a.ts': ['certificate/b.ts'] }, wrong: [], because: 'a policy names anchors' },
  { imports: { 'run/a.ts': ['doors.ts'] }, wrong: ['run/a.ts imports doors.ts'], because: 'a run takes doors as types' },
  { imports: { 'command/a.ts': ['doors.ts'] }, wrong: [], because: 'a command opens doors' },
  { imports: { 'handler.ts': ['cli.ts'] }, wrong: ['handler.ts imports cli.ts'], because: 'entry points stand apart' },
  { imports: { 'limits.ts': ['text/a.ts'] }, wrong: ['limits.ts imports text/a.ts'], because: 'below the ground' },
])('an import that runs upward is found: $because', ({ imports, wrong }) => {
  expect(upwardImports(new Map(Object.entries<string[]>(imports)))).toEqual(wrong);
});

test('a folder without a place in the order is an error', () => {
  expect(() => upwardImports(new Map([['new/a.ts', ['text/b.ts']]]))).toThrow(
    'lambda/new/a.ts has no place in the order: give its folder or file one',
  );
});

test('a circle is found however long it is, and every file beyond the function with the way there', () => {
  const circle: Graph = new Map([
    ['a.ts', ['b.ts', 'd.ts']],
    ['b.ts', ['c.ts']],
    ['c.ts', ['a.ts']],
    ['d.ts', ['d.ts']],
  ]);
  expect(circlesOf(circle)).toEqual(['a.ts → b.ts → c.ts → a.ts', 'd.ts → d.ts']);
  expect(reachedFrom('b.ts', circle).get('d.ts')).toBe('b.ts → c.ts → a.ts → d.ts');
});

function upwardImports(imports: Graph): readonly string[] {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => placeOf(file) !== placeOf(target) && rowOf(target) >= rowOf(file))
      .map((target) => `${file} imports ${target}`),
  );
}

function rowOf(file: string): number {
  const row = ORDER.findIndex((names) => names.includes(placeOf(file)));
  if (row < 0) throw new Error(`lambda/${file} has no place in the order: give its folder or file one`);
  return row;
}

/** The folder below lambda/, or the file itself where it lies in none. */
const placeOf = (file: string): string => file.split('/')[0] ?? file;
