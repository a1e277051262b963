/**
 * One address, judged at the level asked: what Postfix would make of what the probe saw there.
 *
 * Follows smtp_helo() and smtp_start_tls() in src/smtp/smtp_proto.c, add_namechecks() in
 * src/tls/tls_client.c and src/tls/tls_fprint.c for digests. Pure: trust at a date is
 * certificate/trust/path's.
 */

import { getHashes } from 'node:crypto';
import {
  type Certificate,
  type DigestAlgorithm,
  readCertificate,
} from '../certificate/certificate.ts';
import { agreesWithHandshake } from '../certificate/trust/openssl-witness.ts';
import { type Anchors, judgePath, type Trust } from '../certificate/trust/path.ts';
import { named } from '../named-record.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { Phase, ProbeResult } from '../probe/result.ts';
import { isDane } from '../route/host-demand.ts';
import { judgeTlsa } from './dane.ts';
import {
  digestClause,
  handshakeClause,
  nameClause,
  noTlsClause,
  trustClause,
  unseenClause,
} from './detail.ts';
import { type Attempt, type Finding, hostName, type Outcomes, outcomesOf } from './finding.ts';
import { matchNames, presentedNames, referenceIdentifiers } from './name-match.ts';

/**
 * When to judge, and when the handshake was had; without the latter OpenSSL's own result is not
 * asked as a witness.
 */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  readonly probedAt?: number | undefined;
}

/** Judges what one conversation gave. The order of the questions is Postfix's. */
export function judgeAddress(
  attempt: Attempt,
  result: ProbeResult,
  bundle: Bundle,
  moment: Moment,
): Finding {
  const { demand } = attempt;
  const { level } = demand;
  const { settings, trust } = bundle;
  const outcomes = outcomesOf(attempt, result, settings);
  const { pass, fail, unseen } = outcomes;

  if (
    demand.mxHostPatterns !== undefined &&
    !fitsPattern(hostName(attempt.host), demand.mxHostPatterns)
  ) {
    return fail(
      'mx-not-in-pattern',
      `the MX host fits none of the MTA-STS patterns ${demand.mxHostPatterns.join(', ')}`,
    );
  }
  const plaintextWillDo = level === 'none' || level === 'may';
  if (demand.wrapperMode && plaintextWillDo) {
    return fail(
      'wrapper-mode-below-encrypt',
      'smtp_tls_wrappermode asks for level encrypt or stronger',
    );
  }
  if (result.kind === 'unseen') {
    // Where Postfix never sends STARTTLS, it does not matter what would have come of it.
    if (AFTER_EHLO.has(result.phase) && level === 'none') return pass('none');
    if (AFTER_EHLO.has(result.phase) && trust.kind === 'engine-off') {
      return plaintextWillDo ? pass('none') : fail('tls-engine-off', trust.because);
    }
    const rejected = result.reason === 'greeting-5xx' && !settings.skip5xxGreeting;
    return rejected ? fail('greeting-refused', unseenClause(result)) : unseen(result);
  }
  if (level === 'none') return pass('none');

  if (trust.kind === 'engine-off' && !isWithoutStartTls(result)) {
    return plaintextWillDo ? pass('none') : fail('tls-engine-off', trust.because);
  }
  if (result.kind === 'no-tls') {
    if (plaintextWillDo) return pass('none');
    return fail(
      NO_TLS[result.why],
      noTlsClause(result, settings.discardEhloKeywords.includes('starttls')),
    );
  }
  if (result.kind === 'handshake-failed') return fail('handshake-failed', handshakeClause(result));
  if (level === 'may' || level === 'encrypt') return pass('encrypted');

  const [leafDer] = result.chain;
  if (leafDer === undefined) return fail('no-certificate', 'no certificate is presented');
  const leaf = readCertificate(leafDer);
  if (leaf.kind === 'unreadable')
    return unseen(bug(`the certificate cannot be read (${leaf.because})`));
  if (level === 'fingerprint') return judgeDigest(leaf, demand, outcomes);
  if (demand.tlsa !== undefined)
    return judgeTlsa(leaf, result, demand.tlsa, bundle, moment.at, outcomes);
  if (isDane(demand)) return unseen(NOT_ASKED);
  return judgeChain(leaf, result, attempt, bundle, moment, outcomes);
}

/** Certificate or key, whichever is listed; dates, names and issuer do not count. */
function judgeDigest(leaf: Certificate, demand: TlsDemand, { pass, fail }: Outcomes): Finding {
  if (!getHashes().includes(demand.digestAlgorithm)) {
    return fail(
      'tls-engine-off',
      `smtp_tls_fingerprint_digest names no digest: ${demand.digestAlgorithm}`,
    );
  }
  const algorithm = demand.digestAlgorithm as DigestAlgorithm;
  const [certificate, key] = [leaf.digest('certificate', algorithm), leaf.digest('key', algorithm)];
  const matched = demand.digests.find((digest) => digest === certificate || digest === key);
  if (matched !== undefined) return pass('authenticated', { matched });
  return fail('digest-mismatch', digestClause(demand, certificate, key));
}

const AFTER_EHLO: ReadonlySet<Phase> = new Set(['starttls', 'handshake', 'ehlo-after-tls']);

type Presented = Extract<ProbeResult, { readonly kind: 'presented' }>;

/** Trust, then names: where both are wrong Postfix tells the chain (from 3.10.4), and so do we. */
function judgeChain(
  leaf: Certificate,
  presented: Presented,
  { demand, nextHop, host }: Attempt,
  bundle: Bundle,
  { at, probedAt }: Moment,
  { pass, fail, unseen }: Outcomes,
): Finding {
  const { settings } = bundle;
  if (probedAt !== undefined && demand.anchors.kind === 'store') {
    // A run lasts, and what ends during it may have been seen before or after.
    const during = [probedAt, probedAt + LONGEST_RUN_MS].map((time) =>
      trustAt(time, presented, demand, bundle),
    );
    const [then] = during;
    if (
      then !== undefined &&
      !during.some((trust) => agreesWithHandshake(trust, presented.verify))
    ) {
      return unseen(bug(disagreement(then, presented)));
    }
  }
  const trust = trustAt(at, presented, demand, bundle);
  const references = referenceIdentifiers(demand.match, {
    nextHop: nextHop.host,
    mxHost: hostName(host),
  });
  const name = matchNames(leaf, references, settings);
  const facts = {
    matched: name.kind === 'matched' ? name.presented : null,
    anchor: trust.kind === 'trusted' ? trust.anchor.subject : null,
    trust,
    leaf,
  };
  if (demand.forcedFailure !== undefined) {
    return fail(
      'forced-failure',
      `policy_failure=${demand.forcedFailure} makes every verification fail`,
      facts,
    );
  }
  if (trust.kind === 'untrusted') return fail(trust.reason, trustClause(trust), facts);
  if (name.kind === 'matched') return pass('authenticated', facts);
  return fail(
    'name-mismatch',
    nameClause(references, presentedNames(leaf), name.lacksAddress),
    facts,
  );
}

function trustAt(at: number, { chain }: Presented, demand: TlsDemand, bundle: Bundle): Trust {
  const { version, verifyDepth } = bundle.settings;
  const anchors = anchorsFor(demand, bundle);
  return judgePath({
    chain,
    anchors,
    anchorKind: demand.anchors.kind,
    at,
    version,
    verifyDepth,
    securityLevel: 1,
  });
}

function anchorsFor(demand: TlsDemand, bundle: Bundle): Anchors {
  if (demand.anchors.kind === 'store') {
    return {
      certificates: bundle.trust.kind === 'anchors' ? bundle.trust.certificates : [],
      publicKeys: [],
    };
  }
  const files = demand.anchors.paths.flatMap((path) => {
    const file = named(bundle.anchorFiles, path);
    return file?.kind === 'anchors' ? [file] : [];
  });
  return {
    certificates: files.flatMap((file) => file.certificates),
    publicKeys: files.flatMap((file) => file.publicKeys),
  };
}

/** With its TLS engine off Postfix never sends STARTTLS, so it never hears a refusal. */
function isWithoutStartTls(result: ProbeResult): boolean {
  return (
    result.kind === 'no-tls' && (result.why === 'not-offered' || result.why === 'ehlo-refused')
  );
}

/**
 * MTA-STS patterns as Postfix ≥3.10.5 applies them: the name itself, or `*.` for exactly one label
 * (RFC 8461 §4.1).
 */
function fitsPattern(host: string, patterns: readonly string[]): boolean {
  const name = host.toLowerCase();
  const parent = name.indexOf('.') > 0 ? name.slice(name.indexOf('.')) : undefined;
  return patterns
    .map((pattern) => pattern.toLowerCase())
    .some((pattern) => pattern === name || pattern === `*${parent}`);
}

const disagreement = (trust: Trust, { verify }: Presented) =>
  `OpenSSL said ${verify} of the chain, we say ${trust.kind === 'trusted' ? 'trusted' : trust.opensslCode}`;

const bug = (detail: string) =>
  ({ kind: 'unseen', phase: 'handshake', reason: 'our-bug', detail }) as const;

const NOT_ASKED = {
  kind: 'unseen',
  phase: 'handshake',
  reason: 'not-attempted',
  detail: 'DNSSEC was not asked',
} as const;

const LONGEST_RUN_MS = 3_600_000;

const NO_TLS = {
  'not-offered': 'starttls-not-offered',
  'ehlo-refused': 'ehlo-refused',
  'refused-4xx': 'starttls-refused-temporarily',
  'refused-5xx': 'starttls-refused',
} as const;
