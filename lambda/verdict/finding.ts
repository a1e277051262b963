/**
 * An address as judged, whatever the outcome: what is published of it, and what the walk over all
 * addresses, the forecast and the suggestion need besides. Pure.
 */
import { type Certificate, readCertificate, shown } from '../certificate/certificate.ts';
import { printTlsa } from '../certificate/tlsa.ts';
import type { Trust } from '../certificate/trust/path.ts';
import { BOUNDS } from '../limits.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { SecurityLevel } from '../policy/level.ts';
import type { NextHop } from '../policy/next-hop.ts';
import type { Settings } from '../policy/settings.ts';
import type { Phase, ProbeResult, Reply, Unseen } from '../probe/result.ts';
import type { MxHost } from '../route/route.ts';
import { unseenClause } from './detail.ts';
import { referenceIdentifiers } from './name-match.ts';
import { type Saying, saysOfFailure, saysOfUnseen } from './postfix-says.ts';
import {
  type AddressFailure,
  type FailureText,
  failureText,
  phaseOf,
  unseenText,
} from './reason.ts';
import type { AddressVerdict, Protection, ShownCertificate, ShownTlsa } from './verdict.ts';
import type { Step } from './walk-orders.ts';

/** One address of one host, on the way to one next hop. */
export interface Attempt {
  readonly nextHop: NextHop;
  readonly demand: TlsDemand;
  readonly host: MxHost;
  readonly address: string;
  /** At dane levels: what was found in DNS. */
  readonly tlsa?: ShownTlsa;
}

/**
 * An address as judged: what is published, and what the walk, the forecast and the suggestion need
 * besides.
 */
export interface Finding {
  readonly attempt: Attempt;
  readonly verdict: AddressVerdict;
  /**
   * What a new message meets here; an unseen address counts as failing, or as skipped where Postfix
   * might see it.
   */
  readonly step: Step;
  /** Under which the mail would leave, if it does. */
  readonly protection: Protection;
  /**
   * TLS that breaks at `may`: the first attempt fails, a later one goes out in plaintext.
   */
  readonly plaintextLater: boolean;
  /** Whose doing it is that nothing was seen. */
  readonly unseen?: 'theirs' | 'ours';
  /** At verify and secure: the chain presented, and the certificate it starts with. */
  readonly trust?: Trust;
  readonly leaf?: Certificate;
}

/**
 * What is known of a chain: the name or digest that fitted, the anchor, and how far both can be
 * trusted.
 */
export interface ChainFacts {
  readonly matched: string | null;
  readonly anchor: string | null;
  readonly trust: Trust;
  readonly leaf: Certificate;
}

/** `says`, `phase`: where they do not follow from the reason. */
type FailureFacts = Partial<ChainFacts> & { readonly says?: Saying; readonly phase?: Phase };

/** The three outcomes of one address. */
export interface Outcomes {
  pass(protection: Protection, facts?: Partial<ChainFacts>): Finding;
  fail(reason: AddressFailure, detail: string, facts?: FailureFacts): Finding;
  unseen(why: Unseen): Finding;
}

export function outcomesOf(attempt: Attempt, result: ProbeResult, settings: Settings): Outcomes {
  const known = { attempt, base: baseOf(attempt, result), settings, reply: replyOf(result) };
  return {
    pass: (protection, facts = {}) => passed(known, protection, facts),
    fail: (reason, detail, facts = {}) => failed(known, reason, detail, facts),
    unseen: (why) => unseen(known, why),
  };
}

interface Known {
  readonly attempt: Attempt;
  readonly base: ReturnType<typeof baseOf>;
  readonly settings: Settings;
  readonly reply: Reply | undefined;
}

/** What is known of the address whatever the outcome. */
function baseOf(attempt: Attempt, result: ProbeResult) {
  const presented = result.kind === 'presented' ? result : undefined;
  return {
    address: attempt.address,
    port: attempt.nextHop.port,
    reply: published(replyOf(result)),
    tls:
      presented === undefined ? null : { protocol: presented.protocol, cipher: presented.cipher },
    asked: askedOf(attempt),
    matched: null,
    anchor: null,
    tlsa: attempt.tlsa ?? null,
    chain: presented === undefined ? [] : shownChain(presented.chain),
  };
}

function passed(
  { attempt, base }: Known,
  protection: Protection,
  { trust, leaf, ...names }: Partial<ChainFacts>,
): Finding {
  const nothing = { reason: null, detail: null, phase: null, says: null };
  const verdict: AddressVerdict = { ...base, ...names, outcome: 'pass', ...nothing };
  const step = 'takes';
  return { attempt, verdict, step, protection, plaintextLater: false, ...kept(trust, leaf) };
}

function failed(
  { attempt, base, settings, reply }: Known,
  reason: AddressFailure,
  detail: string,
  { trust, leaf, says: own, phase = phaseOf(reason), ...names }: FailureFacts,
): Finding {
  const says = softened(own ?? saysOfFailure(reason, peerOf(attempt), settings, reply), settings);
  const verdict: AddressVerdict = {
    ...base,
    ...names,
    outcome: 'fail',
    reason,
    detail,
    phase,
    says,
  };
  const { level } = attempt.demand;
  const plaintextLater = level === 'may' && reason === 'handshake-failed';
  const protection = plaintextLater ? 'none' : protectionOf(level);
  const step = STEPS[failureText(reason)] ?? stepOf(says);
  return { attempt, verdict, step, protection, plaintextLater, ...kept(trust, leaf) };
}

function unseen({ attempt, base, settings }: Known, why: Unseen): Finding {
  const { level } = attempt.demand;
  const said = saysOfUnseen(why, peerOf(attempt), settings, level);
  const says = said === undefined ? null : softened(said, settings);
  const { phase, reason } = why;
  const detail = unseenClause(why);
  return {
    attempt,
    verdict: {
      ...base,
      outcome: 'unseen',
      reason,
      detail,
      phase,
      says,
      ...(why.anotherRun === undefined ? {} : { anotherRun: why.anotherRun }),
    },
    step: says === null ? 'skipped' : diedInPlaintext(why, level) ? 'spends' : stepOf(says),
    protection: protectionOf(level),
    plaintextLater: level === 'may' && diedInTls(why),
    unseen: unseenText(reason) === 'nothing' ? 'ours' : 'theirs',
  };
}

const peerOf = ({ host, address, nextHop }: Attempt) => ({
  host: hostName(host),
  address,
  port: nextHop.port,
});

/**
 * The name by which Postfix knows a host: as published, or its alias' target with
 * smtp_cname_overrides_servername.
 */
export const hostName = (host: Pick<MxHost, 'host' | 'canonical'>) => host.canonical ?? host.host;

/** Below which no mail leaves at this level. */
export function protectionOf(level: SecurityLevel): Protection {
  if (level === 'none' || level === 'may') return 'none';
  return level === 'encrypt' ? 'encrypted' : 'authenticated';
}

function kept(
  trust: Trust | undefined,
  leaf: Certificate | undefined,
): Pick<Finding, 'trust' | 'leaf'> {
  return { ...(trust === undefined ? {} : { trust }), ...(leaf === undefined ? {} : { leaf }) };
}

function askedOf({ demand, host, nextHop }: Attempt): readonly string[] {
  if (demand.level === 'fingerprint') return demand.digests;
  if (demand.tlsa !== undefined) return demand.tlsa.records.map(printTlsa);
  return referenceIdentifiers(demand.match, { nextHop: nextHop.host, mxHost: hostName(host) });
}

/** What the server said where it ended the talk, behind a good handshake too. */
function replyOf(result: ProbeResult): Reply | undefined {
  switch (result.kind) {
    case 'presented':
      return result.after?.reply;
    case 'no-tls':
    case 'unseen':
      return result.reply;
    case 'handshake-failed':
      return undefined;
  }
}

const published = (reply: Reply | undefined): AddressVerdict['reply'] =>
  reply === undefined ? null : { code: reply.code, text: reply.text };

/** STARTTLS was refused, at `may` the session went on, and was lost: it counts as one. */
const diedInPlaintext = ({ phase }: Unseen, level: SecurityLevel): boolean =>
  phase === 'after-starttls' || (phase === 'starttls' && level === 'may');

/** PLAINTEXT_FALLBACK_OK_AFTER_TLS_SESSION_FAILURE: a session that is lost, not one refused. */
const diedInTls = ({ phase, reason }: Unseen): boolean =>
  (phase === 'ehlo-after-tls' || phase === 'helo-after-tls') &&
  (reason === 'connection-lost' || reason === 'timed-out');

/**
 * Made once for each chain of a run, and shared: thousands of entries may lead to the same host.
 */
function shownChain(chain: readonly string[]): readonly ShownCertificate[] {
  const known = shownChains.get(chain);
  if (known !== undefined) return known;
  const made = chain.flatMap((der) => {
    const certificate = readCertificate(der);
    if (certificate.kind === 'unreadable') return [];
    const { subject, issuer, commonName, dnsNames, ...rest } = shown(certificate);
    return [
      {
        ...rest,
        subject: bounded(subject),
        issuer: bounded(issuer),
        commonName: commonName === null ? null : bounded(commonName),
        dnsNames: dnsNames.slice(0, BOUNDS.shownNames).map(bounded),
      },
    ];
  });
  shownChains.set(chain, made);
  return made;
}

/** A certificate has room for names of 100 KB; no host has one. */
const bounded = (text: string) => text.slice(0, BOUNDS.shownTextChars).toWellFormed();

const shownChains = new WeakMap<readonly string[], readonly ShownCertificate[]>();

/** Where the step does not follow from what is said: smtp(8) that died tries no other address. */
const STEPS: Partial<Record<FailureText, Step>> = {
  'not-tried': 'skipped',
  killed: 'bounces',
  panic: 'bounces',
};

/** A hard error of a server ends the walk. */
const stepOf = ({ dsn }: Saying): Step => (dsn.startsWith('5') ? 'bounces' : 'fails');

/**
 * soft_bounce=yes logs a hard error as a deferral and goes on (smtp_bulk_fail(), bounce_append()).
 */
function softened(says: Saying, settings: Settings): Saying {
  return settings.softBounce ? { ...says, dsn: says.dsn.replace(/^5/, '4') } : says;
}
