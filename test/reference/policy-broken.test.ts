/**
 * A real smtp(8) as reference for policy entries: which ones are broken, and the very words of its warning. Nothing
 * listens at the destinations, so mail for a sound entry is deferred for another reason.
 *
 * REFERENCE_SEED chooses the entries; run.ts takes it as a flag.
 */
import { describe, expect, test } from 'vitest';
import { demandContext, demandFor } from '../../lambda/policy/demand.ts';
import { parseNextHop } from '../../lambda/policy/next-hop.ts';
import { readSettings } from '../../lambda/policy/settings.ts';
import { readMainCf } from '../../lambda/postfix/main-cf.ts';
import { installedVersion } from './instance.ts';
import { type Random, randomFrom } from './random.ts';
import { missingReference, type Played, play } from './reference.ts';
import type { Scene } from './scene.ts';

const seed = Number(process.env.REFERENCE_SEED ?? 1);
const missing = missingReference();
if (missing !== undefined) console.log(`policy entries are not compared with a real smtp(8): ${missing}`);

const ENTRIES = 240;
const PROBLEM = 'client TLS configuration problem';
const version = installedVersion() ?? '';

const random = randomFrom(seed);
const drawn = Array.from({ length: ENTRIES }, (_, i) => ({ recipient: `e${i}.test`, value: drawValue(random) }));
const scene: Scene = {
  dns: [...drawn, { recipient: 'x.y.p.test' }].flatMap(({ recipient }) => [
    { name: recipient, type: 'MX' as const, data: [`10 mx.${recipient}`] },
    { name: `mx.${recipient}`, type: 'A' as const, data: ['127.90.0.1'] },
  ]),
  servers: [],
  files: { 'empty.pem': 'no PEM\n' },
  configurations: [
    {
      name: 'entries',
      mainCf: ['smtp_dns_support_level = dnssec', 'smtp_tls_fingerprint_digest = sha256'],
      policy: drawn.map(({ recipient, value }) => `${recipient} ${value}\n`).join(''),
      recipients: drawn.map(({ recipient }) => recipient),
    },
    {
      name: 'duplicates in a texthash',
      mainCf: ['smtp_tls_policy_maps = texthash:$config_directory/tls_policy'],
      policy: 'e0.test may\ne0.test may\n',
      recipients: ['e0.test', 'e1.test'],
    },
    {
      name: 'a table that is not there',
      mainCf: ['smtp_tls_policy_maps = hash:$config_directory/gone'],
      policy: '',
      recipients: ['e0.test'],
    },
    {
      name: 'parents',
      mainCf: [],
      policy: '.test sekure\n.p.test may match=x\n',
      recipients: ['e0.test', 'x.y.p.test'],
    },
  ],
};
const played = missing === undefined ? await play(scene, { check: false }) : [];

describe.skipIf(missing !== undefined)(`smtp(8) ${version} and ${ENTRIES} entries of seed ${seed}`, () => {
  test('broken entries are the same, in the same words', () => {
    const [entries] = scene.configurations;
    const context = contextOf(entries?.mainCf ?? [], { name: 'hash:tls_policy', text: entries?.policy ?? '' });
    const differing: string[] = [];
    let broken = 0;
    for (const { recipient, value } of drawn) {
      const said = saidAbout('entries', recipient);
      const demand = demandFor(parseNextHop(recipient, 'recipient', context.settings), context);
      const ours = demand.kind === 'broken' ? demand.warning : 'sound';
      if (said !== 'sound') broken++;
      // Tafiles, and digests up to 3.8, are looked at while the entry is read: what is wrong behind them stays unsaid.
      if (demand.kind === 'broken' && /^(error opening trust anchor file|vstring_alloc)/.test(said)) continue;
      if (ours !== said) differing.push(`${value}: ${ours} instead of ${said}`);
    }
    expect(differing).toEqual([]);
    expect(broken).toBeGreaterThan(ENTRIES / 5);
    expect(broken).toBeLessThan(ENTRIES);
  });

  test.each([
    { name: 'duplicates in a texthash', type: 'texthash', recipient: 'e0.test' },
    { name: 'duplicates in a texthash', type: 'texthash', recipient: 'e1.test' },
    { name: 'parents', type: 'hash', recipient: 'e0.test' },
    { name: 'parents', type: 'hash', recipient: 'x.y.p.test' },
  ])('$name: $recipient', ({ name, type, recipient }) => {
    const configuration = scene.configurations.find((each) => each.name === name);
    const context = contextOf([], { name: `${type}:tls_policy`, text: configuration?.policy ?? '' });
    const demand = demandFor(parseNextHop(recipient, 'recipient', context.settings), context);
    expect(demand).toMatchObject({ kind: 'broken', warning: saidAbout(name, recipient) });
  });

  test('a table that is not there', () => {
    const problem = { name: 'hash:gone', kind: 'missing', because: 'open database gone.db: No such file or directory' } as const;
    const context = contextOf(['smtp_tls_policy_maps = hash:gone'], undefined, [problem]);
    const demand = demandFor(parseNextHop('e0.test', 'recipient', context.settings), context);
    expect(demand).toMatchObject({ kind: 'broken', warning: saidAbout('a table that is not there', 'e0.test') });
  });
});

function contextOf(
  mainCf: readonly string[],
  table: { name: string; text: string } | undefined,
  problems: readonly { name: string; kind: 'missing'; because: string }[] = [],
) {
  const { settings } = readSettings(readMainCf(`compatibility_level = 3.6\n${mainCf.join('\n')}\n`, version).parameters, version);
  return demandContext({
    settings,
    policyTables: table === undefined ? [] : [table],
    transportTables: [],
    problems,
    trust: { kind: 'anchors', certificates: [], source: 'none' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  });
}

/** The warning that made smtp(8) skip the destination, or `sound`. */
function saidAbout(configuration: string, recipient: string): string {
  const delivery = played
    .find(({ name }: Played) => name === configuration)
    ?.deliveries.find((each) => each.recipient === recipient);
  // The process died over it, and has left no line about it.
  if (delivery?.status === 'none') return 'vstring_alloc: bad length 0';
  if (delivery?.text !== PROBLEM) return delivery?.status === 'deferred' ? 'sound' : `${delivery?.text}`;
  // The last warning before the one that sums up; the log is read as Latin-1.
  const warnings = delivery.log.flatMap((line) => /^warning: (.*)$/.exec(line)?.[1] ?? []);
  const told = warnings.filter((line) => !line.startsWith('TLS policy lookup for ')).at(-1) ?? '';
  return Buffer.from(told, 'latin1').toString();
}

/** Values near the rules of the table: mostly sound parts, with a wrong one here and there. */
function drawValue(r: Random): string {
  const level = () =>
    r.weighted([
      [9, () => r.pick(['may', 'encrypt', 'secure', 'verify', 'SECURE', 'fingerprint'])],
      [1, () => r.pick(['none', 'sekure', 'halfdane', '"secure"', '=', '#', 'dane', 'dane-only', '{'])],
    ])();
  const name = () =>
    r.pick([
      'match',
      'match',
      'Match',
      'ciphers',
      'protocols',
      'exclude',
      'servername',
      'connection_reuse',
      'tafile',
      'foo',
      'enable_rpk',
      'policy_type',
    ]);
  const value = () =>
    r.pick([
      'x.test',
      'a:b',
      'aa|bb',
      'AA:bb',
      'high',
      'yes',
      'no',
      'NO',
      '',
      'hostname',
      'a..b',
      '!SSLv2',
      ':',
      '|',
      '{a b}',
      '=',
      '/nowhere.pem',
      'é',
    ]);
  const attribute = () =>
    r.weighted([
      [6, () => `${name()}=${value()}`],
      [1, () => `${name()} = ${value()}`],
      [1, () => `${name()}= ${value()}`],
      [1, () => `{ ${name()} = ${value()} }`],
      [1, () => r.pick(['#', 'x', '=x', '!SSLv3', '{', '}'])],
    ])();
  const separator = () => r.pick([' ', ' ', ',', ', ', '\t', ' ,']);
  const attributes = Array.from(
    {
      length: r.weighted([
        [3, 0],
        [5, 1],
        [3, 2],
        [1, 3],
      ]),
    },
    () => separator() + attribute(),
  );
  return `${level()}${attributes.join('')}`;
}
