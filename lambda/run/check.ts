/**
 * The line from bundle to verdicts: destinations → routes → distinct conversations → results → vantage → judge.
 *
 * Three batch functions carry it (resolveBatch, probeBatch, judge); between them only pure reducers. Nothing here
 * knows where a verdict goes.
 */
import { byName, named } from '../by-name.ts';
import type { Bundle } from '../policy/bundle.ts';
import { demandFor } from '../policy/demand.ts';
import { type Destination, destinationsOf, type Hop } from '../policy/destinations.ts';
import { type NextHop, parseNextHop } from '../policy/next-hop.ts';
import type { Settings } from '../policy/settings.ts';
import { type Conversation, conversationAt, distinct } from '../probe/conversation.ts';
import { type PaceOptions, type Probe, probeBatch } from '../probe/pace.ts';
import { believe, type Vantage, vantageOf } from '../probe/vantage.ts';
import type { Dns } from '../route/resolve.ts';
import { resolveBatch } from '../route/resolve.ts';
import type { Route } from '../route/route.ts';
import type { Evidence } from '../verdict/judge.ts';
import { judgeFenced } from '../verdict/our-bug.ts';
import type { EntryVerdict } from '../verdict/verdict.ts';

export interface CheckDoors {
  readonly dns: Dns;
  readonly probe: Probe;
  /** Told now and then, for a progress line; never awaited. */
  readonly progress?: (progress: Progress) => void;
}

export type Progress =
  | { readonly kind: 'resolving'; readonly nextHops: number }
  | { readonly kind: 'probing'; readonly done: number; readonly conversations: number };

export interface CheckOptions {
  /** Epoch ms: the moment of judgement, now or `--at`. */
  readonly at: number;
  /** The clock, epoch ms: handshakes are held against trust at their own time, whatever `at` is. */
  readonly now: () => number;
  readonly pace: PaceOptions;
  /** Hosts known to present a valid chain, `host` or `host:port`: proof that port 25 is open from here. */
  readonly controlHosts?: readonly string[];
  /** Ids of the destinations to judge; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** By destination id, epoch ms of the last conclusive look: oldest first, so that no tail starves when time is short. */
  readonly lastSeen?: ReadonlyMap<string, number>;
}

/** What DNS gave, by the text of the next hop. */
export type Found = Pick<Evidence, 'routes' | 'tlsa'>;

export interface CheckRun {
  readonly at: number;
  readonly destinations: readonly Destination[];
  readonly conversations: readonly Conversation[];
  readonly evidence: Evidence;
  readonly vantage: Vantage;
  readonly verdicts: readonly EntryVerdict[];
  /** Whether all conversations were had. */
  readonly complete: boolean;
}

/** Judges every destination of the bundle once. */
export async function checkBundle(bundle: Bundle, doors: CheckDoors, options: CheckOptions): Promise<CheckRun> {
  const destinations = destinationsOf(bundle).filter(({ id }) => options.only?.has(id) ?? true);
  const control = controlHops(options.controlHosts ?? [], bundle);
  const nextHops = distinctNextHops([...destinations.flatMap(({ hops }) => hops), ...control]);
  doors.progress?.({ kind: 'resolving', nextHops: nextHops.length });
  const routes = byName<Route>();
  for (const route of await resolveBatch(nextHops, bundle.settings, doors.dns)) routes[route.nextHop] = route;

  const plan = oldestFirst(destinations, options.lastSeen).flatMap(({ unchecked, hops }) =>
    unchecked === undefined ? hops : [],
  );
  // What our own settings hide is no matter to a control host: its handshake is the proof.
  const open = { ...bundle.settings, discardEhloKeywords: [] };
  const conversations = distinct([
    ...control.flatMap((hop) => conversationsOf(hop, { routes }, open)),
    ...plan.flatMap((hop) => conversationsOf(hop, { routes }, bundle.settings)),
  ]);
  const probedAt = options.now();
  const results = await probeBatch(conversations, doors.probe, {
    ...options.pace,
    now: options.now,
    onProgress: (done) => doors.progress?.({ kind: 'probing', done, conversations: conversations.length }),
  });

  const vantage = vantageOf(conversations, results, { bundle });
  const evidence: Evidence = { routes, results: believe(results, conversations, vantage), probedAt };
  return {
    at: options.at,
    destinations,
    conversations,
    evidence,
    vantage,
    verdicts: destinations.map((destination) => judgeFenced(destination, evidence, bundle, options.at)),
    complete: Object.values(results).every((result) => result.kind !== 'unseen' || result.reason !== 'not-attempted'),
  };
}

/** Every address of every host of one hop that Postfix would connect to. */
export function conversationsOf(hop: Hop, { routes, tlsa }: Found, settings: Settings): Conversation[] {
  const { text } = hop.nextHop;
  const route = named(routes, text);
  if (route?.kind !== 'hosts') return [];
  return route.hosts.flatMap((host) =>
    host.addresses.flatMap((address) => conversationAt(hop, host, address, tlsa && named(tlsa, text), settings) ?? []),
  );
}

/** A control host is talked to as at level encrypt, whatever the table says; it is no destination and gets no verdict. */
function controlHops(hosts: readonly string[], bundle: Bundle): Hop[] {
  const settings: Settings = { ...bundle.settings, securityLevel: 'encrypt' };
  return hosts.flatMap((host) => {
    const nextHop = parseNextHop(host.startsWith('[') ? host : host.replace(/^([^:]+)/, '[$1]'), 'recipient', settings);
    if ('kind' in nextHop) return [];
    return [{ nextHop, fallback: false, demand: demandFor(nextHop, { tables: [], settings, anchorFiles: {} }) }];
  });
}

function oldestFirst(destinations: readonly Destination[], lastSeen: ReadonlyMap<string, number> = new Map()): Destination[] {
  return destinations.toSorted((a, b) => (lastSeen.get(a.id) ?? 0) - (lastSeen.get(b.id) ?? 0));
}

function distinctNextHops(hops: readonly Hop[]): NextHop[] {
  return [...new Map(hops.map(({ nextHop }) => [nextHop.text, nextHop])).values()];
}
