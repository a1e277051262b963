/**
 * What happens in a year, decided beforehand from a seed: 40 providers, 300 entries, and everything that befalls them. The
 * world (world.ts) acts by it and the ledger (ledger.ts) knows by it what is so; neither knows the product.
 */
import type { Random } from './random.ts';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
export const YEAR_DAYS = 365;

export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Trouble =
  | 'lost-name'
  | 'lost-name-one-host'
  | 'starttls-lost'
  | 'untrusted-issuer'
  | 'no-renewal'
  | 'late-renewal'
  | 'outage'
  | 'blip'
  | 'greylisting';

export interface ProviderPlan {
  readonly name: string;
  /** Of each certificate, in days. */
  readonly lifetimeDays: number;
  readonly root: number;
  readonly hosts: readonly HostPlan[];
  readonly troubles: readonly (Span & { readonly trouble: Trouble })[];
}

export interface HostPlan {
  readonly name: string;
  readonly preference: number;
  readonly addresses: readonly string[];
  /** Several nodes behind each address: RSA beside ECDSA, and some lag behind in a rotation. */
  readonly anycast: boolean;
  /** Hours by which it renews after the first host. */
  readonly lagHours: number;
}

export interface EntryPlan {
  readonly key: string;
  readonly provider: number;
  /** In the policy within this span. */
  readonly span: Span;
  /** The match names another provider at first: it fails from the start until the line is edited. */
  readonly wrongUntil?: number;
  readonly fate?: Span & { readonly kind: 'moved' | 'nxdomain' | 'null-mx' };
  /** Of a move: when the administrator edits the line. */
  readonly editedAt?: number;
}

export interface Plan {
  readonly start: number;
  /** When each day's run begins; undefined where none takes place. */
  readonly runs: readonly (number | undefined)[];
  readonly providers: readonly ProviderPlan[];
  readonly entries: readonly EntryPlan[];
  /** Our CA bundle lacks root 1. */
  readonly bundleLacksRoot: Span;
  /** Nothing can be reached from here. */
  readonly blind: readonly Span[];
}

/** Providers with the longest and the shortest lifetimes are few, as in life. */
const LIFETIMES = [398, 398, 200, 200, 200, 47, 47, 6, 6, 90];

/** The second look comes this much later. */
export const SECOND_LOOK = 10 * 60_000;

export function planYear(random: Random, start: number): Plan {
  const day = (days: number) => start + days * DAY;
  const missed = [300, 301, 302, 303];
  const runAt = (days: number) => day(days) + random.of('run', days).between(0, 25) * 60_000;
  const bundleLacksRoot = { from: day(180) + 2 * HOUR, to: day(183) + 2 * HOUR };
  const providers = Array.from({ length: 40 }, (_, i) =>
    providerPlan(random.of('provider', i), i, { start, runAt, avoid: bundleLacksRoot }),
  );
  return {
    start,
    runs: Array.from({ length: YEAR_DAYS }, (_, days) => (missed.includes(days) ? undefined : runAt(days))),
    providers,
    entries: Array.from({ length: 300 }, (_, i) => entryPlan(random.of('entry', i), i, providers, start)),
    bundleLacksRoot,
    blind: [
      { from: day(100) - HOUR, to: day(103) - HOUR },
      { from: day(250) - HOUR, to: day(251) - HOUR },
    ],
  };
}

interface Calendar {
  readonly start: number;
  readonly runAt: (day: number) => number;
  readonly avoid: Span;
}

function providerPlan(random: Random, index: number, calendar: Calendar): ProviderPlan {
  const hosts = random.between(1, 3);
  const lifetimeDays = LIFETIMES[index % LIFETIMES.length] ?? 90;
  return {
    name: `provider${index}.example`,
    lifetimeDays,
    root: index % 4,
    hosts: Array.from({ length: hosts }, (_, host) => ({
      name: `mx${host + 1}.provider${index}.example`,
      preference: (host + 1) * 10,
      addresses: Array.from({ length: random.between(1, 2) }, (_, address) => `11.${index}.${host}.${address + 1}`),
      anycast: random.chance(0.4),
      lagHours: host * random.between(1, 6),
    })),
    troubles: troublesOf(random, lifetimeDays, hosts, calendar),
  };
}

/** One after the other, at least 20 days apart, so that each stands for itself: what comes back sooner is no news. */
function troublesOf(
  random: Random,
  lifetimeDays: number,
  hosts: number,
  { start, runAt, avoid }: Calendar,
): ProviderPlan['troubles'] {
  const troubles: (Span & { trouble: Trouble })[] = [];
  const kinds = KINDS.filter((kind) => hosts > 1 || kind !== 'lost-name-one-host');
  let day = random.between(20, 70);
  while (day < YEAR_DAYS - 40) {
    const trouble = random.pick(kinds);
    const length = DAYS_LONG[trouble](random);
    const renewal = trouble === 'no-renewal' || trouble === 'late-renewal';
    const span = MOMENTS[trouble]?.(runAt(day)) ?? {
      from: start + (day + random.next()) * DAY,
      to: start + (day + length + random.next()) * DAY,
    };
    // What a missing renewal leads to comes within a lifetime.
    const end = span.to + (renewal ? lifetimeDays * DAY : 0);
    const apart = end < avoid.from - 20 * DAY || span.from > avoid.to + 20 * DAY;
    if (apart && end < start + (YEAR_DAYS - 25) * DAY) troubles.push({ ...span, trouble });
    day += length + random.between(25, 60) + (renewal ? lifetimeDays + 20 : 0);
  }
  return troubles;
}

const KINDS: readonly Trouble[] = [
  'lost-name',
  'lost-name-one-host',
  'starttls-lost',
  'untrusted-issuer',
  'no-renewal',
  'late-renewal',
  'outage',
  'blip',
  'greylisting',
];

/** Around one run: a blip is over at the second look, greylisting is not. */
const MOMENTS: Partial<Record<Trouble, (runAt: number) => Span>> = {
  blip: (runAt) => ({ from: runAt - 60_000, to: runAt + SECOND_LOOK / 2 }),
  greylisting: (runAt) => ({ from: runAt - 60_000, to: runAt + HOUR }),
};

const DAYS_LONG: Readonly<Record<Trouble, (random: Random) => number>> = {
  'lost-name': (random) => random.between(2, 12),
  'lost-name-one-host': (random) => random.between(2, 12),
  'starttls-lost': (random) => random.between(2, 12),
  'untrusted-issuer': (random) => random.between(2, 12),
  // The next renewal after the first day does not come, or comes late.
  'no-renewal': () => 0,
  'late-renewal': () => 0,
  outage: (random) => random.pick([1, 2, 5, 8]),
  blip: () => 0,
  greylisting: () => 0,
};

function entryPlan(random: Random, index: number, providers: readonly ProviderPlan[], start: number): EntryPlan {
  const provider = index % providers.length;
  const whole = { from: start - DAY, to: start + 400 * DAY };
  const quiet = providers[provider]?.troubles.length === 0;
  const at = (from: number, to: number) => start + random.between(from, to) * DAY + Math.floor(random.next() * DAY);
  const plan = { key: `customer${index}.example`, provider, span: whole };
  if (index % 25 === 7)
    return { ...plan, span: { from: at(30, 150), to: whole.to }, ...(random.chance(0.5) ? { wrongUntil: at(190, 250) } : {}) };
  if (index % 25 === 13) return { ...plan, span: { from: whole.from, to: at(60, 300) } };
  if (index % 10 === 3 || quiet) {
    const from = at(30, 300);
    const kind = random.pick(['moved', 'moved', 'nxdomain', 'null-mx'] as const);
    if (kind === 'moved') return { ...plan, fate: { kind, from, to: whole.to }, editedAt: from + random.between(3, 12) * DAY };
    return { ...plan, fate: { kind, from, to: from + random.between(2, 9) * DAY } };
  }
  return plan;
}

export const within = (at: number, span: Span): boolean => at >= span.from && at < span.to;
