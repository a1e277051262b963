/**
 * One address, judged at the level asked: what Postfix would make of what the probe saw there.
 *
 * Follows smtp_helo() and smtp_start_tls() in src/smtp/smtp_proto.c. What was presented is judged
 * in presented.ts. Pure.
 */

import type { Bundle } from '../policy/bundle.ts';
import type { SecurityLevel } from '../policy/level.ts';
import type { Phase, ProbeResult, Unseen } from '../probe/result.ts';
import { handshakeClause, noTlsClause, unseenClause } from './detail.ts';
import { type Attempt, type Finding, hostName, type Outcomes, outcomesOf } from './finding.ts';
import { judgePresented, type Moment } from './presented.ts';

/** Judges what one conversation gave. The order of the questions is Postfix's. */
export function judgeAddress(
  attempt: Attempt,
  result: ProbeResult,
  bundle: Bundle,
  moment: Moment,
): Finding {
  const { demand, host } = attempt;
  const { level, mxHostPatterns } = demand;
  const { settings, trust } = bundle;
  const outcomes = outcomesOf(attempt, result, settings);
  const { pass, fail } = outcomes;

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
  if (result.kind === 'unseen') return judgeUnseen(result, level, bundle, outcomes);
  if (level === 'none') return pass('none');

  if (trust.kind === 'engine-off' && !isWithoutStartTls(result)) {
    return plaintextWillDo(level) ? pass('none') : fail('tls-engine-off', trust.because);
  }
  switch (result.kind) {
    case 'no-tls': {
      if (plaintextWillDo(level)) return pass('none');
      const discarded = settings.discardEhloKeywords.includes('starttls');
      return fail(NO_TLS[result.why], noTlsClause(result, discarded));
    }
    case 'handshake-failed':
      return fail('handshake-failed', handshakeClause(result));
    case 'presented':
      return judgePresented(result, attempt, bundle, moment, outcomes);
  }
}

/** Where Postfix never sends STARTTLS, it does not matter what would have come of it. */
function judgeUnseen(
  result: Unseen,
  level: SecurityLevel,
  { settings, trust }: Bundle,
  { pass, fail, unseen }: Outcomes,
): Finding {
  const afterEhlo = AFTER_EHLO.has(result.phase);
  if (afterEhlo && level === 'none') return pass('none');
  if (afterEhlo && trust.kind === 'engine-off')
    return plaintextWillDo(level) ? pass('none') : fail('tls-engine-off', trust.because);
  const rejected = result.reason === 'greeting-5xx' && !settings.skip5xxGreeting;
  return rejected ? fail('greeting-refused', unseenClause(result)) : unseen(result);
}

const plaintextWillDo = (level: SecurityLevel): boolean => level === 'none' || level === 'may';

const AFTER_EHLO: ReadonlySet<Phase> = new Set(['starttls', 'handshake', 'ehlo-after-tls']);

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
