/**
 * DNS and the hosts: every next hop is resolved, and its hosts are met as soon as they are known,
 * so that a zone that is slow to answer keeps nobody else waiting.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { type Contact, conversationsOf } from '../../probe/contact.ts';
import type { Conversation } from '../../probe/conversation.ts';
import { Batch, type PaceOptions, type Probe, type Waits } from '../../probe/pace.ts';
import type { ProbeResult } from '../../probe/result.ts';
import { turnAt } from '../../probe/turn.ts';
import type { Found } from '../../route/dane-route.ts';
import type { Dns } from '../../route/dns-answer.ts';
import { type Dnssec, findRoutes } from './dnssec.ts';
import { Meeting, type Met } from './meeting.ts';

export interface LookDoors {
  readonly dns: Dns;
  readonly probe: Probe;
  /** Told now and then, for a progress line; never awaited. */
  readonly progress?: (progress: Progress) => void;
}

export type Progress =
  | { readonly kind: 'resolving'; readonly nextHops: number }
  | {
      readonly kind: 'probing';
      readonly done: number;
      readonly conversations: number;
      /** As it is at the moment of the call; undefined where nobody is waited for. */
      readonly waitsFor: () => WaitsFor | undefined;
    }
  /** New failures are looked at again at that time, epoch ms. */
  | { readonly kind: 'looking-again'; readonly entries: number; readonly at: number };

/** For whom a look waits: an MX host by its name, and how many besides. Times in epoch ms. */
export interface WaitsFor {
  readonly host: string;
  readonly others: number;
  readonly why:
    | { readonly kind: 'rest'; readonly until: number }
    | { readonly kind: 'answer'; readonly since: number };
}

export interface LookOptions {
  /** The clock, epoch ms: handshakes are held against trust at their own time, whatever `at` is. */
  readonly now: () => number;
  readonly pace: PaceOptions;
  /** Ids of those that were asked the last time and kept silent: they come last. */
  readonly unseen?: ReadonlySet<string>;
  /** Which addresses have their turn (probe/turn); absent: those of the day of `now`. */
  readonly turn?: number;
}

/** What DNS and the hosts gave. */
export interface Looked extends Found, Met {
  readonly results: Readonly<Record<string, ProbeResult>>;
  /** Epoch ms, before the first was met. */
  readonly probedAt: number;
  /** All of DNS was asked in time. */
  readonly resolved: boolean;
  /** Sentences about workers that were lost; what they were to look at was not attempted. */
  readonly problems?: readonly string[];
}

/** @param plan in the order in which they are to be looked at */
export type Look = (
  plan: readonly Destination[],
  control: readonly Hop[],
  bundle: Bundle,
  doors: LookDoors,
  options: LookOptions,
  dnssec: Dnssec | undefined,
) => Promise<Looked>;

/** A look by this process alone. */
export const lookAt: Look = async (plan, control, bundle, doors, options, dnssec) => {
  const probedAt = options.now();
  const { pace, unseen, turn = turnAt(probedAt) } = options;
  const hostOf = new Map<string, string>();
  const waitsFor = () => batch.waits && hostsWaitedFor(batch.waits, hostOf);
  const batch: Batch = new Batch(doors.probe, {
    ...pace,
    now: options.now,
    onProgress: (done) => told(done),
  });
  const told = (done: number): void =>
    doors.progress?.({ kind: 'probing', done, conversations: batch.size, waitsFor });
  const noteHosts = (contacts: readonly Contact[]): void => {
    for (const { conversation, host } of contacts)
      if (conversation !== undefined) hostOf.set(conversation.id, host.host);
  };
  const onMet = doors.progress === undefined ? undefined : noteHosts;
  const meeting = new Meeting(plan, control, bundle, { turn, unseen, onMet });
  const onFound = (key: string, found: Found): void => {
    for (const { conversation, wish } of meeting.meet(key, found)) batch.add(conversation, wish);
  };
  const timeIsUp = () => options.now() >= pace.stopAt || pace.signal?.aborted === true;
  try {
    const found = await findRoutes(meeting.hops, bundle, doors.dns, dnssec, { onFound, timeIsUp });
    const resolved = !timeIsUp();
    if (batch.size > 0) told(batch.done);
    const results = await batch.results();
    return { ...found, ...meeting.end(), results, probedAt, resolved };
  } catch (error) {
    batch.abandon();
    throw error;
  }
};

/** Undefined where no host is known that is waited for. */
export function hostsWaitedFor(
  waits: Waits,
  hostOf: ReadonlyMap<string, string>,
): WaitsFor | undefined {
  const hosts = [...new Set(waits.ids.flatMap((id) => hostOf.get(id) ?? []))];
  const [host] = hosts;
  return host === undefined ? undefined : { host, others: hosts.length - 1, why: waits };
}

/** Those that were had, or were to be, one of each in the order of the contacts. */
export function conversationsHad(
  contacts: Iterable<Contact>,
  results: Readonly<Record<string, ProbeResult>>,
): Conversation[] {
  return conversationsOf(contacts).filter(({ id }) => results[id] !== undefined);
}
