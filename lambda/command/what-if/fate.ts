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
import { type Evidence, judgeOnce } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { Judgement } from '../../verdict/outcome.ts';

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

/** A host that was looked at, but not with this offer. */
const OFFERS: readonly UntoldCause[] = ['other-sni', 'other-offer'];

export interface Untold {
  readonly cause: UntoldCause;
  /** Next hops, hosts or addresses that it is about, neutralised; perhaps none. */
  readonly about: readonly string[];
}

/** What a destination comes to. */
export type IfSame = Pick<Judgement, 'verdict' | 'reason' | 'protection'>;

export interface Fate extends IfSame, Pick<Judgement, 'level' | 'match' | 'would'> {
  readonly destination: Destination;
  /** Subject of the trust anchor at which the first chain ends; null where none does. */
  readonly anchor: string | null;
  /** An address that counts was not met, so that the others alone gave the verdict. */
  readonly partly: boolean;
  /** What stands in the way of a verdict that is undetermined, or of any. */
  readonly untold?: Untold;
  /** The verdict if the hosts present to this offer what they presented to another one. */
  readonly ifSame?: IfSame;
}

/** What a policy cannot be judged on, beside the sightings. */
export interface Limits {
  /** Files of trust anchors that could not be read here, by path. */
  readonly anchorFiles: ReadonlySet<string>;
  /** It asks DNS otherwise than the policy by which everything was seen. */
  readonly otherRouting: boolean;
}

export interface Fates {
  /** By destination id. */
  readonly byId: ReadonlyMap<string, Fate>;
  /** What becomes of it, in a sentence: looks for the line to use, which takes its time. */
  readonly sentenceOf: (fate: Fate) => string;
}

/** @param at epoch ms */
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
  const same = seen('same');
  let other: Evidence | undefined;
  const nearest = () => {
    other ??= seen('nearest');
    return other;
  };
  const known: Known = { bundle, same, nearest, sni: sniByHost(remembered.hosts), limits };
  const fateOf = (destination: Destination): Fate => {
    const found = judged(destination, same, bundle, at);
    const untold = untoldOf(found, known);
    if (untold === undefined) return found;
    const again =
      untold.cause === 'other-sni' || untold.cause === 'other-offer'
        ? judged(destination, nearest(), bundle, at)
        : undefined;
    if (again === undefined || again.verdict === 'undetermined') return { ...found, untold };
    const { verdict, reason, protection } = again;
    return { ...found, untold, ifSame: { verdict, reason, protection } };
  };
  return {
    byId: new Map(destinations.map((destination) => [destination.id, fateOf(destination)])),
    sentenceOf: ({ destination }) => judgeSafely(destination, same, bundle, at).sentence,
  };
}

/** An exception of ours ends the judgement of that one destination alone. */
function judged(destination: Destination, evidence: Evidence, bundle: Bundle, at: number): Fate {
  try {
    const found = judgeOnce(destination, evidence, bundle, at);
    const { verdict, reason, protection, level, match, would, reached } = found;
    const anchor = reached.find((finding) => finding.verdict.anchor !== null)?.verdict.anchor;
    const partly = reached.some((finding) => finding.verdict.reason === 'not-attempted');
    const told = { verdict, reason, protection, level, match, would };
    return { destination, ...told, anchor: anchor ?? null, partly };
  } catch {
    const { level, verdict, reason, protection } = judgeSafely(destination, evidence, bundle, at);
    return {
      destination,
      level,
      verdict,
      reason,
      protection,
      match: [],
      would: null,
      anchor: null,
      partly: false,
    };
  }
}

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
  readonly nearest: () => Evidence;
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
  { destination, verdict, reason, partly }: Fate,
  known: Known,
): Untold | undefined {
  const { unchecked, hops } = destination;
  if (unchecked?.reason === 'table-not-listable' || reason === 'source-unreadable')
    return { cause: 'table-not-read', about: [] };
  const files = hops.flatMap((hop) => anchorFilesOf(hop, known));
  if (files.length > 0) return { cause: 'anchors-not-read', about: once(files) };
  if (known.limits.otherRouting && hops.length > 0) return { cause: 'other-routing', about: [] };
  const isOpen = verdict === 'undetermined';
  // What may be wrong at the others decides nothing over what fails already.
  if (!isOpen && (verdict === 'fail' || !partly)) return undefined;
  const gaps = hops.flatMap((hop) => gapsOf(hop, known));
  for (const cause of isOpen ? UNTOLD : OFFERS) {
    const about = gaps.filter((gap) => gap.cause === cause).map((gap) => gap.about);
    if (about.length > 0) return { cause, about: once(about) };
  }
  return isOpen ? { cause: 'not-judged', about: [] } : undefined;
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
      const other = nearest().results[conversation.id];
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
