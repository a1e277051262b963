/**
 * The truth about each entry at each run, from the plan alone, and what must be told of it: failures and degradations that
 * two looks of a run saw, and ends that two runs saw. It shares no code with what it checks.
 */
import { DAY, type EntryPlan, type Plan, SECOND_LOOK, within } from './plan.ts';
import { providerAt, type World } from './world.ts';

export type Truth =
  | { readonly kind: 'absent' | 'unseen' | 'ok' }
  | { readonly kind: 'degraded' | 'failing'; readonly cause: string };

/** The match of an entry's line names this provider. */
export function matchAt(plan: Plan, entry: EntryPlan, at: number): number {
  if (entry.wrongUntil !== undefined && at < entry.wrongUntil) return (entry.provider + 5) % plan.providers.length;
  return entry.editedAt !== undefined && at >= entry.editedAt ? providerAt(plan, entry, at) : entry.provider;
}

export function truthOf(plan: Plan, world: World, entry: EntryPlan, at: number): Truth {
  if (!within(at, entry.span)) return { kind: 'absent' };
  if (entry.fate !== undefined && entry.fate.kind !== 'moved' && within(at, entry.fate))
    return { kind: 'failing', cause: entry.fate.kind };
  const provider = providerAt(plan, entry, at);
  const wanted = matchAt(plan, entry, at) === provider;
  const states = (plan.providers[provider]?.hosts ?? []).flatMap((host) => {
    const state = world.addressState(provider, host, at);
    // A line that names others misses their name, whatever names are presented.
    const misses = !wanted && (state.kind === 'pass' || (state.kind === 'fail' && state.cause === 'name'));
    const shown = misses ? ({ kind: 'fail', cause: `line names ${matchAt(plan, entry, at)}` } as const) : state;
    return host.addresses.map(() => shown);
  });
  const failing = states.find((state) => state.kind === 'fail');
  if (states.every((state) => state.kind === 'unseen')) return { kind: 'unseen' };
  if (failing === undefined) return { kind: 'ok' };
  const cause = `${failing.kind === 'fail' ? failing.cause : ''} at ${provider}`;
  return states.some((state) => state.kind === 'pass') ? { kind: 'degraded', cause } : { kind: 'failing', cause };
}

/** What a run has to tell. */
export interface Expected {
  /** `KEY failing`, `KEY degraded` or `KEY unjudged`, told for the first time. */
  readonly begun: readonly string[];
  /** Keys, once for each trouble that is over; the message may come up to a reminder later, while others of its incident last. */
  readonly ended: readonly string[];
  /** Keys of troubles that are over and of which nothing had to be told: their end may be told, where a reminder told of them. */
  readonly endedQuietly: readonly string[];
  /** Keys of which another failure was told before: a forecast was moot. */
  readonly movedFrom: ReadonlySet<string>;
  /** Keys that left the policy: nothing more is to be told of them. */
  readonly gone: readonly string[];
}

/** As it is drawn up. */
interface Expecting {
  readonly begun: string[];
  readonly ended: string[];
  readonly endedQuietly: string[];
  readonly movedFrom: Set<string>;
  readonly gone: string[];
}

interface Account {
  /** What was expected to be told. */
  settled: Truth;
  /** Came back within 14 days: no news before a reminder. */
  quiet?: boolean;
  /** When each trouble of the last days ended, by kind and cause. */
  readonly past: Map<string, number>;
  /** First run of a turn to the better. */
  betterSince?: number | undefined;
  /** Seen worse by a run whose second look saw nothing. */
  doubted?: Truth | undefined;
  /** Runs in a row that did not see it, and the last one before them. */
  unseen?: { runs: number; since: number; told: boolean } | undefined;
}

export class Ledger {
  private readonly accounts = new Map<string, Account>();
  private readonly plan: Plan;
  private readonly world: World;
  constructor(plan: Plan, world: World) {
    this.plan = plan;
    this.world = world;
  }

  private previousAt: number | undefined;

  run(at: number, first: boolean): Expected {
    const expected: Expecting = { begun: [], ended: [], endedQuietly: [], movedFrom: new Set(), gone: [] };
    for (const entry of this.plan.entries) {
      const truth = truthOf(this.plan, this.world, entry, at);
      if (truth.kind === 'absent') {
        if (this.accounts.delete(entry.key)) expected.gone.push(entry.key);
        continue;
      }
      const account: Account = this.accounts.get(entry.key) ?? { settled: { kind: 'ok' }, past: new Map() };
      this.accounts.set(entry.key, account);
      if (truth.kind === 'unseen') this.unseen(entry.key, account, at, expected);
      else {
        if (account.unseen?.told) expected.ended.push(entry.key);
        account.unseen = undefined;
        this.seen(entry, account, truth, at, first, expected);
      }
    }
    this.previousAt = at;
    return expected;
  }

  /** Three runs and 48 hours without a sight, on a day on which others were seen. */
  private unseen(key: string, account: Account, at: number, expected: Expecting): void {
    if (this.plan.blind.some((span) => within(at, span))) return;
    const { runs = 0, since = this.previousAt ?? at, told = false } = account.unseen ?? {};
    const due = !told && account.settled.kind !== 'failing' && runs + 1 >= 3 && at - since >= 48 * 3_600_000;
    if (due) expected.begun.push(`${key} unjudged`);
    account.unseen = { runs: runs + 1, since, told: told || due };
  }

  private seen(entry: EntryPlan, account: Account, truth: Truth, at: number, first: boolean, expected: Expecting): void {
    const { settled } = account;
    const settle = (now: Truth) => {
      if (causeOf(settled) !== '' && causeOf(settled) !== causeOf(now) && !isSilent(settled)) {
        (account.quiet ? expected.endedQuietly : expected.ended).push(entry.key);
        account.past.set(causeOf(settled), at);
      }
      if (causeOf(settled) !== causeOf(now)) account.quiet = false;
      account.settled = now;
      account.betterSince = undefined;
      account.doubted = undefined;
    };
    const moved = rank(truth) === rank(settled) && causeOf(truth) !== causeOf(settled);
    if (rank(truth) > rank(settled) || moved) {
      account.betterSince = undefined;
      const second = first ? truth : truthOf(this.plan, this.world, entry, at + SECOND_LOOK);
      const again = second.kind === 'unseen' ? account.doubted : second;
      if (again !== undefined && rank(again) >= rank(truth)) {
        if (settled.kind === 'failing') expected.movedFrom.add(entry.key);
        // What the second look saw is what is told.
        settle(again);
        account.quiet = at - (account.past.get(causeOf(again)) ?? Number.NEGATIVE_INFINITY) <= 14 * DAY;
        if (!isSilent(again) && !account.quiet) expected.begun.push(`${entry.key} ${again.kind}`);
      } else account.doubted = second.kind === 'unseen' ? truth : undefined;
      return;
    }
    account.doubted = undefined;
    if (rank(truth) === rank(settled)) {
      account.betterSince = undefined;
      return;
    }
    account.betterSince ??= at;
    if (at - account.betterSince < 20 * 3_600_000) return;
    const other = causeOf(truth) !== causeOf(settled) && truth.kind !== 'ok';
    settle(truth);
    if (other && !isSilent(truth)) expected.begun.push(`${entry.key} ${truth.kind}`);
  }

  /** Forecasts that may be told at this time, by entry key: the end of the certificates that are about to run out unrenewed. */
  forecastable(at: number): ReadonlyMap<string, number> {
    const ends = new Map<string, number>();
    for (const entry of this.plan.entries) {
      if (!within(at, entry.span)) continue;
      const index = providerAt(this.plan, entry, at);
      const provider = this.plan.providers[index];
      if (provider === undefined) continue;
      const end = this.world.lastEnd(index, at);
      const renewed = provider.lifetimeDays < 10 ? provider.lifetimeDays / 2 : provider.lifetimeDays / 3;
      // Later than any routine renewal, and than the last node behind an address.
      if (end - at < (renewed - 1) * DAY) ends.set(entry.key, end);
    }
    return ends;
  }
}

/** Of a certificate that ran out the forecast was told; the hours in which only some hosts have run out are no news. */
const isSilent = (truth: Truth) => truth.kind === 'degraded' && truth.cause.startsWith('expired');

const rank = (truth: Truth) => ({ absent: 0, unseen: 0, ok: 0, degraded: 1, failing: 2 })[truth.kind];
const causeOf = (truth: Truth) => (truth.kind === 'failing' || truth.kind === 'degraded' ? truth.cause : '');
