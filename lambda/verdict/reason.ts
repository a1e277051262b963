/**
 * The reasons of a verdict, one row each: what they belong to, whose doing it is, what people are
 * told of them and what Postfix logs. Types, schemas, words and the lists of other stages derive
 * from these rows, so that a new reason is a new row, its test and its line in docs/reasons.md.
 *
 * The words are a contract (`check --json`, the store): rows may be added, never renamed. Their
 * order is that of the published schema.
 */
import type { TrustReason } from '../certificate/trust/reason.ts';
import type { UncheckedReason } from '../policy/destinations.ts';
import type { Phase, UnseenReason } from '../probe/result.ts';
import type { DnsFailure, Route } from '../route/route.ts';

/** What is known of one reason. Texts are clauses without a full stop; names in them are none. */
export interface ReasonRow {
  readonly group: ReasonGroup;
  /** Where a conversation ends that fails so; what is not seen can end anywhere. */
  readonly phase?: Phase;
  readonly whose: Whose;
  /** In a subject line or list: `certificate has expired`. */
  readonly words: string;
  /** The same while it is only foreseen. */
  readonly soon?: string;
  /** What it means, where nothing that was seen says more: `the connection is refused`. */
  readonly why?: string;
  /** What would help, as a whole sentence; absent where nothing general can be said. */
  readonly cure?: string;
  /** An address fails for it, and Postfix says this. */
  readonly fails?: FailureText;
  /** An address is not seen for it, and Postfix says this of the address. */
  readonly unseen?: UnseenText;
  /** A change of our trust anchors can bring it about. */
  readonly anchors?: true;
  /** It stays so until something is set up here: named in every message, and no incident. */
  readonly byDesign?: true;
  /** What tells two incidents of this reason at one provider apart. */
  readonly apart?: 'issuer' | 'name';
}

export type ReasonGroup =
  /** STARTTLS and the handshake. */
  | 'tls'
  | 'trust'
  | 'name'
  /** A certificate or key that is not the one agreed on, in the policy or by TLSA records. */
  | 'digest'
  /** DNSSEC and TLSA records. */
  | 'dane'
  /** In our own table and settings: no provider has a part in it. */
  | 'ours'
  /** The way to the host, up to its greeting. */
  | 'reach'
  /** The way from the domain to its hosts. */
  | 'dns'
  /** How far the run came. */
  | 'run'
  /** Nothing is asked of the entry. */
  | 'unchecked';

/**
 * At whose place it can be put right: the receiver's, the operator's, the network's in between, the
 * policy daemon's that gave the entry; `ours` is a matter of postfix-tls-watch alone.
 */
export type Whose = 'theirs' | 'yours' | 'network' | 'daemon' | 'ours';

/** What Postfix says of an address that fails, by the name that postfix-says gives it. */
export type FailureText =
  | 'not-offered'
  | 'no-greeting'
  | 'starttls-refused-for-now'
  | 'starttls-refused'
  | 'no-handshake'
  | 'not-trusted'
  | 'not-verified'
  | 'not-dnssec'
  | 'no-tlsa'
  | 'tlsa-lookup-error'
  | 'panic'
  /** By a signal, in the middle of a delivery. */
  | 'killed'
  | 'no-engine'
  /** The address is passed over before anything is tried, and the error of another one is kept. */
  | 'not-tried'
  | 'refused-to-talk'
  | 'local-data-error'
  | 'cannot-bind';

/** What Postfix says of an address that it, too, cannot get through to. */
export type UnseenText =
  | 'connection-refused'
  | 'unreachable'
  | 'timed-out'
  | 'connection-lost'
  | 'turned-away'
  | 'closed-with-421'
  | 'helo-refused'
  | 'protocol-error'
  | 'tlsa-lookup-error'
  | 'local-data-error'
  | 'cannot-bind'
  /** Only our side could not look: Postfix may well get through. */
  | 'nothing';

const THEIRS = 'The cure is theirs';
const YOURS = 'The cure is yours';

const TLS = rows(
  { group: 'tls', whose: 'theirs' },
  {
    'starttls-not-offered': {
      phase: 'ehlo',
      fails: 'not-offered',
      words: 'STARTTLS is not offered',
      cure: `${THEIRS}: the server must offer STARTTLS again; only may would deliver without`,
    },
    'ehlo-refused': {
      phase: 'ehlo',
      fails: 'not-offered',
      unseen: 'helo-refused',
      words: 'EHLO is refused',
      why: 'the server refuses both EHLO and HELO',
      cure: `${THEIRS}: the server must take EHLO`,
    },
    'starttls-refused-temporarily': {
      phase: 'starttls',
      fails: 'starttls-refused-for-now',
      words: 'STARTTLS is refused for now',
    },
    'starttls-refused': {
      phase: 'starttls',
      fails: 'starttls-refused',
      words: 'STARTTLS is refused',
      cure: `${THEIRS}; soft_bounce = yes keeps such mail in the queue`,
    },
    'handshake-failed': { phase: 'handshake', fails: 'no-handshake', words: 'TLS handshake fails' },
  },
);

const TRUST = rows(
  { group: 'trust', whose: 'theirs', phase: 'handshake', fails: 'not-trusted' },
  {
    'no-certificate': { words: 'no certificate is presented' },
    'untrusted-issuer': {
      anchors: true,
      apart: 'issuer',
      words: 'certificate issuer is not trusted',
      cure:
        'Either the issuer is added to your anchors (tafile= limits that to this entry), or ' +
        'they change theirs',
    },
    'missing-intermediate': {
      anchors: true,
      words: 'certificate chain is incomplete',
      cure: `${THEIRS}: the server must send the intermediate certificates with its own`,
    },
    'self-signed': {
      anchors: true,
      words: 'certificate is self-signed',
      cure:
        'Either they get a certificate from a CA, or the entry pins it once they told you its ' +
        'digest: fingerprint match=, or tafile= with the certificate',
    },
    expired: {
      words: 'certificate has expired',
      soon: 'certificate expires',
      cure: `${THEIRS}: the certificate must be renewed`,
    },
    'not-yet-valid': {
      words: 'certificate is not valid yet',
      cure: `${THEIRS}, unless the clock here is wrong`,
    },
    'issuer-expired': {
      anchors: true,
      words: 'certificate chain has expired',
      soon: 'certificate chain expires',
      cure: `${THEIRS}: the chain must lead over certificates that are in date`,
    },
    'wrong-purpose': {
      words: 'certificate is not for servers',
      cure: `${THEIRS}: a certificate for TLS servers is needed (extended key usage serverAuth)`,
    },
    'weak-signature': {
      anchors: true,
      apart: 'issuer',
      words: 'certificate signature is too weak',
      cure: `${THEIRS}: the chain must be signed with SHA-2`,
    },
    'invalid-ca': {
      anchors: true,
      apart: 'issuer',
      words: 'certificate issuer may not issue',
      cure: `${THEIRS}: an issuer in the chain may not issue`,
    },
    'chain-too-long': {
      anchors: true,
      whose: 'yours',
      words: 'certificate chain is too long',
      cure: `${YOURS}: a larger smtp_tls_scert_verifydepth`,
    },
    'not-permitted-name': {
      anchors: true,
      apart: 'issuer',
      words: 'certificate name is outside what its issuer may certify',
      cure: `${THEIRS}: the issuer may not issue for this name`,
    },
    'bad-signature': {
      anchors: true,
      words: 'certificate signature is wrong',
      cure: `${THEIRS}: the chain is damaged`,
    },
  },
);

const NOT_THE_ONE = rows(
  { group: 'digest', whose: 'theirs', phase: 'handshake', fails: 'not-verified' },
  {
    'name-mismatch': {
      group: 'name',
      apart: 'name',
      words: 'certificate lacks the name asked for',
      cure:
        `${THEIRS}: no match list can be recommended, since the certificate covers neither the ` +
        'next hop nor the MX host',
    },
    'digest-mismatch': {
      words: 'certificate is not the pinned one',
      cure:
        'Ask them for the digest of the new key by another way than DNS and mail: explain --key ' +
        'DIGEST compares it, and gives the line',
    },
    'tlsa-mismatch': {
      words: 'certificate does not match the TLSA records',
      cure: `${THEIRS}: the TLSA records must be those of the certificate in use`,
    },
  },
);

const DANE = rows(
  { group: 'dane', whose: 'theirs', phase: 'connect' },
  {
    'mx-insecure': {
      fails: 'not-dnssec',
      words: 'MX records are not signed',
      why: 'the MX records are not signed',
      cure: 'Either they sign the zone, or the level is dane, which does without',
    },
    'address-insecure': {
      fails: 'no-tlsa',
      words: 'address of the MX host is not signed',
      why: 'the address of the host is not signed, so that its TLSA records prove nothing',
      cure: 'Either they sign the zone of the host, or the level is dane, which does without',
    },
    'no-tlsa': {
      fails: 'no-tlsa',
      words: 'MX host has no TLSA records',
      why: 'the host has no signed TLSA record',
      cure: 'Either they publish TLSA records again, or the level is dane, which does without',
    },
    'tlsa-unusable': {
      phase: 'handshake',
      fails: 'not-verified',
      words: 'TLSA records are not usable',
      why: 'none of the TLSA records of the host is usable',
      cure: `${THEIRS}: the TLSA records must be of usage 2 or 3, with SHA-256`,
    },
    'tlsa-lookup-failed': {
      fails: 'tlsa-lookup-error',
      unseen: 'tlsa-lookup-error',
      words: 'TLSA records cannot be looked up',
      why: 'whether the host has TLSA records is not known',
      cure:
        `${THEIRS}: their name servers must answer for TLSA records, with signatures that are ` +
        'right',
    },
    // Theirs is a record without data, which they can mend; the cure that holds is an upgrade.
    'tlsa-kills-smtp': {
      fails: 'panic',
      words: 'TLSA records end your smtp(8)',
      why: 'a TLSA record of the host has no data, and smtp(8) of this version dies of it',
      cure:
        `${YOURS}: a Postfix that passes over such records (3.8.18, 3.9.12, 3.10.11, 3.11.4 ` +
        'and later)',
    },
  },
);

const ASKED_OR_SET = rows(
  { group: 'ours', whose: 'yours' },
  {
    'forced-failure': {
      whose: 'daemon',
      phase: 'handshake',
      fails: 'not-verified',
      words: 'the entry says policy_failure',
    },
    'mx-not-in-pattern': {
      group: 'name',
      whose: 'daemon',
      phase: 'connect',
      fails: 'not-tried',
      words: 'MX host is outside mx_host_pattern',
    },
    'tls-engine-off': {
      phase: 'starttls',
      fails: 'no-engine',
      anchors: true,
      words: 'Postfix switches TLS off for a setting that it cannot follow',
      cure: `${YOURS}: name a file, or a digest, that smtp(8) has, as lint says`,
    },
    'engine-off-kills-smtp': {
      phase: 'handshake',
      fails: 'killed',
      anchors: true,
      words: 'a setting that TLS cannot follow ends your smtp(8) in wrapper mode',
      cure: `${YOURS}: name a file, or a digest, that smtp(8) has, as lint says`,
    },
    'starttls-ignored': {
      phase: 'ehlo',
      fails: 'not-offered',
      words: 'STARTTLS is ignored by a setting of yours',
      cure:
        `${YOURS}: take starttls out of smtp_discard_ehlo_keywords and its address maps, or ` +
        'mend smtp_reply_filter',
    },
    'local-data-error': {
      phase: 'greeting',
      fails: 'local-data-error',
      unseen: 'local-data-error',
      words: 'a table of yours cannot be asked in the conversation',
      cure: `${YOURS}: mend smtp_reply_filter or smtp_discard_ehlo_keyword_address_maps`,
    },
    'bind-refused': {
      phase: 'connect',
      fails: 'cannot-bind',
      unseen: 'cannot-bind',
      words: 'the address to leave from is not on the mail host',
      cure:
        `${YOURS}: name an address of the mail host in smtp_bind_address or smtp_bind_address6, ` +
        'or set smtp_bind_address_enforce = no',
    },
    'wrapper-mode-missing': {
      phase: 'greeting',
      fails: 'no-greeting',
      words: 'port 465 wants TLS from its first byte',
      cure: `${YOURS}: smtp_tls_wrappermode = yes for the service that delivers there`,
    },
    'greeting-refused': {
      group: 'reach',
      whose: 'theirs',
      phase: 'greeting',
      fails: 'refused-to-talk',
      words: 'the greeting is refused',
    },
    // Before TLS or inside it.
    'helo-refused': {
      group: 'reach',
      whose: 'theirs',
      phase: 'helo',
      fails: 'refused-to-talk',
      words: 'HELO is refused',
      why: 'the server refuses both EHLO and HELO for good',
      cure: `${THEIRS}: the server must take EHLO, or HELO at least`,
    },
    'wrapper-mode-below-encrypt': {
      phase: 'connect',
      fails: 'not-tried',
      words: 'wrapper mode needs encrypt or more',
      cure: `${YOURS}: raise the level, or turn smtp_tls_wrappermode off`,
    },
  },
);

const UNSEEN = rows(
  { group: 'reach', whose: 'theirs' },
  {
    refused: {
      unseen: 'connection-refused',
      words: 'connection refused',
      why: 'the connection is refused',
    },
    'timed-out': {
      whose: 'network',
      unseen: 'timed-out',
      words: 'connection times out',
      why: 'no answer in time',
    },
    unreachable: {
      whose: 'network',
      unseen: 'unreachable',
      words: 'network unreachable',
      why: 'there is no way to the address',
    },
    'connection-lost': {
      whose: 'network',
      unseen: 'connection-lost',
      words: 'connection is lost',
      why: 'the server closes the connection',
    },
    'greeting-4xx': {
      unseen: 'turned-away',
      words: 'turned away for now',
      why: 'the server turns us away for now',
    },
    'greeting-5xx': {
      unseen: 'turned-away',
      words: 'turned away',
      why: 'the server turns us away',
    },
    'reply-421': {
      unseen: 'closed-with-421',
      words: 'closes with 421',
      why: 'the server closes with a 421',
    },
    'protocol-error': {
      unseen: 'protocol-error',
      words: 'no SMTP spoken',
      why: 'the server does not speak SMTP',
    },
    'barred-address': {
      whose: 'ours',
      unseen: 'nothing',
      words: 'private or special address',
      why: 'the address is private or special, and such are not connected to',
    },
    'no-way-out': {
      whose: 'network',
      unseen: 'nothing',
      words: 'no way out for this address family',
      why: 'there is no way out for this address family from here',
    },
    'engine-differs': {
      whose: 'ours',
      unseen: 'nothing',
      words: 'our OpenSSL cannot tell',
      why: 'the OpenSSL here refuses what that of the mail host may take',
    },
    'not-attempted': {
      group: 'run',
      whose: 'ours',
      unseen: 'nothing',
      words: 'not looked at',
      why: 'not looked at in this run',
    },
    'our-bug': {
      group: 'run',
      whose: 'ours',
      unseen: 'nothing',
      words: 'our own judgement is in doubt, please report it',
      why: 'our own judgement contradicts OpenSSL; please report it',
    },
  },
);

/** Of a whole entry, beyond what an address can tell. */
const ENTRY = rows(
  { group: 'dns', whose: 'theirs' },
  {
    'invalid-entry': {
      group: 'ours',
      whose: 'yours',
      words: 'the entry is broken',
      why: 'the policy for it cannot be used',
    },
    'table-unavailable': {
      group: 'ours',
      whose: 'yours',
      words: 'policy table cannot be asked',
      why: 'the policy table cannot be asked',
      cure:
        `${YOURS}: mend the table, and run postmap or start its daemon; until then all mail ` +
        'whose next hop is looked up in it waits',
    },
    unroutable: {
      group: 'ours',
      whose: 'yours',
      words: 'mail cannot be routed',
      why: 'a table that decides where mail goes cannot be asked',
      cure: `${YOURS}: mend the table, and run postmap or start its daemon`,
    },
    'no-transport': {
      group: 'ours',
      whose: 'yours',
      words: 'mail transport does not exist',
      why: 'no service of master.cf has that name',
      cure: `${YOURS}: add the service to master.cf, or name another transport`,
    },
    'smtp-dies': { group: 'ours', whose: 'yours', words: 'smtp(8) ends at start' },
    nxdomain: {
      words: 'domain does not exist',
      why: 'the domain does not exist',
      cure: 'Unless the domain comes back, the entry can go',
    },
    'null-mx': {
      words: 'domain takes no mail (null MX)',
      why: 'the domain says that it takes no mail (a null MX record)',
      cure: 'There is nothing to deliver to: the entry can go',
    },
    'no-address': { words: 'MX hosts have no address', why: 'none of its hosts has an address' },
    loops: {
      whose: 'yours',
      words: 'mail loops back to this host',
      why: 'the best MX host is this host itself',
    },
    'not-a-name': {
      words: 'MX record names no host',
      why: 'DNS names hosts that are no host names',
    },
    'weaker-fallback': { group: 'reach', whose: 'yours', words: 'only a weaker fallback is left' },
    // Of a watcher: at level dane mail was authenticated before (snapshot/protection).
    'protection-lost': { group: 'dane', words: 'TLSA records no longer protect the mail' },
    'nothing-seen': { group: 'run', whose: 'network', words: 'nothing was seen' },
    'partly-unseen': { group: 'run', whose: 'network', words: 'too little was seen' },
    'dane-not-checked': {
      group: 'run',
      whose: 'yours',
      byDesign: true,
      words: 'DANE was not checked',
    },
    'no-dnssec': {
      group: 'run',
      whose: 'yours',
      byDesign: true,
      words: 'no DNSSEC resolver',
      why: 'DANE cannot be used here',
    },
    // Of a watcher: there was a resolver to believe before.
    'dnssec-lost': { group: 'run', whose: 'yours', words: 'no DNSSEC resolver any more' },
    // Postfix can read it, and this user cannot.
    'source-unreadable': {
      group: 'run',
      whose: 'ours',
      words: 'a table of Postfix cannot be read by this user',
    },
    unfinished: { group: 'run', whose: 'ours', words: 'the run was cut short' },
    'dns-servfail': { words: 'DNS fails (SERVFAIL)' },
    'dns-bogus': {
      group: 'dane',
      words: 'DNSSEC signatures are wrong',
      soon: 'DNSSEC signatures end',
      cure:
        `${THEIRS}: the signatures of the zone must be renewed; a validating resolver lets no ` +
        'mail through',
    },
    'dns-refused': { whose: 'yours', words: 'DNS is refused' },
    'dns-timeout': { whose: 'network', words: 'DNS does not answer' },
    'dns-malformed': { whose: 'network', words: 'DNS answers garbage' },
  },
);

const UNCHECKED = rows(
  { group: 'unchecked', whose: 'yours' },
  {
    'level-none': { words: 'level none asks nothing' },
    'parent-key': { words: 'parent key without a destination' },
    'never-looked-up': { words: 'never looked up' },
    'private-addresses': { words: 'private addresses only' },
    'table-not-listable': { words: 'table cannot be listed' },
    'global-level': { words: 'domains without an entry' },
  },
);

/** What earlier stages found stands here, too: the compiler names a row that is missing. */
const ROWS = {
  ...TLS,
  ...TRUST,
  ...NOT_THE_ONE,
  ...DANE,
  ...ASKED_OR_SET,
  ...UNSEEN,
  ...ENTRY,
  ...UNCHECKED,
} satisfies Readonly<Record<string, ReasonRow>> &
  Readonly<Record<TrustReason, { readonly fails: 'not-trusted' }>> &
  Readonly<Record<UnseenReason, { readonly unseen: UnseenText }>> &
  Readonly<Record<Nowhere | `dns-${DnsFailure}` | UncheckedReason, ReasonRow>>;

type Rows = typeof ROWS;
type Nowhere = Extract<Route, { readonly kind: 'nowhere' }>['reason'];

export type Reason = keyof Rows;

/** Why one address would be refused at the level asked. */
export type AddressFailure = {
  [R in Reason]: Rows[R] extends { readonly fails: FailureText } ? R : never;
}[Reason];

export const REASONS: Readonly<Record<Reason, ReasonRow>> = ROWS;

/** Where a conversation ends that fails so. */
export const phaseOf = (reason: AddressFailure): Phase => ROWS[reason].phase;

export const failureText = (reason: AddressFailure): FailureText => ROWS[reason].fails;

export const unseenText = (reason: UnseenReason): UnseenText => ROWS[reason].unseen;

/** All of them, in the order of the published schema. */
export const ALL_REASONS = Object.keys(ROWS) as readonly Reason[];

/** Those that one address can have, failed or unseen. */
export const ADDRESS_REASONS = ALL_REASONS.filter(
  (reason): reason is AddressFailure | UnseenReason =>
    REASONS[reason].fails !== undefined || REASONS[reason].unseen !== undefined,
);

/** Those whose rows are as asked, in order. */
export function reasonsWhere(holds: (row: ReasonRow) => boolean): readonly Reason[] {
  return ALL_REASONS.filter((reason) => holds(REASONS[reason]));
}

/** Rows with what a section has in common; a row's own word goes before it. */
function rows<
  const C extends Partial<ReasonRow>,
  const R extends Record<string, Partial<ReasonRow>>,
>(common: C, own: R): { readonly [K in keyof R]: Omit<C, keyof R[K]> & R[K] } {
  const merged = Object.entries(own).map(([reason, row]) => [reason, { ...common, ...row }]);
  return Object.fromEntries(merged);
}
