/**
 * The wordings of Postfix 2.11 to 3.11 that tell of TLS. `recorded`: from a log that a real Postfix
 * wrote (ours, or a published one with names below .test); `source`: read from its source, at that version.
 */
import { expect, test } from 'vitest';
import { readTlsLine } from '../../lambda/log/tls-line.ts';
import { reasonsWhere } from '../../lambda/verdict/reason.ts';

const H = 'mx.a.test[192.0.2.1]:25';
/** The name is wrong, and what it hides may be anything about the chain. */
const OPEN = ['name-mismatch', ...reasonsWhere(({ group }) => group === 'trust')].join(' ');

test.each([
  {
    since: '2.11',
    seen: 'recorded',
    level: 1,
    message: `Trusted TLS connection established to ${H}: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)`,
    of: 'established Trusted',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 1,
    message: `Verified TLS connection established to mx.a.test[2001:db8::7]:25: TLSv1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)`,
    of: 'established Verified',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 1,
    message: `Untrusted TLS connection established to ${H}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (P-256) server-digest SHA256`,
    of: 'established Untrusted',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 1,
    message: `Anonymous TLS connection established to ${H}: TLSv1.2 with cipher ADH-AES256-SHA (256/256 bits)`,
    of: 'established Anonymous',
  },
  {
    since: '3.4',
    seen: 'source',
    level: 1,
    message: `Verified TLS connection reused to ${H}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`,
    of: 'established Verified',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 2,
    message: `${H}: subjectAltName: *.messagingengine.com`,
    of: 'name *.messagingengine.com',
  },
  { since: '2.11', seen: 'source', level: 2, message: `${H}: Matched subjectAltName: mx.a.test`, of: 'name mx.a.test' },
  {
    since: '2.11',
    seen: 'recorded',
    level: 2,
    message: `${H} CommonName *.messagingengine.com`,
    of: 'common-name *.messagingengine.com',
  },
  { since: '2.11', seen: 'source', level: 2, message: `${H} Matched CommonName mx.a.test`, of: 'common-name mx.a.test' },
  {
    since: '2.11',
    seen: 'recorded',
    level: 2,
    message: `${H}: subject_CN=mail.a.test, issuer_CN=Example CA, fingerprint=AA:BB, pkey_fingerprint=CC:DD`,
    of: 'issuer Example CA by AA:BB CC:DD',
  },
  {
    since: '3.9',
    seen: 'source',
    level: 2,
    message: `${H}: subject_CN=mx, a.test, issuer=Example, Inc CA, cert fingerprint=AA:BB, pkey fingerprint=CC:DD`,
    of: 'issuer Example, Inc CA by AA:BB CC:DD',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `certificate verification failed for ${H}: self-signed certificate`,
    of: 'unverified self-signed',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `certificate verification failed for ${H}: untrusted issuer /C=US/O=DigiCert Inc/CN=x: self-signed certificate`,
    of: 'unverified untrusted-issuer missing-intermediate bad-signature',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message: `certificate verification failed for ${H}: not trusted by local or TLSA policy`,
    of: 'unverified tlsa-mismatch digest-mismatch untrusted-issuer missing-intermediate self-signed',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `server certificate verification failed for ${H}: certificate has expired`,
    of: 'unverified expired',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `CA certificate verification failed for ${H}: certificate has expired`,
    of: 'unverified issuer-expired',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `server certificate verification failed for ${H}: certificate not yet valid`,
    of: 'unverified not-yet-valid',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `certificate verification failed for ${H}: not designated for use as a server certificate`,
    of: 'unverified wrong-purpose',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message: `certificate verification failed for ${H}: certificate chain longer than limit(8)`,
    of: 'unverified chain-too-long',
  },
  {
    since: '3.6',
    seen: 'recorded',
    level: 0,
    message: `server certificate verification failed for ${H}: num=62:hostname mismatch`,
    of: `unverified ${OPEN}`,
  },
  {
    since: '3.6',
    seen: 'recorded',
    level: 0,
    message: `server certificate verification failed for ${H}: num=64:IP address mismatch`,
    of: `unverified ${OPEN}`,
  },
  {
    since: '3.6',
    seen: 'recorded',
    level: 0,
    message: `server certificate verification failed for ${H}: num=65:no matching DANE TLSA records`,
    of: 'unverified tlsa-mismatch digest-mismatch untrusted-issuer missing-intermediate self-signed',
  },
  {
    since: '3.6',
    seen: 'source',
    level: 0,
    message: `CA certificate verification failed for ${H}: num=68:CA signature digest algorithm too weak`,
    of: 'unverified weak-signature',
  },
  {
    since: '3.6',
    seen: 'source',
    level: 0,
    message: `server certificate verification failed for ${H}: num=99:of a later OpenSSL`,
    of: 'unverified ',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message: `certificate verification failed for ${H}: external policy failure (sts-policy-fetch-error)`,
    of: 'unverified forced-failure',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 1,
    message: `${H}: re-using session with untrusted certificate, look for details earlier in the log`,
    of: 'reused mx.a.test',
  },
  {
    since: '3.8',
    seen: 'source',
    level: 0,
    message: `${H}: re-using session with untrusted peer credential, look for details earlier in the log`,
    of: 'reused mx.a.test',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `SSL_connect error to ${H}: lost connection`,
    of: 'handshake lost connection',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: 'warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:ssl/statem/statem_lib.c:1987:',
    of: 'library error:0A000102:SSL routines::unsupported protocol:ssl/statem/statem_lib.c:1987:',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: `warning: smtp_tls_policy_maps, next-hop destination "a.test": malformed attribute/value pair "!SSLv3": missing '=' after attribute name`,
    of: `policy a.test malformed attribute/value pair "!SSLv3": missing '=' after attribute name`,
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: 'warning: smtp_tls_policy_maps, next-hop destination "a.test": invalid attribute name: "policy_type"',
    of: 'policy a.test invalid attribute name: "policy_type"',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message: "warning: MX name 'mx.a.test' does not match STS MX pattern for 'a.test'",
    of: "outside-pattern MX name 'mx.a.test' does not match STS MX pattern for 'a.test'",
  },
  {
    since: '3.0',
    seen: 'source',
    level: 0,
    message:
      'SMTPS wrappermode (TCP port 465) requires setting "smtp_tls_wrappermode = yes", and "smtp_tls_security_level = encrypt" (or stronger)',
    of: 'wrapper-mode',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message: 'CLIENT wrappermode (port smtps/465) is unimplemented',
    of: 'wrapper-mode',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: 'CB3EC208B2: Server certificate not verified',
    of: 'passed-over CB3EC208B2 Server certificate not verified',
  },
  {
    since: '2.11',
    seen: 'recorded',
    level: 0,
    message: 'CB3EC208B2: host mx.a.test[192.0.2.1] said: Server certificate not verified',
    of: undefined,
  },
  { since: '2.11', seen: 'recorded', level: 0, message: 'CB3EC208B2: removed', of: undefined },
  {
    since: '3.8',
    seen: 'source',
    level: 2,
    message: `${H}: subject_CN=x, issuer=y, fingerprint=00:00, cert fingerprint=AA:BB`,
    of: 'issuer y by AA:BB ',
  },
  { since: '3.9', seen: 'source', level: 2, message: `${H}: raw public key fingerprint=AA:BB`, of: 'raw-key AA:BB' },
  {
    since: '2.11',
    seen: 'recorded',
    level: 2,
    message: `${H}: depth=1 verify=0 subject=/CN=Example CA`,
    of: 'chain 1 /CN=Example CA',
  },
  {
    since: '3.10',
    seen: 'recorded',
    level: 0,
    message:
      'TLSRPT: status=failure, domain=a.test, receiving_mx=mx.a.test[192.0.2.1], failure_type=validation_failure, failure_reason=unable_to_get_local_issuer_certificate',
    of: 'reported mx.a.test untrusted-issuer missing-intermediate bad-signature: reported as validation_failure (unable_to_get_local_issuer_certificate)',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message: 'TLSRPT: status=failure, domain=a.test, receiving_mx=mx.a.test[192.0.2.1], failure_type=certificate_not_trusted',
    of: 'reported mx.a.test untrusted-issuer missing-intermediate bad-signature: reported as certificate_not_trusted',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message:
      'TLSRPT: status=failure, domain=a.test, receiving_mx=mx.a.test[192.0.2.1], failure_type=validation_failure, failure_reason=tls-handshake-failure',
    of: 'reported mx.a.test : reported as validation_failure (tls-handshake-failure)',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message: 'TLSRPT: status=success, domain=a.test, receiving_mx=mx.a.test[192.0.2.1]',
    of: undefined,
  },
  {
    since: '3.6',
    seen: 'source',
    level: 0,
    message: `warning: ${H}: all fingerprints unusable`,
    of: 'peer-warning all fingerprints unusable',
  },
  {
    since: '3.6',
    seen: 'source',
    level: 0,
    message: `warning: ${H}: Invalid TLS protocol list "x": aborting TLS session`,
    of: 'peer-warning Invalid TLS protocol list "x": aborting TLS session',
  },
  {
    since: '3.10',
    seen: 'source',
    level: 0,
    message: 'warning: smtp_tls_policy_maps, next-hop destination "a.test": attribute "policy_type" has an unexpected value: "x"',
    of: 'policy a.test attribute "policy_type" has an unexpected value: "x"',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message: 'warning: smtp_tls_per_site: next-hop destination "a.test": per-site table lookup error',
    of: 'policy a.test per-site table lookup error',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message: 'warning: TLS policy lookup for a.test/mx.a.test: client TLS configuration problem',
    of: 'policy-of a.test',
  },
  {
    since: '2.11',
    seen: 'source',
    level: 0,
    message:
      'warning: DANE TLSA lookup problem: Host or domain name not found. Name service error for name=_25._tcp.mx.a.test type=TLSA: Host not found, try again',
    of: 'lookup DANE TLSA lookup problem: Host or domain name not found. Name service error for name=_25._tcp.mx.a.test type=TLSA: Host not found, try again',
  },
  { since: '2.11', seen: 'source', level: 2, message: `setting up TLS connection to ${H}`, of: undefined },
  { since: '2.11', seen: 'source', level: 2, message: `x ${H}: subjectAltName: elsewhere.test`, of: undefined },
])('$since, loglevel $level, $seen: $message', ({ message, of }) => {
  const fact = readTlsLine(message);
  expect(fact && words(fact)).toBe(of);
});

function words(fact: NonNullable<ReturnType<typeof readTlsLine>>): string {
  switch (fact.kind) {
    case 'established':
      return `${fact.kind} ${fact.trust}`;
    case 'name':
    case 'common-name':
      return `${fact.kind} ${fact.name}`;
    case 'issuer': {
      const { certificate = '', key = '' } = fact.fingerprints;
      return `${fact.kind} ${fact.issuer}${certificate === '' ? '' : ` by ${certificate} ${key}`}`;
    }
    case 'raw-key':
      return `${fact.kind} ${fact.fingerprints.key}`;
    case 'chain':
      return `${fact.kind} ${fact.depth} ${fact.subject}`;
    case 'reported':
      return `${fact.kind} ${fact.peer.host} ${fact.why.reasons.join(' ')}: ${fact.why.says}`;
    case 'peer-warning':
    case 'lookup':
      return `${fact.kind} ${fact.warning}`;
    case 'policy-of':
      return `${fact.kind} ${fact.nextHop}`;
    case 'unverified':
      return `${fact.kind} ${fact.why.reasons.join(' ')}`;
    case 'handshake':
    case 'library':
      return `${fact.kind} ${fact.detail}`;
    case 'policy':
      return `${fact.kind} ${fact.nextHop} ${fact.warning}`;
    case 'outside-pattern':
      return `${fact.kind} ${fact.warning}`;
    case 'passed-over':
      return `${fact.kind} ${fact.queueId} ${fact.text}`;
    case 'reused':
      return `${fact.kind} ${fact.peer.host}`;
    case 'wrapper-mode':
      return fact.kind;
  }
}
