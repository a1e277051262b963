/**
 * The walk over the addresses of one next hop, in every order that Postfix may choose.
 *
 * Follows smtp_connect_inet() in src/smtp/smtp_connect.c and the sorting, shuffling and balancing
 * of smtp_domain_addr() in src/smtp/smtp_addr.c. Addresses of equal preference are shuffled there.
 */
import type { Settings } from '../policy/settings.ts';
import type { AddressFamily } from '../postfix/hostname.ts';
import {
  balancedTargets,
  byRank,
  family,
  type LimitSettings,
  type Stop as RouteStop,
} from '../route/address-limit.ts';
import { endsOf, type Plan, type Share, type Step } from './walk-orders.ts';

/** `mxSessionLimit`: absent or 0, sessions are not counted. */
export type WalkSettings = LimitSettings & Partial<Pick<Settings, 'mxSessionLimit'>>;

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
export function walk<T>(stops: readonly Stop<T>[], settings: WalkSettings): WalkEnds<T> {
  const plans = plansFor(groupsOf(stops, settings), settings);
  const ends = plans.map((plan) => ({
    ...endsOf(plan, settings.mxSessionLimit ?? 0),
    reached: reachedBy(plan),
  }));
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
function plansFor<T>(groups: readonly Stop<T>[][], settings: LimitSettings): Plan<Stop<T>>[] {
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
): Plan<Stop<T>> {
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
): Plan<Stop<T>> {
  const left = { ...targets };
  return groups.map((group, i) => {
    const share = (one: AddressFamily): Share<Stop<T>> => {
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

function reachedBy<T>(plan: Plan<Stop<T>>): Stop<T>[] {
  return plan.flatMap((group) =>
    group.shares.flatMap((share) => (share.take > 0 ? share.members : [])),
  );
}
