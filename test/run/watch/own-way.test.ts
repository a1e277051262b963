/** A mail that warns of a queue must not depend on that queue: its address is judged like any destination. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel } from '../../../lambda/alert/channel/channel.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../watching.ts';

const START = Date.UTC(2026, 10, 24, 6);
let disk: StoreOnDisk;
let pem: string;
/** Whose name the certificate has, and whose it has not. */
let chain: readonly string[];
let policies = 0;
beforeAll(async () => {
  disk = await storeOnDisk(START);
  const root = await createAuthority('Own Way Root', { notBefore: START - 400 * DAY_MS });
  pem = root.certificate.pem;
  const validity = { notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS };
  chain = (await root.issue({ dnsNames: ['good.example'], ...validity })).chain;
});
afterAll(() => disk.close());

const TABLE = 'good.example secure\nbad.example secure\n';

function world(): SmallWorld {
  const made = new SmallWorld();
  for (const name of ['good.example', 'bad.example', 'relay.example', 'elsewhere.example'])
    made.domain(name, made.host(`mail.${name}`, chain));
  return made;
}

interface Told {
  readonly channels: readonly Channel[];
  readonly texts: string[];
}

/** A mail to that address through the watched Postfix, and other channels that take everything. */
function ways(recipient: string, ...others: readonly string[]): Told {
  const texts: string[] = [];
  const tell: Channel['tell'] = async ({ text }) => {
    texts.push(text.replaceAll(/\s+/g, ' '));
    return { kind: 'told' };
  };
  const channels = [
    { kind: 'mail', name: `mail to ${recipient}`, recipient, tell },
    ...others.map((name) => ({ kind: name, name, tell })),
  ];
  return { channels, texts };
}

async function run(bundle: Bundle, { channels }: Told, day = 0, policy = `own-way-${policies++}`) {
  const store = { table: disk.table, space: spaceOf(policy, 'mx1') };
  const done = await runOnce({ bundle, store, world: () => world().doors(), at: START + day * DAY_MS, channels });
  if (done.kind !== 'done') throw new Error(done.kind);
  return { told: done.told, complete: done.complete, owed: done.owed, policy };
}

const WAITS =
  /^mail to \S+ leaves by the Postfix that is watched, and would wait there: .+; name a channel that does not depend on it$/;

test('to a destination that fails: the message says so, and alone it counts as untold', async () => {
  const told = ways('postmaster@bad.example');
  const bundle = bundleOf(TABLE, pem);
  const first = await run(bundle, told);
  expect(first).toMatchObject({ told: { kind: 'untold', because: expect.stringMatching(WAITS) }, complete: false, owed: [] });
  expect(told.texts[0]).toMatch(
    /^Mail to postmaster@bad\.example leaves by the Postfix that is watched, and would wait there: .*\. Name a channel that does not depend on it\. This is the first look/,
  );
  expect((await run(bundle, told, 1, first.policy)).told?.kind).toBe('untold');
});

test('beside another channel it counts as told, by that one, and nothing is owed', async () => {
  const told = ways('postmaster@bad.example', 'a topic');
  const bundle = bundleOf(TABLE, pem);
  const first = await run(bundle, told);
  expect(first).toMatchObject({ told: { kind: 'told' }, complete: true, owed: [] });
  expect(told.texts).toHaveLength(2);
  expect(told.texts[1]).toContain('leaves by the Postfix that is watched, and would wait there');
  // Not yet a day, so that no reminder is due.
  await run(bundle, told, 0.5, first.policy);
  expect(told.texts).toHaveLength(2);
});

test('beside another channel that fails it is untold, too', async () => {
  const told = ways('postmaster@bad.example');
  const broken: Channel = {
    kind: 'topic',
    name: 'a topic',
    tell: async () => ({ kind: 'untold', because: 'the topic is gone' }),
  };
  const first = await run(bundleOf(TABLE, pem), { ...told, channels: [...told.channels, broken] });
  expect(first.told).toMatchObject({ kind: 'untold', because: expect.stringMatching(/^the topic is gone; mail to /) });
});

test.each([
  { because: 'its own entry delivers', address: 'postmaster@good.example' },
  { because: 'nothing is asked of it', address: 'postmaster@elsewhere.example' },
  { because: 'it stays on this host', address: 'root@localhost' },
  { because: 'DNS does not know it, and this host may', address: 'postmaster@not-in-dns.example' },
  { because: 'it is not known where it goes', address: 'postmaster@nowhere-judged.example', undetermined: true },
])('to an address that will have it ($because): told', async ({ address, undetermined }) => {
  const told = ways(address);
  const bundle = bundleOf(TABLE, pem);
  const settings = { ...bundle.settings, myDestination: ['localhost'] };
  const made = world();
  if (undetermined) made.unanswered('nowhere-judged.example');
  const store = { table: disk.table, space: spaceOf(`own-way-${policies++}`, 'mx1') };
  const done = await runOnce({
    bundle: { ...bundle, settings },
    store,
    world: () => made.doors(),
    at: START,
    channels: told.channels,
  });
  expect(done).toMatchObject({ kind: 'done', told: { kind: 'told' }, complete: true });
  expect(told.texts[0]).toMatch(/^This is the first look/);
});

test('through a relayhost that fails', async () => {
  const bundle = bundleOf('[mail.relay.example] secure\n', pem);
  const settings = { ...bundle.settings, relayhost: '[mail.relay.example]' };
  const { told } = await run({ ...bundle, settings }, ways('postmaster@elsewhere.example'));
  expect(told).toMatchObject({ kind: 'untold', because: expect.stringMatching(WAITS) });
});

test('through a relayhost that DNS does not know', async () => {
  const bundle = bundleOf('', pem);
  const settings = { ...bundle.settings, relayhost: 'gone.example', securityLevel: 'encrypt' as const };
  const { told } = await run({ ...bundle, settings }, ways('postmaster@elsewhere.example'));
  expect(told).toMatchObject({ kind: 'untold', because: expect.stringMatching(WAITS) });
});

test('with a table that Postfix cannot open', async () => {
  const bundle = bundleOf('', pem);
  const lost: Bundle = {
    ...bundle,
    policyTables: [],
    settings: { ...bundle.settings, policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }] },
    problems: [{ kind: 'missing', name: 'hash:/etc/postfix/tls_policy', because: 'No such file or directory' }],
    destinations: ['good.example'],
  };
  const { told } = await run(lost, ways('postmaster@elsewhere.example'));
  expect(told).toMatchObject({ kind: 'untold', because: expect.stringMatching(WAITS) });
});

test.each([
  { level: 'may' as const, kind: 'told' as const },
  { level: 'encrypt' as const, kind: 'untold' as const },
])('with a TLS engine that is off, at $level: $kind', async ({ level, kind }) => {
  const bundle = bundleOf(`elsewhere.example ${level}\ngood.example secure\n`, pem);
  const trust = { kind: 'engine-off', because: 'cannot load /ca.pem: No such file or directory' } as const;
  const { told } = await run({ ...bundle, trust }, ways('postmaster@elsewhere.example'));
  expect(told).toMatchObject(kind === 'told' ? { kind } : { kind, because: expect.stringMatching(WAITS) });
});
