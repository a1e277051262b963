/**
 * Why a delivery did not come about, from its status text and what was logged on the way to it; or
 * that it was not for TLS. Pure.
 */
import { meaningOf } from '../verdict/postfix-said.ts';
import { REASONS, type Reason, type ReasonGroup, reasonsWhere } from '../verdict/reason.ts';
import type { DeliveryLine } from './delivery.ts';
import { NOTHING_SAID, type PeerEvidence, peerKey, type Session } from './sessions.ts';

/** Why mail was not delivered for TLS. */
export interface TlsCause {
  /** Those it can be, the likeliest first; none for a text that no table of ours has. */
  readonly reasons: readonly Reason[];
  /** In Postfix's words, the host's name and reply included. */
  readonly says: string;
  /** What the words mean. */
  readonly means: string;
  /** Of the server it was, where the log tells anything of it. */
  readonly evidence?: PeerEvidence;
  /** A warning of Postfix about our own policy, or OpenSSL's error. */
  readonly detail?: string;
}

/** What else keeps mail waiting. */
export type OtherCause = 'connection' | 'dns' | 'reply' | 'other';

/**
 * The cause of a deferral or bounce: what the best host was refused for, unless a worse one ended
 * the walk for good. The last host has the last word in the log, but the best is whom mail is meant
 * for.
 */
export function causeOf(
  { queueId, text, relay, status, dsn }: Ended,
  session: Session,
): TlsCause | OtherCause {
  const last = tlsCause(text, session, relay === undefined ? undefined : peerKey(relay), dsn);
  if (status !== 'bounced')
    for (const better of session.passedOver) {
      if (better.queueId !== queueId) continue;
      const told = tlsCause(better.text, session, better.peer ?? NOBODY);
      if (told !== undefined) return told;
    }
  return last ?? otherCause(text);
}

type Ended = Pick<DeliveryLine, 'queueId' | 'text' | 'relay' | 'status' | 'dsn'>;

/** Of a status text alone, as the queue keeps it. */
export const causeOfWords = (text: string): TlsCause | OtherCause =>
  tlsCause(text, NOTHING_SAID, undefined) ?? otherCause(text);

/** Undefined where the text is not about TLS. */
function tlsCause(
  text: string,
  session: Session,
  key: string | undefined,
  dsn = '',
): TlsCause | undefined {
  const says = text.replace(/^(?:delivery temporarily suspended: )+/, '');
  const meaning = meaningOf(says);
  if (session.wrapperMode && /^conversation with \S+ timed out|^lost connection with /.test(says))
    return { reasons: ['wrapper-mode-missing'], says, means: WRAPPER_MODE };
  if (meaning === undefined)
    return OF_TLS.test(says) ? { reasons: [], says, means: UNKNOWN } : undefined;
  const [likeliest] = meaning.reasons;
  if (likeliest === undefined || !TLS_GROUPS.has(REASONS[likeliest].group)) return undefined;
  const evidence = evidenceFor(key, session);
  const warning = session.warning ?? (likeliest === 'invalid-entry' ? session.policy : undefined);
  const warned = warning === undefined ? session : { ...session, warning };
  const reasons = refined(meaning.reasons, evidence, warned, dsn);
  const detail = says.startsWith('TLSA lookup error ')
    ? session.lookup
    : detailOf(reasons, evidence, warned);
  return {
    reasons,
    says,
    means: meaning.sentence,
    ...(evidence === undefined ? {} : { evidence }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Of the server that is named, or else of the last one that anything is known of. */
function evidenceFor(key: string | undefined, { peers }: Session): PeerEvidence | undefined {
  return key === undefined ? [...peers.values()].at(-1) : peers.get(key);
}

function refined(
  reasons: readonly Reason[],
  evidence: PeerEvidence | undefined,
  { warning }: Session,
  dsn: string,
): readonly Reason[] {
  // The reply may begin with anything; the dsn is Postfix's reading of it.
  if (reasons.includes('starttls-refused-temporarily') && dsn.startsWith('5'))
    return ['starttls-refused'];
  if (reasons.includes('invalid-entry')) return ofConfiguration(warning);
  if (reasons.includes('mx-not-in-pattern') && warning?.startsWith('MX name'))
    return ['mx-not-in-pattern'];
  const isVerification = NOT_VERIFIED.some((reason) => reasons.includes(reason));
  if (!isVerification || evidence === undefined) return reasons;
  const { trust, unverified } = evidence;
  if (unverified !== undefined && unverified.reasons.length > 0) return unverified.reasons;
  if (trust === 'Trusted') return ['name-mismatch'];
  return trust === 'Anonymous' ? ['no-certificate'] : reasons;
}

/** `client TLS configuration problem`. */
function ofConfiguration(warning: string | undefined): readonly Reason[] {
  if (warning === undefined) return ['invalid-entry', 'table-unavailable', 'no-dnssec'];
  if (/policy table lookup error/.test(warning)) return ['table-unavailable'];
  return NO_DNSSEC.test(warning) ? ['no-dnssec'] : ['invalid-entry'];
}

function detailOf(
  reasons: readonly Reason[],
  evidence: PeerEvidence | undefined,
  { warning, library }: Session,
): string | undefined {
  if (reasons.some((reason) => REASONS[reason].group === 'ours' || reason === 'no-dnssec'))
    return warning;
  if (reasons.includes('handshake-failed'))
    return evidence?.warning ?? library ?? evidence?.handshake;
  return evidence?.unverified?.says ?? evidence?.warning;
}

function otherCause(text: string): OtherCause {
  const says = text.replace(/^(?:delivery temporarily suspended: )+/, '');
  const [likeliest] = meaningOf(says)?.reasons ?? [];
  if (likeliest === undefined) return /^host \S+ said: /.test(says) ? 'reply' : 'other';
  return REASONS[likeliest].group === 'dns' ? 'dns' : 'connection';
}

const NO_DNSSEC = /^dane(?:-only)? configured |^dns resolver options /;
/** Stands for a host of which nothing was told. */
const NOBODY = '';

const TLS_GROUPS: ReadonlySet<ReasonGroup> = new Set<ReasonGroup>([
  'tls',
  'trust',
  'name',
  'digest',
  'dane',
  'ours',
]);

const NOT_VERIFIED = reasonsWhere(({ group }) => group === 'trust' || group === 'name');

/** Postfix's own words; what a server replies stands behind `host … said:`. */
const OF_TLS = /^(?:TLS is required|Sender requested REQUIRETLS|REQUIRETLS |Cannot start TLS)/;

const UNKNOWN = 'a demand for TLS was not met';
const WRAPPER_MODE =
  'port 465 expects TLS from the first byte, and the service that delivers there does not begin ' +
  'with it (smtp_tls_wrappermode)';
