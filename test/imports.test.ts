/** The layout's promises: imports run one way, and only doors touch network, disk, processes or AWS. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** From policy text to exit code; a folder may import from itself and from what stands before it. */
const ORDER = [
  'text',
  'postfix',
  'policy',
  'certificate',
  'route',
  'probe',
  'verdict',
  'snapshot',
  'alert',
  'store',
  'run',
  'show',
  'command',
];

/** Policy text and certificates know nothing of one another, except that a bundle carries anchors. */
const LEAVES = ['named-record.ts', 'usage-error.ts', 'limits.ts', 'version.ts', 'metrics.ts'];

const DOORS = [
  'policy/gather/this-machine.ts',
  'postfix/postconf.ts',
  'route/dns.ts',
  'route/dns-encrypted.ts',
  'probe/connection.ts',
  'alert/channel/sns.ts',
  'alert/channel/hook.ts',
  'alert/channel/ping.ts',
  'store/table.ts',
  'store/embedded/embedded.ts',
  'store/embedded/embedded-server.ts',
  'store/embedded/lock.ts',
  'store/last-shown.ts',
];

const OUTSIDE =
  /^(node:(fs|net|dgram|dns|http|https|child_process|worker_threads|tls)(\/.*)?|@aws-sdk\/.*|@smithy\/.*|dynalite)$/;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

const imports: readonly Import[] = globSync('lambda/**/*.ts').flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  const file = path.slice('lambda/'.length);
  const found = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;'"]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/\bimport\((\s*)'([^']+)'\)/g),
  ];
  return found.map((match) => ({ file, from: match[2] ?? '', typeOnly: (match[1] ?? '').startsWith('type') }));
});

test('the rules below look at something', () => {
  expect(imports.length).toBeGreaterThan(100);
});

test('imports run one way, from policy text to exit code', () => {
  const wrong = imports.flatMap(({ file, from }) => {
    if (!from.startsWith('.')) return [];
    const target = normalize(join(dirname(file), from));
    const [source, destination] = [folder(file), folder(target)];
    if (source === '' || source === destination || LEAVES.includes(target)) return [];
    const opensDoors = source === 'command' && ['doors.ts', 'local-doors.ts', 'config.ts'].includes(target);
    const allowed = opensDoors || (destination !== '' && rank(destination) <= rank(source));
    return allowed ? [] : [`${file} imports ${target}`];
  });
  expect(wrong).toEqual([]);
});

test('only doors touch network, disk, processes or AWS', () => {
  const wrong = imports
    .filter(
      ({ file, from, typeOnly }) =>
        OUTSIDE.test(from) && !typeOnly && folder(file) !== '' && !DOORS.includes(file) && !KNOWN.includes(`${file} ${from}`),
    )
    .map(({ file, from }) => `${file} imports ${from}`);
  expect(wrong).toEqual([]);
});

/** Not I/O: what OpenSSL is asked to parse or list, without a socket. */
const KNOWN = ['probe/offer.ts node:tls', 'certificate/anchors.ts node:tls'];

function folder(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** Policy and certificate stand side by side. */
function rank(name: string): number {
  const i = ORDER.indexOf(name);
  if (i < 0) throw new Error(`unknown folder lambda/${name}: give it a place in the order`);
  return Math.max(i, 3);
}
