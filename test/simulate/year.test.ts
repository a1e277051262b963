/**
 * A year at the probe door: 365 runs over 300 entries on 40 providers, with really minted certificates and the clock as argument.
 * Every failure of the truth is told exactly once and in time, every end of it once, routine renewals and rotations never.
 * `SEED=…` makes another year.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Item } from '../../lambda/alert/incident/due.ts';
import type { Ended, Member } from '../../lambda/alert/incident/incident-today.ts';
import type { Mail } from '../../lambda/alert/message/mail.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import { digestsUnder } from '../../lambda/run/watch/run-digests.ts';
import { watch } from '../../lambda/run/watch/watch.ts';
import { spaceOf } from '../../lambda/store/keys.ts';
import { type StoreOnDisk, storeOnDisk } from '../store/on-disk.ts';
import { Ledger, matchAt } from './ledger.ts';
import { DAY, HOUR, type Plan, planYear, SECOND_LOOK, within } from './plan.ts';
import { type Random, randomFrom } from './random.ts';
import { openWorld, type World } from './world.ts';

const SEED = Number(process.env.SEED ?? 1);
/** Fewer days, to look into something. */
const DAYS = Number(process.env.DAYS ?? 365);
const START = Date.UTC(2026, 10, 24, 6);

let store: StoreOnDisk;

beforeAll(async () => {
  store = await storeOnDisk(START);
});
afterAll(() => store.close());

test(`the year of seed ${SEED}`, async () => {
  const random: Random = randomFrom(SEED);
  const plan = planYear(random, START);
  const world = await openWorld(plan, random);
  const ledger = new Ledger(plan, world);
  const tally = new Tally();

  let firstRun = true;
  for (const [day, at] of plan.runs.slice(0, DAYS).entries()) {
    if (at === undefined) continue;
    const expected = ledger.run(at, firstRun);
    const forecastable = ledger.forecastable(at);
    const told = await runOnce(plan, world, at);
    tally.add({ day, at, expected, forecastable, ...told, firstRun });
    firstRun = false;
  }
  tally.finish();
  tally.print(plan);
  expect(tally.faults).toEqual([]);
});

async function runOnce(plan: Plan, world: World, start: number): Promise<{ items: readonly Item[]; mail: Mail | undefined }> {
  let clock = start;
  const bundle = bundleAt(plan, world, start);
  const watched = await watch(
    bundle,
    {
      openWorld: () => ({ dns: world.dns(clock), probe: (conversation) => world.probe(conversation, clock) }),
      store: { table: store.table, space: spaceOf('default', 'mx1') },
      channels: [{ kind: 'test', name: 'a test', tell: async () => ({ kind: 'told' }) }],
      now: () => clock,
      sleep: async (ms) => {
        clock += ms;
      },
    },
    {
      runId: new Date(Math.floor(start / DAY) * DAY).toISOString(),
      holder: 'simulation',
      intervalMs: DAY,
      confirm: { kind: 'same-run', afterMs: SECOND_LOOK },
      pace: { concurrency: 64, perAddress: 64, perNetwork: 64, restAfter421Ms: 1, stopAt: start + HOUR, now: () => clock },
      controlHosts: [],
      historyMs: 400 * DAY,
      digests: digestsUnder(bundle, 'v24'),
    },
  );
  if (watched.kind !== 'done') throw new Error(`the run was ${watched.kind}`);
  expect(watched.problems).toEqual([]);
  return { items: watched.decision.items, mail: watched.mail };
}

function bundleAt(plan: Plan, world: World, at: number): Bundle {
  const lines = plan.entries
    .filter(({ span }) => within(at, span))
    .map((entry) => `${entry.key} secure match=.${plan.providers[matchAt(plan, entry, at)]?.name}`);
  return {
    settings: { ...defaultSettings('3.11'), policyMaps: [{ type: 'hash', path: '/etc/postfix/tls_policy' }] },
    policyTables: [{ name: 'hash:/etc/postfix/tls_policy', text: `${lines.join('\n')}\n` }],
    transportTables: [],
    problems: [],
    trust: { kind: 'anchors', certificates: world.anchors(at), source: '/etc/ssl/certs/ca-certificates.crt' },
    anchorFiles: {},
    destinations: [],
    assumed: [],
  };
}

interface Day {
  readonly day: number;
  readonly at: number;
  readonly firstRun: boolean;
  readonly expected: ReturnType<Ledger['run']>;
  readonly forecastable: ReadonlyMap<string, number>;
  readonly items: readonly Item[];
  readonly mail: Mail | undefined;
}

/** Compares what was told with what had to be, and counts. */
class Tally {
  readonly faults: string[] = [];
  private readonly counts = new Map<string, number>();
  /** By entry, the days of ends that may still come with a later message of their incident. */
  private readonly endsDue = new Map<string, number[]>();
  /** Entries with an end that may be told or not. */
  private readonly quietly = new Set<string>();
  /** Entries with a forecast that was told and has not ended. */
  private readonly forecasts = new Set<string>();
  private readonly subjects: string[] = [];

  add({ day, at, expected, forecastable, items, mail }: Day): void {
    const begun = new Set(expected.begun);
    for (const label of expected.ended) this.endsDue.set(label, [...(this.endsDue.get(label) ?? []), day]);
    for (const label of expected.endedQuietly) this.quietly.add(label);
    for (const label of expected.gone) {
      this.endsDue.delete(label);
      this.forecasts.delete(label);
    }
    for (const item of items) {
      this.count(`items: ${item.news} ${item.kind}`);
      if (item.incident.cause.provider === '(our side)') this.count(`probably on our side: ${item.news}`);
      for (const member of item.members.filter(({ fresh }) => fresh))
        this.told(day, item, member, begun, forecastable, expected.movedFrom);
      for (const ended of item.ended) this.ended(day, item, ended);
    }
    for (const missing of begun) this.fault(day, `${missing} was not told`);
    for (const [label, days] of this.endsDue) {
      const late = days.filter((since) => day - since > 8);
      for (const since of late) this.fault(day, `the end of ${label} on day ${since} was not told`);
      if (late.length > 0) this.endsDue.delete(label);
    }
    this.count(mail === undefined ? 'days of silence' : 'messages');
    if (mail?.text.includes('nothing was watched in between')) this.count('gaps told');
    if (mail !== undefined) this.subjects.push(`day ${day} (${new Date(at).toISOString().slice(0, 10)}): ${mail.subject}`);
  }

  finish(): void {
    for (const label of this.forecasts) this.fault(DAYS, `the forecast for ${label} never ended`);
    if (DAYS < 365) return;
    const exactly = {
      'items: opened blind': 2,
      'probably on our side: opened': 1,
      'probably on our side: resolved': 1,
      'gaps told': 1,
    };
    for (const [what, count] of Object.entries(exactly)) {
      if ((this.counts.get(what) ?? 0) !== count) this.fault(DAYS, `${what}: ${this.counts.get(what) ?? 0}, expected ${count}`);
    }
  }

  print(plan: Plan): void {
    const troubles = plan.providers.flatMap((provider) => provider.troubles.map(({ trouble }) => trouble));
    const fates = plan.entries.flatMap(({ fate }) => fate?.kind ?? []);
    const tallied = (all: readonly string[]) =>
      [...new Set(all)].sort().map((one) => `${all.filter((other) => other === one).length} ${one}`);
    console.log(
      [
        `seed ${SEED}: ${plan.providers.length} providers, ${plan.entries.length} entries, ${plan.runs.slice(0, DAYS).filter((at) => at !== undefined).length} runs`,
        `what befell providers: ${tallied(troubles).join(', ')}; entries: ${tallied(fates).join(', ')}`,
        ...[...this.counts].sort().map(([what, count]) => `${String(count).padStart(6)}  ${what}`),
        `${String(this.faults.length).padStart(6)}  faults`,
      ].join('\n'),
    );
    if (process.env.SUBJECTS !== undefined) console.log(this.subjects.join('\n'));
  }

  private told(
    day: number,
    item: Item,
    { label, standing, from }: Member,
    begun: Set<string>,
    forecastable: ReadonlyMap<string, number>,
    movedFrom: ReadonlySet<string>,
  ): void {
    if (standing === 'failing-soon') {
      this.count('told: forecast');
      const date = new Date(from ?? 0).toISOString();
      if (!forecastable.has(label)) this.fault(day, `${label} told to fail from ${date}, with its renewal still to come`);
      if (this.forecasts.has(label)) this.fault(day, `${label} told to fail from ${date} a second time`);
      this.forecasts.add(label);
      return;
    }
    if (!begun.delete(`${label} ${standing}`)) {
      this.fault(day, `${label} told ${standing} (${item.incident.id}), which is not so or was told`);
      return;
    }
    this.count(`told: ${standing}`);
    if (
      standing === 'failing' &&
      item.incident.cause.reason === 'expired' &&
      !this.forecasts.has(label) &&
      !movedFrom.has(label)
    ) {
      this.fault(day, `${label} failed by a certificate's end that was not foretold`);
    }
  }

  private ended(day: number, item: Item, { label, was }: Ended): void {
    const reason = item.incident.cause.reason;
    if (reason === 'expired') this.forecasts.delete(label);
    const due = this.endsDue.get(label);
    if (was === 'failing-soon') this.count('ends told: forecast');
    else if (due !== undefined) {
      this.count(`ends told: ${was}`);
      if (due.length === 1) this.endsDue.delete(label);
      else this.endsDue.set(label, due.slice(1));
    } else if (this.quietly.delete(label)) this.count(`ends told: ${was}, of what came back`);
    else this.fault(day, `${label} told to have ended (${item.incident.id}, was ${was}), which it has not or was told`);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  private fault(day: number, what: string): void {
    this.faults.push(`day ${day}: ${what}`);
  }
}
