/**
 * One address at a dane level: whether what it presents matches a TLSA record that counts, and what
 * becomes of an address that Postfix passes over for want of one.
 *
 * Usage 3 asks for the certificate or key and for nothing else; usage 2 for a chain to the record,
 * dates, purpose and one of the signed names (RFC 7672 §3.1; dane_init() in
 * src/smtp/smtp_tls_policy.c, add_namechecks() in src/tls/tls_client.c).
 */
import { type Certificate, readCertificates } from '../certificate/certificate.ts';
import { printTlsa, type TlsaRecord, TRUST_ANCHOR } from '../certificate/tlsa.ts';
import { judgePath, type Trust } from '../certificate/trust/path.ts';
import {
  endEntityRecord,
  type TlsaAnchors,
  trustAnchorRecord,
} from '../certificate/trust/tlsa-anchors.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { TlsaDemand } from '../policy/demand.ts';
import type { Settings } from '../policy/settings.ts';
import { atLeast } from '../postfix/version.ts';
import type { Presented } from '../probe/result.ts';
import type { DaneRefusal } from '../route/host-demand.ts';
import { nameClause, refusalClause, tlsaClause, trustClause } from './detail.ts';
import {
  type Attempt,
  type ChainFacts,
  type Finding,
  hostName,
  type Outcomes,
  outcomesOf,
} from './finding.ts';
import { matchNames, presentedNames, type ReferenceIdentifier } from './name-match.ts';
import { NOT_TRUSTED, NOT_VERIFIED, saysOfRefusal } from './postfix-says.ts';

/** Judges what was presented against the records of the host, as of `at` (epoch ms). */
export function judgeTlsa(
  leaf: Certificate,
  { chain }: Presented,
  tlsa: TlsaDemand,
  bundle: Bundle,
  at: number,
  { pass, fail }: Outcomes,
): Finding {
  const { settings, trust: store } = bundle;
  const { version, verifyDepth } = settings;
  if (tlsa.never !== undefined) {
    return fail(
      'tlsa-unusable',
      'none of the TLSA records is usable, and dane-only goes no further without',
    );
  }
  const tlsaAnchors: TlsaAnchors = { records: tlsa.records, digests: settings.daneDigests };
  const path = {
    chain,
    anchors: NOTHING,
    anchorKind: 'store',
    at,
    version,
    verifyDepth,
    securityLevel: 1,
    openssl: settings.openssl,
  } as const;
  const trust = judgePath({ ...path, tlsa: tlsaAnchors });
  // Half-dane matches a host whose name an unsigned MX record gave.
  const protection = tlsa.half ? 'encrypted' : 'authenticated';

  const since36 = atLeast(version, '3.6');
  const own = endEntityRecord(leaf, tlsaAnchors, version);
  if (own !== undefined) {
    // From 3.6 on OpenSSL still refuses a key that is too small; up to 3.5 nothing else is checked.
    const facts = { matched: printTlsa(own), leaf };
    if (trust.kind === 'trusted' || !since36) return pass(protection, facts);
    return fail(trust.reason, trustClause(trust), facts);
  }
  const anchored = tlsa.records.some(({ usage }) => usage === TRUST_ANCHOR);
  if (!anchored || (trust.kind === 'untrusted' && trust.endsAt !== undefined)) {
    // Up to 3.5 the text tells whether main.cf's own anchors would have done, unless records
    // replace them.
    const certificates = store.kind === 'anchors' ? store.certificates : [];
    const trustedAnyway =
      !anchored &&
      judgePath({ ...path, anchors: { certificates, publicKeys: [] } }).kind === 'trusted';
    const says = since36 || trustedAnyway ? NOT_VERIFIED : NOT_TRUSTED;
    return fail('tlsa-mismatch', tlsaClause(tlsa.records, leaf), { leaf, says });
  }
  if (trust.kind === 'untrusted') return fail(trust.reason, trustClause(trust), { trust, leaf });
  const references = tlsa.names as readonly ReferenceIdentifier[];
  const name = matchNames(leaf, references, settings);
  const facts = { ...anchorFacts(trust, tlsaAnchors, bundle), leaf };
  if (name.kind === 'matched') return pass(protection, facts);
  return fail('name-mismatch', nameClause(references, presentedNames(leaf)), facts);
}

/** What becomes of an address that is passed over unconnected. */
export function judgeRefusal(attempt: Attempt, refusal: DaneRefusal, settings: Settings): Finding {
  const { fail, unseen } = outcomesOf(attempt, NOT_CONNECTED, settings);
  const says = saysOfRefusal(refusal, hostName(attempt.host), attempt.nextHop.port);
  if (refusal.kind === 'deadly') return fail('tlsa-kills-smtp', refusalClause(refusal), { says });
  if (refusal.kind === 'refused')
    return fail(refusal.reason, refusalClause(refusal), { says, phase: 'connect' });
  // SERVFAIL from a resolver that validates and answers other questions is an answer; a time-out is
  // none.
  return refusal.failure === 'servfail' || refusal.failure === 'bogus'
    ? fail('tlsa-lookup-failed', refusalClause(refusal), { says })
    : unseen({
        kind: 'unseen',
        phase: 'connect',
        reason: 'tlsa-lookup-failed',
        detail: refusal.query,
      });
}

function anchorFacts(
  trust: Extract<Trust, { readonly kind: 'trusted' }>,
  anchors: TlsaAnchors,
  { settings }: Bundle,
): Pick<ChainFacts, 'matched' | 'anchor' | 'trust'> {
  const above = readCertificates(trust.path.slice(1));
  const bareKey = anchors.records.find(
    ({ usage, selector, matchingType }) => usage === 2 && selector === 1 && matchingType === 0,
  );
  const record: TlsaRecord | undefined =
    trustAnchorRecord(above, anchors, settings.version) ?? bareKey;
  return {
    matched: record === undefined ? null : printTlsa(record),
    anchor: trust.anchor.subject,
    trust,
  };
}

const NOT_CONNECTED = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' } as const;
const NOTHING = { certificates: [], publicKeys: [] } as const;
