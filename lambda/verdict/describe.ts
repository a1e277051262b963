/**
 * A verdict in one plain sentence, in the operator's words: what Postfix would do and log, why,
 * which names were wanted and which offered, and what would cure it. The one wording shared by
 * alert, terminal and document. Pure.
 */

import type { HopView } from './delivery.ts';
import { namesOffered, namesWanted, refusalClause } from './detail.ts';
import { type Finding, hostName } from './finding.ts';
import { presentedNames } from './name-match.ts';
import type { Judgement } from './outcome.ts';
import { harmless, listed } from './stranger-text.ts';
import type { AddressFailure, Reason, Suggestion } from './verdict.ts';

/** Starts in lower case and ends without a full stop; sentences inside are full ones. */
export function describe(judgement: Judgement, suggestion: Suggestion | null): string {
  const { destination, verdict } = judgement;
  switch (verdict) {
    case 'unchecked':
      return destination.unchecked?.sentence ?? describeUnchecked(judgement);
    case 'undetermined':
      return describeUndetermined(judgement);
    case 'pass':
      return sentences([
        `${mail(judgement)} is delivered ${PROTECTED[judgement.protection]}${seen(judgement)}`,
        daneOff(judgement),
        daneWeaker(judgement),
      ]);
    case 'degraded':
    case 'fail':
      return sentences([
        consequence(judgement),
        why(judgement),
        cure(judgement, suggestion),
        seen(judgement, true),
      ]);
  }
}

function consequence(judgement: Judgement): string {
  const { verdict, reason, says, endings } = judgement;
  if (reason === 'smtp-dies')
    return `no mail to ${name(judgement)} is tried at all: smtp(8) ends with "${harmless(says?.text ?? '')}"`;
  if (reason === 'weaker-fallback' || (judgement.would === 'deliver' && verdict === 'fail')) {
    const relay = endings.find(({ status }) => status === 'sent')?.view.hop;
    const level = relay?.demand.kind === 'demand' ? relay.demand.level : 'none';
    return `${mail(judgement)} would leave only through ${relay?.nextHop.text ?? 'another next hop'}, whose level is ${level}`;
  }
  if (verdict === 'degraded') {
    if (judgement.would === 'defer')
      return `${mail(judgement)} would be deferred at first and leave in plaintext later`;
    return `${mail(judgement)} is delivered, but not over every server that Postfix may try`;
  }
  const statuses = new Set(endings.map(({ status }) => status));
  const would = (['sent', 'deferred', 'bounced'] as const)
    .filter((status) => statuses.has(status))
    .map((status) => WOULD[status]);
  const chance = would.length > 1 ? ', as the order of the servers falls' : '';
  return `${mail(judgement)} would ${listed(would, 'or')}${chance}${says === null ? '' : `: Postfix says "${harmless(says.text, 300)}"`}`;
}

function why(judgement: Judgement): string {
  const { decisive, views } = judgement;
  const [first] = views;
  if (decisive !== undefined) return whyAddress(decisive);
  switch (first?.kind) {
    case 'misconfigured':
      return `${BROKEN[first.reason]}: ${harmless(first.warning, 300)}`;
    case 'nowhere':
      return NOWHERE[first.route.reason];
    case 'unanswered':
      return first.route.failure === 'bogus'
        ? `The signatures of ${harmless(first.route.query)} are wrong`
        : '';
    default:
      return '';
  }
}

function whyAddress({ attempt, verdict, trust, leaf }: Finding): string {
  const host = harmless(hostName(attempt.host));
  if (
    verdict.reason === 'name-mismatch' &&
    leaf !== undefined &&
    trust?.kind === 'trusted' &&
    attempt.demand.tlsa === undefined &&
    !/must be an IP/.test(verdict.detail ?? '')
  ) {
    const offered = namesOffered(presentedNames(leaf));
    return `The chain is trusted, but ${attempt.demand.level} wants ${namesWanted(verdict.asked)} and the certificate of ${host} offers ${offered}`;
  }
  return `At ${host} (${attempt.address}) ${verdict.detail ?? verdict.reason ?? ''}`;
}

/** A dane entry where DANE is off passes as may would: worth a word even though mail flows. */
function daneOff({ views }: Judgement): string {
  const demand = views[0]?.hop.demand;
  return demand?.kind === 'demand' && demand.daneOff !== undefined
    ? `Level dane is only may here: ${harmless(demand.daneOff)}`
    : '';
}

/**
 * Hosts at which level dane means less, and why: mail flows, and nothing would tell if it were led
 * astray.
 */
function daneWeaker({ reached }: Judgement): string {
  const weaker = Map.groupBy(
    reached.filter(({ attempt }) => attempt.demand.daneWeaker !== undefined),
    ({ attempt }) => `${attempt.demand.level} ${attempt.demand.daneWeaker}`,
  );
  const parts = [...weaker.values()].flatMap((findings) => {
    const { level, daneWeaker: why } = findings[0]?.attempt.demand ?? {};
    if (level === undefined || why === undefined) return [];
    const hosts = [...new Set(findings.map(({ attempt }) => harmless(hostName(attempt.host))))];
    return [
      `Level dane is only ${level} at ${listed(hosts, 'and', 3)}: ${refusalClause({ kind: 'refused', reason: why })}`,
    ];
  });
  return sentences(parts);
}

/** What would help, where no suggested line does: that one is shown beside the sentence. */
function cure({ reason, verdict }: Judgement, suggestion: Suggestion | null): string {
  return verdict === 'fail' && reason !== null && suggestion === null ? (CURES[reason] ?? '') : '';
}

function describeUnchecked(judgement: Judgement): string {
  const [view] = judgement.views;
  if (view?.kind !== 'hosts') return 'nothing to ask: the entry is never looked up';
  const addresses = listed(view.findings.map(({ attempt }) => attempt.address));
  return `${name(judgement)} has only private or special addresses (${addresses}), which are not connected to without --allow-private-addresses`;
}

function describeUndetermined(judgement: Judgement): string {
  const { views, reached } = judgement;
  const [first] = views;
  if (first?.kind === 'unanswered')
    return `${name(judgement)} could not be looked up: DNS gave no answer (${first.route.failure}) to ${harmless(first.route.query)}`;
  if (first?.kind === 'hosts' && first.undecided !== undefined)
    return `${name(judgement)} is not judged: level ${judgement.level} takes its demands from DNSSEC, and ${first.undecided.because}`;
  if (reached.every(({ verdict }) => verdict.reason === 'not-attempted'))
    return `there was no time for ${name(judgement)} in this run`;
  const whys = [...new Set(reached.filter(({ unseen }) => unseen !== undefined).map(unseenAt))];
  const nothing = reached.every(({ unseen }) => unseen !== undefined)
    ? `nothing was seen of ${name(judgement)}`
    : `too little was seen of ${name(judgement)} to judge`;
  return `${nothing}: ${listed(whys, 'and', 3)}${seen(judgement)}`;
}

const unseenAt = ({ attempt, verdict }: Finding) =>
  `at ${harmless(hostName(attempt.host))} (${attempt.address}) ${verdict.detail ?? verdict.reason ?? ''}`;

/** `seen 1 of 2`, where something was not. */
function seen({ reached }: Judgement, asSentence = false): string {
  const count = reached.filter(({ unseen }) => unseen === undefined).length;
  if (count === reached.length || count === 0) return '';
  return asSentence
    ? `Seen ${count} of ${reached.length} addresses`
    : ` (seen ${count} of ${reached.length} addresses)`;
}

const mail = (judgement: Judgement) => `mail to ${name(judgement)}`;
const name = ({ destination }: Judgement) => harmless(destination.name);
const sentences = (parts: readonly string[]) => parts.filter((part) => part !== '').join('. ');

const WOULD = { sent: 'be delivered', deferred: 'be deferred', bounced: 'bounce' } as const;

const PROTECTED = {
  none: 'in plaintext',
  encrypted: 'encrypted',
  authenticated: 'encrypted and authenticated',
} as const;

const BROKEN = {
  'invalid-entry': 'The policy for it cannot be used',
  'no-dnssec': 'DANE cannot be used here',
} as const;

const NOWHERE: Record<Extract<HopView, { readonly kind: 'nowhere' }>['route']['reason'], string> = {
  nxdomain: 'The domain does not exist',
  'null-mx': 'The domain says that it takes no mail (a null MX record)',
  'no-address': 'None of its hosts has an address',
  loops: 'The best MX host is this host itself',
  'not-a-name': 'DNS names hosts that are no host names',
};

const THEIRS = 'The cure is theirs';
const YOURS = 'The cure is yours';
const CURES: Partial<Record<Reason | AddressFailure, string>> = {
  'name-mismatch': `${THEIRS}: no match list can be recommended, since the certificate covers neither the next hop nor the MX host`,
  'missing-intermediate': `${THEIRS}: the server must send the intermediate certificates with its own`,
  expired: `${THEIRS}: the certificate must be renewed`,
  'issuer-expired': `${THEIRS}: the chain must lead over certificates that are in date`,
  'not-yet-valid': `${THEIRS}, unless the clock here is wrong`,
  'self-signed': `Either they get a certificate from a CA, or the entry pins it: fingerprint match=, or tafile= with the certificate`,
  'untrusted-issuer':
    'Either the issuer is added to your anchors (tafile= limits that to this entry), or they change theirs',
  'wrong-purpose': `${THEIRS}: a certificate for TLS servers is needed (extended key usage serverAuth)`,
  'weak-signature': `${THEIRS}: the chain must be signed with SHA-2`,
  'invalid-ca': `${THEIRS}: an issuer in the chain may not issue`,
  'chain-too-long': `${YOURS}: a larger smtp_tls_scert_verifydepth`,
  'not-permitted-name': `${THEIRS}: the issuer may not issue for this name`,
  'bad-signature': `${THEIRS}: the chain is damaged`,
  'starttls-not-offered': `${THEIRS}: the server must offer STARTTLS again; only may would deliver without`,
  'ehlo-refused': `${THEIRS}: the server must take EHLO`,
  'starttls-refused': `${THEIRS}; soft_bounce = yes keeps such mail in the queue`,
  'tlsa-mismatch': `${THEIRS}: the TLSA records must be those of the certificate in use`,
  'no-tlsa': 'Either they publish TLSA records again, or the level is dane, which does without',
  'mx-insecure': 'Either they sign the zone, or the level is dane, which does without',
  'address-insecure':
    'Either they sign the zone of the host, or the level is dane, which does without',
  'tlsa-unusable': `${THEIRS}: the TLSA records must be of usage 2 or 3, with SHA-256`,
  'tlsa-kills-smtp': `${YOURS}: a Postfix that passes over such records (3.8.18, 3.9.12, 3.10.11, 3.11.4 and later)`,
  'tlsa-lookup-failed': `${THEIRS}: their name servers must answer for TLSA records, with signatures that are right`,
  'dns-bogus': `${THEIRS}: the signatures of the zone must be renewed; a validating resolver lets no mail through`,
  'digest-mismatch':
    'If the change was announced, list the new digest beside the old one, of the key rather than the certificate',
  'tls-engine-off': `${YOURS}: smtp_tls_CAfile must name a file with certificates`,
  'wrapper-mode-below-encrypt': `${YOURS}: raise the level, or turn smtp_tls_wrappermode off`,
  'null-mx': 'There is nothing to deliver to: the entry can go',
  nxdomain: 'Unless the domain comes back, the entry can go',
};
