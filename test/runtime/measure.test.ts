/** The function over 1,000 entries: what it takes in memory and requests, and, printed alone, in time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../infra/bundle.ts';
import { createAuthority } from '../internet/authority.ts';
import { missingClient, startFunction } from './function.ts';
import { raiseWorld, type World } from './world.ts';

const ENTRIES = 1_000;
const PROVIDERS = 200;
const DAY = 86_400_000;
let world: World;

beforeAll(async () => {
  if (missingClient !== undefined) throw new Error(missingClient);
  world = await raiseWorld();
  const authority = await createAuthority('Measure Root');
  for (let i = 0; i < PROVIDERS; i++) {
    const domain = `provider${i}.example`;
    const { chainPem, keyPem } = await authority.issue({ commonName: `*.${domain}`, dnsNames: [`*.${domain}`] });
    const host = await world.internet.mailHost({ host: `mx.${domain}`, chain: chainPem, key: keyPem });
    for (let j = i; j < ENTRIES; j += PROVIDERS) world.internet.domain(`customer${j}.example`, host);
  }
  const line = (j: number) => `customer${j}.example secure match=.provider${j % PROVIDERS}.example\n`;
  await world.push('many', Array.from({ length: ENTRIES }, (_, j) => line(j)).join(''), authority.certificate.pem);
  await world.push('few', world.domains.policy);
});
afterAll(() => world?.close());

test('start and first invocation', async () => {
  const { code } = await bundle();
  const starts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const each = await startFunction(world.variables('few'));
    starts.push(each.polledAt - each.spawnedAt);
    await each.stop();
  }
  const first = await runOn('few', 0);
  expect(first.value).toMatchObject({ outcome: 'complete', counts: { pass: 2, fail: 1 } });
  console.log(
    `measured: bundle ${Math.round(code.length / 1_000)} KB, start to first poll ${starts.toSorted((a, b) => a - b)[2]} ms (median of 5), ` +
      `first invocation ${first.ms} ms`,
  );
});

test('1,000 entries fit into the memory of the function, and an unchanged day into a few requests', async () => {
  const first = await runOn('many', 0);
  expect(first.value).toMatchObject({ outcome: 'complete', counts: { pass: ENTRIES, conversations: PROVIDERS } });
  expect(first.peakMemory).toBeLessThan(512_000_000);

  const second = await runOn('many', 1);
  expect(second.value).toMatchObject({ outcome: 'complete', counts: { pass: ENTRIES }, subject: null });
  expect(second.requests).toBeLessThan(40);
  for (const [when, { ms, peakMemory, requests }] of Object.entries({ first, unchanged: second })) {
    const peak = Math.round(peakMemory / 1_000_000);
    console.log(
      `measured: ${ENTRIES} entries at ${PROVIDERS} providers, ${when} run: ${ms} ms, ${peak} MB, ${requests} requests`,
    );
  }
});

async function runOn(policy: string, days: number) {
  const running = await startFunction(world.variables(policy), days * DAY);
  try {
    const before = world.gatekeeper.count();
    const began = Date.now();
    const invoked = await running.invoke({ scheduledTime: new Date(began + days * DAY).toISOString() });
    return {
      value: invoked.kind === 'returned' ? invoked.value : invoked,
      ms: Date.now() - began,
      peakMemory: running.peakMemory(),
      requests: world.gatekeeper.count() - before,
    };
  } finally {
    await running.stop();
  }
}
