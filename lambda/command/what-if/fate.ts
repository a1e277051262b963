/**
 * How each destination fares under one policy, on what was stored, and what of it cannot be told
 * from that. Only what met the very offer that would be made counts as seen. Pure.
 */
import { byName, named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf, type Hop } from '../../policy/destinations.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import type { Settings } from '../../policy/settings.ts';
import { contactsOf } from '../../probe/contact.ts';
import type { HostSnapshot } from '../../snapshot/host-snapshot.ts';
import {
  evidenceFrom,
  type OfferRule,
  type Remembered,
} from '../../snapshot/remembered-evidence.ts';
import { plainName } from '../../text/strangers.ts';
import type { Evidence } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** Why something cannot be told; the order in which one destination's is named. */
export const UNTOLD = [
  'table-not-read',
  'anchors-not-read',
  'other-routing',
  'never-seen',
  'other-sni',
  'other-offer',
  'dnssec-not-asked',
  'address-not-seen',
  'not-judged',
] as const;
export type UntoldCause = (typeof UNTOLD)[number];

export interface Untold {
  readonly cause: UntoldCause;
  /** Next hops, hosts or addresses that it is about, neutralised; perhaps none. */
  readonly about: readonly string[];
}

export interface Fate {
  readonly destination: Destination;
  readonly verdict: EntryVerdict;
  /** What stands in the way of a verdict that is undetermined, or of any. */
  readonly untold?: Untold;
  /** The verdict if the hosts present to this offer what they presented to another one. */
  readonly ifSame?: IfSame;
}

export type IfSame = Pick<EntryVerdict, 'verdict' | 'reason' | 'protection'>;

/** What a policy cannot be judged on, beside the sightings. */
export interface Limits {
  /** Files of trust anchors that could not be read here, by path. */
  readonly anchorFiles: ReadonlySet<string>;
  /** It asks DNS otherwise than the policy by which everything was seen. */
  readonly otherRouting: boolean;
}

export type Fates = ReadonlyMap<string, Fate>;

/** By destination id. `at` is epoch ms. */
export function fatesUnder(
  bundle: Bundle,
  remembered: Remembered,
  limits: Limits,
  at: number,
): Fates {
  const destinations = destinationsOf(bundle);
  const settingsOf = (hop: Hop): Settings => clientOf(bundle, hop.service).settings;
  const seen = (rule: OfferRule) =>
    inFamilies(evidenceFrom(destinations, remembered, settingsOf, rule), destinations, settingsOf);
  const [same, nearest] = [seen('same'), seen('nearest')];
  const sni = sniByHost(remembered.hosts);
  return new Map(
    destinations.map((destination): [string, Fate] => {
      const verdict = judgeSafely(destination, same, bundle, at);
      const untold = untoldOf(destination, verdict, { bundle, same, nearest, sni, limits });
      if (untold === undefined) return [destination.id, { destination, verdict }];
      const other = untold.cause === 'other-sni' || untold.cause === 'other-offer';
      const again = other ? judgeSafely(destination, nearest, bundle, at) : undefined;
      const told = again !== undefined && again.verdict !== 'undetermined';
      return [
        destination.id,
        {
          destination,
          verdict,
          untold,
          ...(told ? { ifSame: ifSameOf(again) } : {}),
        },
      ];
    }),
  );
}

const ifSameOf = ({ verdict, reason, protection }: EntryVerdict): IfSame => ({
  verdict,
  reason,
  protection,
});

/** Addresses of a family that inet_protocols leaves out are none, whoever met them. */
function inFamilies(
  evidence: Evidence,
  destinations: readonly Destination[],
  settingsOf: (hop: Hop) => Settings,
): Evidence {
  const routes = byName(evidence.routes);
  for (const hop of destinations.flatMap(({ hops }) => hops)) {
    const key = routeKey(hop);
    const route = named(routes, key);
    const { inetProtocols } = settingsOf(hop);
    if (route?.kind !== 'hosts' || inetProtocols.length === 2) continue;
    const isAsked = (address: string) =>
      inetProtocols.includes(address.includes(':') ? 'ipv6' : 'ipv4');
    const hosts = route.hosts.map((host) => ({
      ...host,
      addresses: host.addresses.filter(isAsked),
    }));
    routes[key] = { ...route, hosts };
  }
  return { ...evidence, routes };
}

interface Known {
  readonly bundle: Bundle;
  readonly same: Evidence;
  readonly nearest: Evidence;
  /** By `host:port`, each SNI that was sent; `` for none. */
  readonly sni: ReadonlyMap<string, ReadonlySet<string>>;
  readonly limits: Limits;
}

function sniByHost(hosts: Iterable<HostSnapshot>): Known['sni'] {
  const known = new Map<string, Set<string>>();
  for (const { host, port, servername = '' } of hosts) {
    const key = `${host}:${port}`;
    known.set(key, (known.get(key) ?? new Set()).add(servername));
  }
  return known;
}

function untoldOf(
  destination: Destination,
  { verdict, reason }: EntryVerdict,
  known: Known,
): Untold | undefined {
  const { unchecked, hops } = destination;
  if (unchecked?.reason === 'table-not-listable' || reason === 'source-unreadable')
    return { cause: 'table-not-read', about: [] };
  const files = hops.flatMap((hop) => anchorFilesOf(hop, known));
  if (files.length > 0) return { cause: 'anchors-not-read', about: once(files) };
  if (known.limits.otherRouting && hops.length > 0) return { cause: 'other-routing', about: [] };
  if (verdict !== 'undetermined') return undefined;
  const gaps = hops.flatMap((hop) => gapsOf(hop, known));
  for (const cause of UNTOLD) {
    const about = gaps.filter((gap) => gap.cause === cause).map((gap) => gap.about);
    if (about.length > 0) return { cause, about: once(about) };
  }
  return { cause: 'not-judged', about: [] };
}

/** Those that the hop's anchors are in and that were not read here. */
function anchorFilesOf({ demand }: Hop, { limits, bundle }: Known): string[] {
  if (limits.anchorFiles.size === 0) return [];
  if (demand.kind === 'demand')
    return demand.anchors.kind === 'files'
      ? demand.anchors.paths.filter((path) => limits.anchorFiles.has(path))
      : [];
  // Such a file breaks the entry that names it.
  return [...limits.anchorFiles].filter((path) => {
    const file = bundle.anchorFiles[path];
    return file?.kind === 'broken' && demand.warning.includes(path);
  });
}

interface Gap {
  readonly cause: UntoldCause;
  readonly about: string;
}

function gapsOf(hop: Hop, { bundle, same, nearest, sni }: Known): Gap[] {
  const route = named(same.routes, routeKey(hop));
  if (hop.demand.kind === 'broken') return [];
  if (route === undefined) return [{ cause: 'never-seen', about: plainName(hop.nextHop.text) }];
  const { settings } = clientOf(bundle, hop.service);
  return contactsOf(hop, same, settings).flatMap(
    ({ host, address, demand, conversation }): Gap[] => {
      const about = plainName(host.host);
      if (demand.kind === 'unknown') return [{ cause: 'dnssec-not-asked', about }];
      if (conversation === undefined) return [];
      const result = same.results[conversation.id];
      if (result !== undefined && result.kind !== 'unseen') return [];
      const other = nearest.results[conversation.id];
      if (result !== undefined || other === undefined || other.kind === 'unseen')
        return [{ cause: 'address-not-seen', about: `${about} ${address}` }];
      const sent = sni.get(`${host.host}:${conversation.port}`);
      return [
        { cause: sent?.has(conversation.servername ?? '') ? 'other-offer' : 'other-sni', about },
      ];
    },
  );
}

const once = (all: readonly string[]): string[] => [...new Set(all)];
