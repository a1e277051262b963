// biome-ignore-all lint/suspicious/noTemplateCurlyInString: main.cf has macros of that very form
/**
 * `postconf` as reference: our reading of main.cf against its `-x`, our defaults against its `-d`, and a configuration
 * directory read through the door.
 *
 * REFERENCE_SEED chooses the generated files; run.ts takes it as a flag.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { destinationsOf } from '../../lambda/policy/destinations.ts';
import { readBundle } from '../../lambda/policy/gather/this-machine.ts';
import { defaultOf, isKnownParameter } from '../../lambda/postfix/defaults.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { installedVersion } from './instance.ts';
import { type Random, randomFrom } from './random.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const version = installedVersion();
if (version === undefined)
  console.log('main.cf is not compared with postconf: postfix is not installed (apt-get install postfix)');

const home = mkdtempSync(join(tmpdir(), 'postconf-'));
afterAll(() => rmSync(home, { recursive: true }));

/** Parameters of every Postfix that take any text, in the order in which they may name each other. */
const PARAMETERS = [
  'relayhost',
  'smtp_fallback_relay',
  'smtp_tls_policy_maps',
  'smtp_tls_CAfile',
  'smtp_tls_CApath',
  'smtp_tls_mandatory_exclude_ciphers',
  'smtp_tls_mandatory_protocols',
  'smtp_tls_fingerprint_cert_match',
  'transport_maps',
  'smtp_helo_name',
  'smtp_discard_ehlo_keywords',
  'smtp_bind_address',
];

/** What a distribution sets when it builds Postfix, or what the host says. */
const OF_THE_BUILD = new Set([
  'mail_version',
  'myhostname',
  'mydomain',
  'config_directory',
  'queue_directory',
  'data_directory',
  'mail_owner',
]);

const FILES = 60;
const random = randomFrom(seed);
const drawn = Array.from({ length: FILES }, (_, i) => ({ i, text: drawMainCf(random) }));

describe.skipIf(version === undefined)(`postconf ${version} and ${FILES} main.cf of seed ${seed}`, () => {
  test.each(drawn)('main.cf $i', ({ i, text }) => {
    const directory = configDirectory(`drawn-${i}`, text);
    const { parameters } = readMainCf(text, version ?? '');
    const names = PARAMETERS.filter((name) => Object.hasOwn(parameters, name));
    const told = postconf(directory, '-x', ...names);
    const wordsOf = (values: Readonly<Record<string, string>>) =>
      Object.fromEntries(names.map((name) => [name, (values[name] ?? '').trim().replace(/\s+/g, ' ')]));
    // postconf folds what it prints, so the number of blanks between words is not to be seen.
    expect(wordsOf(parameters)).toEqual(wordsOf(told));
  });

  test('defaults', () => {
    const told = postconf(configDirectory('defaults', ''), '-d');
    const ours = Object.keys(told).filter((name) => isKnownParameter(name) && !OF_THE_BUILD.has(name));
    expect(ours.length).toBeGreaterThan(50);
    expect(Object.fromEntries(ours.map((name) => [name, defaultOf(name, version ?? '')]))).toEqual(
      Object.fromEntries(ours.map((name) => [name, told[name]])),
    );
  });

  test('a configuration directory is read through its postconf and postmap', async () => {
    const directory = configDirectory(
      'whole',
      [
        'compatibility_level = 3.6',
        'smtp_tls_security_level = may',
        'smtp_tls_policy_maps = hash:$config_directory/tls_policy, regexp:$config_directory/patterns',
        'transport_maps = hash:${config_directory}/transport',
        'smtp_tls_CAfile =',
      ].join('\n'),
    );
    writeFileSync(
      join(directory, 'master.cf'),
      'smtp unix - - n - - smtp\n  -o smtp_tls_security_level=encrypt\nslow unix - - y - - smtp\n',
    );
    writeFileSync(join(directory, 'tls_policy'), 'a.test secure match=.p.test\nb.test secure\n');
    writeFileSync(join(directory, 'transport'), 'b.test slow:[h.test]:587\n');
    writeFileSync(join(directory, 'patterns'), '/^\\[h\\.test\\]:587$/ verify\n');
    for (const table of ['tls_policy', 'transport']) spawnSync('postmap', ['-c', directory, `hash:${join(directory, table)}`]);
    const bundle = await readBundle({ configDirectory: directory, destination: ['b.test', 'c.test'] });
    expect(bundle.settings).toMatchObject({ version, securityLevel: 'encrypt', chroot: false, smtpServices: ['smtp', 'slow'] });
    expect(bundle.problems.map(({ kind, because }) => `${kind}: ${because}`)).toEqual(['not-listable: its keys are patterns']);
    const judged = destinationsOf(bundle).map(({ id, hops, unchecked }) =>
      unchecked === undefined
        ? `${id}: ${hops.map(({ nextHop, demand }) => `${nextHop.text} ${demand.kind === 'demand' ? demand.level : ''}`)}`
        : `${id}: ${unchecked.reason}`,
    );
    expect(judged).toEqual([
      'a.test: a.test secure',
      'b.test: never-looked-up',
      `regexp:${join(directory, 'patterns')}: table-not-listable`,
      '[h.test]:587 b.test: [h.test]:587 verify',
      'c.test: c.test encrypt',
      'smtp_tls_security_level: global-level',
    ]);
  });
});

function configDirectory(name: string, mainCf: string): string {
  const directory = join(home, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'main.cf'), mainCf);
  writeFileSync(join(directory, 'master.cf'), '');
  // A file younger than a second is read again and again until it has cooled down.
  utimesSync(join(directory, 'main.cf'), 1e9, 1e9);
  return directory;
}

/** `name = value` lines of postconf. */
function postconf(directory: string, ...args: readonly string[]): Record<string, string> {
  const { stdout, stderr, status } = spawnSync('postconf', ['-c', directory, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`postconf ${args.join(' ')} failed: ${stderr}`);
  const lines = stdout.split('\n').flatMap((line) => /^(\w+) =(.*)$/.exec(line) ?? []);
  const told: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 3) told[lines[i + 1] ?? ''] = (lines[i + 2] ?? '').trim();
  return told;
}

/** Settings that name each other forwards (a circle would never end), with every form of macro, comments and continuations. */
function drawMainCf(r: Random): string {
  const name = (from: number) =>
    r.pick([...PARAMETERS.slice(from + 1), 'undefined_name', 'inet_protocols', 'smtp_tls_secure_cert_match']);
  const word = () => r.pick(['', 'a', '[r.test]:587', 'hash:/x', '1', '10', '9', 'x y', 'a,b', '3.6', '3.10', '#']);
  const macro = (from: number, depth: number): string => {
    const inner = () => (depth > 2 || r.chance(0.5) ? word() : macro(from, depth + 1));
    const operator = r.pick(['==', '!=', '<', '<=', '>', '>=']);
    const digits = () => r.pick(['1', '9', '10', '3.6', '3.10']);
    return r.weighted([
      [5, () => `$${name(from)} `],
      [5, () => `\${${name(from)}}`],
      [1, () => `$(${name(from)})`],
      [2, () => `\${${name(from)}?${inner()}}`],
      [2, () => `\${${name(from)}:${inner()}}`],
      [2, () => `\${${name(from)}?{${inner()}}:{${inner()}}}`],
      [2, () => `\${${name(from)} ? {${inner()}} : {${inner()}}}`],
      [2, () => `\${{${inner()}} ${operator} {${inner()}} ? {${inner()}} : {${inner()}}}`],
      [1, () => `\${{${digits()}} ${operator}level {${digits()}} ? {${inner()}} : {${inner()}}}`],
      [1, () => `\${{${inner()}} ${operator} {${inner()}}}`],
      [1, () => '$$'],
    ])();
  };
  const value = (from: number) => Array.from({ length: r.between(0, 3) }, () => (r.chance(0.5) ? word() : macro(from, 0)));
  const lines: string[] = ['myhostname = sender.test'];
  for (const [i, parameter] of PARAMETERS.entries()) {
    if (r.chance(0.3)) continue;
    for (let times = r.chance(0.15) ? 2 : 1; times > 0; times--) {
      const parts = value(i);
      const between = () =>
        r.weighted([
          [6, () => ' '],
          [2, () => '\n    '],
          [1, () => '\n# between\n\t'],
          [1, () => '\n\n '],
        ])();
      lines.push(`${parameter}${r.pick([' = ', '=', ' =', '\t=\t'])}${parts.map((part) => part + between()).join('')}`.trimEnd());
    }
    if (r.chance(0.2)) lines.push(r.pick(['# comment', '', '   ', '  # indented']));
  }
  return `${lines.join('\n')}${r.chance(0.8) ? '\n' : ''}`;
}
