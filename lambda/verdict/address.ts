/**
 * One address, judged at the level asked: what Postfix would make of what the probe saw there.
 *
 * Follows smtp_helo() and smtp_start_tls() in src/smtp/smtp_proto.c. What was presented is judged
 * in presented.ts. Pure.
 */

import type { Bundle } from '../policy/bundle.ts';
import type { TlsDemand } from '../policy/demand.ts';
import type { SecurityLevel } from '../policy/level.ts';
import { replyDsn } from '../probe/reply.ts';
import type { Phase, ProbeResult, Unseen } from '../probe/result.ts';
import { wantsWrapperMode } from '../probe/vantage.ts';
import { handshakeClause, noTlsClause, unseenClause } from './detail.ts';
import { type Attempt, type Finding, hostName, type Outcomes, outcomesOf } from './finding.ts';
import { NO_HANDSHAKE } from './postfix-says.ts';
import { judgePresented, type Moment } from './presented.ts';

/** Judges what one conversation gave. The order of the questions is Postfix's. */
export function judgeAddress(
  attempt: Attempt,
  result: ProbeResult,
  bundle: Bundle,
  moment: Moment,
): Finding {
  const outcomes = outcomesOf(attempt, result, bundle.settings);
  const finding = judgeTls(attempt, result, bundle, moment, outcomes);
  if (finding.verdict.outcome !== 'pass' || attempt.demand.level === 'none') return finding;
  const after = result.kind === 'presented' ? result.after : undefined;
  return after === undefined ? finding : turnedAway(after, bundle, outcomes);
}

/** Up to the certificate; what may follow behind a good handshake is asked when that is well. */
function judgeTls(
  attempt: Attempt,
  result: ProbeResult,
  bundle: Bundle,
  moment: Moment,
  outcomes: Outcomes,
): Finding {
  const { demand, host } = attempt;
  const { level, mxHostPatterns } = demand;
  const { settings, trust } = bundle;
  const { pass, fail, unseen } = outcomes;

  if (mxHostPatterns !== undefined && !fitsPattern(hostName(host), mxHostPatterns)) {
    return fail(
      'mx-not-in-pattern',
      `the MX host fits none of the MTA-STS patterns ${mxHostPatterns.join(', ')}`,
    );
  }
  if (demand.wrapperMode && plaintextWillDo(level)) {
    return fail(
      'wrapper-mode-below-encrypt',
      'smtp_tls_wrappermode asks for level encrypt or stronger',
    );
  }
  if (demand.wrapperMode && trust.kind === 'engine-off' && isConnected(result))
    return withoutEngine(demand, trust.because, outcomes);
  const port = attempt.nextHop.port;
  if (wantsWrapperMode({ port, wrapperMode: demand.wrapperMode }, result)) {
    const because =
      'the server waits for TLS from the first byte, and ours waits for its greeting ' +
      '(smtp_tls_wrappermode)';
    return fail('wrapper-mode-missing', because);
  }
  if (result.kind === 'unseen') return judgeUnseen(result, level, bundle, outcomes);
  if (level === 'none') return pass('none');

  if (trust.kind === 'engine-off' && !isWithoutStartTls(result)) {
    return plaintextWillDo(level) ? pass('none') : fail('tls-engine-off', trust.because);
  }
  switch (result.kind) {
    case 'no-tls': {
      if (plaintextWillDo(level))
        return result.after === undefined ? pass('none') : unseen(result.after);
      // What is remembered of earlier releases does not say by which setting.
      const discarded =
        result.why === 'not-offered' && settings.discardEhloKeywords.includes('starttls');
      const hiddenBy = result.hiddenBy ?? (discarded ? 'smtp_discard_ehlo_keywords' : undefined);
      const reason = hiddenBy === undefined ? NO_TLS[result.why] : 'starttls-ignored';
      return fail(reason, noTlsClause(result, hiddenBy));
    }
    case 'handshake-failed':
      return fail('handshake-failed', handshakeClause(result));
    case 'presented':
      return judgePresented(result, attempt, bundle, moment, outcomes);
  }
}

const isConnected = (result: ProbeResult) => result.kind !== 'unseen' || result.phase !== 'connect';

/**
 * In wrapper mode smtp_helo() starts TLS at once, and asks of no engine first: tls_client_start()
 * follows a null pointer. With smtp_tls_connection_reuse it is tlsproxy(8) that starts it, and
 * refuses.
 */
function withoutEngine(
  { connectionReuse }: TlsDemand,
  because: string,
  { fail }: Outcomes,
): Finding {
  if (connectionReuse)
    return fail('tls-engine-off', because, { says: NO_HANDSHAKE, phase: 'handshake' });
  return fail(
    'engine-off-kills-smtp',
    `smtp(8) starts TLS from the first byte without asking whether it can, and dies: ${because}`,
  );
}

/** Where Postfix never sends STARTTLS, it does not matter what would have come of it. */
function judgeUnseen(
  result: Unseen,
  level: SecurityLevel,
  bundle: Bundle,
  outcomes: Outcomes,
): Finding {
  const { pass, fail } = outcomes;
  const { trust } = bundle;
  const afterEhlo = AFTER_EHLO.has(result.phase);
  if (afterEhlo && level === 'none') return pass('none');
  if (afterEhlo && trust.kind === 'engine-off')
    return plaintextWillDo(level) ? pass('none') : fail('tls-engine-off', trust.because);
  return turnedAway(result, bundle, outcomes);
}

/** After a soft refusal Postfix tries the next host; a hard one bounces the mail. */
function turnedAway(why: Unseen, { settings }: Bundle, { fail, unseen }: Outcomes): Finding {
  const { phase, reason, reply } = why;
  if (reason === 'local-data-error' || reason === 'bind-refused')
    return fail(reason, unseenClause(why), { phase });
  const hard =
    reason === 'greeting-5xx'
      ? !settings.skip5xxGreeting
      : reply !== undefined && replyDsn(reply).startsWith('5');
  if (!hard) return unseen(why);
  return phase === 'greeting'
    ? fail('greeting-refused', unseenClause(why))
    : fail('helo-refused', unseenClause(why), { phase });
}

const plaintextWillDo = (level: SecurityLevel): boolean => level === 'none' || level === 'may';

const AFTER_EHLO: ReadonlySet<Phase> = new Set(['starttls', 'handshake']);

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

const NO_TLS = {
  'not-offered': 'starttls-not-offered',
  'ehlo-refused': 'ehlo-refused',
  'refused-4xx': 'starttls-refused-temporarily',
  'refused-5xx': 'starttls-refused',
} as const;
