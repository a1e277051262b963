/** `suggest --new` on a small world and a real store: providers, volumes, levels that would have held, and the table that comes of it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCertificate } from '../../../lambda/certificate/certificate.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { candidatesOf } from '../../../lambda/policy/candidates.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { recollect } from '../../../lambda/run/past/recollect.ts';
import { type Fresh, newLines } from '../../../lambda/run/suggest/new.ts';
import { withEdits } from '../../../lambda/run/suggest/prove.ts';
import { observe } from '../../../lambda/run/watch/observe.ts';
import { digestsUnder } from '../../../lambda/run/watch/run-digests.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { observedSpace } from '../../../lambda/store/spaces.ts';
import { createAuthority } from '../../internet/authority.ts';
import { dnsOf } from '../../internet/zone.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { type SmallHost, SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS } from '../watching.ts';
import { doorsOf, suggestFor } from './suggesting.ts';

const START = Date.UTC(2026, 8, 1, 6);
const root = await createAuthority('Root');
const named = async (...dnsNames: string[]) => (await root.issue({ dnsNames })).chain;
const [WILD, OWN, ONE, TWO] = [
  await named('*.mx.mailhub.net'),
  await named('mx.own.example'),
  await named('in1.other.net'),
  await named('in2.other.net'),
];
const FORTY = Array.from({ length: 40 }, (_, i) => `c${String(i).padStart(2, '0')}.example`);

let disk: StoreOnDisk;
let store: Store;
let world: SmallWorld;
let other: SmallHost;

beforeAll(async () => {
  disk = await storeOnDisk(START);
});
afterAll(() => disk.close());
beforeEach(() => {
  store = { table: disk.table, space: observedSpace(spaceOf(`p${randomUUID()}`, 'mx1')) };
  world = new SmallWorld();
  for (const domain of FORTY) world.domain(domain, world.host(`${domain.replace('.', '-')}.mx.mailhub.net`, WILD));
  world.domain('own.example', world.host('mx.own.example', OWN));
  other = world.host('mx.other.net', ONE);
  world.domain('moody.example', other);
});

const tableOf = (text = '# ours\nlined.example secure\n.below.example may\n'): Bundle => bundleOf(text, root.certificate.pem);
const paceAt = (at: number) => ({ concurrency: 16, perAddress: 2, perNetwork: 16, restAfter421Ms: 1, stopAt: at + 3_600_000 });

async function watchedOn(day: number, names: readonly string[], bundle = tableOf()) {
  const at = START + day * DAY_MS;
  const doors = { openWorld: () => world.doors(), store, now: () => at };
  const digests = digestsUnder(bundle, 'v24');
  const options = {
    runId: new Date(at).toISOString(),
    holder: 'test',
    pace: paceAt(at),
    controlHosts: [],
    historyMs: 400 * DAY_MS,
    asksSts: true,
    digests,
  };
  await observe(bundle, candidatesOf(bundle, names).candidates, doors, options);
}

interface Asked {
  readonly day?: number;
  readonly bundle?: Bundle;
  readonly recipients?: Readonly<Record<string, number>>;
  readonly providers?: readonly string[];
  readonly isText?: (table: string) => boolean;
  /** Policy texts by domain. */
  readonly policies?: Readonly<Record<string, string>>;
  readonly dnssec?: NonNullable<CheckDoors['dnssec']>;
}

async function asked(
  names: readonly string[],
  { day = 0, bundle = tableOf(), recipients, providers, isText = () => true, policies = {}, dnssec }: Asked = {},
) {
  const at = START + day * DAY_MS;
  const past = await recollect(store, at);
  const doors = { ...doorsOf(world, { policies }), ...(dnssec === undefined ? {} : { dnssec }) };
  return newLines(bundle, candidatesOf(bundle, names), doors, {
    at,
    now: () => at,
    pace: paceAt(at),
    pastOf: (id) => (past.entries.has(id) ? past : undefined),
    ...(recipients === undefined ? {} : { recipients: new Map(Object.entries(recipients)) }),
    ...(providers === undefined ? {} : { providers }),
    isText,
    headingOf: ({ whose, destinations }) =>
      `# ${whose.kind === 'domains' ? whose.domains.join(' ') : whose.kind}: ${destinations.length}`,
  });
}

/** `mailhub.net 12: c00.example -> secure match=.mx.mailhub.net; ...`. */
const told = ({ groups }: Fresh) =>
  groups.map(
    ({ whose, recipients, destinations }) =>
      `${whose.kind === 'domains' ? whose.domains.join(' ') : whose.kind} ${recipients ?? '-'}: ` +
      destinations.map(({ candidate, change, left }) => change?.after ?? `${candidate.id}: ${left}`).join('; '),
  );

test('forty domains of one provider are one decision, with one line for all of them', async () => {
  const found = await asked([...FORTY, 'own.example']);
  expect(told(found)).toEqual([
    `mailhub.net -: ${FORTY.map((domain) => `${domain} secure match=.mx.mailhub.net`).join('; ')}`,
    'own.example -: own.example secure',
  ]);
  expect(found.groups[0]?.destinations.map(({ change }) => change?.ground?.kind)).toEqual(FORTY.map(() => 'dns'));
  expect(found.groups[1]?.destinations[0]?.change).toMatchObject({
    kind: 'new',
    line: null,
    before: null,
    because: 'none sends everything in plaintext, and secure without a match list would deliver',
    ground: { kind: 'policy' },
  });
  const { text } = withEdits(tableOf(), found.changes).policyTables[0] ?? { text: '' };
  expect(text.split('\n')).toEqual([
    '# ours',
    'lined.example secure',
    '.below.example may',
    '# mailhub.net: 40',
    ...FORTY.map((domain) => `${domain} secure match=.mx.mailhub.net`),
    '# own.example: 1',
    'own.example secure',
    '',
  ]);
});

test('what comes of it leaves nothing to propose, neither to --new nor to suggest itself', async () => {
  const found = await asked(FORTY.slice(0, 3));
  const after = withEdits(tableOf(), found.changes);
  expect(candidatesOf(after, FORTY.slice(0, 3))).toMatchObject({ candidates: [], covered: [{}, {}, {}] });
  expect((await suggestFor(after, world, { at: START })).changes.filter(({ key }) => FORTY.includes(key))).toEqual([]);
});

test('most mail first: providers by all that goes to them, destinations by their own', async () => {
  const found = await asked(['c00.example', 'c01.example', 'own.example', 'moody.example'], {
    recipients: { 'c00.example': 2, 'c01.example': 5, 'own.example': 6 },
  });
  expect(
    found.groups.map(({ recipients, destinations }) => [recipients, ...destinations.map(({ candidate }) => candidate.id)]),
  ).toEqual([
    [7, 'c01.example', 'c00.example'],
    [6, 'own.example'],
    [0, 'moody.example'],
  ]);
});

test('the strongest level is the one that would have held on each day that was seen', async () => {
  for (const [day, chain] of [ONE, TWO, ONE].entries()) {
    other.chain = chain;
    await watchedOn(day, ['moody.example', 'own.example']);
  }
  expect(told(await asked(['moody.example', 'own.example'], { day: 3 }))).toEqual([
    'other.net -: moody.example secure match=.other.net',
    'own.example -: own.example secure',
  ]);
  const { changes } = await asked(['moody.example'], { day: 3 });
  expect(changes[0]?.held).toMatchObject({ days: 3, of: 3, untold: 0 });
  // Another provider's name on one day: no name would have held, and encryption would.
  other.chain = await named('mx.elsewhere.net');
  await watchedOn(3, ['moody.example']);
  other.chain = ONE;
  await watchedOn(4, ['moody.example']);
  const bundle = bundleOf('', root.certificate.pem);
  expect(told(await asked(['moody.example'], { day: 5, bundle }))).toEqual(['other.net -: moody.example encrypt']);
  // And plaintext on one day: nothing would.
  other.result = { kind: 'no-tls', why: 'not-offered' };
  await watchedOn(5, ['moody.example']);
  delete other.result;
  await watchedOn(6, ['moody.example']);
  expect(told(await asked(['moody.example'], { day: 7, bundle }))).toEqual([
    'other.net -: moody.example: no stronger line delivers today and would have on each day that can be told; ' +
      'today: certificate lacks the name asked for',
  ]);
});

test('one that is not seen today, one that offers no TLS, and one that is in no DNS are left, each with its reason', async () => {
  other.chain = null;
  const plain = world.host('mx.plain.example', ONE);
  plain.result = { kind: 'no-tls', why: 'not-offered' };
  world.domain('plain.example', plain);
  const found = await asked(['moody.example', 'plain.example', 'gone.example']);
  expect(found.changes).toEqual([]);
  expect(found.undetermined.map(({ id }) => id)).toEqual(['moody.example']);
  expect(told(found)).toEqual([
    'other.net -: moody.example: nothing was seen of moody.example: at mx.other.net (192.0.2.42) there is no way out ' +
      'for this address family from here',
    'plain.example -: plain.example: no stronger line delivers today; today: STARTTLS is not offered',
    'none -: gone.example: its mail bounces whatever is asked of TLS: MX hosts have no address',
  ]);
});

test.each([
  { level: 'may' as const, line: 'moody.example secure match=in1.other.net', because: 'may authenticates nobody, and sends' },
  { level: 'encrypt' as const, line: 'moody.example secure match=in1.other.net', because: 'encrypt authenticates nobody' },
])('the global level $level counts where no line does', async ({ level, line, because }) => {
  const bundle = tableOf();
  const found = await asked(['moody.example'], { bundle: { ...bundle, settings: { ...bundle.settings, securityLevel: level } } });
  expect(found.changes.map(({ after }) => after)).toEqual([line]);
  expect(found.changes[0]?.because).toContain(because);
});

test('a global level that authenticates needs no line', async () => {
  const bundle = tableOf();
  const found = await asked(['own.example'], {
    bundle: { ...bundle, settings: { ...bundle.settings, securityLevel: 'secure' } },
  });
  expect(told(found)).toEqual(['own.example -: own.example: the global level secure authenticates it']);
});

test('one provider alone, by its name or the domain of its hosts', async () => {
  const names = ['c00.example', 'own.example', 'moody.example'];
  expect(told(await asked(names, { providers: ['mailhub.net'] }))).toEqual([
    'mailhub.net -: c00.example secure match=.mx.mailhub.net',
  ]);
  expect(told(await asked(names, { providers: ['OTHER.net', 'own.example'] })).map((text) => text.split(' ')[0])).toEqual([
    'other.net',
    'own.example',
  ]);
  expect(told(await asked(names, { providers: ['nobody'] }))).toEqual([]);
});

test('no table that can be edited as a text: the lines are told, and none is written', async () => {
  const found = await asked(['own.example'], { isText: () => false });
  expect(found.changes).toMatchObject([{ after: 'own.example secure', table: null, edit: null }]);
  expect(withEdits(tableOf(), found.changes)).toEqual(tableOf());
});

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx.other.net\nmax_age: 604800\n';

test('who authenticates the names goes before unsigned DNS: an MTA-STS policy', async () => {
  other.chain = await named('mx.other.net', 'in1.other.net');
  world.txt('_mta-sts.moody.example', 'v=STSv1; id=1;');
  for (const day of [0, 1]) await watchedOn(day, ['moody.example']);
  const found = await asked(['moody.example'], { day: 2, policies: { 'moody.example': POLICY } });
  expect(told(found)).toEqual(['other.net -: moody.example secure match=mx.other.net servername=hostname']);
  expect(found.changes[0]?.ground).toMatchObject({ kind: 'mta-sts', until: expect.any(Number) });
  expect(found.changes[0]?.held).toMatchObject({ days: 2, of: 2, untold: 0 });
});

test('and before that DNSSEC, with records for every host', async () => {
  const certificate = readCertificate(ONE[0] ?? '');
  if (certificate.kind === 'unreadable') throw new Error(certificate.because);
  const signed = (name: string, type: 'MX' | 'A' | 'TLSA', data: string) => ({ name, type, data: [data], ad: true });
  const dns = dnsOf([
    signed('moody.example', 'MX', '10 mx.other.net'),
    signed('mx.other.net', 'A', other.address),
    signed('_25._tcp.mx.other.net', 'TLSA', `3 1 1 ${certificate.spkiSha256}`),
    signed('signed.example', 'A', '192.0.2.9'),
    { name: 'broken.example', type: 'A', fail: 'BOGUS' },
  ]);
  const proof = { signed: 'signed.example', broken: 'broken.example' };
  const dnssec = { kind: 'resolver', dns, name: '127.0.0.1', proof, postfixAsks: false } as const;
  const bundle = tableOf();
  const validating = { ...bundle, settings: { ...bundle.settings, dnsSupportLevel: 'dnssec' as const } };
  const found = await asked(['moody.example'], { bundle: validating, dnssec, policies: { 'moody.example': POLICY } });
  expect(told(found)).toEqual(['other.net -: moody.example dane-only']);
  expect(found.changes[0]?.ground?.kind).toBe('dnssec');
});

test('an interceptor of today is in no line of whom other hosts were seen before', async () => {
  for (const day of [0, 1]) await watchedOn(day, ['moody.example']);
  world.domain('moody.example', world.host('mx.interceptor.net', await named('mx.interceptor.net')));
  expect(told(await asked(['moody.example'], { day: 2 }))).toEqual(['interceptor.net -: moody.example encrypt']);
});

test('a service with a table of its own: the line goes there', async () => {
  const bundle = tableOf();
  const { settings, trust, anchorFiles } = bundle;
  const table = (path: string) => ({ type: 'hash', path });
  const strict = { settings: { ...settings, policyMaps: [table('/etc/postfix/strict')] }, trust, anchorFiles };
  const found = await asked(['own.example', 'moody.example'], {
    bundle: {
      ...bundle,
      settings: { ...settings, policyMaps: [table('/etc/postfix/tls_policy')], transportMaps: [table('/etc/postfix/transport')] },
      policyTables: [...bundle.policyTables, { name: 'hash:/etc/postfix/strict', text: '' }],
      transportTables: [{ name: 'hash:/etc/postfix/transport', text: 'own.example strict:\n' }],
      services: { strict },
    },
  });
  expect(found.changes.map(({ key, table: name }) => [key, name]).sort()).toEqual([
    ['moody.example', 'hash:/etc/postfix/tls_policy'],
    ['own.example', 'hash:/etc/postfix/strict'],
  ]);
});
