/** `check` over many hosts, beside Postfix's own prober over the same, and beside what Node itself takes for the conversations. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckDocument } from '../../lambda/command/check/verdict-schema.ts';
import type { Bench } from './bench.ts';
import { type Cost, cost, costOf, each, quoted } from './cost.ts';
import { printRow } from './table.ts';

const BARE = fileURLToPath(new URL('./bare-loop.mjs', import.meta.url));
/** As many at a time as `check` has. */
const CONCURRENCY = '64';

/** Entries on as many hosts. posttls-finger is spared DNS and the policy: it is given addresses and names. */
export async function benchHosts(bench: Bench): Promise<void> {
  const { entries, rounds } = bench;
  const names = Array.from({ length: entries }, (_, i) => `d${i}.example`);
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  const bare: Cost[] = [];
  const check = checkOf(bench, names);
  const finger = fingerOf(bench, names, (i) => i);
  const loop = [process.execPath, BARE, addressesOf(bench), bench.servers.caFile, String(bench.servers.smtpPort), CONCURRENCY];
  for (let i = 0; i < rounds; i++) {
    ours.push(passing(await cost(check), entries));
    theirs.push(await costOf(finger));
    bare.push(await cost(loop));
  }
  const again = `--only hosts --entries ${entries}`;
  for (const what of ['cpu', 'wall'] as const) {
    const figure = `check, ${entries} hosts: ${what === 'cpu' ? 'CPU' : 'wall'}`;
    printRow({ figure, ours: each(ours, what), beside: { name: FINGER, figures: each(theirs, what) }, unit: 's', again });
  }
  printRow({
    figure: `check, ${entries} hosts: CPU`,
    ours: each(ours, 'cpu'),
    beside: { name: 'bare loop of Node TLS', figures: each(bare, 'cpu') },
    ...{ unit: 's', again },
  });
}

/** Servers that take their time to answer QUIT. */
export async function benchQuit(bench: Bench): Promise<void> {
  const { entries, rounds, servers } = bench;
  const check = checkOf(
    bench,
    Array.from({ length: entries }, (_, i) => `d${i}.example`),
  );
  const slow: Cost[] = [];
  const usual: Cost[] = [];
  for (let i = 0; i < rounds; i++) {
    usual.push(passing(await cost(check), entries));
    await servers.delayQuit(10_000);
    slow.push(passing(await cost(check), entries));
    await servers.delayQuit(0);
  }
  printRow({
    figure: `check, ${entries} hosts that answer QUIT after 10 s: wall`,
    ours: each(slow, 'wall'),
    beside: { name: 'that answer at once', figures: each(usual, 'wall') },
    ...{ unit: 's', again: `--only quit --entries ${entries}` },
  });
}

const PROVIDED = 237;
export const PROVIDERS = 21;

/** The sizes of a table in use: many entries behind few providers, each reply after 20 ms. */
export async function benchProviders(bench: Bench): Promise<void> {
  const { rounds, servers } = bench;
  const names = Array.from({ length: PROVIDED }, (_, i) => `s${i}.example`);
  const check = checkOf(bench, names, (i) => `match=mx.d${i % PROVIDERS}.example`);
  const finger = fingerOf(bench, names, (i) => i % PROVIDERS);
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  await servers.delay(20);
  for (let i = 0; i < rounds; i++) {
    const before = await servers.counts();
    ours.push(passing(await cost(check), PROVIDED));
    const { conversations } = await servers.counts();
    if (conversations - before.conversations !== PROVIDERS)
      throw new Error(`${conversations - before.conversations} conversations with ${PROVIDERS} hosts`);
    theirs.push(await costOf(finger));
  }
  await servers.delay(0);
  for (const what of ['wall', 'cpu'] as const)
    printRow({
      figure: `check, ${PROVIDED} entries at ${PROVIDERS} hosts, 20 ms a reply: ${what === 'cpu' ? 'CPU' : 'wall'}`,
      ours: each(ours, what),
      beside: { name: FINGER, figures: each(theirs, what) },
      ...{ unit: 's', again: '--only providers' },
    });
}

const WAITS = 7;
const WAIT_MS = 50;

/** MX, address, greeting, EHLO, STARTTLS, handshake, EHLO: the protocol has no fewer waits for one host. */
export async function benchWaits(bench: Bench): Promise<void> {
  const check = checkOf(bench, ['d0.example']);
  const waited: number[] = [];
  for (let i = 0; i < bench.rounds; i++) {
    const at0 = await cost(check);
    await bench.servers.delay(WAIT_MS);
    const at50 = await cost(check);
    await bench.servers.delay(0);
    waited.push((at50.wall - at0.wall) * 1_000);
  }
  printRow({
    figure: `check, one host, ${WAIT_MS} ms a reply: waits`,
    ours: waited,
    beside: { name: `${WAITS} replies`, figures: waited.map(() => WAITS * WAIT_MS) },
    ...{ unit: 'ms', again: '--only waits' },
  });
}

/** The command that checks these at `secure`. */
export function checkOf(
  { command, dir, servers }: Bench,
  names: readonly string[],
  attributes: (i: number) => string = () => '',
): readonly string[] {
  const table = join(dir, 'tls_policy');
  writeFileSync(table, names.map((name, i) => `${name} secure ${attributes(i)}\n`).join(''));
  return [process.execPath, command, 'check', table, '--json', ...servers.flags];
}

/** @throws Error where not all have passed: then the bench measures something else */
function passing(taken: Cost, entries: number): Cost {
  const { summary } = JSON.parse(taken.out) as CheckDocument;
  if (summary.pass !== entries) throw new Error(`only ${summary.pass} of ${entries} entries passed: the bench is broken`);
  return taken;
}

function fingerOf({ dir, servers }: Bench, names: readonly string[], hostOf: (i: number) => number): string {
  const targets = join(dir, 'targets');
  const lines = names.map(
    (name, i) => `[${servers.addressOf(hostOf(i))}]:${servers.smtpPort} ${name} .${name} mx.d${hostOf(i)}.example\n`,
  );
  writeFileSync(targets, lines.join(''));
  return `xargs -P16 -L1 posttls-finger -c -l secure -F ${quoted(servers.caFile)} -L summary < ${quoted(targets)}`;
}

const FINGER = 'posttls-finger, 16 at once';

function addressesOf({ dir, servers, entries }: Bench): string {
  const file = join(dir, 'addresses');
  writeFileSync(file, Array.from({ length: entries }, (_, i) => `${servers.addressOf(i)}\n`).join(''));
  return file;
}
