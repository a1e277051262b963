/**
 * What an smtp(8) or tlsproxy(8) process says of TLS on the way to a delivery: trust, names,
 * certificate, and why it is not verified. Wordings of Postfix 2.11 to 3.11, from
 * src/tls/tls_client.c, tls_verify.c, tls_misc.c and src/smtp; which loglevel each needs stands
 * beside its pattern. Pure.
 */
import { OPENSSL_CODES } from '../certificate/trust/problem.ts';
import { meaningOf } from '../verdict/postfix-said.ts';
import { type Reason, reasonsWhere } from '../verdict/reason.ts';
import { type Peer, readPeer } from './delivery.ts';

/** `Verified`: trusted, and the names (or the digest) are as asked. */
export type Trust = 'Verified' | 'Trusted' | 'Untrusted' | 'Anonymous';

/** One thing that a line tells; `peer` is whom it tells it of. */
export type TlsFact =
  | { readonly kind: 'established'; readonly peer: Peer; readonly trust: Trust }
  /** A dNSName of the certificate. */
  | { readonly kind: 'name'; readonly peer: Peer; readonly name: string }
  /** A common name; where there are dNSNames it does not count. */
  | { readonly kind: 'common-name'; readonly peer: Peer; readonly name: string }
  | {
      readonly kind: 'issuer';
      readonly peer: Peer;
      readonly issuer: string;
      readonly fingerprints: Fingerprints;
    }
  /** RFC 7250, from 3.9 on: a key without a certificate. */
  | { readonly kind: 'raw-key'; readonly peer: Peer; readonly fingerprints: Fingerprints }
  /** Of a chain as OpenSSL built it; depth 0 is the server's own certificate. */
  | {
      readonly kind: 'chain';
      readonly peer: Peer;
      readonly depth: number;
      readonly subject: string;
    }
  | { readonly kind: 'unverified'; readonly peer: Peer; readonly why: Unverified }
  /** What is told to whoever reports to the receiver (TLSRPT), from 3.10 on. */
  | { readonly kind: 'reported'; readonly peer: Peer; readonly why: Unverified }
  /** What of our own policy cannot be used against this server. */
  | { readonly kind: 'peer-warning'; readonly peer: Peer; readonly warning: string }
  /** A session of before, whose certificate was not verified then. */
  | { readonly kind: 'reused'; readonly peer: Peer }
  /** The handshake broke; what OpenSSL says of it may follow without a peer. */
  | { readonly kind: 'handshake'; readonly peer: Peer; readonly detail: string }
  | { readonly kind: 'library'; readonly detail: string }
  /** Of our own policy: `nextHop` as it was looked up. */
  | { readonly kind: 'policy'; readonly nextHop: string; readonly warning: string }
  /** Which next hop the policy was looked up for; what is wrong with it was told once, before. */
  | { readonly kind: 'policy-of'; readonly nextHop: string }
  /** What DNS said to a question about signatures or TLSA records. */
  | { readonly kind: 'lookup'; readonly warning: string }
  /** A better host failed so, and the walk went on. */
  | { readonly kind: 'passed-over'; readonly queueId: string; readonly text: string }
  | { readonly kind: 'wrapper-mode' }
  | { readonly kind: 'outside-pattern'; readonly warning: string };

/** In the digest of smtp_tls_fingerprint_digest. */
export interface Fingerprints {
  readonly certificate?: string;
  readonly key?: string;
}

/** Why a certificate is not verified. */
export interface Unverified {
  /** Those it can be, the likeliest first. */
  readonly reasons: readonly Reason[];
  /** In Postfix's words. */
  readonly says: string;
}

/** Undefined for a line that tells nothing of TLS. */
export function readTlsLine(message: string): TlsFact | undefined {
  for (const { pattern, read } of WORDINGS) {
    const found = pattern.exec(message);
    if (found !== null) return read(found);
  }
  return undefined;
}

/** OpenSSL's error as Postfix words it, behind the name of the server. */
export function unverifiedBy(says: string, isIssuer: boolean): Unverified {
  const found = UNVERIFIED.find(({ pattern }) => pattern.test(says));
  if (found !== undefined)
    return { reasons: isIssuer ? (found.issuer ?? found.reasons) : found.reasons, says };
  const code = Number(/^num=(\d+):/.exec(says)?.[1]);
  const { leaf = [], issuer } = BY_CODE.get(code) ?? {};
  return { reasons: isIssuer && issuer !== undefined ? [issuer] : leaf, says };
}

/** By trw_failure_type_to_string() of src/tls/tlsrpt_wrapper.c. */
function reportedAs(type: string, reason: string | undefined): Unverified {
  const says = `reported as ${type}${reason === undefined ? '' : ` (${reason})`}`;
  // What OpenSSL says, with underscores for blanks.
  return { reasons: REPORTED[type] ?? REPORTED[reason ?? ''] ?? [], says };
}

const REPORTED: Readonly<Record<string, readonly Reason[]>> = {
  __proto__: null as never,
  certificate_host_mismatch: ['name-mismatch'],
  certificate_not_trusted: ['untrusted-issuer', 'missing-intermediate', 'bad-signature'],
  certificate_expired: ['expired', 'issuer-expired'],
  unable_to_get_local_issuer_certificate: [
    'untrusted-issuer',
    'missing-intermediate',
    'bad-signature',
  ],
  'self-signed_certificate': ['self-signed'],
  certificate_is_not_yet_valid: ['not-yet-valid'],
  sts_policy_fetch_error: ['forced-failure'],
  sts_policy_invalid: ['forced-failure'],
  sts_webpki_invalid: ['forced-failure'],
};

/** From the end, where no name of a stranger's can reach. */
function fingerprintsIn(text: string): Fingerprints {
  const [, certificate, key] = FINGERPRINTS.exec(text) ?? [];
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Hex digits with colons. */
const DIGEST = '[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,63}';
const FINGERPRINTS = new RegExp(
  `(?:, (?:cert )?fingerprint=(${DIGEST}))?(?:, pkey[ _]fingerprint=(${DIGEST}))?$`,
);

/** `host[address]:port: `, as most lines begin. */
const NAMADDR = String.raw`([^\s[\]]+\[[^\s\]]+\](?::\d{1,5})?)`;
const at = (rest: string) => new RegExp(`^${NAMADDR}${rest}`);

function of(peer: string | undefined, fact: (peer: Peer) => TlsFact): TlsFact | undefined {
  const read = readPeer(peer ?? '');
  return read === undefined ? undefined : fact(read);
}

const WORDINGS: readonly {
  readonly pattern: RegExp;
  readonly read: (found: RegExpExecArray) => TlsFact | undefined;
}[] = [
  {
    // Level 1.
    pattern: new RegExp(
      `^(Verified|Trusted|Untrusted|Anonymous) TLS connection (?:established|reused) to ${NAMADDR}: `,
    ),
    read: ([, trust, peer]) =>
      of(peer, (peer) => ({ kind: 'established', peer, trust: trust as Trust })),
  },
  {
    // Any level from 3.6 on where a match is asked; at level 1 before.
    pattern: new RegExp(`^(?:(server|CA) )?certificate verification failed for ${NAMADDR}: (.*)$`),
    read: ([, whose, peer, says = '']) =>
      of(peer, (peer) => ({ kind: 'unverified', peer, why: unverifiedBy(says, whose === 'CA') })),
  },
  {
    // Level 2, up to 3.5.
    pattern: at(': (?:Matched )?subjectAltName: (.*)$'),
    read: ([, peer, name = '']) => of(peer, (peer) => ({ kind: 'name', peer, name })),
  },
  {
    // Level 2, up to 3.5; no colon behind the name.
    pattern: at(':? (?:Matched )?CommonName (.*)$'),
    read: ([, peer, name = '']) => of(peer, (peer) => ({ kind: 'common-name', peer, name })),
  },
  {
    // Level 2: `issuer_CN=` up to 3.7, `issuer=` since; the name may be one that matched.
    pattern: at(
      ': (?:Matched |Trusted |Untrusted )?subject_CN=.*?, issuer(?:_CN)?=(.*?)(, (?:cert |pkey )?fingerprint=.*)?$',
    ),
    read: ([, peer, issuer = '', digests = '']) =>
      of(peer, (peer) => ({ kind: 'issuer', peer, issuer, fingerprints: fingerprintsIn(digests) })),
  },
  {
    // Level 2, from 3.9 on.
    pattern: at(`: raw public key fingerprint=(${DIGEST})$`),
    read: ([, peer, key = '']) =>
      of(peer, (peer) => ({ kind: 'raw-key', peer, fingerprints: { key } })),
  },
  {
    // Level 2.
    pattern: at(String.raw`: depth=(\d{1,3}) verify=\d subject=(.*)$`),
    read: ([, peer, depth, subject = '']) =>
      of(peer, (peer) => ({ kind: 'chain', peer, depth: Number(depth), subject })),
  },
  {
    // From 3.10 on, where the receiver asks for reports: without a port.
    pattern:
      /^TLSRPT: status=failure, domain=[^,\s]*, receiving_mx=([^\s[\]]+\[[^\s\]]+\]), failure_type=(\w+)(?:, failure_reason=(.*))?$/,
    read: ([, peer, type = '', reason]) =>
      of(peer, (peer) => ({ kind: 'reported', peer, why: reportedAs(type, reason) })),
  },
  {
    // From ciphers=, protocols=, match= and the records of an entry.
    pattern: new RegExp(
      `^warning: ${NAMADDR}: ((?:all (?:TLSA records|fingerprints|trust anchors) unusable|` +
        'could not configure peer name checks|error (?:loading match name|setting cipher grade|' +
        'enabling |configuring local trust anchors)|ignoring invalid match name|' +
        'Invalid TLS protocol list|invalid cipher grade).*)$',
    ),
    read: ([, peer, warning = '']) => of(peer, (peer) => ({ kind: 'peer-warning', peer, warning })),
  },
  {
    // Where a match is asked, or at level 1.
    pattern: at(': re-using session with untrusted (?:certificate|peer credential), '),
    read: ([, peer]) => of(peer, (peer) => ({ kind: 'reused', peer })),
  },
  {
    pattern: new RegExp(`^SSL_connect error to ${NAMADDR}: (.*)$`),
    read: ([, peer, detail = '']) => of(peer, (peer) => ({ kind: 'handshake', peer, detail })),
  },
  {
    pattern: /^warning: TLS library problem: (.*)$/,
    read: ([, detail = '']) => ({ kind: 'library', detail }),
  },
  {
    pattern:
      /^warning: ([sl]mtp_tls_(?:policy_maps|per_site)), next-hop destination "(.*?)": (.*)$/,
    read: ([, , nextHop = '', warning = '']) => ({ kind: 'policy', nextHop, warning }),
  },
  {
    pattern: /^warning: TLS policy lookup (?:error )?for (\S+)\/\S+: /,
    read: ([, nextHop = '']) => ({ kind: 'policy-of', nextHop }),
  },
  {
    pattern: /^warning: ((?:DANE TLSA lookup problem|DNSSEC status lookup error for \S+): .*)$/,
    read: ([, warning = '']) => ({ kind: 'lookup', warning }),
  },
  {
    // The older table (smtp_tls_per_site).
    pattern:
      /^warning: (?:[sl]mtp_tls_per_site): (?:next-hop destination|server hostname) "(.*?)": (.*)$/,
    read: ([, nextHop = '', warning = '']) => ({ kind: 'policy', nextHop, warning }),
  },
  {
    // dane_init(), and what else policy_create() cannot use.
    pattern:
      /^warning: (?:nexthop domain )?(\S+): (dane(?:-only)? configured .*|dns resolver options .*|configured at fingerprint .*)$/,
    read: ([, nextHop = '', warning = '']) => ({ kind: 'policy', nextHop, warning }),
  },
  {
    pattern: /^warning: (error opening trust anchor file: .*|"smtp_tls_servername = .*)$/,
    read: ([, warning = '']) => ({ kind: 'policy', nextHop: '', warning }),
  },
  {
    pattern: /^warning: (MX name '.*' does not match STS MX pattern for '.*')$/,
    read: ([, warning = '']) => ({ kind: 'outside-pattern', warning }),
  },
  {
    // Up to 2.11 the second.
    pattern: /^(?:SMTPS wrappermode \(.*smtp_tls_wrappermode = yes|CLIENT wrappermode \()/,
    read: () => ({ kind: 'wrapper-mode' }),
  },
  {
    // The error of one host, logged before the next one is tried.
    pattern: /^([0-9A-Za-z]{1,40}): (?!to=<|from=<|host |removed)(.*)$/,
    read: ([, queueId = '', text = '']) =>
      meaningOf(text) === undefined ? undefined : { kind: 'passed-over', queueId, text },
  },
];

/**
 * For TLSA records, and for a digest and tafile= too: Postfix makes TLSA records of them. Where no
 * record matches nothing else is looked at, so that any chain that leads elsewhere is said so.
 */
const NO_MATCH: readonly Reason[] = [
  'tlsa-mismatch',
  'digest-mismatch',
  'untrusted-issuer',
  'missing-intermediate',
  'self-signed',
];

const UNVERIFIED: readonly {
  readonly pattern: RegExp;
  readonly reasons: readonly Reason[];
  /** Where the certificate of an issuer is meant. */
  readonly issuer?: readonly Reason[];
}[] = [
  { pattern: /^self-signed certificate/, reasons: ['self-signed'] },
  // Not sent and not known are one to OpenSSL.
  {
    pattern: /^untrusted issuer /,
    reasons: ['untrusted-issuer', 'missing-intermediate', 'bad-signature'],
  },
  { pattern: /^certificate not yet valid/, reasons: ['not-yet-valid'] },
  { pattern: /^certificate has expired/, reasons: ['expired'], issuer: ['issuer-expired'] },
  {
    pattern: /^not designated for use as a /,
    reasons: ['wrong-purpose'],
    issuer: ['wrong-purpose', 'invalid-ca'],
  },
  { pattern: /^certificate chain longer than limit/, reasons: ['chain-too-long'] },
  {
    pattern: /^not trusted by local or TLSA policy/,
    reasons: NO_MATCH,
  },
  { pattern: /^external policy failure /, reasons: ['forced-failure'] },
];

/**
 * A name that is wrong is reported at the leaf, in place of whatever is wrong with the chain: the
 * name is certain, the rest is open.
 */
const NAME: readonly Reason[] = [
  'name-mismatch',
  ...reasonsWhere(({ group }) => group === 'trust'),
];

/** Also where no name could be set to be checked, after which nothing of the chain is. */
const UNSPECIFIED: readonly Reason[] = [
  ...new Set<Reason>(['not-permitted-name', ...NAME, 'digest-mismatch', 'tlsa-mismatch']),
];

/** By number: of the server's certificate, and of an issuer's where that differs. */
const BY_CODE: ReadonlyMap<number, { readonly leaf: readonly Reason[]; readonly issuer?: Reason }> =
  new Map<number, { readonly leaf: readonly Reason[]; readonly issuer?: Reason }>([
    [OPENSSL_CODES.UNSPECIFIED, { leaf: UNSPECIFIED }],
    [
      OPENSSL_CODES.UNABLE_TO_GET_ISSUER_CERT,
      { leaf: ['untrusted-issuer', 'missing-intermediate'] },
    ],
    [OPENSSL_CODES.CERT_SIGNATURE_FAILURE, { leaf: ['bad-signature'] }],
    [
      OPENSSL_CODES.UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      { leaf: ['untrusted-issuer', 'missing-intermediate', 'bad-signature'] },
    ],
    [OPENSSL_CODES.PATH_LENGTH_EXCEEDED, { leaf: ['invalid-ca'] }],
    [OPENSSL_CODES.CERT_REJECTED, { leaf: ['untrusted-issuer'] }],
    [OPENSSL_CODES.KEYUSAGE_NO_CERTSIGN, { leaf: ['invalid-ca'] }],
    [OPENSSL_CODES.UNHANDLED_CRITICAL_EXTENSION, { leaf: ['wrong-purpose'], issuer: 'invalid-ca' }],
    [OPENSSL_CODES.KEYUSAGE_NO_DIGITAL_SIGNATURE, { leaf: ['invalid-ca'] }],
    [OPENSSL_CODES.PROXY_CERTIFICATES_NOT_ALLOWED, { leaf: ['wrong-purpose'] }],
    [OPENSSL_CODES.PERMITTED_VIOLATION, { leaf: ['not-permitted-name'] }],
    [OPENSSL_CODES.EXCLUDED_VIOLATION, { leaf: ['not-permitted-name'] }],
    [OPENSSL_CODES.SUBTREE_MINMAX, { leaf: ['not-permitted-name'] }],
    [OPENSSL_CODES.UNSUPPORTED_CONSTRAINT_TYPE, { leaf: ['not-permitted-name'] }],
    [OPENSSL_CODES.UNSUPPORTED_CONSTRAINT_SYNTAX, { leaf: ['not-permitted-name'] }],
    [OPENSSL_CODES.UNSUPPORTED_NAME_SYNTAX, { leaf: ['not-permitted-name'] }],
    // X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
    [62, { leaf: NAME }],
    [64, { leaf: NAME }],
    [OPENSSL_CODES.DANE_NO_MATCH, { leaf: NO_MATCH }],
    [OPENSSL_CODES.EE_KEY_TOO_SMALL, { leaf: ['weak-signature'] }],
    [OPENSSL_CODES.CA_KEY_TOO_SMALL, { leaf: ['weak-signature'] }],
    [OPENSSL_CODES.CA_MD_TOO_WEAK, { leaf: ['weak-signature'] }],
    [OPENSSL_CODES.INVALID_CA, { leaf: ['invalid-ca'] }],
    [OPENSSL_CODES.EC_KEY_EXPLICIT_PARAMS, { leaf: ['weak-signature'] }],
  ]);
