/**
 * The walk over the addresses of one next hop, in every order that Postfix may choose.
 *
 * Follows smtp_connect_inet() in src/smtp/smtp_connect.c and the sorting, shuffling and balancing of smtp_domain_addr()
 * in src/smtp/smtp_addr.c. Addresses of equal preference are shuffled there; instead of trying all n! orders, each
 * group is asked which members can be visited, which can end the walk, and which can be the last to speak.
 */
import type { AddressFamily, Settings } from '../policy/settings.ts';
import { familyOf } from '../route/host-name.ts';

/** What one address does to the walk: take the mail, refuse for good, fail so that the next is tried, or not be tried at all. */
export type Step = 'takes' | 'bounces' | 'fails' | 'skipped';

/** One address in the order answered. `of` is the caller's own. */
export interface Stop<T> {
  readonly address: string;
  readonly preference: number;
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

export type WalkSettings = Pick<Settings, 'mxAddressLimit' | 'randomizeAddresses' | 'addressPreference' | 'balanceInetProtocols'>;

/** Walks the addresses of one next hop. `stops` as the route has them: hosts by preference, A before AAAA of each. */
export function walk<T>(stops: readonly Stop<T>[], settings: WalkSettings): WalkEnds<T> {
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

/** Stops whose order is settled, in groups whose order among themselves is chance: each on its own where nothing is shuffled. */
function groupsOf<T>(stops: readonly Stop<T>[], settings: WalkSettings): Stop<T>[][] {
  const preferred = settings.addressPreference;
  const familyRank = (stop: Stop<T>) => (preferred === 'any' || familyOf(stop.address) === preferred ? 0 : 1);
  const sorted = stops.toSorted((a, b) => a.preference - b.preference || familyRank(a) - familyRank(b));
  if (!settings.randomizeAddresses) return sorted.map((stop) => [stop]);
  const groups: Stop<T>[][] = [];
  for (const stop of sorted) {
    const group = groups.at(-1);
    const first = group?.[0];
    const joins = first?.preference === stop.preference && familyRank(first) === familyRank(stop);
    if (group !== undefined && joins) group.push(stop);
    else groups.push([stop]);
  }
  return groups;
}

/** How many of each group are visited; two plans where the family of the first address is chance and decides. */
function plansFor<T>(groups: readonly Stop<T>[][], settings: WalkSettings): Plan<T>[] {
  const limit = settings.mxAddressLimit;
  const all = groups.flat();
  const count = { ipv4: 0, ipv6: 0 };
  for (const stop of all) count[familyOf(stop.address) ?? 'ipv4']++;
  const balanced = settings.balanceInetProtocols && limit > 0 && count.ipv4 > 0 && count.ipv6 > 0 && all.length > limit;
  if (!balanced) {
    let left = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    const plan = groups.map((members) => {
      const take = Math.min(left, members.length);
      left -= take;
      return { shares: [{ members, take }] };
    });
    return [plan];
  }
  const half = Math.floor(limit / 2);
  if (count.ipv6 <= half) return [planBalanced(groups, { ipv4: limit - count.ipv6, ipv6: count.ipv6 })];
  if (count.ipv4 <= half) return [planBalanced(groups, { ipv4: count.ipv4, ipv6: limit - count.ipv4 })];
  if (limit % 2 === 0) return [planBalanced(groups, { ipv4: half, ipv6: half })];
  const families = new Set((groups[0] ?? []).map((stop) => familyOf(stop.address) ?? 'ipv4'));
  return [...families].map((first) =>
    planBalanced(
      groups,
      { ipv4: half + (first === 'ipv4' ? 1 : 0), ipv6: half + (first === 'ipv6' ? 1 : 0) },
      families.size > 1 ? first : undefined,
    ),
  );
}

/** smtp_balance_inet_proto(): each family keeps its first addresses, up to its target; the order stays. */
function planBalanced<T>(
  groups: readonly Stop<T>[][],
  targets: Readonly<Record<AddressFamily, number>>,
  first?: AddressFamily,
): Plan<T> {
  const left = { ...targets };
  return groups.map((group, i) => {
    const share = (family: AddressFamily): Share<T> => {
      const members = group.filter((stop) => (familyOf(stop.address) ?? 'ipv4') === family);
      const take = Math.min(left[family], members.length);
      left[family] -= take;
      return { members, take };
    };
    const shares = { ipv4: share('ipv4'), ipv6: share('ipv6') };
    const startsWith = i === 0 && first !== undefined ? { startsWith: shares[first] } : {};
    return { shares: [shares.ipv4, shares.ipv6], ...startsWith };
  });
}

function reachedBy<T>(plan: Plan<T>): Stop<T>[] {
  return plan.flatMap((group) => group.shares.flatMap((share) => (share.take > 0 ? share.members : [])));
}

function followPlan<T>(plan: Plan<T>) {
  const takenBy: Stop<T>[] = [];
  const bouncedBy: Stop<T>[] = [];
  let leftBy: readonly Stop<T>[] = [];
  let leftUntried = true;
  for (const { shares, startsWith } of plan) {
    const live = shares.filter((share) => share.take > 0);
    const passable = (share: Share<T>) => share.members.filter(({ step }) => step === 'fails' || step === 'skipped');
    const silent = (share: Share<T>) => share.members.filter(({ step }) => step === 'skipped').length >= share.take;
    for (const share of live) {
      const comesFirst = startsWith === undefined || startsWith === share || passable(startsWith).length > 0;
      if (!comesFirst) continue;
      takenBy.push(...share.members.filter(({ step }) => step === 'takes'));
      bouncedBy.push(...share.members.filter(({ step }) => step === 'bounces'));
    }
    if (live.some((share) => passable(share).length < share.take)) return { takenBy, bouncedBy, leftBy: [], leftUntried: false };
    // Whoever must come first, and is the only one of its share, speaks last only where all others keep silent.
    const speaksLast = live.filter(
      (share) => share !== startsWith || share.take > 1 || live.every((other) => other === share || silent(other)),
    );
    const speakers = speaksLast.flatMap((share) => share.members.filter(({ step }) => step === 'fails'));
    const inSilence = live.every(silent);
    leftBy = inSilence ? [...leftBy, ...speakers] : speakers;
    leftUntried &&= inSilence;
  }
  return { takenBy, bouncedBy, leftBy, leftUntried };
}
