/**
 * The words for causes and changes, written once for subject, mail and chat. Names in them are
 * strangers' and made harmless. Pure.
 */

import { plain } from '../../text/strangers.ts';
import type { Cause, CauseReason } from '../incident/cause.ts';
import { OUR_SIDE } from '../incident/cause.ts';
import type { Change, OwnChange } from '../incident/entry-state.ts';
import type { Incident } from '../incident/incident.ts';

/**
 * `certificate lacks the name asked for`; with `where`, `outlook.com certificate lost a name`,
 * `STARTTLS not offered at outlook.com`.
 */
export function causeWords(
  incident: Pick<Incident, 'cause' | 'theirs'>,
  { where, soon }: { where: boolean; soon: boolean },
): string {
  const { cause } = incident;
  const words = lostName(incident)
    ? 'certificate lost a name'
    : ((soon ? SOON[cause.reason] : undefined) ?? REASONS[cause.reason]);
  if (!where || cause.provider === '' || cause.provider === OUR_SIDE) return words;
  const provider = plain(cause.provider, 60);
  return words.startsWith('certificate') ? `${provider} ${words}` : `${words} at ${provider}`;
}

/** One clause per change of theirs, without a full stop; undefined for what explains nothing. */
export function changeWords(change: Change): string | undefined {
  const subject = plain(change.subject, 100);
  const [before, after] = [named(change.before), named(change.after)];
  switch (change.kind) {
    case 'name-removed':
      return `${subject} no longer presents ${before}`;
    case 'name-added':
      return `${subject} presents ${after} as well`;
    case 'issuer-changed':
      return `the certificate of ${subject} comes from ${after}, before from ${before}`;
    case 'anchor-changed':
      return `the chain of ${subject} ends at ${after}, before at ${before}`;
    case 'key-changed':
      return `${subject} has a new key`;
    case 'renewed':
      return `${subject} renewed its certificate`;
    case 'mx-added':
      return `mail to ${subject} now goes to ${after}`;
    case 'mx-removed':
      return `mail to ${subject} no longer goes to ${before}`;
    case 'starttls-lost':
      return `${subject} no longer offers STARTTLS`;
    case 'trust-lost':
      return `the chain of ${subject} was trusted and is no longer`;
    case 'tlsa-added':
      return `${subject} has a new TLSA record, ${after}`;
    case 'tlsa-announced':
      return `${subject} announced a new key by the TLSA record ${after}`;
    case 'tlsa-removed':
      return `${subject} no longer has the TLSA record ${before}`;
    case 'dnssec-lost':
      return `${subject} is no longer signed in DNS`;
    case 'dnssec-broken':
      return `DNS fails over the signatures of ${subject}`;
    case 'varies':
      return `${subject} presents now this, now that`;
    default:
      return undefined;
  }
}

export const OWN_CHANGES: Readonly<Record<OwnChange, string>> = {
  policy: 'the line, or the way its mail is routed',
  settings: 'settings in main.cf',
  anchors: 'the CA bundle',
  version: 'postfix-tls-watch or its Node.js, by an update',
};

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(texts: readonly string[], most = 3): string {
  const shown = texts.length > most + 1 ? texts.slice(0, most) : texts;
  const all =
    texts.length > shown.length ? [...shown, `${texts.length - shown.length} more`] : shown;
  return all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** `1 entry`, `75 entries`. */
export function entriesCount(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

/** First letter up, unless the text begins with a name, and a full stop at the end. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const begins = /^[a-z]+(?=[ ,]|$)/.test(trimmed)
    ? `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}`
    : trimmed;
  return /[.!?:]$/.test(begins) ? begins : `${begins}.`;
}

function lostName({
  cause,
  theirs,
}: {
  readonly cause: Cause;
  readonly theirs: readonly Change[];
}): boolean {
  return cause.reason === 'name-mismatch' && theirs.some(({ kind }) => kind === 'name-removed');
}

function named(value: Change['before']): string {
  const names = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return names.length === 0 ? 'nothing' : listed(names.map((name) => plain(name, 120)));
}

/** What a forecast says before it has come. */
const SOON: Partial<Record<CauseReason, string>> = {
  expired: 'certificate expires',
  'issuer-expired': 'certificate chain expires',
  'dns-bogus': 'DNSSEC signatures end',
};

const REASONS: Readonly<Record<CauseReason, string>> = {
  'starttls-not-offered': 'STARTTLS is not offered',
  'ehlo-refused': 'EHLO is refused',
  'starttls-refused-temporarily': 'STARTTLS is refused for now',
  'starttls-refused': 'STARTTLS is refused',
  'handshake-failed': 'TLS handshake fails',
  'no-certificate': 'no certificate is presented',
  'untrusted-issuer': 'certificate issuer is not trusted',
  'missing-intermediate': 'certificate chain is incomplete',
  'self-signed': 'certificate is self-signed',
  expired: 'certificate has expired',
  'not-yet-valid': 'certificate is not valid yet',
  'issuer-expired': 'certificate chain has expired',
  'wrong-purpose': 'certificate is not for servers',
  'weak-signature': 'certificate signature is too weak',
  'invalid-ca': 'certificate issuer may not issue',
  'chain-too-long': 'certificate chain is too long',
  'not-permitted-name': 'certificate name is outside what its issuer may certify',
  'bad-signature': 'certificate signature is wrong',
  'name-mismatch': 'certificate lacks the name asked for',
  'digest-mismatch': 'certificate is not the pinned one',
  'tlsa-mismatch': 'certificate does not match the TLSA records',
  'mx-insecure': 'MX records are not signed',
  'address-insecure': 'address of the MX host is not signed',
  'no-tlsa': 'MX host has no TLSA records',
  'tlsa-unusable': 'TLSA records are not usable',
  'tlsa-lookup-failed': 'TLSA records cannot be looked up',
  'tlsa-kills-smtp': 'TLSA records end your smtp(8)',
  'forced-failure': 'the entry says policy_failure',
  'mx-not-in-pattern': 'MX host is outside mx_host_pattern',
  'tls-engine-off': 'your CA file has no certificates',
  'greeting-refused': 'the greeting is refused',
  'wrapper-mode-below-encrypt': 'wrapper mode needs encrypt or more',
  'invalid-entry': 'the entry is broken',
  'smtp-dies': 'smtp(8) ends at start',
  nxdomain: 'domain does not exist',
  'null-mx': 'domain takes no mail (null MX)',
  'no-address': 'MX hosts have no address',
  loops: 'mail loops back to this host',
  'not-a-name': 'MX record names no host',
  'weaker-fallback': 'only a weaker fallback is left',
  'protection-lost': 'TLSA records no longer protect the mail',
  'nothing-seen': 'nothing was seen',
  'partly-unseen': 'too little was seen',
  'dane-not-checked': 'DANE was not checked',
  'no-dnssec': 'no DNSSEC resolver',
  'dnssec-lost': 'no DNSSEC resolver any more',
  unfinished: 'the run was cut short',
  'dns-servfail': 'DNS fails (SERVFAIL)',
  'dns-bogus': 'DNSSEC signatures are wrong',
  'dns-refused': 'DNS is refused',
  'dns-timeout': 'DNS does not answer',
  'dns-malformed': 'DNS answers garbage',
  refused: 'connection refused',
  'timed-out': 'connection times out',
  unreachable: 'network unreachable',
  'connection-lost': 'connection is lost',
  'greeting-4xx': 'turned away for now',
  'greeting-5xx': 'turned away',
  'reply-421': 'closes with 421',
  'protocol-error': 'no SMTP spoken',
  'barred-address': 'private or special address',
  'no-way-out': 'no way out for this address family',
  'not-attempted': 'not looked at',
  'our-bug': 'our own judgement is in doubt, please report it',
  'level-none': 'level none asks nothing',
  'parent-key': 'parent key without a destination',
  'never-looked-up': 'never looked up',
  'private-addresses': 'private addresses only',
  'table-not-listable': 'table cannot be listed',
  'not-judged': 'nothing to see',
  blind: 'port 25 is closed from here',
  partial: 'runs are cut short',
};

/** Why an entry could not be judged, in the same words. */
export function reasonWords(reason: CauseReason): string {
  return REASONS[reason];
}
