/**
 * Writes `store-VERSION.json`: the whole store of a small policy after eleven days in which something happened.
 *
 *     node test/cases/write-store-fixture.ts
 *
 * Run once per release, when its version is set and nothing that is stored will change any more; the file is then kept as it
 * is, and test/store/previous-release.test.ts holds all later releases to it. Dates are fixed; keys and certificates are
 * fresh with each run of the script.
 */
import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { newMute } from '../../lambda/alert/incident/mute.ts';
import { bundlePart } from '../../lambda/run/watch/stored-policy.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { readLatest } from '../../lambda/store/latest.ts';
import { saveMute } from '../../lambda/store/mutes.ts';
import { policyState, pushPolicy } from '../../lambda/store/policies.ts';
import type { Table } from '../../lambda/store/table.ts';
import { VERSION } from '../../lambda/version.ts';
import { createAuthority, selfSigned } from '../internet/authority.ts';
import { type SmallHost, SmallWorld } from '../run/small-world.ts';
import { bundleOf, DAY_MS, type Run, runOnce } from '../run/watching.ts';
import { storeOnDisk } from '../store/on-disk.ts';
import { factsOf, fixtureText, itemsOf, type WorldPlan } from './store-fixture.ts';

const START = Date.UTC(2026, 10, 24, 6);
const LAST_DAY = 11;
const ENTRIES = [
  'well.example secure',
  'wrong.example secure',
  'ending.example secure',
  'partial.example secure match=.provider.example',
  'renewing.example secure',
  'moving.example secure match=.provider.example:.elsewhere.example',
  'turning.example secure',
  'late.example secure',
  'stranger.example secure',
  'plain.example encrypt',
  'broken.example encrypt',
  'refusing.example encrypt',
  'silent.example secure',
  'unanswered.example secure',
  'nowhere.example secure',
  'constructor secure',
  'typo.example secure mach=example.com',
  'opaque.example none',
  '.parent.example secure',
];

const disk = await storeOnDisk(START);
try {
  writeFileSync(new URL(`./store-${VERSION}.json`, import.meta.url), await written(disk.table));
} finally {
  disk.close();
}

async function written(table: Table): Promise<string> {
  const policy = 'default';
  const seenMost: Store = { table, space: spaceOf(policy, 'mx1.example.org') };
  const seenOnce: Store = { table, space: spaceOf(policy, 'mx2.example.org') };
  const root = await createAuthority('Fixture Root', { notBefore: START - 400 * DAY_MS });
  const under = await root.intermediate('Fixture Intermediate', { notBefore: START - 300 * DAY_MS });
  const chainFor = async (name: string, from = -10, to = 355): Promise<readonly string[]> =>
    (await under.issue({ dnsNames: [name], notBefore: START + from * DAY_MS, notAfter: START + to * DAY_MS })).chain;
  const firstTable = [...ENTRIES, 'gone.example secure'].join('\n');
  const table2 = ENTRIES.join('\n');

  const world = new SmallWorld();
  const hosts: SmallHost[] = [];
  const domains: Record<string, readonly string[] | null> = {};
  const domain = (name: string, ...at: readonly SmallHost[]) => {
    world.domain(name, ...at);
    domains[name] = at.map(({ host }) => host);
  };
  const mail = async (name: string, certified = name, to?: number) => {
    const host = world.host(name, await chainFor(certified, -10, to));
    hosts.push(host);
    return host;
  };
  const simple = async (name: string, certified?: string, to?: number) => {
    const host = await mail(`mail.${name}`, certified ?? `mail.${name}`, to);
    domain(name, host);
    return host;
  };
  const well = await simple('well.example');
  await simple('wrong.example', 'mail.another.example');
  await simple('ending.example', undefined, 12);
  await simple('gone.example');
  await simple('constructor');
  domain('typo.example', well);
  domain('partial.example', await mail('mx1.provider.example'), await mail('backup.example'));
  const renewing = await simple('renewing.example');
  domain('moving.example', await mail('mx2.provider.example'));
  const elsewhere = await mail('mx.elsewhere.example');
  const turning = await simple('turning.example');
  const late = await simple('late.example');
  const stranger = await simple('stranger.example');
  stranger.result = {
    kind: 'presented',
    protocol: 'TLSv1.2',
    cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384',
    group: 'X25519',
    chain: (await selfSigned({ dnsNames: ['mail.stranger.example'], notBefore: START - DAY_MS, notAfter: START + 900 * DAY_MS }))
      .chain,
    verify: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    afterTls: { code: 502, text: '5.5.1 not now' },
  };
  (await simple('plain.example')).result = { kind: 'no-tls', why: 'not-offered' };
  (await simple('refusing.example')).result = {
    kind: 'no-tls',
    why: 'refused-4xx',
    reply: { code: 454, text: '4.7.0 TLS not available' },
  };
  (await simple('broken.example')).result = { kind: 'handshake-failed', cause: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' };
  const silent = await simple('silent.example');
  world.unanswered('unanswered.example');
  domains['unanswered.example'] = null;

  const bundle = (text: string) => bundleOf(text, root.certificate.pem);
  const push = async (text: string, at: number) =>
    pushPolicy(seenMost, {
      parts: { ...bundlePart(bundle(text)), '/etc/postfix/tls_policy': new TextEncoder().encode(text) },
      by: 'alice@mx1.example.org',
      at,
      rev: (await policyState(seenMost)).rev,
    });
  const on = (day: number, more: Partial<Run> = {}) => {
    const at = START + day * DAY_MS;
    const text = day < 7 ? firstTable : table2;
    return runOnce({
      bundle: bundle(text),
      store: seenMost,
      world: () => world.doors(),
      at,
      holder: seenMost.space.vantage,
      ...more,
    });
  };
  /** Tells, notes that it told, and dies before it stores: as a process that is killed. */
  const dies = async (day: number, more: Partial<Run> = {}) => {
    const process = mortal(table);
    const store = { ...seenMost, table: process.table };
    const told = async () => {
      process.dieAfterOneMore();
      return { kind: 'told' as const, messageId: randomUUID() };
    };
    await on(day, { store, tell: told, ...more }).then(
      () => {
        throw new Error(`the run of day ${day} told nothing`);
      },
      () => undefined,
    );
  };

  await push(firstTable, START - DAY_MS);
  await on(0);
  silent.chain = null;
  await muteAs('wrong.example', START + DAY_MS / 2, seenMost);
  await on(1);
  turning.chain = await chainFor('somewhere.example');
  await on(2);
  await dies(3);
  renewing.chain = await chainFor('mail.renewing.example', 3, 400);
  await on(4);
  turning.chain = await chainFor('mail.turning.example', 4, 400);
  domain('moving.example', elsewhere);
  await on(5);
  await on(6);
  await push(table2, START + 6.5 * DAY_MS);
  await on(7);
  await on(8);
  await on(8.5, { only: new Set(['well.example']), runId: `${new Date(START + 8.5 * DAY_MS).toISOString()}#manual` });
  await on(9, { tell: async () => ({ kind: 'untold', because: 'the topic is gone' }) });
  late.chain = await chainFor('mail.another.example');
  await on(10);
  await on(LAST_DAY - 0.05, { store: seenOnce });
  await dies(LAST_DAY);

  const at = START + LAST_DAY * DAY_MS;
  const plan: WorldPlan = {
    hosts: hosts.map(({ host, chain, result }) => ({
      host,
      chain: result === undefined ? (chain?.map(digestOf) ?? null) : [],
      ...(result === undefined ? {} : { result }),
    })),
    domains,
  };
  return fixtureText({
    release: VERSION,
    at,
    policy,
    vantages: [seenMost.space.vantage, seenOnce.space.vantage],
    world: plan,
    facts: await factsOf(seenMost, at + 3_600_000),
    items: await itemsOf(table),
  });
}

async function muteAs(key: string, at: number, store: Store): Promise<void> {
  const states = [...(await readLatest(store, at)).entries.values()].flatMap(({ value }) => value.state ?? []);
  const made = newMute(key, { until: at + 60 * DAY_MS, reason: 'ticket 4711', by: 'alice@mx1.example.org' }, states, at);
  if (made.kind === 'refused') throw new Error(made.because);
  await saveMute(store, made.mute);
}

/** A table that is lost to its process from a moment on. */
function mortal(inner: Table): { readonly table: Table; dieAfterOneMore(): void } {
  let left = Number.POSITIVE_INFINITY;
  const alive = <T>(act: () => T): T => {
    if (left-- <= 0) throw new Error('killed');
    return act();
  };
  return {
    dieAfterOneMore: () => {
      left = 1;
    },
    table: {
      ...inner,
      get: (key) => alive(() => inner.get(key)),
      getMany: (keys) => alive(() => inner.getMany(keys)),
      query: (pk, range) => alive(() => inner.query(pk, range)),
      put: (item, condition) => alive(() => inner.put(item, condition)),
      update: (key, set, condition) => alive(() => inner.update(key, set, condition)),
      delete: (key, condition) => alive(() => inner.delete(key, condition)),
    },
  };
}

function digestOf(der: string): string {
  return createHash('sha256').update(der, 'base64').digest('hex');
}
