/**
 * Measures what the issue asks for: size of the bundle, start to first poll, first invocation, and a run over 1,000 entries.
 * `node test/runtime/measure.ts [ENTRIES]`; prints, asserts nothing.
 */
import { bundle } from '../../infra/bundle.ts';
import { createAuthority } from '../internet/authority.ts';
import { missingClient, startFunction } from './function.ts';
import { raiseWorld } from './world.ts';

if (missingClient !== undefined) throw new Error(missingClient);
const entries = Number(process.argv[2] ?? 1_000);
const providers = Math.min(200, entries);

const { code } = await bundle();
console.log(`bundle: ${Math.round(code.length / 1_000)} KB`);

const world = await raiseWorld();
const authority = await createAuthority('Measure Root');
for (let i = 0; i < providers; i++) {
  const domain = `provider${i}.example`;
  const { chainPem, keyPem } = await authority.issue({ commonName: `*.${domain}`, dnsNames: [`*.${domain}`] });
  const host = await world.internet.mailHost({ host: `mx.${domain}`, chain: chainPem, key: keyPem });
  for (let j = i; j < entries; j += providers) world.internet.domain(`customer${j}.example`, host);
}
const lines = Array.from({ length: entries }, (_, j) => `customer${j}.example secure match=.provider${j % providers}.example\n`);
await world.push('many', lines.join(''), authority.certificate.pem);
await world.push('few', world.domains.policy);

const started: number[] = [];
for (let i = 0; i < 5; i++) {
  const each = await startFunction(world.variables('few'));
  started.push(each.polledAt - each.spawnedAt);
  await each.stop();
}
console.log(`start to first poll: ${started.toSorted((a, b) => a - b)[2]} ms (median of 5)`);
await timed('first invocation, 3 entries', 'few', 0);
await timed(`first run over ${entries} entries at ${providers} providers`, 'many', 0);
await timed('the same a day later, unchanged', 'many', 1);
await world.close();

async function timed(what: string, policy: string, days: number): Promise<void> {
  const running = await startFunction(world.variables(policy), days * 86_400_000);
  const requests = world.gatekeeper.count();
  const began = Date.now();
  const invoked = await running.invoke({ scheduledTime: new Date(began + days * 86_400_000).toISOString() });
  const ms = Date.now() - began;
  const { outcome, counts } = (invoked.kind === 'returned' ? invoked.value : invoked) as Record<string, unknown>;
  const peak = Math.round(running.peakMemory() / 1_000_000);
  console.log(`${what}: ${ms} ms, peak memory ${peak} MB, ${world.gatekeeper.count() - requests} requests`);
  console.log(`  ${JSON.stringify(outcome ?? invoked)} ${JSON.stringify(counts)}`);
  await running.stop();
}
