/**
 * The certificates one address presented, judged at the level asked: a digest, TLSA records, or a
 * chain and a name.
 *
 * Follows add_namechecks() in src/tls/tls_client.c, and src/tls/tls_fprint.c for digests. Pure:
 * trust at a date is certificate/trust/path's.
 */
import {
  type Certificate,
  type DigestAlgorithm,
  readCertificate,
} from '../certificate/certificate.ts';
import { isDigest } from '../certificate/digest.ts';
import { OWN_OPENSSL } from '../certificate/openssl-version.ts';
import { agreesWithHandshake } from '../certificate/trust/openssl-witness.ts';
import { type Anchors, judgePath, type Trust, weakLeaf } from '../certificate/trust/path.ts';
import { BOUNDS } from '../limits.ts';
import { named } from '../named-record.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { Settings } from '../policy/settings.ts';
import { atLeast } from '../postfix/version.ts';
import type { Presented } from '../probe/result.ts';
import { isDane } from '../route/host-demand.ts';
import { judgeTlsa } from './dane.ts';
import { digestClause, nameClause, trustClause } from './detail.ts';
import { type Attempt, type Finding, hostName, type Outcomes } from './finding.ts';
import { matchNames, presentedNames, referenceIdentifiers } from './name-match.ts';

/**
 * When to judge, and when the handshake was had; without the latter OpenSSL's own result is not
 * compared.
 */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  readonly probedAt?: number | undefined;
}

/** Whether the certificate is the one asked for, in the way the level asks. */
export function judgePresented(
  result: Presented,
  attempt: Attempt,
  bundle: Bundle,
  moment: Moment,
  outcomes: Outcomes,
): Finding {
  const { demand } = attempt;
  const { pass, fail, unseen } = outcomes;
  if (demand.level === 'may' || demand.level === 'encrypt') return pass('encrypted');
  const [leafDer] = result.chain;
  if (leafDer === undefined) return fail('no-certificate', 'no certificate is presented');
  const leaf = readCertificate(leafDer);
  if (leaf.kind === 'unreadable')
    return unseen(bug(`the certificate cannot be read (${leaf.because})`));
  if (demand.level === 'fingerprint')
    return judgeDigest(leaf, demand, bundle.settings, outcomes, () =>
      trustAt(moment.at, result, demand, bundle, bundle.settings.openssl),
    );
  if (demand.tlsa !== undefined)
    return judgeTlsa(leaf, result, demand.tlsa, bundle, moment.at, outcomes);
  if (isDane(demand)) return unseen(NOT_ASKED);
  return judgeChain(leaf, result, attempt, bundle, moment, outcomes);
}

/**
 * Certificate or key, whichever is listed; dates, names and issuer do not count. From 3.6 on it is
 * OpenSSL that compares, and the key must pass its level 1.
 */
function judgeDigest(
  leaf: Certificate,
  demand: TlsDemand,
  { version, openssl }: Settings,
  { pass, fail }: Outcomes,
  trustOf: () => Trust,
): Finding {
  if (!isDigest(demand.digestAlgorithm)) {
    return fail(
      'tls-engine-off',
      `smtp_tls_fingerprint_digest names no digest: ${demand.digestAlgorithm}`,
    );
  }
  const algorithm = demand.digestAlgorithm as DigestAlgorithm;
  const [certificate, key] = [leaf.digest('certificate', algorithm), leaf.digest('key', algorithm)];
  const matched = demand.digests.find((digest) => digest === certificate || digest === key);
  const weak =
    matched !== undefined && atLeast(version, '3.6') ? weakLeaf(leaf, openssl) : undefined;
  if (weak !== undefined) return fail('weak-signature', weak);
  if (matched !== undefined) return pass('authenticated', { matched, leaf });
  // A new key that some authority vouches for may be pinned (fingerprint-suggestion).
  const trust = trustOf();
  return fail('digest-mismatch', digestClause(demand, certificate, key), { trust, leaf });
}

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
  const verified =
    demand.anchors.kind === 'store' && bundle.otherTrust !== true && !hasSettings(bundle);
  if (probedAt !== undefined && verified) {
    // Where something ends during the run, OpenSSL may have judged before the end or after it.
    const during = [probedAt, probedAt + LONGEST_RUN_MS].map((time) =>
      trustAt(time, presented, demand, bundle, OWN_OPENSSL),
    );
    const [then] = during;
    if (
      then !== undefined &&
      !during.some((trust) => agreesWithHandshake(trust, presented.verify))
    ) {
      return unseen(bug(disagreement(then, presented)));
    }
  }
  const trust = trustAt(at, presented, demand, bundle, settings.openssl);
  const references = referenceIdentifiers(demand.match, {
    nextHop: nextHop.host,
    mxHost: hostName(host),
  });
  const name = matchNames(leaf, references, settings);
  const facts = {
    matched: name.kind === 'matched' ? name.presented.slice(0, BOUNDS.shownTextChars) : null,
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

/**
 * `openssl`: by whose rules; the handshake was had by those of our own. Of a store, what it came to is
 * kept: thousands of entries ask it of one host.
 */
function trustAt(
  at: number,
  { chain }: Presented,
  demand: TlsDemand,
  bundle: Bundle,
  openssl: string | undefined,
): Trust {
  const { version, verifyDepth } = bundle.settings;
  const judged = () =>
    judgePath({
      chain,
      anchors: anchorsFor(demand, bundle),
      anchorKind: demand.anchors.kind,
      at,
      version,
      verifyDepth,
      securityLevel: 1,
      openssl,
    });
  if (demand.anchors.kind !== 'store') return judged();
  const kept = keptFor(bundle.trust, chain);
  const question = `${at} ${version} ${verifyDepth} ${openssl}`;
  const known = kept.get(question);
  if (known !== undefined) return known;
  const trust = judged();
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(question, trust);
  return trust;
}

/** Nothing of them is kept longer than the anchors and the chain that they are of. */
function keptFor(trust: Bundle['trust'], chain: Presented['chain']): Map<string, Trust> {
  const ofTrust = keptTrust.get(trust) ?? new WeakMap<Presented['chain'], Map<string, Trust>>();
  keptTrust.set(trust, ofTrust);
  const ofChain = ofTrust.get(chain) ?? new Map<string, Trust>();
  ofTrust.set(chain, ofChain);
  return ofChain;
}

const keptTrust = new WeakMap<Bundle['trust'], WeakMap<Presented['chain'], Map<string, Trust>>>();
/** Dates at which one chain is judged: now, when it was seen, and the ends that a forecast tries. */
const MOST_KEPT = 16;

function anchorsFor(demand: TlsDemand, bundle: Bundle): Anchors {
  if (demand.anchors.kind === 'store') {
    const { certificates, explicit } =
      bundle.trust.kind === 'anchors' ? bundle.trust : { certificates: [], explicit: undefined };
    return { certificates, explicit, publicKeys: [] };
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

/** Node knows no trust settings of single certificates. */
const hasSettings = ({ trust }: Bundle) => trust.kind === 'anchors' && trust.explicit !== undefined;

const disagreement = (trust: Trust, { verify }: Presented) =>
  `OpenSSL said ${verify} of the chain, we say ` +
  `${trust.kind === 'trusted' ? 'trusted' : trust.opensslCode}`;

const bug = (detail: string) =>
  ({ kind: 'unseen', phase: 'handshake', reason: 'our-bug', detail }) as const;

const NOT_ASKED = {
  kind: 'unseen',
  phase: 'handshake',
  reason: 'not-attempted',
  detail: 'DNSSEC was not asked',
} as const;

const LONGEST_RUN_MS = 3_600_000;
