/** What a push stores, and what it refuses: on a store on disk, with sightings as a watch leaves them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { partsOf, push } from '../../../lambda/command/policy/push.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { destinationsOf } from '../../../lambda/policy/destinations.ts';
import type { BundleSources } from '../../../lambda/policy/gather/this-machine.ts';
import { defaultSettings } from '../../../lambda/policy/settings.ts';
import { conversationFor } from '../../../lambda/probe/conversation.ts';
import type { Route } from '../../../lambda/route/route.ts';
import { bundleOfPolicy } from '../../../lambda/run/watch/stored-policy.ts';
import { updateEntry } from '../../../lambda/snapshot/entry-snapshot.ts';
import { observeHosts, updateHost } from '../../../lambda/snapshot/host-snapshot.ts';
import { keepCertificates } from '../../../lambda/store/certificates.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { saveEntry, saveHost } from '../../../lambda/store/latest.ts';
import { policyState, pushPolicy, readPolicy } from '../../../lambda/store/policies.ts';
import { judge } from '../../../lambda/verdict/judge.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';

const AT = Date.parse('2026-11-24T06:00:00Z');
const DAY = 86_400_000;
const PATH = '/etc/postfix/tls_policy';
const root = await createAuthority('Root');
const other = await createAuthority('Other');
const { chain } = await root.issue({ dnsNames: ['mx.mail.example'], notBefore: AT - DAY, notAfter: AT + 60 * DAY });

let dir: string;
let disk: StoreOnDisk;
let store: Store;
let spaces = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'push-'));
  disk = await storeOnDisk();
});
beforeEach(() => {
  spaces++;
  store = { table: disk.table, space: spaceOf(`policy${spaces}`, 'mx1') };
});
afterAll(async () => {
  disk.close();
  rmSync(dir, { recursive: true });
});

function sourcesOf(text: string, changes: Partial<Bundle> = {}): BundleSources {
  const bundle: Bundle = {
    settings: { ...defaultSettings('3.11'), policyMaps: [{ type: 'hash', path: PATH }] },
    policyTables: [{ name: `hash:${PATH}`, text }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: [root.certificate.der], source: 'test' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
    ...changes,
  };
  return { bundle, files: { [PATH]: new TextEncoder().encode(text) } };
}

/** Stores what a watch would have seen of these destinations: all mail goes to mx.mail.example. */
async function seen({ bundle }: BundleSources): Promise<void> {
  for (const destination of destinationsOf(bundle)) {
    const [hop] = destination.hops;
    if (hop === undefined) continue;
    const host = { host: 'mx.mail.example', preference: 10, addresses: ['192.0.2.1'], lookup: 'found' as const };
    const route: Route = { kind: 'hosts', nextHop: hop.nextHop.text, mx: true, hosts: [host] };
    const conversation = conversationFor(hop, host, '192.0.2.1', bundle.settings);
    const result = { kind: 'presented' as const, protocol: 'TLSv1.3' as const, cipher: 'x', chain, verify: 'OK' };
    const evidence = { routes: { [hop.nextHop.text]: route }, results: { [conversation.id]: result } };
    const verdict = judge(destination, evidence, bundle, AT);
    const snapshot = updateEntry(undefined, { verdict, routes: [route] }, { at: AT });
    if (snapshot !== undefined) await saveEntry(store, { snapshot }, undefined, AT);
    for (const look of observeHosts([{ host: host.host, conversation, result }])) {
      await keepCertificates(store, new Map(Object.entries(look.certificates)), AT + 500 * DAY);
      const stored = updateHost(undefined, look, { at: AT });
      if (stored !== undefined) await saveHost(store, stored, undefined, AT);
    }
  }
}

const options = { by: 'alice@mx1', at: AT, insisted: false, force: false };
const pushing = (sources: BundleSources, more: Partial<Parameters<typeof push>[2]> = {}) =>
  push(store, sources, { ...options, expected: undefined, ...more });

/** A policy that is in use, and what was seen of it. */
async function inUse(text: string, changes: Partial<Bundle> = {}): Promise<string> {
  const sources = sourcesOf(text, changes);
  await seen(sources);
  const outcome = await pushing(sources);
  if (outcome.kind !== 'pushed') throw new Error(`not pushed: ${outcome.kind}`);
  return outcome.version;
}

describe('what is stored', () => {
  test('comes back byte for byte, whatever the bytes', async () => {
    const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, ...Buffer.from('a.example may\r\n# caf'), 0xe9, 0x0a, 0x00, 0xff]);
    const second = { type: 'texthash', path: 'bundle.json' };
    const { bundle } = sourcesOf('a.example may\n', {
      settings: { ...defaultSettings('3.11'), policyMaps: [{ type: 'hash', path: PATH }, second] },
    });
    const outcome = await pushing({ bundle, files: { [PATH]: bytes, 'bundle.json': Buffer.from('mine') } });
    expect(outcome).toMatchObject({ kind: 'pushed', differences: [], overridden: [], known: [], seen: 'none' });
    const stored = await readPolicy(store);
    expect(Object.keys(stored?.parts ?? {}).toSorted()).toEqual(['./bundle.json', PATH, 'bundle.json']);
    expect(Buffer.from(stored?.parts[PATH] ?? [])).toEqual(Buffer.from(bytes));
    expect(stored === undefined ? undefined : bundleOfPolicy(stored)).toEqual(bundle);
  });

  test('may have 20,000 lines and a CA bundle of 250 KB', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `d${i}.example secure match=.p${i % 300}.example ciphers=high\n`);
    const certificates = Array.from({ length: 190 }, () => root.certificate.der.padEnd(1_350, 'A'));
    const large = sourcesOf(lines.join(''), { trust: { kind: 'anchors', certificates, source: 'test' } });
    const caFile = Buffer.from(root.certificate.pem.repeat(600));
    expect(caFile.length).toBeGreaterThan(250_000);
    const sources = { ...large, files: { ...large.files, '/etc/ssl/ca.pem': caFile } };
    expect(await pushing(sources)).toMatchObject({ kind: 'pushed' });
    const stored = await readPolicy(store);
    expect(Buffer.from(stored?.parts[PATH] ?? []).toString()).toBe(lines.join(''));
    expect(Buffer.from(stored?.parts['/etc/ssl/ca.pem'] ?? [])).toEqual(caFile);

    const edited = sourcesOf(`${lines.slice(1).join('')}d0.example encrypt\n`, { trust: large.bundle.trust });
    const { version } = stored ?? { version: '' };
    const outcome = await pushing(edited, { expected: version });
    expect(outcome.kind === 'pushed' ? outcome.differences : outcome).toMatchObject([
      { name: 'd0.example', before: { line: 1 }, after: { line: 20_000, text: 'd0.example encrypt' } },
    ]);
  });

  test('is left alone where it is in use already', async () => {
    const version = await inUse('a.example may\n');
    expect(await pushing(sourcesOf('a.example may\n'), { at: AT + DAY })).toEqual({ kind: 'unchanged', version });
    expect((await policyState(store)).head?.pushedAt).toBe(AT);
  });
});

const GOOD = 'one.example secure match=.mail.example\ntwo.example encrypt\n';

describe('what would break', () => {
  test.each([
    {
      because: 'a match list that the certificate does not satisfy',
      text: 'one.example secure match=.post.example\ntwo.example encrypt\n',
      breaks: ['one.example'],
    },
    {
      because: 'an entry that is new, where mail went out at the global level',
      text: `${GOOD}three.example secure\n`,
      also: 'three.example encrypt\n',
      breaks: ['three.example'],
    },
    { because: 'a line that moves breaks nothing', text: `# new\n\n${GOOD}`, breaks: [] },
    { because: 'nor one that asks for less', text: 'one.example may\ntwo.example encrypt\n', breaks: [] },
    {
      because: 'nor one that asks for more and gets it',
      text: `${GOOD.replace('encrypt', 'verify match=hostname')}`,
      breaks: [],
    },
    { because: 'nor one that is gone', text: 'one.example secure match=.mail.example\n', breaks: [] },
    { because: 'nor a new one of which nothing was seen', text: `${GOOD}nine.example secure\n`, breaks: [] },
  ])('$because', async ({ text, also, breaks }) => {
    if (also !== undefined) await seen(sourcesOf(also));
    const expected = await inUse(GOOD);
    const outcome = await pushing(sourcesOf(text), { expected });
    const refused = outcome.kind === 'refused' ? outcome.refusals : [];
    expect(refused.flatMap((one) => (one.kind === 'breaks' ? one.differences.map(({ name }) => name) : [one.kind]))).toEqual(
      breaks,
    );
    expect(outcome.kind).toBe(breaks.length > 0 ? 'refused' : 'pushed');
    expect((await policyState(store)).head?.current === expected).toBe(breaks.length > 0);
  });

  test('is a CA bundle that lost the root as well', async () => {
    const expected = await inUse(GOOD);
    const trust = { kind: 'anchors' as const, certificates: [other.certificate.der], source: 'test' };
    const outcome = await pushing(sourcesOf(GOOD, { trust }), { expected });
    expect(outcome).toMatchObject({
      kind: 'refused',
      refusals: [
        {
          kind: 'breaks',
          differences: [
            {
              name: 'one.example',
              before: { verdict: 'pass' },
              after: { verdict: 'fail', reason: 'missing-intermediate' },
              breaks: { postfixWould: 'defer' },
            },
          ],
        },
      ],
    });
  });

  test('is pushed by force, and what was overridden is told', async () => {
    const expected = await inUse(GOOD);
    const outcome = await pushing(sourcesOf('one.example secure\ntwo.example encrypt\n'), { expected, force: true });
    expect(outcome).toMatchObject({
      kind: 'pushed',
      overridden: [{ kind: 'breaks' }],
      seen: 'some',
      replaced: { current: expected },
    });
  });

  test('no longer counts when it fails already', async () => {
    const expected = await inUse('one.example secure\n');
    expect(await pushing(sourcesOf('one.example secure match=.post.example\n'), { expected })).toMatchObject({ kind: 'pushed' });
  });
});

describe('lines that defer mail', () => {
  const BROKEN = 'three.example secure # by hand\n';

  test('are refused, and told once although the judge says the same', async () => {
    const expected = await inUse(GOOD);
    const outcome = await pushing(sourcesOf(`${GOOD}${BROKEN}`), { expected });
    expect(outcome).toMatchObject({ kind: 'refused', refusals: [{ kind: 'defers', problems: [{ key: 'three.example' }] }] });
    expect(outcome.kind === 'refused' ? outcome.refusals.length : 0).toBe(1);
  });

  test('are refused at the first push too', async () => {
    expect(await pushing(sourcesOf(BROKEN))).toMatchObject({ kind: 'refused', refusals: [{ kind: 'defers' }] });
    expect(await readPolicy(store)).toBe(undefined);
  });

  test('do not keep another edit from getting through, once they are in use', async () => {
    await pushing(sourcesOf(`${GOOD}${BROKEN}`), { force: true });
    const expected = (await policyState(store)).head?.current;
    const outcome = await pushing(sourcesOf(`four.example may\n${GOOD}${BROKEN}`), { expected });
    expect(outcome).toMatchObject({ kind: 'pushed', known: [{ key: 'three.example' }], overridden: [] });
  });
});

describe('somebody else', () => {
  test.each([
    { because: 'never shown here', expected: undefined, insisted: false },
    { because: 'another was shown last', expected: 'f'.repeat(64), insisted: false },
    { because: 'another was named by hand', expected: 'ffffffff', insisted: true },
  ])('pushed since: $because', async ({ expected, insisted }) => {
    const current = await inUse(GOOD);
    const edited = sourcesOf('two.example encrypt\n');
    const refused = await pushing(edited, { expected, insisted });
    expect(refused).toEqual({
      kind: 'refused',
      refusals: [{ kind: 'not-shown', head: { current, pushedAt: AT, pushedBy: 'alice@mx1' }, expected, insisted }],
    });
    expect(await pushing(edited, { expected: current.slice(0, 8), insisted: true })).toMatchObject({ kind: 'pushed' });
  });

  test('pushed while this push was judged: not even force undoes that', async () => {
    const expected = await inUse(GOOD);
    const mine = store;
    const { table } = store;
    let raced = false;
    // The version's chunks are written before the head is flipped.
    const racing = {
      ...table,
      put: async (...args: Parameters<typeof table.put>) => {
        if (!raced && args[0].sk.endsWith('#000')) {
          raced = true;
          const { rev } = await policyState(mine);
          await pushPolicy(mine, { parts: partsOf(sourcesOf('theirs.example may\n')), by: 'bob@mx2', at: AT + 1, rev });
        }
        return table.put(...args);
      },
    };
    store = { ...mine, table: racing };
    const outcome = await pushing(sourcesOf('two.example may\n'), { expected, force: true });
    expect(outcome).toMatchObject({ kind: 'refused', refusals: [{ kind: 'not-shown', head: { pushedBy: 'bob@mx2' } }] });
  });

  test('emptied the table: the version named by hand is not there', async () => {
    const outcome = await pushing(sourcesOf(GOOD), { expected: 'abcdef01', insisted: true });
    expect(outcome).toEqual({ kind: 'refused', refusals: [{ kind: 'nothing-there', expected: 'abcdef01' }] });
    expect(await pushing(sourcesOf(GOOD), { expected: 'abcdef01' })).toMatchObject({ kind: 'pushed' });
  });

  test('pushed with a newer version of the product: not compared with, so refused', async () => {
    const parts = { 'bundle.json': Buffer.from(JSON.stringify({ v: 99, bundle: {} })) };
    await pushPolicy(store, { parts, by: 'bob@mx2', at: AT, rev: 0 });
    const expected = (await policyState(store)).head?.current;
    expect(await pushing(sourcesOf(GOOD), { expected })).toMatchObject({
      kind: 'refused',
      refusals: [{ kind: 'unreadable', because: expect.stringContaining('was pushed by a newer version of postfix-tls-watch') }],
    });
    expect(await pushing(sourcesOf(GOOD), { expected, force: true })).toMatchObject({ kind: 'pushed', differences: [] });
  });
});
