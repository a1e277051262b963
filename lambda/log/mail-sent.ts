/**
 * Where mail went: by domain of the recipients and by day, what smtp(8) delivered in the last 30
 * days. Kept from run to run, so that a log that was rotated away is not forgotten. Pure.
 *
 * Whoever may send mail chooses the domains, and any local user can write to syslog: a name counts
 * only where it is a host name and another server took mail for it, and all of it is bounded.
 */
import { LOG_BOUNDS } from '../limits.ts';
import { isHostname, toAscii } from '../postfix/hostname.ts';
import { DAY_MS } from '../text/dates.ts';
import { readDelivery } from './delivery.ts';
import type { LogLine } from './line.ts';

export interface MailSent {
  /** Recipients by day (days since 1970, UTC), by domain in ASCII. */
  readonly byDomain: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Of all domains, those too of which there is no room to keep the name. */
  readonly byDay: ReadonlyMap<number, number>;
  /** Epoch ms: how far back this goes; undefined where nothing was read. */
  readonly since: number | undefined;
}

export const NO_MAIL: MailSent = { byDomain: new Map(), byDay: new Map(), since: undefined };

export interface MailTally {
  take(line: LogLine): void;
  sent(): MailSent;
}

/** @param now epoch ms; what is more than 30 days older does not count */
export function openMailTally(now: number): MailTally {
  const byDomain = new Map<string, Map<number, number>>();
  const byDay = new Map<number, number>();
  const oldest = now - MAIL_DAYS * DAY_MS;
  let since: number | undefined;
  return {
    take({ at = now, program, message }) {
      // A clock may be a little fast.
      if (at > now + DAY_MS) return;
      since = Math.max(oldest, Math.min(since ?? at, at));
      if (at < oldest || program !== 'smtp') return;
      const delivery = readDelivery(message);
      if (delivery?.status !== 'sent' || delivery.relay === undefined) return;
      const day = dayOf(at);
      count(byDay, day);
      const domain = toAscii(delivery.domain);
      if (!isHostname(domain)) return;
      const known = byDomain.get(domain);
      if (known === undefined && byDomain.size >= LOG_BOUNDS.domains) return;
      const own = known ?? new Map<number, number>();
      byDomain.set(domain, own);
      count(own, day);
    },
    sent: () => ({ byDomain, byDay, since }),
  };
}

const count = (by: Map<number, number>, day: number) => by.set(day, (by.get(day) ?? 0) + 1);

/**
 * What two readings tell together. Of a day that both have the larger number counts: a log is read
 * again as long as it is there. What is more than 30 days old is left out.
 */
export function withMail(a: MailSent, b: MailSent, now: number): MailSent {
  const first = dayOf(now - MAIL_DAYS * DAY_MS);
  const domains = [...new Set([...a.byDomain.keys(), ...b.byDomain.keys()])];
  const since = Math.min(a.since ?? Number.POSITIVE_INFINITY, b.since ?? Number.POSITIVE_INFINITY);
  return {
    byDomain: new Map(
      domains.flatMap((domain) => {
        const days = larger(a.byDomain.get(domain), b.byDomain.get(domain), first);
        return days.size === 0 ? [] : [[domain, days] as const];
      }),
    ),
    byDay: larger(a.byDay, b.byDay, first),
    since: Number.isFinite(since) ? Math.max(since, now - MAIL_DAYS * DAY_MS) : undefined,
  };
}

function larger(
  a: ReadonlyMap<number, number> = new Map(),
  b: ReadonlyMap<number, number> = new Map(),
  first: number,
): Map<number, number> {
  const days = [...new Set([...a.keys(), ...b.keys()])].filter((day) => day >= first);
  return new Map(days.map((day) => [day, Math.max(a.get(day) ?? 0, b.get(day) ?? 0)]));
}

/** Recipients in all, and by domain: most mail first. */
export function recipientsOf({ byDomain, byDay }: MailSent): {
  readonly all: number;
  readonly byDomain: ReadonlyMap<string, number>;
} {
  const sums = [...byDomain].map(([domain, days]) => [domain, sum(days)] as const);
  // Of equal ones the order must not change from day to day.
  sums.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return { all: sum(byDay), byDomain: new Map(sums) };
}

const sum = (days: ReadonlyMap<number, number>) =>
  [...days.values()].reduce((all, n) => all + n, 0);

const dayOf = (at: number) => Math.floor(at / DAY_MS);

export const MAIL_DAYS = 30;
