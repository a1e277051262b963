/**
 * One entry as remembered: the verdict that was last reached, where its mail would go, and since
 * when.
 *
 * An undetermined run is noted and changes nothing else of what was known. MX hosts that are no
 * longer published are kept for three runs and seven days, as sightings are. Pure.
 */

import { firstWithin } from '../first-within.ts';
import { BOUNDS } from '../limits.ts';
import { named } from '../named-record.ts';
import type { SecurityLevel } from '../policy/level.ts';
import type { Phase, UnseenReason } from '../probe/result.ts';
import type { DaneRoute } from '../route/dane-route.ts';
import type { MxHost, Route } from '../route/route.ts';
import type { LineHeld } from '../verdict/held.ts';
import type { Reason } from '../verdict/reason.ts';
import {
  type EntryVerdict,
  type PostfixWould,
  type Protection,
  publishedName,
  type Verdict,
} from '../verdict/verdict.ts';
import { ABSENT_AFTER_RUNS, type RunTimes, UNION_MS } from './host-snapshot.ts';
import { type LastPassed, lastPassed } from './last-passed.ts';
import { type StoredTlsa, storedTlsa } from './stored-tlsa.ts';

export interface EntrySnapshot {
  /** The destination's id: stable across runs and edits elsewhere in the table. */
  readonly id: string;
  readonly destination: string;
  /** Lookup key; null for a `--destination` that no entry covers. */
  readonly key: string | null;
  readonly level: SecurityLevel | 'invalid';
  readonly firstAt: number;
  /** The last conclusive verdict; `undetermined` only before the first one. */
  readonly verdict: Verdict;
  readonly reason: Reason | null;
  /** Since when verdict and reason are these, epoch ms. */
  readonly since: number;
  readonly sentence: string;
  readonly protection: Protection;
  readonly postfixWould: PostfixWould | null;
  readonly failsFrom: string | null;
  readonly degradedFrom: string | null;
  readonly failsBecause: string | null;
  /** The line to use instead. */
  readonly suggestion: string | null;
  /** What must be read before that line, or why there is none though one would deliver. */
  readonly caution?: string;
  /** On what days that line would have held, by what was known when that was last worked out. */
  readonly held?: LineHeld;
  /** Where mail went when its hosts were last proved. */
  readonly passed?: LastPassed;
  /** Next hops in the order Postfix tries them. */
  readonly routes: readonly StoredRoute[];
  /** At level dane: mail was authenticated by TLSA records, now or before. */
  readonly authenticated?: true;
  /** Present while it cannot be judged: since when, and why. */
  readonly undetermined?: { readonly since: number; readonly cause: Reason | null };
}

/** A route without addresses, which are kept with the hosts' sightings and change often. */
export type StoredRoute =
  | Exclude<Route, { readonly kind: 'hosts' }>
  | (Omit<Extract<Route, { readonly kind: 'hosts' }>, 'hosts'> & {
      readonly hosts: readonly StoredHost[];
      /** At dane levels, where DNSSEC was asked; without `mx` there was no MX to ask about. */
      readonly dane?: Pick<DaneRoute, 'mx'>;
      /** Hosts beyond the hundred that are kept. */
      readonly more?: number;
    });

export interface StoredHost extends Omit<MxHost, 'addresses'> {
  /**
   * Addresses that could not be looked at when this was written, at most ten; no change by
   * themselves.
   */
  readonly unseen?: readonly UnseenAddress[];
  /**
   * Runs in a row that did not find it in DNS, and when it was last found; absent while it is
   * published.
   */
  readonly missed?: number;
  readonly lastAt?: number;
  /** At dane levels. */
  readonly tlsa?: StoredTlsa;
}

export interface UnseenAddress {
  readonly address: string;
  readonly phase: Phase;
  readonly reason: UnseenReason;
}

/** What one run made of one entry. */
export interface Judged {
  readonly verdict: EntryVerdict;
  /** Routes of its hops, in order. */
  readonly routes: readonly Route[];
  /** By the text of the next hop, at dane levels. */
  readonly tlsa?: Readonly<Record<string, DaneRoute>>;
}

/**
 * What is known of an entry after one more run: undefined where nothing changed, so that nothing is
 * written.
 */
export function updateEntry(
  before: EntrySnapshot | undefined,
  { verdict, routes, tlsa = {} }: Judged,
  times: RunTimes,
): EntrySnapshot | undefined {
  const { at } = times;
  if (
    verdict.verdict === 'undetermined' &&
    before !== undefined &&
    before.verdict !== 'undetermined'
  ) {
    const known = before.undetermined;
    if (known?.cause === verdict.reason) return undefined;
    return { ...before, undetermined: { since: known?.since ?? at, cause: verdict.reason } };
  }
  const same = before?.verdict === verdict.verdict && before.reason === verdict.reason;
  const { id, destination, key, level, reason, sentence, protection, postfixWould } = verdict;
  const { failsFrom, degradedFrom, failsBecause } = verdict;
  const passed = lastPassed(verdict, passedBefore(verdict, before));
  const after: EntrySnapshot = {
    id,
    destination,
    key,
    level,
    firstAt: before?.firstAt ?? at,
    verdict: verdict.verdict,
    reason,
    since: same ? before.since : at,
    sentence,
    protection,
    postfixWould,
    failsFrom,
    degradedFrom,
    failsBecause,
    suggestion: verdict.suggestion?.line ?? null,
    ...cautionOf(verdict),
    ...(verdict.suggestion?.held === undefined ? {} : { held: verdict.suggestion.held }),
    ...(passed === undefined ? {} : { passed }),
    routes: routes
      .slice(0, ROUTES_KEPT)
      .map((route) =>
        storedRoute(routeBefore(before, route), route, named(tlsa, route.nextHop), verdict, times),
      ),
    ...(everAuthenticated(verdict, before) ? { authenticated: true as const } : {}),
    ...(verdict.verdict === 'undetermined'
      ? { undetermined: { since: before?.undetermined?.since ?? at, cause: reason } }
      : {}),
  };
  // What was found out about a line is kept, so that it is not worked out in each run.
  const isProved = after.held !== undefined && !alike(before?.held, after.held);
  return before !== undefined && !isProved && sameButForPreferences(before, after)
    ? undefined
    : after;
}

/** Hosts in DNS at the last run that resolved this route. */
export const published = (route: StoredRoute): readonly StoredHost[] =>
  route.kind === 'hosts' ? route.hosts.filter(({ missed = 0 }) => missed === 0) : [];

/**
 * Derived from the routes only where this look ends it, so that an unchanged entry stays as it is.
 */
function passedBefore(
  { verdict }: EntryVerdict,
  before: EntrySnapshot | undefined,
): LastPassed | undefined {
  if (before === undefined) return undefined;
  return verdict === 'pass' || verdict === 'degraded' ? before.passed : passedIn(before);
}

/** An older release kept no such thing; where mail went is known where it was proved then. */
export function passedIn(before: EntrySnapshot): LastPassed | undefined {
  if (before.passed !== undefined) return before.passed;
  const { verdict, protection, level, routes } = before;
  const isProved =
    (verdict === 'pass' || verdict === 'degraded') &&
    protection === 'authenticated' &&
    level !== 'verify';
  const hosts = isProved ? routes.flatMap(published).map(({ host }) => host.toLowerCase()) : [];
  return hosts.length === 0 ? undefined : { hosts: [...new Set(hosts)].toSorted(), domains: [] };
}

/** To be spread: the words that stand before a line, or in its place. */
function cautionOf({ caution, suggestion }: EntryVerdict): Pick<EntrySnapshot, 'caution'> {
  if (caution !== undefined) return { caution: caution.sentence };
  return suggestion?.restsOn === 'dns' ? { caution: suggestion.because } : {};
}

function routeBefore(before: EntrySnapshot | undefined, route: Route): StoredRoute | undefined {
  return before?.routes.find(({ nextHop }) => nextHop === route.nextHop);
}

function storedRoute(
  before: StoredRoute | undefined,
  route: Route,
  dane: DaneRoute | undefined,
  verdict: EntryVerdict,
  times: RunTimes,
): StoredRoute {
  if (route.kind !== 'hosts') return route;
  const { hosts, ...rest } = route;
  const now = hosts.map(({ addresses: _, ...host }): StoredHost => {
    const known =
      before?.kind === 'hosts' ? before.hosts.find((one) => one.host === host.host) : undefined;
    const tlsa = storedTlsa(host, dane, known?.tlsa, verdict);
    return { ...host, ...unseenOf(host.host, verdict), ...(tlsa === undefined ? {} : { tlsa }) };
  });
  const names = new Set(hosts.map(({ host }) => host));
  const gone = (before?.kind === 'hosts' ? before.hosts : [])
    .filter(({ host }) => !names.has(host))
    .map((host) => missOnce(host, times))
    .filter((host) => host.missed < ABSENT_AFTER_RUNS || times.at - host.lastAt < UNION_MS);
  const all = [...now, ...gone];
  const kept = keptOf(all);
  const more = all.length - kept.length;
  return {
    ...rest,
    hosts: kept,
    ...(dane === undefined ? {} : { dane: storedMx(dane) }),
    ...(more > 0 ? { more } : {}),
  };
}

/**
 * A hundred hosts, as far as an item has room for them and what they publish: the same ones
 * whatever order DNS answers in.
 */
function keptOf(hosts: readonly StoredHost[]): readonly StoredHost[] {
  if (hosts.length <= ALWAYS_KEPT) return hosts;
  const ranked = hosts.toSorted(
    (a, b) => a.preference - b.preference || (a.host < b.host ? -1 : 1),
  );
  const kept = firstWithin(ranked, { chars: ROUTE_CHARS, most: BOUNDS.hostsPerNextHop });
  return kept.length === hosts.length ? hosts : hosts.filter((host) => kept.includes(host));
}

/** Without the signature, which is renewed so often that a stored one is out of date. */
function storedMx({ mx }: DaneRoute): Pick<DaneRoute, 'mx'> {
  return mx === undefined ? {} : { mx: { secure: mx.secure, names: mx.names } };
}

function unseenOf(name: string, verdict: EntryVerdict): Pick<StoredHost, 'unseen'> {
  const addresses = verdict.hosts
    .filter((host) => publishedName(host) === name)
    .flatMap((host) => host.addresses);
  const unseen = addresses.flatMap(({ outcome, address, phase, reason }) =>
    outcome === 'unseen'
      ? [{ address, phase: phase ?? 'connect', reason: reason as UnseenReason }]
      : [],
  );
  return unseen.length === 0 ? {} : { unseen: unseen.slice(0, 10) };
}

function missOnce(host: StoredHost, { at, previousAt }: RunTimes) {
  return {
    ...host,
    missed: (host.missed ?? 0) + 1,
    lastAt: host.lastAt ?? Math.min(previousAt ?? at, at),
  };
}

/**
 * Preferences, which addresses were unseen, and on what days a line would have held, are no change
 * by themselves.
 */
const sameButForPreferences = (a: EntrySnapshot, b: EntrySnapshot): boolean =>
  alike(comparable(a), comparable(b));

function comparable({ routes, held: _, ...rest }: EntrySnapshot): unknown {
  return {
    ...rest,
    routes: routes.map((route) =>
      route.kind === 'hosts' ? comparableHosts(route) : [route.nextHop, route],
    ),
  };
}

function comparableHosts({
  nextHop,
  hosts,
  dane,
}: Extract<StoredRoute, { kind: 'hosts' }>): unknown {
  const named = hosts.map(({ preference: _p, unseen: _u, ...host }) => host);
  return [
    nextHop,
    named.toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0)),
    dane,
  ];
}

/** Equal as JSON is, whatever the order of keys; a run compares thousands, most of them equal. */
function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => alike(one, b[i]));
  if (!isRecord(a) || !isRecord(b)) return false;
  return (
    Object.keys(a).every((key) => alike(a[key], b[key])) &&
    Object.keys(b).every((key) => key in a || b[key] === undefined)
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Whether mail at level dane was authenticated by TLSA records, now or before; forgotten when the
 * level is edited.
 */
export function everAuthenticated(
  verdict: EntryVerdict,
  before: EntrySnapshot | undefined,
): boolean {
  if (verdict.level !== 'dane') return false;
  const now =
    (verdict.verdict === 'pass' || verdict.verdict === 'degraded') &&
    verdict.protection === 'authenticated';
  return now || (before?.level === 'dane' && before.authenticated === true);
}

/** Hosts of one next hop whose size need not be reckoned. */
const ALWAYS_KEPT = 3;
/**
 * An event of the history holds two snapshots, and an item has 400 KB: three routes may be as large
 * as a stranger can make them.
 */
const ROUTE_CHARS = 60_000;
/** Next hops in a list, and fallback relays: our own configuration names them. */
const ROUTES_KEPT = 20;
