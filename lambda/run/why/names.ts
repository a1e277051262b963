/**
 * Names asked against names offered, as far as a log tells the latter, and the line that would
 * have delivered. Pure.
 *
 * A log has names only up to Postfix 3.5, so they are compared as that version does.
 */

import type { Held } from '../../log/report.ts';
import type { PeerEvidence } from '../../log/sessions.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { TlsDemand } from '../../policy/demand.ts';
import { printMatch } from '../../policy/match-pattern.ts';
import { type Cautioned, withCaution } from '../../snapshot/caution.ts';
import { entryLine } from '../../verdict/entry-line.ts';
import { matchServername, referenceIdentifiers } from '../../verdict/name-match.ts';
import { patternsFound, registrable } from '../../verdict/names-found.ts';
import { grounds } from '../../verdict/suggestion.ts';
import type { Suggestion } from '../../verdict/verdict.ts';
import type { Asked } from './asked.ts';

/** The line to use, as `check` gives one, but judged on what the log tells alone. */
export type LoggedSuggestion = Pick<Suggestion, 'line' | 'restsOn' | 'because'>;

/** The names that count: dNSNames, or else the common name; undefined where none is logged. */
export function namesLogged({ names, commonName }: PeerEvidence): readonly string[] | undefined {
  if (names.length > 0) return names;
  return commonName === undefined ? undefined : [commonName];
}

/** What the entry asks of that host. */
export function namesAsked({ match }: TlsDemand, asked: Asked, host: string): readonly string[] {
  const nextHop = asked.hop?.nextHop.host ?? asked.destination.name;
  return referenceIdentifiers(match, { nextHop, mxHost: host });
}

/** From 3.6 on a name that is wrong hides what else is, and `Trusted` is said all the same. */
export const chainIsTrusted = ({ trust, unverified }: PeerEvidence): boolean =>
  trust === 'Trusted' && unverified === undefined;

/** Whether the certificate covers the host it was presented by; undefined where that is not logged. */
export function coversHost(evidence: PeerEvidence, bundle: Bundle): boolean | undefined {
  const names = namesLogged(evidence);
  return names === undefined
    ? undefined
    : matches(names, evidence.peer.host, bundle.settings.wildcardMatchesMultipleLabels);
}

/**
 * The line with the names that the log shows, or none: where a name is missing for some host, or
 * the line would not deliver to one of them.
 */
export function lineFromLog(
  { peers }: Pick<Held, 'peers'>,
  demand: TlsDemand,
  asked: Asked,
  bundle: Bundle,
  verifiedHosts: readonly string[],
): LoggedSuggestion | null {
  const { hop } = asked;
  if (hop === undefined || (demand.level !== 'secure' && demand.level !== 'verify')) return null;
  if (demand.mxHostPatterns !== undefined || demand.forcedFailure !== undefined) return null;
  const presenting = peers.flatMap((peer) => {
    const offered = namesLogged(peer);
    if (offered === undefined || peer.moreNames > 0 || !chainIsTrusted(peer)) return [];
    const reason = 'name-mismatch' as const;
    const attempt = { nextHop: hop.nextHop, host: { host: peer.peer.host } };
    const leaf = { dnsNames: peer.names, commonNames: offered };
    return [{ finding: { attempt, verdict: { reason } }, leaf, offered }];
  });
  if (presenting.length < peers.length) return null;
  const found = patternsFound(presenting);
  if (found === undefined) return null;
  // Other hosts were verified by the names that are asked for already.
  const match = verifiedHosts.length === 0 ? found : [...demand.match, ...found];
  const wide = bundle.settings.wildcardMatchesMultipleLabels;
  const delivers = presenting.every(({ finding, offered }) => {
    const mxHost = finding.attempt.host.host;
    const wanted = referenceIdentifiers(match, { nextHop: hop.nextHop.host, mxHost });
    return wanted.some((reference) => matches(offered, reference, wide));
  });
  const line = entryLine(
    match.map(printMatch).join(':'),
    demand,
    hop.nextHop,
    bundle.settings.version,
  );
  return delivers && line !== undefined ? { line, ...grounds(found, hop.nextHop, false) } : null;
}

/** As much of a verdict as the one rule for cures needs. */
export function cautionedFrom(
  { peers }: Pick<Held, 'peers'>,
  demand: TlsDemand,
  { destination }: Asked,
  suggestion: LoggedSuggestion | null,
): Cautioned & { readonly suggestion: LoggedSuggestion | null } {
  return {
    id: destination.id,
    level: demand.level,
    destination: destination.name,
    suggestion,
    hosts: peers.map(({ peer, names, commonName = null }) => ({
      host: peer.host,
      addresses: [{ reason: 'name-mismatch', chain: [{ dnsNames: names, commonName }] }],
    })),
  };
}

/** By what the log itself remembers: where mail was delivered to by a verified name. */
export function withLoggedCaution<V extends Cautioned>(
  cautioned: V,
  verifiedHosts: readonly string[],
  around: { readonly failingSince: number; readonly queueLifetimeMs: number; readonly now: number },
): V {
  const domains = verifiedHosts.flatMap((host) => registrable(host) ?? []);
  const passed = verifiedHosts.length === 0 ? undefined : { hosts: verifiedHosts, domains };
  return withCaution(cautioned, { ...around, passed, confirmations: [] });
}

const matches = (names: readonly string[], reference: string, multipleLabels: boolean): boolean =>
  matchServername({ dnsNames: names, commonNames: [] }, reference, multipleLabels) !== undefined;
