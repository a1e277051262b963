/** Anchors by entry where a service of master.cf has a store of its own: what goes, goes there too. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { trustStoreFromPem } from '../../../lambda/certificate/anchors.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import { type CheckRun, checkBundle } from '../../../lambda/run/check/check.ts';
import { rootsOf } from '../../../lambda/run/check/roots.ts';
import { createAuthority } from '../../internet/authority.ts';
import { SmallWorld } from '../small-world.ts';
import { bundleOf } from '../watching.ts';

const AT = Date.UTC(2026, 8, 1, 6);
const [old, kept] = await Promise.all([createAuthority('Old'), createAuthority('Kept')]);
const pem = (...all: readonly (typeof old)[]) => all.map(({ certificate }) => certificate.pem).join('');
const digest = createHash('sha256').update(Buffer.from(old.certificate.der, 'base64')).digest('hex');

async function look(bundle: Bundle): Promise<CheckRun> {
  const world = new SmallWorld();
  for (const name of ['a.example', 'b.example'])
    world.domain(name, world.host(`mx.${name}`, (await old.issue({ dnsNames: [`mx.${name}`] })).chain));
  return checkBundle(bundle, world.doors(), {
    at: AT,
    now: () => AT,
    pace: { concurrency: 4, perAddress: 2, perNetwork: 4, restAfter421Ms: 1, stopAt: AT + 60_000 },
  });
}

test('an entry leans on the store of the service that delivers it', async () => {
  const plain = bundleOf('a.example secure\nb.example secure\n', pem(old, kept));
  const settings = { ...plain.settings, policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }] };
  const bundle: Bundle = {
    ...plain,
    settings: { ...settings, transportMaps: [{ type: 'hash', path: '/etc/postfix/transport' }] },
    transportTables: [{ name: 'hash:/etc/postfix/transport', text: 'b.example other:\n' }],
    services: { other: { settings, trust: trustStoreFromPem(pem(old), 'other'), anchorFiles: {} } },
  };
  const run = await look(bundle);
  expect(run.verdicts.map(({ destination, service, verdict }) => [destination, service, verdict])).toEqual([
    ['a.example', undefined, 'pass'],
    ['b.example', 'other', 'pass'],
  ]);
  const { roots, worse, notTrusted } = rootsOf(run, bundle, new Map([[digest, { from: null }]]));
  expect(
    roots.map(({ sha256, inStore, entries }) => [
      sha256,
      inStore,
      entries.map(({ entry, without }) => [entry.destination, without]),
    ]),
  ).toEqual([
    [
      digest,
      true,
      [
        ['a.example', 'fail'],
        ['b.example', 'fail'],
      ],
    ],
  ]);
  expect([worse.map(({ destination }) => destination), notTrusted]).toEqual([['a.example', 'b.example'], 0]);
});
