/**
 * Whether the way out is open from here, for each address family: without that proof, a time-out
 * says nothing about the other side (docs/messages.md, "Not believed"). Pure.
 */
import { acceptedIn } from '../certificate/anchors.ts';
import { readCertificates } from '../certificate/certificate.ts';
import { anyTlsaMatches } from '../certificate/trust/tlsa-anchors.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { Hop } from '../policy/destinations.ts';
import type { Settings } from '../policy/settings.ts';
import { type AddressFamily, familyOf } from '../postfix/hostname.ts';
import type { Contact } from './contact.ts';
import type { Conversation } from './conversation.ts';
import type { ProbeResult, Unseen } from './result.ts';

/**
 * `clear`: proved open. `blind`: tried and never proved. `untried`: no conversation in this family,
 * or too few before the time was up.
 */
export type FamilyVantage = 'clear' | 'blind' | 'untried';

export type Vantage = Readonly<Record<AddressFamily, FamilyVantage>>;

export interface Proving {
  readonly bundle: Bundle;
  readonly byTlsa?: ReadonlySet<string>;
  /** Whom the conversations were had for; absent: that does not matter. */
  readonly contacts?: ReadonlyMap<Hop, readonly Contact[]>;
  /** Whether all of DNS was asked in time. */
  readonly resolved?: boolean;
}

/**
 * A family is proved open by a STARTTLS handshake whose chain is valid under the run's anchors, or
 * whose certificate a signed TLSA record names (`byTlsa`, ids of conversations): a port that is
 * redirected or tampered with gives neither. Where there are no anchors at all, any handshake
 * counts.
 *
 * Where time was up before everybody was asked, the silence of a few next hops proves nothing: they
 * may all belong to one stranger.
 */
export function vantageOf(
  conversations: readonly Conversation[],
  results: Readonly<Record<string, ProbeResult>>,
  { bundle, byTlsa, contacts, resolved = true }: Proving,
): Vantage {
  const blindTrust = acceptedIn(bundle.trust).length === 0;
  const proves = (result: ProbeResult, id: string): boolean =>
    result.kind === 'presented' &&
    (blindTrust || result.verify === 'OK' || byTlsa?.has(id) === true);
  const inFamily = (family: AddressFamily): FamilyVantage => {
    const tried = conversations
      .filter(({ address }) => familyOf(address) === family)
      .flatMap((conversation) => {
        const { id } = conversation;
        const result = results[id];
        const counts =
          result !== undefined && wasTried(result) && !wantsWrapperMode(conversation, result);
        return counts ? [{ id, result }] : [];
      });
    if (tried.length === 0) return 'untried';
    if (tried.some(({ id, result }) => proves(result, id))) return 'clear';
    const cutShort =
      !resolved ||
      conversations.some(
        ({ id, address }) => familyOf(address) === family && isNotAttempted(results[id]),
      );
    if (!cutShort || contacts === undefined) return 'blind';
    const ids = new Set(tried.map(({ id }) => id));
    return nextHopsOf(contacts, ids) < ENOUGH_NEXT_HOPS ? 'untried' : 'blind';
  };
  return { ipv4: inFamily('ipv4'), ipv6: inFamily('ipv6') };
}

function nextHopsOf(
  contacts: ReadonlyMap<Hop, readonly Contact[]>,
  ids: ReadonlySet<string>,
): number {
  const met = [...contacts].filter(([, own]) =>
    own.some(({ conversation }) => conversation !== undefined && ids.has(conversation.id)),
  );
  return new Set(met.map(([{ nextHop }]) => nextHop.host)).size;
}

/** As many as must turn alike for a fault to be looked for on our side (alert/incident/our-side). */
const ENOUGH_NEXT_HOPS = 5;

/**
 * Ids of conversations that presented a certificate which a signed TLSA record of the host names.
 */
export function provedByTlsa(
  contacts: Iterable<Contact>,
  results: Readonly<Record<string, ProbeResult>>,
  settings: Settings,
): Set<string> {
  const proved = new Set<string>();
  for (const { demand, conversation } of contacts) {
    const result = conversation && results[conversation.id];
    // After an unsigned MX the host is not proved to be theirs.
    const records =
      demand.kind === 'demand' && demand.tlsa?.half === false ? demand.tlsa.records : [];
    if (conversation === undefined || result?.kind !== 'presented' || records.length === 0)
      continue;
    const anchors = { records, digests: settings.daneDigests };
    if (anyTlsaMatches(readCertificates(result.chain), anchors, settings.version))
      proved.add(conversation.id);
  }
  return proved;
}

/**
 * The same results, but for a blind family its time-outs and unreachable networks are put down to
 * the missing way out.
 */
export function believe(
  results: Readonly<Record<string, ProbeResult>>,
  conversations: readonly Conversation[],
  vantage: Vantage,
): Record<string, ProbeResult> {
  const believed = { ...results };
  for (const conversation of conversations) {
    const { id, address } = conversation;
    const result = results[id];
    const family = familyOf(address);
    if (
      result?.kind === 'unseen' &&
      family !== undefined &&
      vantage[family] === 'blind' &&
      dependsOnWayOut(result) &&
      !wantsWrapperMode(conversation, result)
    )
      believed[id] = { ...result, reason: 'no-way-out' };
  }
  return believed;
}

/**
 * Whether a server on the port of SMTP over TLS waits for a handshake, where we wait for its
 * greeting: that says nothing about the way out.
 */
export function wantsWrapperMode(
  { port, wrapperMode }: Pick<Conversation, 'port' | 'wrapperMode'>,
  result: ProbeResult,
): boolean {
  const silent =
    result.kind === 'unseen' &&
    result.phase === 'greeting' &&
    (result.reason === 'timed-out' || result.reason === 'connection-lost');
  return silent && port === SMTPS && !wrapperMode;
}

/** RFC 8314 §7.3. */
const SMTPS = 465;

const wasTried = (result: ProbeResult): boolean =>
  !isNotAttempted(result) && (result.kind !== 'unseen' || result.reason !== 'barred-address');

/** For want of time, or since its turn comes in another run. */
const isNotAttempted = (result: ProbeResult | undefined): boolean =>
  result?.kind === 'unseen' && result.reason === 'not-attempted';

/**
 * A time-out or an unreachable network may be our side's; a refusal comes from theirs, or from a
 * firewall that says so.
 */
const dependsOnWayOut = ({ reason }: Unseen): boolean =>
  reason === 'timed-out' || reason === 'unreachable';
