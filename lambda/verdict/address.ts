/**
 * One address, judged at the level asked: what Postfix would make of what the probe saw there.
 *
 * Follows smtp_helo() and smtp_start_tls() in src/smtp/smtp_proto.c, match_servername()/add_namechecks() in
 * src/tls/tls_client.c and tls_fprint.c for digests. Pure: trust at a date is certificate/path's.
 */
import { getHashes } from 'node:crypto';
import { type Certificate, type DigestAlgorithm, readCertificate, shown } from '../certificate/certificate.ts';
import { agreesWithHandshake } from '../certificate/openssl-result.ts';
import { type Anchors, judgePath, type Trust } from '../certificate/path.ts';
import { BOUNDS } from '../limits.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { SecurityLevel } from '../policy/entry.ts';
import type { NextHop } from '../policy/next-hop.ts';
import type { Settings } from '../policy/settings.ts';
import type { Phase, ProbeResult, Reply, UnseenReason } from '../probe/result.ts';
import type { MxHost } from '../route/route.ts';
import { digestClause, handshakeClause, nameClause, noTlsClause, unseenClause } from './detail.ts';
import { matchNames, presentedNames, referenceIdentifiers } from './name-match.ts';
import { saysOfFailure, saysOfUnseen } from './postfix-says.ts';
import type { AddressFailure, AddressVerdict, Protection, ShownCertificate } from './verdict.ts';
import type { Step } from './walk.ts';

/** One address of one host, on the way to one next hop. */
export interface Attempt {
  readonly nextHop: NextHop;
  readonly demand: TlsDemand;
  readonly host: MxHost;
  readonly address: string;
}

/** An address as judged: what is published, and what the walk, the forecast and the suggestion need besides. */
export interface Finding {
  readonly attempt: Attempt;
  readonly verdict: AddressVerdict;
  /** What a new message meets here; an unseen address counts as failing, or as skipped where Postfix might see it. */
  readonly step: Step;
  /** Under which the mail would leave, if it does. */
  readonly protection: Protection;
  /** A handshake that breaks at `may`: the first attempt fails, a later one goes out in plaintext. */
  readonly plaintextLater: boolean;
  /** Whose doing it is that nothing was seen. */
  readonly unseen?: 'theirs' | 'ours';
  /** At verify and secure: the chain presented, and the certificate it starts with. */
  readonly trust?: Trust;
  readonly leaf?: Certificate;
}

/** When to judge, and when the handshake was had; without the latter OpenSSL's own result is not asked as a witness. */
export interface Moment {
  readonly at: number;
  readonly probedAt?: number | undefined;
}

export function judgeAddress(attempt: Attempt, result: ProbeResult, bundle: Bundle, moment: Moment): Finding {
  const { demand } = attempt;
  const { settings } = bundle;
  const { level } = demand;
  const { fail, pass, unseen } = outcomes(attempt, result, bundle);

  if (demand.wrapperMode && (level === 'none' || level === 'may')) {
    return fail('wrapper-mode-below-encrypt', 'connect', 'smtp_tls_wrappermode needs encrypt or a stronger level');
  }
  if (demand.mxHostPatterns !== undefined && !fitsPattern(hostName(attempt.host), demand.mxHostPatterns)) {
    return fail('mx-not-in-pattern', 'connect', `the MX host fits none of ${demand.mxHostPatterns.join(', ')} (MTA-STS)`);
  }
  if (result.kind === 'unseen') {
    const rejected = result.reason === 'greeting-5xx' && !settings.skip5xxGreeting;
    return rejected ? fail('greeting-refused', 'greeting', unseenClause(result)) : unseen(result);
  }
  if (level === 'none') return pass('none');
  if (level === 'dane' || level === 'dane-only') {
    return unseen({ kind: 'unseen', phase: 'handshake', reason: 'not-attempted', detail: 'DANE is not judged' });
  }
  const required = level !== 'may';
  if (result.kind === 'no-tls') {
    const tried = bundle.trust.kind === 'engine-off' && result.why.startsWith('refused');
    if (!required) return pass('none');
    if (!tried) return fail(NO_TLS[result.why], PHASE[result.why], noTlsClause(result, hidesStartTls(settings)));
  }
  if (bundle.trust.kind === 'engine-off') {
    return required ? fail('tls-engine-off', 'starttls', bundle.trust.because) : pass('none');
  }
  if (result.kind !== 'presented') {
    return result.kind === 'no-tls' ? pass('none') : fail('handshake-failed', 'handshake', handshakeClause(result));
  }
  if (level === 'may' || level === 'encrypt') return pass('encrypted');

  const [leafDer] = result.chain;
  if (leafDer === undefined) return fail('no-certificate', 'handshake', 'no certificate is presented');
  const leaf = readCertificate(leafDer);
  if (leaf.kind === 'unreadable') return unseen(bug(`the certificate cannot be read: ${leaf.because}`));
  return level === 'fingerprint'
    ? judgeDigest(leaf, demand, fail, pass)
    : judgeChain(leaf, attempt, result, bundle, moment, { fail, pass, unseen });
}

/** The name by which Postfix knows a host: as published, or its alias' target with smtp_cname_overrides_servername. */
export const hostName = (host: MxHost) => host.canonical ?? host.host;

type Fail = (reason: AddressFailure, phase: Phase, detail: string, more?: Partial<Facts>) => Finding;
type Pass = (protection: Protection, more?: Partial<Facts>) => Finding;
type Unseen = (result: Extract<ProbeResult, { readonly kind: 'unseen' }>) => Finding;

interface Facts {
  readonly matched: string | null;
  readonly anchor: string | null;
  readonly trust: Trust;
  readonly leaf: Certificate;
}

function judgeDigest(leaf: Certificate, demand: TlsDemand, fail: Fail, pass: Pass): Finding {
  if (!getHashes().includes(demand.digestAlgorithm.toLowerCase())) {
    return fail('tls-engine-off', 'starttls', `smtp_tls_fingerprint_digest = ${demand.digestAlgorithm} is no digest`);
  }
  const algorithm = demand.digestAlgorithm.toLowerCase() as DigestAlgorithm;
  const [certificate, key] = [leaf.digest('certificate', algorithm), leaf.digest('key', algorithm)];
  const matched = demand.digests.find((digest) => digest === certificate || digest === key);
  if (matched !== undefined) return pass('authenticated', { matched });
  return fail('digest-mismatch', 'handshake', digestClause(demand, certificate, key));
}

function judgeChain(
  leaf: Certificate,
  attempt: Attempt,
  result: Extract<ProbeResult, { readonly kind: 'presented' }>,
  bundle: Bundle,
  { at, probedAt }: Moment,
  { fail, pass, unseen }: { readonly fail: Fail; readonly pass: Pass; readonly unseen: Unseen },
): Finding {
  const { demand } = attempt;
  const { settings } = bundle;
  const trustAt = (time: number) =>
    judgePath({
      chain: result.chain,
      anchors: anchorsFor(demand, bundle),
      anchorKind: demand.anchors.kind,
      at: time,
      version: settings.version,
      verifyDepth: settings.verifyDepth,
      securityLevel: 1,
    });
  if (probedAt !== undefined && demand.anchors.kind === 'store' && !agreesWithHandshake(trustAt(probedAt), result.verify)) {
    return unseen(bug(`OpenSSL said ${result.verify} of the chain`));
  }
  const trust = trustAt(at);
  const references = referenceIdentifiers(demand.match, { nextHop: attempt.nextHop.host, mxHost: hostName(attempt.host) });
  const name = matchNames(leaf, references, settings);
  const facts = {
    matched: name.kind === 'matched' ? name.presented : null,
    anchor: trust.kind === 'trusted' ? trust.anchor.subject : null,
    trust,
    leaf,
  };
  if (demand.forcedFailure !== undefined) {
    return fail('forced-failure', 'handshake', `policy_failure=${demand.forcedFailure} makes verification fail`, facts);
  }
  if (trust.kind === 'untrusted') return fail(trust.reason, 'handshake', trust.detail, facts);
  if (name.kind === 'matched') return pass('authenticated', facts);
  return fail('name-mismatch', 'handshake', nameClause(references, presentedNames(leaf), name.lacksAddress), facts);
}

function anchorsFor(demand: TlsDemand, bundle: Bundle): Anchors {
  if (demand.anchors.kind === 'store') {
    return { certificates: bundle.trust.kind === 'anchors' ? bundle.trust.certificates : [], publicKeys: [] };
  }
  const files = demand.anchors.paths.flatMap((path) => {
    const file = bundle.anchorFiles[path];
    return file?.kind === 'anchors' ? [file] : [];
  });
  return {
    certificates: files.flatMap((file) => file.certificates),
    publicKeys: files.flatMap((file) => file.publicKeys),
  };
}

/** The three outcomes, each with everything that is known of the address whatever the outcome. */
function outcomes(attempt: Attempt, result: ProbeResult, bundle: Bundle) {
  const { demand, host, address, nextHop } = attempt;
  const { settings } = bundle;
  const peer = { host: hostName(host), address, port: nextHop.port };
  const base = {
    address,
    port: nextHop.port,
    reply: replyOf(result) ?? null,
    tls: result.kind === 'presented' ? { protocol: result.protocol, cipher: result.cipher } : null,
    asked: askedOf(attempt),
    chain: result.kind === 'presented' ? shownChain(result.chain) : [],
  };
  const finding = (verdict: AddressVerdict, rest: Omit<Finding, 'attempt' | 'verdict'>): Finding => ({
    attempt,
    verdict,
    ...rest,
  });
  const given = (more?: Partial<Facts>) => ({ matched: more?.matched ?? null, anchor: more?.anchor ?? null });
  const trusting = (more?: Partial<Facts>) => ({
    ...(more?.trust === undefined ? {} : { trust: more.trust }),
    ...(more?.leaf === undefined ? {} : { leaf: more.leaf }),
  });
  const { level } = demand;

  const fail: Fail = (reason, phase, detail, more) => {
    const says = saysOfFailure(reason, peer, settings, base.reply ?? undefined);
    const step = SILENT.has(reason) ? 'skipped' : stepOf(says.dsn);
    const verdict: AddressVerdict = {
      ...base,
      ...given(more),
      outcome: 'fail',
      reason,
      detail,
      phase,
      says: softened(says, settings),
    };
    const plaintextLater = level === 'may' && reason === 'handshake-failed';
    const protection = plaintextLater ? 'none' : protectionOf(level);
    return finding(verdict, {
      step: settings.softBounce && step === 'bounces' ? 'fails' : step,
      protection,
      plaintextLater,
      ...trusting(more),
    });
  };
  const pass: Pass = (protection, more) => {
    const verdict: AddressVerdict = {
      ...base,
      ...given(more),
      outcome: 'pass',
      reason: null,
      detail: null,
      phase: null,
      says: null,
    };
    return finding(verdict, { step: 'takes', protection, plaintextLater: false, ...trusting(more) });
  };
  const unseen: Unseen = (why) => {
    const says = saysOfUnseen(why, peer, settings);
    const verdict: AddressVerdict = {
      ...base,
      ...given(),
      outcome: 'unseen',
      reason: why.reason,
      detail: unseenClause(why),
      phase: why.phase,
      says: says === undefined ? null : softened(says, settings),
    };
    const hard = says !== undefined && stepOf(says.dsn) === 'bounces' && !settings.softBounce;
    const step = says === undefined ? 'skipped' : hard ? 'bounces' : 'fails';
    const unseen = OUR_SIDE.has(why.reason) ? 'ours' : 'theirs';
    return finding(verdict, { step, protection: protectionOf(level), plaintextLater: false, unseen });
  };
  return { fail, pass, unseen };
}

function askedOf({ demand, host, nextHop }: Attempt): readonly string[] {
  if (demand.level === 'fingerprint') return demand.digests;
  return referenceIdentifiers(demand.match, { nextHop: nextHop.host, mxHost: hostName(host) });
}

function shownChain(chain: readonly string[]): ShownCertificate[] {
  return chain.flatMap((der) => {
    const certificate = readCertificate(der);
    if (certificate.kind === 'unreadable') return [];
    const { dnsNames, ...rest } = shown(certificate);
    return [{ ...rest, dnsNames: dnsNames.slice(0, BOUNDS.shownNames) }];
  });
}

/** match_sts_mx_host_pattern(): the name itself, or `*.` for exactly one label. */
function fitsPattern(host: string, patterns: readonly string[]): boolean {
  const name = host.toLowerCase();
  const parent = name.indexOf('.') > 0 ? name.slice(name.indexOf('.')) : undefined;
  return patterns.map((pattern) => pattern.toLowerCase()).some((pattern) => pattern === name || pattern === `*${parent}`);
}

/** Below which no mail leaves at this level. */
export function protectionOf(level: SecurityLevel): Protection {
  if (level === 'none' || level === 'may') return 'none';
  return level === 'encrypt' ? 'encrypted' : 'authenticated';
}

const replyOf = (result: ProbeResult): Reply | undefined =>
  result.kind === 'no-tls' || result.kind === 'unseen' ? result.reply : undefined;

const stepOf = (dsn: string): Step => (dsn.startsWith('5') ? 'bounces' : 'fails');

/** soft_bounce=yes logs a hard error as a deferral (bounce_append). */
function softened<T extends { readonly dsn: string }>(says: T, settings: Settings): T {
  return settings.softBounce ? { ...says, dsn: says.dsn.replace(/^5/, '4') } : says;
}

const hidesStartTls = (settings: Settings) => settings.discardEhloKeywords.includes('starttls');

const bug = (detail: string): Extract<ProbeResult, { readonly kind: 'unseen' }> => ({
  kind: 'unseen',
  phase: 'handshake',
  reason: 'our-bug',
  detail,
});

const NO_TLS = {
  'not-offered': 'starttls-not-offered',
  'ehlo-refused': 'ehlo-refused',
  'refused-4xx': 'starttls-refused-temporarily',
  'refused-5xx': 'starttls-refused',
} as const;

const PHASE = { 'not-offered': 'ehlo', 'ehlo-refused': 'ehlo', 'refused-4xx': 'starttls', 'refused-5xx': 'starttls' } as const;

/** Passed over before anything is tried: the walk keeps the error of another address. */
const SILENT: ReadonlySet<AddressFailure> = new Set<AddressFailure>(['wrapper-mode-below-encrypt', 'mx-not-in-pattern']);

const OUR_SIDE: ReadonlySet<UnseenReason> = new Set<UnseenReason>(['barred-address', 'no-way-out', 'not-attempted', 'our-bug']);
