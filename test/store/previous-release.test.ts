/**
 * What each release wrote is read by this one, and what a later one writes is left alone.
 *
 * `test/cases/store-VERSION.json` holds every item of a store as that release left it; see store-fixture.ts.
 */
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { bundleOfPolicy } from '../../lambda/run/watch/stored-policy.ts';
import { inParallel } from '../../lambda/store/in-parallel.ts';
import { describeProblem, fromItem, type ItemKind } from '../../lambda/store/item.ts';
import { KINDS } from '../../lambda/store/item-kinds.ts';
import { type Store, spaceOf } from '../../lambda/store/keys.ts';
import { policyState, pushPolicy, readPolicy } from '../../lambda/store/policies.ts';
import type { Item, Key } from '../../lambda/store/table.ts';
import { factsOf, raise, readFixture, type StoreFixture } from '../cases/store-fixture.ts';
import { type Run, runOnce } from '../run/watching.ts';
import { type StoreOnDisk, storeOnDisk } from './on-disk.ts';

let dir: string;
let disk: StoreOnDisk;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'previous-release-'));
  disk = await storeOnDisk();
});

afterAll(async () => {
  disk.close();
  rmSync(dir, { recursive: true, force: true });
});

const CASES = join(import.meta.dirname, '../cases');
const HOUR_MS = 3_600_000;
const fixtures = globSync('store-*.json', { cwd: CASES }).map((name) => readFixture(join(CASES, name)));

test('there is a fixture to hold this release to', () => {
  expect(fixtures.length).toBeGreaterThan(0);
});

describe.each(fixtures)('a store as release $release left it', (fixture) => {
  test('every item is read, and there is one of every kind', () => {
    const read = fixture.items.map((item) => {
      const kind = kindOf(item);
      return { name: kind.name, as: fromItem(kind, item, fixture.at).kind };
    });
    expect(read.filter(({ as }) => as !== 'held')).toEqual([]);
    const known = KINDS.map(({ name }) => name).filter((name) => !SINCE.includes(name));
    expect(new Set(read.map(({ name }) => name))).toEqual(new Set(known));
  });

  test('status and history say what they said', async () => {
    const at = await loaded(fixture);
    expect(await factsOf(at.store, fixture.at + HOUR_MS)).toEqual(fixture.facts);
  });

  test('a run over the same world is silent, and what an interrupted run told counts as told', async () => {
    const at = await loaded(fixture);
    expect(await at.run(2 * HOUR_MS)).toMatchObject({ kind: 'done', complete: true, problems: [] });
    expect(at.subjects).toEqual([]);
    const facts = await factsOf(at.store, fixture.at + 3 * HOUR_MS);
    expect(facts.status).toEqual({ ...fixture.facts.status, latestRun: 'upgraded' });
    expect(facts.history.slice(0, fixture.facts.history.length)).toEqual(fixture.facts.history);
  });

  test('so it is from a vantage that had no open end', async () => {
    const at = await loaded(fixture, fixture.vantages[1]);
    expect(await at.run(2 * HOUR_MS)).toMatchObject({ kind: 'done', complete: true, problems: [] });
    expect(at.subjects).toEqual([]);
  });

  test('what changes afterwards is told, and explained by what was seen before the upgrade', async () => {
    const chains = new Map(fixture.world.hosts.map(({ host, chain }) => [host, chain]));
    const hosts = fixture.world.hosts.map((one) =>
      one.host === 'mail.well.example' ? { ...one, chain: chains.get('mail.renewing.example') ?? null } : one,
    );
    const at = await loaded({ ...fixture, world: { ...fixture.world, hosts } });
    await at.run(2 * HOUR_MS, { confirm: { kind: 'same-run', afterMs: 1_000 } });
    expect(at.subjects).toEqual(['well.example would defer: certificate lost a name']);
  });

  test('the policy in use is read, and the one that it replaced', async () => {
    const at = await loaded(fixture);
    const versions = fixture.items.flatMap(({ pk, sk }) => (sk === 'manifest' ? [pk.split('#')[1]] : []));
    expect(versions.length).toBeGreaterThan(1);
    for (const version of versions) {
      const policy = await readPolicy(at.store, version);
      expect(policy?.version).toBe(version);
      if (policy !== undefined) expect(bundleOfPolicy(policy).policyTables).toHaveLength(1);
    }
  });
});

/** Kinds that came after that release. */
const SINCE: readonly string[] = ['confirmation', 'owed channel', 'MTA-STS policy'];

describe('an item that a later release wrote is neither overwritten nor in the way', () => {
  const [fixture] = fixtures;
  if (fixture === undefined) return;

  test.each([
    { what: 'an entry', is: ({ sk }: Item) => sk === 'entry#well.example' },
    { what: 'an entry that fails', is: ({ sk }: Item) => sk === 'entry#wrong.example' },
    { what: 'a host', is: ({ sk }: Item) => sk.startsWith('host#mail.well.example') },
    { what: 'an incident', is: ({ sk }: Item) => sk.startsWith('wrong.example-name-mismatch') },
    { what: 'a mute', is: ({ pk }: Item) => pk === 'default/mute' },
    { what: 'the last complete run', is: ({ sk }: Item) => sk === '2026-12-04T06:00:00.000Z' },
    { what: 'the run that was interrupted', is: ({ sk }: Item) => sk === '2026-12-05T06:00:00.000Z' },
    { what: 'what an interrupted run told', is: ({ pk }: Item) => pk.endsWith('2026-12-05T06:00:00.000Z') },
    { what: 'everything that was seen', is: ({ pk }: Item) => pk.includes('/now#') },
    { what: 'all history and all certificates', is: ({ pk }: Item) => pk.includes('/history#') || pk.startsWith('cert#') },
  ])('$what', async ({ is }) => {
    const later = fixture.items.filter(is);
    expect(later.length).toBeGreaterThan(0);
    const items = fixture.items.map((item) => (is(item) ? { ...item, v: 99 } : item));
    const at = await loaded(fixture, undefined, items);
    const watched = await at.run(2 * HOUR_MS);
    const again = await at.run(3 * HOUR_MS, { runId: 'and again' });
    expect(watched).toMatchObject({ kind: 'done', complete: true });
    expect(again).toMatchObject({ kind: 'done', complete: true });
    for (const { pk, sk, value, rev } of later) expect(await at.get({ pk, sk })).toMatchObject({ v: 99, rev, value });
  });

  test('each run names what it skipped', async () => {
    const items = fixture.items.map((item) => (item.sk === 'entry#well.example' ? { ...item, v: 99 } : item));
    const { pk, sk } = items.find(({ v }) => v === 99) ?? { pk: '', sk: '' };
    const at = await loaded(fixture, undefined, items);
    expect(await at.run(2 * HOUR_MS)).toMatchObject({
      problems: [
        describeProblem({ kind: 'newer', key: under(at.store.space.policy, { pk, sk }), v: 99 }),
        'well.example: another run wrote it meanwhile, and its picture was kept',
      ],
    });
  });

  test('a lease: that installation is in charge', async () => {
    const items = fixture.items.map((item) => (item.sk === 'lease' ? { ...item, v: 99 } : item));
    const at = await loaded(fixture, undefined, items);
    await expect(at.run(2 * HOUR_MS)).rejects.toThrow(
      'the lease was written by a newer version of postfix-tls-watch: update this installation',
    );
  });

  test.each([
    { what: 'head', is: ({ sk }: Item) => sk === 'head', says: NEWER_POLICY },
    { what: 'manifest', is: ({ sk }: Item) => sk === 'manifest', says: NEWER_POLICY },
    {
      what: 'chunk',
      is: ({ sk }: Item) => sk === 'bundle.json#000',
      says: 'bundle.json#000 is written by a newer version; update this installation',
    },
  ])('the $what of a policy: it is not guessed at, and no push of the same content replaces it', async ({ is, says }) => {
    const whole = await loaded(fixture);
    const versions = fixture.items.flatMap(({ pk, sk }) => (sk === 'manifest' ? [pk.split('#')[1]] : []));
    const { head } = await policyState(whole.store);
    const superseded = await readPolicy(
      whole.store,
      versions.find((version) => version !== head?.current),
    );

    const items = fixture.items.map((item) => (is(item) ? { ...item, v: 99 } : item));
    const at = await loaded(fixture, undefined, items);
    await expect(readPolicy(at.store)).rejects.toMatchObject({ kind: 'damaged' });
    const pushing = policyState(at.store).then(({ rev }) =>
      pushPolicy(at.store, { parts: superseded?.parts ?? {}, by: 'bob', at: fixture.at, rev }),
    );
    await expect(pushing).rejects.toThrow(says);
    for (const { pk, sk, value } of items.filter(is)) expect(await at.get({ pk, sk })).toMatchObject({ v: 99, value });
  });
});

const NEWER_POLICY = 'the policy was pushed by a newer version; update this installation';

/** By the keys alone, as keys.ts has them. */
function kindOf({ pk, sk }: Item): ItemKind<unknown> {
  const found = KINDS.find(({ name }) => name === KIND_OF.find(([matches]) => matches.test(`${pk} ${sk}`))?.[1]);
  if (found === undefined) throw new Error(`what is ${pk} / ${sk}?`);
  return found;
}

const KIND_OF: readonly (readonly [RegExp, string])[] = [
  [/^cert#/, 'certificate'],
  [/\/policy head$/, 'policy head'],
  [/\/policy#\w+ manifest$/, 'policy manifest'],
  [/\/(policy|tellings)#.*#\d{3}$/, 'chunk'],
  [/\/now#.* entry#/, 'entry'],
  [/\/now#.* host#/, 'host'],
  [/\/history#/, 'history event'],
  [/\/incident#/, 'incident'],
  [/\/mute /, 'mute'],
  [/\/run#/, 'run record'],
  [/\/lease#/, 'lease'],
];

interface Loaded {
  readonly store: Store;
  readonly subjects: string[];
  /** What now stands under a key of the fixture. */
  get(key: Key): Promise<Item | undefined>;
  /** One run, so long after the last one of the release. */
  run(afterMs: number, more?: Partial<Run>): ReturnType<typeof runOnce>;
}

let loads = 0;

/** The items in a store of their own, but for the certificates, which all share and each writes anew. */
async function loaded(fixture: StoreFixture, vantage = fixture.vantages[0] ?? '', items = fixture.items): Promise<Loaded> {
  const policy = `p${++loads}`;
  const { table } = disk;
  await inParallel(items, async (item) => void (await table.put(under(policy, item))));
  const store: Store = { table, space: spaceOf(policy, vantage) };
  const bundle = policyOf(fixture);
  const world = raise(fixture.world, certificatesIn(fixture));
  const subjects: string[] = [];
  return {
    store,
    subjects,
    get: (key) => table.get(under(policy, key)),
    run: (afterMs, more = {}) =>
      runOnce(
        { bundle, store, world: () => world.doors(), at: fixture.at + afterMs, runId: 'upgraded', holder: vantage, ...more },
        subjects,
      ),
  };
}

/** The item of the fixture's policy, as that of another one: keys begin with the policy's name, and nothing else holds it. */
const under = <K extends Key>(policy: string, item: K): K => ({ ...item, pk: item.pk.replace(/^default\//, `${policy}/`) });

/** The policy in use, straight from the items: where the store does not give it out, a mail host has it in its files. */
function policyOf(fixture: StoreFixture): Bundle {
  const head = fixture.items.find(({ sk }) => sk === 'head')?.value as { current: string };
  const part = fixture.items.find(({ pk, sk }) => pk.endsWith(head.current) && sk === 'bundle.json#000')?.value as {
    gz: Uint8Array;
  };
  const parts = { 'bundle.json': new Uint8Array(gunzipSync(part.gz)) };
  return bundleOfPolicy({ version: head.current, parts, pushedAt: 0, pushedBy: '' });
}

/** Base64 DER by digest. */
function certificatesIn({ items }: StoreFixture): Record<string, string> {
  const stored = items.filter(({ pk }) => pk.startsWith('cert#'));
  return Object.fromEntries(
    stored.map(({ pk, value }) => [pk.slice('cert#'.length), Buffer.from((value as { der: Uint8Array }).der).toString('base64')]),
  );
}
