/**
 * What a status text of Postfix's log means, for people who start from the log: postfix-says, read
 * the other way.
 */
import { type FailureText, type Reason, reasonsWhere } from './reason.ts';

/** The meaning of one status text. */
export interface Meaning {
  /** Reasons that an entry or address can have for it; several where the text does not tell. */
  readonly reasons: readonly Reason[];
  readonly sentence: string;
}

/** Undefined for texts that have nothing to do with TLS policy or with reaching the host. */
export function meaningOf(text: string): Meaning | undefined {
  const bare = text.replace(/^(?:delivery temporarily suspended: )+/, '');
  return MEANINGS.find(({ pattern }) => pattern.test(bare))?.meaning;
}

/** Of addresses that fail with one of these texts. */
const failing = (...texts: readonly FailureText[]) =>
  reasonsWhere(({ fails }) => fails !== undefined && texts.includes(fails));

const MEANINGS: readonly { readonly pattern: RegExp; readonly meaning: Meaning }[] = [
  {
    pattern: /^TLS is required, but was not offered by host /,
    meaning: {
      reasons: failing('not-offered'),
      sentence: 'the server did not offer STARTTLS, and the level asks for it',
    },
  },
  {
    pattern: /^TLS is required, but host \S+ refused to start TLS: 5/,
    meaning: {
      reasons: failing('starttls-refused'),
      sentence: 'the server offered STARTTLS and then refused it for good',
    },
  },
  {
    pattern: /^TLS is required, but host \S+ refused to start TLS: /,
    meaning: {
      reasons: [...failing('starttls-refused-for-now'), 'reply-421'],
      sentence: 'the server offered STARTTLS and then refused it for now',
    },
  },
  {
    pattern: /^Cannot start TLS: handshake failure$/,
    meaning: {
      reasons: failing('no-handshake'),
      sentence:
        'no common protocol or cipher, or the connection broke; a bad ciphers= or protocols= of ' +
        'our own looks the same',
    },
  },
  {
    pattern: /^Server certificate not verified$/,
    meaning: {
      reasons: failing('not-verified', 'not-trusted'),
      sentence:
        'the certificate does not meet the level: up to Postfix 3.5 its names or digest, since ' +
        '3.6 possibly its chain',
    },
  },
  {
    pattern: /^Server certificate not trusted$/,
    meaning: {
      reasons: failing('not-trusted'),
      sentence: 'the chain does not lead to one of our trust anchors (Postfix up to 3.5)',
    },
  },
  {
    pattern: /^client TLS configuration problem$/,
    meaning: {
      reasons: ['invalid-entry', 'no-dnssec'],
      sentence:
        'our own policy entry or table is broken: see the warning that starts with ' +
        'smtp_tls_policy_maps',
    },
  },
  {
    pattern: /^TLS is required, but our TLS engine is unavailable$/,
    meaning: {
      reasons: failing('no-engine'),
      sentence:
        'our own smtp_tls_CAfile, certificate, key or tls_config_file could not be loaded, and ' +
        'TLS is switched off',
    },
  },
  {
    pattern: /^local data error while talking to /,
    meaning: {
      reasons: failing('local-data-error'),
      sentence:
        'our own smtp_reply_filter or smtp_discard_ehlo_keyword_address_maps could not be asked',
    },
  },
  {
    pattern: /^server configuration error$/,
    meaning: {
      reasons: failing('cannot-bind'),
      sentence:
        'our own smtp_bind_address or smtp_bind_address6 is no address of this host, and is ' +
        'enforced',
    },
  },
  {
    pattern: /^killed by signal 11$/,
    meaning: {
      reasons: failing('killed'),
      sentence:
        'smtp(8) dies in wrapper mode where a certificate, key or CA file of ours cannot be loaded',
    },
  },
  {
    pattern: /^server unavailable or unable to receive mail$/,
    meaning: {
      reasons: failing('not-tried'),
      sentence:
        'every address was passed over: wrapper mode below encrypt, or no MX host fits the ' +
        'MTA-STS patterns',
    },
  },
  {
    pattern: /^no TLSA records found$/,
    meaning: {
      reasons: failing('no-tlsa'),
      sentence:
        'dane-only, and the host has no TLSA record that is signed; a resolver that does not ' +
        'validate looks the same',
    },
  },
  {
    pattern: /^non DNSSEC destination$/,
    meaning: {
      reasons: failing('not-dnssec'),
      sentence:
        'dane-only, and the MX records are not signed; a resolver that does not validate looks ' +
        'the same',
    },
  },
  {
    pattern: /^TLSA records unusable$/,
    meaning: {
      reasons: ['tlsa-unusable'],
      sentence: 'dane-only, and all TLSA records are of kinds that have no meaning for mail',
    },
  },
  {
    pattern: /^TLSA lookup error for \S+$/,
    meaning: {
      reasons: failing('tlsa-lookup-error'),
      sentence:
        'DNS did not say whether the host has TLSA records, and without that no mail leaves at a ' +
        'DANE level',
    },
  },
  {
    pattern: /^connect to \S+: Connection refused$/,
    meaning: {
      reasons: ['refused'],
      sentence: 'nothing listens there; the failure of a better host may stand in the lines before',
    },
  },
  {
    pattern: /^connect to \S+: Connection timed out$/,
    meaning: {
      reasons: ['timed-out'],
      sentence:
        'no answer to the connection; the failure of a better host may stand in the lines before',
    },
  },
  {
    pattern: /^connect to \S+: Connection reset by peer$/,
    meaning: {
      reasons: ['connection-lost'],
      sentence: 'the connection was reset before a word was said',
    },
  },
  {
    pattern: /^connect to \S+: /,
    meaning: { reasons: ['unreachable'], sentence: 'there is no way to the address' },
  },
  {
    pattern: /^conversation with \S+ timed out while receiving the initial server greeting$/,
    meaning: {
      reasons: ['timed-out'],
      sentence:
        'no greeting; a port that expects TLS from the first byte looks the same, see ' +
        'smtp_tls_wrappermode',
    },
  },
  {
    pattern: /^conversation with \S+ timed out /,
    meaning: { reasons: ['timed-out'], sentence: 'the server stopped answering' },
  },
  {
    pattern: /^lost connection with \S+ while /,
    meaning: { reasons: ['connection-lost'], sentence: 'the server closed the connection' },
  },
  {
    pattern: /^host \S+ refused to talk to me: /,
    meaning: {
      reasons: [
        'greeting-4xx',
        'greeting-5xx',
        'greeting-refused',
        'helo-refused',
        'reply-421',
        'ehlo-refused',
      ],
      sentence: 'the server turned us away before TLS',
    },
  },
  {
    pattern: /^remote protocol error in reply from /,
    meaning: { reasons: ['protocol-error'], sentence: 'the server does not speak SMTP' },
  },
  {
    pattern: / does not accept mail \(nullMX\)$/,
    meaning: { reasons: ['null-mx'], sentence: 'the domain says that it takes no mail' },
  },
  {
    pattern: /^mail for \S+ loops back to myself$/,
    meaning: { reasons: ['loops'], sentence: 'the best MX host is this host itself' },
  },
  {
    pattern: /: Host not found, try again$/,
    meaning: {
      reasons: ['dns-servfail', 'dns-timeout', 'dns-refused', 'dns-malformed'],
      sentence: 'DNS did not answer',
    },
  },
  {
    pattern: /^(?:Host or domain name not found\. |unable to look up host )/,
    meaning: {
      reasons: ['nxdomain', 'no-address'],
      sentence: 'there is no such name, or no address for it',
    },
  },
];
