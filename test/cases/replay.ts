/** A recorded destination taken through the line, from texts to verdict, with its DNS and its servers behind the doors. */
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { type Destination, destinationsOf } from '../../lambda/policy/destinations.ts';
import { contactsOf, conversationsOf } from '../../lambda/probe/contact.ts';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { type DaneRoute, resolveDane } from '../../lambda/route/dane-route.ts';
import type { Dns } from '../../lambda/route/dns-answer.ts';
import { isDane } from '../../lambda/route/host-demand.ts';
import { resolveBatch } from '../../lambda/route/resolve.ts';
import type { Route } from '../../lambda/route/route.ts';
import { judge } from '../../lambda/verdict/judge.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { dnsOf } from '../internet/zone.ts';
import { bundleFor, type RecordedDestination, type RecordedVersion, type Recording, recipientOf, zoneOf } from './recorded.ts';
import { probeOf } from './scripted-probe.ts';

export interface Replay {
  readonly bundle: Bundle;
  readonly verdict: EntryVerdict;
  readonly conversations: readonly Conversation[];
}

/** Prepares a recording once; the result replays any of its destinations as any version. */
export function replayOf(recording: Recording): (destination: RecordedDestination, version: RecordedVersion) => Promise<Replay> {
  const dns = dnsOf(zoneOf(recording));
  const probe = probeOf(recording);
  const at = Date.parse(recording.at);
  return async (recorded, version) => {
    const bundle = bundleFor(recording, recorded, version);
    const destination = destinationOf(recorded, bundle);
    const routes: Record<string, Route> = {};
    const nextHops = destination.hops.map(({ nextHop }) => nextHop);
    for (const route of await resolveBatch(nextHops, bundle.settings, dns)) routes[route.nextHop] = route;
    const tlsa = await daneRoutes(destination, routes, dns);
    const results: Record<string, ProbeResult> = {};
    const contacts = destination.hops.flatMap((hop) => contactsOf(hop, { routes, tlsa }, bundle.settings));
    const conversations = conversationsOf(contacts);
    for (const conversation of conversations) results[conversation.id] = await probe(conversation);
    // No `probedAt`: there was no handshake of ours, so OpenSSL has no say; agreement.test.ts asks it.
    return { bundle, verdict: judge(destination, { routes, results, tlsa }, bundle, at), conversations };
  };
}

async function daneRoutes(
  { hops }: Destination,
  routes: Readonly<Record<string, Route>>,
  dns: Dns,
): Promise<Record<string, DaneRoute>> {
  const found: Record<string, DaneRoute> = {};
  for (const { nextHop, demand } of hops) {
    const route = routes[nextHop.text];
    if (route === undefined || demand.kind === 'broken' || !isDane(demand)) continue;
    const dane = await resolveDane(route, nextHop, dns);
    if (dane !== undefined) found[nextHop.text] = dane;
  }
  return found;
}

/** The one that the recorded message went by: made for the recipient, or for the entry of its next hop. */
function destinationOf(recorded: RecordedDestination, bundle: Bundle): Destination {
  const all = destinationsOf(bundle).filter(({ unchecked }) => unchecked === undefined || unchecked.reason === 'level-none');
  const found =
    all.find(({ name }) => name === recipientOf(recorded)) ??
    all.find(({ hops }) => hops[0]?.nextHop.text === recorded.destination);
  if (found === undefined) throw new Error(`no destination was made for ${recipientOf(recorded)}`);
  return found;
}
