/**
 * What was seen, handed to the judge again: another table, another bundle or another date, with no
 * network. Pure.
 *
 * The judge asks by conversation, and another table may offer other protocols or another SNI than
 * the one that was probed. What the same offer met is preferred; failing that, what the same SNI
 * met, then anything that this host presented: a certificate rarely depends on the offer, and a
 * host that was looked at should not count as unseen (a handshake that broke does depend on it, and
 * counts for that offer alone). OpenSSL's results of the live handshakes are no witness at another
 * date, so the evidence says nothing of when it was had.
 */

import { byName } from '../named-record.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import { routeKey } from '../policy/service.ts';
import type { Settings } from '../policy/settings.ts';
import { contactsOf } from '../probe/contact.ts';
import type { Conversation } from '../probe/conversation.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { DaneRoute } from '../route/dane-route.ts';
import type { MxHost, Route } from '../route/route.ts';
import type { Evidence } from '../verdict/judge.ts';
import type { EntrySnapshot, StoredHost, StoredRoute, UnseenAddress } from './entry-snapshot.ts';
import type { CertificateDigest, HostSnapshot, SeenResult } from './host-snapshot.ts';
import { current, offerDigest } from './host-snapshot.ts';
import { restoredFinding } from './stored-tlsa.ts';

/** Everything remembered from one vantage. */
export interface Remembered {
  readonly entries: Iterable<EntrySnapshot>;
  readonly hosts: Iterable<HostSnapshot>;
  /** Base64 DER by digest; a chain of which one is missing counts as not seen. */
  readonly certificates: Readonly<Record<CertificateDigest, string>>;
}

/**
 * `same`: only what met the very offer that would be made counts as seen; `nearest`: failing that,
 * what another one met.
 */
export type OfferRule = 'same' | 'nearest';

/**
 * The evidence on which to judge these destinations under these settings, which may be another
 * service's for some hops. Next hops that were never resolved have no route.
 */
export function evidenceFrom(
  destinations: readonly Destination[],
  remembered: Remembered,
  settings: Settings | ((hop: Hop) => Settings),
  rule: OfferRule = 'nearest',
): Evidence {
  const known = index(remembered);
  const settingsOf = typeof settings === 'function' ? settings : () => settings;
  const routes = byName<Route>();
  const results: Record<string, ProbeResult> = {};
  const tlsa = byName<DaneRoute>();
  for (const hop of destinations.flatMap(({ hops }) => hops)) {
    const key = routeKey(hop);
    const route = routes[key] ?? routeOf(hop, known);
    if (route === undefined) continue;
    routes[key] = route;
    const dane = daneOf(hop, known);
    if (dane !== undefined) tlsa[key] = dane;
    for (const { host, conversation } of contactsOf(hop, { routes, tlsa }, settingsOf(hop))) {
      if (conversation === undefined) continue;
      const result = results[conversation.id] ?? resultOf(host, conversation, known, rule);
      if (result !== undefined) results[conversation.id] = result;
    }
  }
  return { routes, results, tlsa };
}

interface Known {
  readonly routes: ReadonlyMap<string, StoredRoute>;
  /** By `host:port`. */
  readonly hosts: ReadonlyMap<string, readonly HostSnapshot[]>;
  /** By `host address`. */
  readonly unseen: ReadonlyMap<string, UnseenAddress>;
  readonly certificates: Remembered['certificates'];
}

function index({ entries, hosts, certificates }: Remembered): Known {
  const routes = new Map<string, StoredRoute>();
  const unseen = new Map<string, UnseenAddress>();
  for (const route of [...entries].flatMap((entry) => entry.routes)) {
    routes.set(route.nextHop, route);
    for (const host of route.kind === 'hosts' ? route.hosts : []) {
      for (const one of host.unseen ?? []) unseen.set(`${host.host} ${one.address}`, one);
    }
  }
  const byHost = new Map<string, HostSnapshot[]>();
  for (const snapshot of hosts) {
    const key = `${snapshot.host}:${snapshot.port}`;
    const group = byHost.get(key);
    if (group === undefined) byHost.set(key, [snapshot]);
    else group.push(snapshot);
  }
  return { routes, hosts: byHost, unseen, certificates };
}

function routeOf({ nextHop }: Hop, known: Known): Route | undefined {
  const stored = known.routes.get(nextHop.text);
  if (stored === undefined) {
    // A host in brackets needs no MX: it may have been met on the way to another next hop.
    if (nextHop.mx || !known.hosts.has(`${nextHop.host}:${nextHop.port}`)) return undefined;
    const host = withAddresses(
      { host: nextHop.host, preference: 0, lookup: 'found' },
      nextHop.port,
      known,
    );
    return { kind: 'hosts', nextHop: nextHop.text, mx: false, hosts: [host] };
  }
  if (stored.kind !== 'hosts') return stored;
  const { more: _m, dane: _d, hosts, ...rest } = stored;
  const published = hosts.filter(({ missed = 0 }) => missed === 0);
  return { ...rest, hosts: published.map((host) => withAddresses(host, nextHop.port, known)) };
}

/**
 * What DNSSEC said when it was last asked; undefined where it was not, or a set was too large to
 * keep.
 */
function daneOf({ nextHop }: Hop, known: Known): DaneRoute | undefined {
  const stored = known.routes.get(nextHop.text);
  if (stored?.kind !== 'hosts' || stored.dane === undefined) return undefined;
  const published = stored.hosts.filter(({ missed = 0 }) => missed === 0);
  const hosts = published.flatMap(({ host, tlsa }) =>
    (tlsa?.families ?? []).map(({ family, finding }) => ({
      host,
      family,
      tlsa: restoredFinding(finding),
    })),
  );
  const whole = hosts.flatMap(({ tlsa, ...rest }) =>
    tlsa === undefined ? [] : [{ ...rest, tlsa }],
  );
  return whole.length < hosts.length
    ? undefined
    : { nextHop: nextHop.text, ...stored.dane, hosts: whole };
}

/** Where it was met last, and what could not be looked at. */
function withAddresses(
  { missed: _m, lastAt: _l, tlsa: _t, unseen = [], ...host }: StoredHost,
  port: number,
  known: Known,
): MxHost {
  const snapshots = known.hosts.get(`${host.host}:${port}`) ?? [];
  const met = snapshots.flatMap(current).flatMap(({ addresses }) => addresses);
  return { ...host, addresses: [...new Set([...met, ...unseen.map(({ address }) => address)])] };
}

function resultOf(
  { host }: MxHost,
  conversation: Conversation,
  known: Known,
  rule: OfferRule,
): ProbeResult | undefined {
  const offer = offerDigest(conversation);
  const nearness = (snapshot: HostSnapshot) =>
    (snapshot.offer === offer ? 2 : 0) + (snapshot.servername === conversation.servername ? 1 : 0);
  const found = (known.hosts.get(`${host}:${conversation.port}`) ?? [])
    .filter((snapshot) => rule === 'nearest' || snapshot.offer === offer)
    .toSorted((a, b) => nearness(b) - nearness(a))
    .flatMap((snapshot) =>
      current(snapshot).filter(
        ({ result }) => snapshot.offer === offer || result.kind !== 'handshake-failed',
      ),
    )
    .find(({ addresses }) => addresses.includes(conversation.address));
  const unseen = known.unseen.get(`${host} ${conversation.address}`);
  if (found !== undefined) return withSequel(restored(found.result, known.certificates), unseen);
  return unseen === undefined
    ? undefined
    : { kind: 'unseen', phase: unseen.phase, reason: unseen.reason };
}

/** What was not seen behind what was: an end of the session behind the handshake. */
function withSequel(
  result: ProbeResult | undefined,
  unseen: UnseenAddress | undefined,
): ProbeResult | undefined {
  if (result?.kind !== 'presented' || result.after !== undefined) return result;
  if (unseen?.phase !== 'ehlo-after-tls' && unseen?.phase !== 'helo-after-tls') return result;
  return { ...result, after: { kind: 'unseen', phase: unseen.phase, reason: unseen.reason } };
}

function restored(
  result: SeenResult,
  certificates: Remembered['certificates'],
): ProbeResult | undefined {
  if (result.kind !== 'presented') return result;
  const chain = result.chain.flatMap((digest) => certificates[digest] ?? []);
  return chain.length === result.chain.length ? { ...result, chain } : undefined;
}
