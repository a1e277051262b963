/**
 * The walk over the addresses of one next hop, in every order that Postfix may choose.
 *
 * Follows smtp_connect_inet() in src/smtp/smtp_connect.c and the sorting, shuffling and balancing
 * of smtp_domain_addr() in src/smtp/smtp_addr.c. Addresses of equal preference are shuffled there;
 * instead of trying all n! orders, each group is asked which members can be visited, which can end
 * the walk, and which can be the last to speak.
 */
import type { AddressFamily } from '../postfix/hostname.ts';
import {
  balancedTargets,
  byRank,
  family,
  type LimitSettings,
  type Stop as RouteStop,
} from '../route/address-limit.ts';

/**
 * What one address does to the walk: take the mail, refuse for good, fail so that the next is
 * tried, or not be tried at all.
 */
export type Step = 'takes' | 'bounces' | 'fails' | 'skipped';

/** One address in the order answered. `of` is the caller's own. */
export interface Stop<T> extends RouteStop {
  readonly step: Step;
  readonly of: T;
}

/** Every way in which the walk can end, over all orders. */
export interface WalkEnds<T> {
  /** Some order brings them within the address limit, whether or not the mail was taken before. */
  readonly reached: readonly T[];
  readonly takenBy: readonly T[];
  readonly bouncedBy: readonly T[];
  /** Nothing took it, and one of these spoke last. */
  readonly leftBy: readonly T[];
  /** In some order every address was skipped without a word. */
  readonly leftUntried: boolean;
}

/**
 * Walks the addresses of one next hop. `stops` as the route has them: hosts by preference, A before
 * AAAA of each.
 */
export function walk<T>(stops: readonly Stop<T>[], settings: LimitSettings): WalkEnds<T> {
  const plans = plansFor(groupsOf(stops, settings), settings);
  const ends = plans.map((plan) => ({ ...followPlan(plan), reached: reachedBy(plan) }));
  const union = (pick: (end: (typeof ends)[number]) => readonly Stop<T>[]) => [
    ...new Set(ends.flatMap((end) => pick(end).map((stop) => stop.of))),
  ];
  return {
    reached: union((end) => end.reached),
    takenBy: union((end) => end.takenBy),
    bouncedBy: union((end) => end.bouncedBy),
    leftBy: union((end) => end.leftBy),
    leftUntried: ends.some((end) => end.leftUntried),
  };
}

/** `take` of `members` are visited, any of them. */
interface Share<T> {
  readonly members: readonly Stop<T>[];
  readonly take: number;
}

/** Addresses that are visited in any order among themselves, after those of the group before. */
interface Group<T> {
  readonly shares: readonly Share<T>[];
  /** The balance was struck for a list that starts with a member of this share. */
  readonly startsWith?: Share<T>;
}

type Plan<T> = readonly Group<T>[];

/**
 * Stops whose order is settled, in groups whose order among themselves is chance: each on its own
 * where nothing is shuffled.
 */
function groupsOf<T>(stops: readonly Stop<T>[], settings: LimitSettings): Stop<T>[][] {
  const rank = byRank(settings);
  const sorted = stops.toSorted(rank);
  if (!settings.randomizeAddresses) return sorted.map((stop) => [stop]);
  const groups: Stop<T>[][] = [];
  for (const stop of sorted) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && rank(group[0], stop) === 0) group.push(stop);
    else groups.push([stop]);
  }
  return groups;
}

/**
 * How many of each group are visited; two plans where the family of the first address is chance and
 * decides.
 */
function plansFor<T>(groups: readonly Stop<T>[][], settings: LimitSettings): Plan<T>[] {
  const starts = [...new Set((groups[0] ?? []).map(family))];
  const plans = starts.flatMap((start) => {
    const targets = balancedTargets(groups.flat(), settings, start);
    return targets === undefined ? [] : [{ targets, start }];
  });
  if (plans.length === 0) return [planUnbalanced(groups, settings)];
  return plans.map(({ targets, start }) =>
    planBalanced(groups, targets, starts.length > 1 ? start : undefined),
  );
}

function planUnbalanced<T>(
  groups: readonly Stop<T>[][],
  { mxAddressLimit }: LimitSettings,
): Plan<T> {
  let left = mxAddressLimit > 0 ? mxAddressLimit : Number.POSITIVE_INFINITY;
  return groups.map((members) => {
    const take = Math.min(left, members.length);
    left -= take;
    return { shares: [{ members, take }] };
  });
}

/**
 * smtp_balance_inet_proto(): each family keeps its first addresses, up to its target; the order
 * stays.
 */
function planBalanced<T>(
  groups: readonly Stop<T>[][],
  targets: Readonly<Record<AddressFamily, number>>,
  first?: AddressFamily,
): Plan<T> {
  const left = { ...targets };
  return groups.map((group, i) => {
    const share = (one: AddressFamily): Share<T> => {
      const members = group.filter((stop) => family(stop) === one);
      const take = Math.min(left[one], members.length);
      left[one] -= take;
      return { members, take };
    };
    const shares = { ipv4: share('ipv4'), ipv6: share('ipv6') };
    const startsWith = i === 0 && first !== undefined ? { startsWith: shares[first] } : {};
    return { shares: [shares.ipv4, shares.ipv6], ...startsWith };
  });
}

function reachedBy<T>(plan: Plan<T>): Stop<T>[] {
  return plan.flatMap((group) =>
    group.shares.flatMap((share) => (share.take > 0 ? share.members : [])),
  );
}

function followPlan<T>(plan: Plan<T>) {
  const takenBy: Stop<T>[] = [];
  const bouncedBy: Stop<T>[] = [];
  let leftBy: readonly Stop<T>[] = [];
  let leftUntried = true;
  for (const { shares, startsWith } of plan) {
    const live = shares.filter((share) => share.take > 0);
    const passable = (share: Share<T>) =>
      share.members.filter(({ step }) => step === 'fails' || step === 'skipped');
    const silent = (share: Share<T>) =>
      share.members.filter(({ step }) => step === 'skipped').length >= share.take;
    for (const share of live) {
      const comesFirst =
        startsWith === undefined || startsWith === share || passable(startsWith).length > 0;
      if (!comesFirst) continue;
      takenBy.push(...share.members.filter(({ step }) => step === 'takes'));
      bouncedBy.push(...share.members.filter(({ step }) => step === 'bounces'));
    }
    if (live.some((share) => passable(share).length < share.take))
      return { takenBy, bouncedBy, leftBy: [], leftUntried: false };
    // Whoever must come first, and is the only one of its share, speaks last only where all others
    // keep silent.
    const speaksLast = live.filter(
      (share) =>
        share !== startsWith ||
        share.take > 1 ||
        live.every((other) => other === share || silent(other)),
    );
    const speakers = speaksLast.flatMap((share) =>
      share.members.filter(({ step }) => step === 'fails'),
    );
    const inSilence = live.every(silent);
    leftBy = inSilence ? [...leftBy, ...speakers] : speakers;
    leftUntried &&= inSilence;
  }
  return { takenBy, bouncedBy, leftBy, leftUntried };
}
