/**
 * The sentences of `why`, shared by text and document: how the mail fares, which line asks, why it
 * refuses, and what to do. Pure; strangers' text is made harmless here.
 */

import type { Bundle } from '../../policy/bundle.ts';
import { lint } from '../../policy/lint/lint.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { printMatch } from '../../policy/match-pattern.ts';
import { isOfNames, lacksName } from '../../run/why/asked.ts';
import type { NameProof } from '../../run/why/name-proof.ts';
import { chainIsTrusted, namesLogged } from '../../run/why/names.ts';
import { reasonsNow } from '../../run/why/today.ts';
import type { Answer } from '../../run/why/why.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { namesOffered, namesWanted } from '../../verdict/detail.ts';
import { REASONS, type Reason } from '../../verdict/reason.ts';
import { hostnameAdvice, withoutMatchListAdvice } from '../explain/advice.ts';
import { proofSentence } from './live-words.ts';

/** `certificate lacks the name asked for`, or Postfix's words where these leave too much open. */
export function causeWords({ reasons, held }: Pick<Answer, 'reasons' | 'held'>): string {
  const certain = certainReason(reasons);
  if (certain !== undefined) return REASONS[certain].words;
  return reasons.length === 0 || reasons.length > 3
    ? plain(held.cause.says, 120)
    : listed(
        reasons.map((reason) => REASONS[reason].words),
        3,
        'or',
      );
}

/**
 * The reason to tell: the only one, or the first where the others are rare beside it, or nothing
 * that could be seen would tell them apart.
 */
function certainReason(reasons: readonly Reason[]): Reason | undefined {
  const [first] = reasons;
  return reasons.length === 1 || first === 'name-mismatch' || first === 'starttls-not-offered'
    ? first
    : undefined;
}

/** The next hop where it is known, or else the domain. */
export const whereTo = ({ asked, held }: Pick<Answer, 'asked' | 'held'>): string =>
  plainName(asked?.hop?.nextHop.text ?? held.domain);

/** The domains whose mail it is, where the next hop is not the one domain. */
export function mailFor(answer: Answer): string | null {
  const { domains } = answer;
  if (domains.length === 1 && domains[0] === whereTo(answer)) return null;
  return listed(
    domains.map((domain) => plainName(domain)),
    5,
  );
}

/** `3 messages for 4 recipients: 1 waits, 2 bounced, 1 was delivered later`. */
export function fare({ held }: Answer): string {
  const waiting = held.waiting.reduce((sum, { recipients }) => sum + recipients, 0);
  const parts = [
    ...some(waiting, 'waits', 'wait'),
    ...some(held.bounced, 'bounced', 'bounced'),
    ...some(held.delivered, 'was delivered later', 'were delivered later'),
    ...some(held.otherwise, 'ended otherwise', 'ended otherwise'),
  ];
  const of = `${count(held.messages, 'message')} for ${count(held.recipients, 'recipient')}`;
  return parts.length === 0 ? of : `${of}: ${parts.join(', ')}`;
}

/** `tried 3 times, first Thu 2026-11-26 10:39Z, last Fri 2026-11-27 10:39Z`. */
export function tried({ held }: Answer): string | null {
  const { attempts, firstAt, lastAt } = held;
  if (attempts === 0) return firstAt === undefined ? null : `waits since ${moment(firstAt)}`;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  if (firstAt === undefined || lastAt === undefined) return times;
  return attempts === 1
    ? `${times}, ${moment(lastAt)}`
    : `${times}, first ${moment(firstAt)}, last ${moment(lastAt)}`;
}

/** When what waits is given back; null where nothing waits or the log has no times. */
export function givenUp({ givenUpFrom }: Answer, now: number): string | null {
  if (givenUpFrom === undefined) return null;
  return givenUpFrom > now
    ? `from ${moment(givenUpFrom)} on, unless it is delivered before`
    : `${moment(givenUpFrom)} at the earliest: what still waited then has gone back to its sender`;
}

/** Which entry asks, as it is written; null without a policy. */
export function policySentence(answer: Answer): string | null {
  const { asked, demand, reasons } = answer;
  if (asked === undefined) return null;
  const { destination, hop } = asked;
  if (destination.settled !== undefined)
    return `${plainName(destination.settled.table)}: ${plain(destination.settled.because)}`;
  if (destination.unchecked !== undefined || hop === undefined)
    return plain(destination.unchecked?.sentence ?? 'no policy is looked up');
  const entry = hop.demand.entry;
  const where =
    entry === undefined
      ? 'no entry applies, so that the global level counts'
      : `${entry.table}${entry.line === 0 ? '' : ` line ${entry.line}`}: ` +
        plain(`${entry.key} ${entry.value}`);
  const hopName = plainName(hop.nextHop.text);
  const of = hop.nextHop.text === destination.name ? '' : ` (for the next hop ${hopName})`;
  if (demand === undefined || asksForIt(reasons, demand.level))
    return `${where}${entry === undefined && demand !== undefined ? `: ${demand.level}` : ''}${of}`;
  return (
    `${where}${of}; level ${demand.level} does not ask for this: the policy was changed since, ` +
    'or another one was in use'
  );
}

/** Why the mail was refused, both sides where they are known; null where the words say it all. */
export function whySentence(answer: Answer): string | null {
  const { reasons, server, held } = answer;
  const [reason] = reasons;
  const { detail } = held.cause;
  if (lacksName(reasons)) return namesSentence(answer);
  if (reason !== undefined && REASONS[reason].group === 'ours')
    return detail === undefined ? null : plain(detail);
  const at =
    server === undefined
      ? ''
      : `At ${plainName(server.peer.host)} (${plainName(server.peer.address)}): `;
  if (detail !== undefined && reason === 'digest-mismatch' && reasons.length === 1)
    return `${at}neither certificate nor key has a digest that is listed (logged as "${plain(detail)}")`;
  if (detail !== undefined) return `${at}${plain(detail)}`;
  if (server?.trust === 'Untrusted' && reasons.length > 1)
    return `${at}the chain is not trusted, or is not asked about at this level`;
  const why = reasons.length === 1 && reason !== undefined ? REASONS[reason].why : undefined;
  return why === undefined ? null : `${at}${why}`;
}

function namesSentence({ server, demand, namesAsked }: Answer): string {
  const host = server === undefined ? 'the server' : plainName(server.peer.host);
  const offered = server === undefined ? undefined : namesLogged(server);
  const all = server === undefined || server.moreNames === 0;
  const offers =
    offered === undefined
      ? `the certificate of ${host} has no such name; which it has is not in the log (Postfix up ` +
        'to 3.5 writes them at smtp_tls_loglevel 2, later ones never)'
      : `the certificate of ${host} offers ${namesOffered(offered)}${all ? '' : ', and others'}`;
  const trusted = server !== undefined && chainIsTrusted(server);
  const begin = trusted ? 'The chain is trusted, but ' : '';
  const rest = trusted ? '' : '; whether its chain is trusted the log does not tell';
  if (demand === undefined || namesAsked.length === 0)
    return upper(`${begin}the policy asks for another name: ${offers}${rest}`);
  const byNextHop = demand.match.every(({ kind }) => kind === 'nexthop' || kind === 'dot-nexthop');
  const since = byNextHop ? ', because DNS may not choose the name,' : '';
  const wants = `${demand.level} wants ${namesWanted(namesAsked)}${since} and ${offers}${rest}`;
  return upper(`${begin}${wants}`);
}

const upper = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** What would help where no line is given; null where nothing can be said. */
export function cureSentence(answer: Answer, bundle: Bundle | undefined): string | null {
  const { reasons, suggestion, caution, asked, today } = answer;
  // What a look of today says has its cure in it, where there is one.
  if (today !== undefined && today.is !== 'cannot-tell') return null;
  const reason = certainReason(reasons);
  if (suggestion !== null || caution !== undefined || reason === undefined) return null;
  if (reason === 'invalid-entry' && bundle !== undefined) {
    const entry = asked?.hop?.demand.entry;
    const problem = problemsOf(bundle).find(
      ({ place, severity }) => severity === 'defers' && place.line === entry?.line,
    );
    if (problem !== undefined) return problem.cure;
  }
  // The row's own words are for a certificate that was seen to cover neither name.
  if (reason === 'name-mismatch' && !(answer.demand !== undefined && answer.coversHost === false))
    return null;
  return REASONS[reason].cure ?? null;
}

function problemsOf(bundle: Bundle): readonly LintProblem[] {
  const known = problems.get(bundle) ?? lint(bundle);
  problems.set(bundle, known);
  return known;
}

/** Thousands of entries may be broken alike. */
const problems = new WeakMap<Bundle, readonly LintProblem[]>();

/** Why `verify` and `match=hostname` are no answer; null where nobody would ask. */
export function hostnameSentence(answer: Answer): string | null {
  const { demand, coversHost, server, today } = answer;
  const reasons = reasonsNow(answer);
  const [reason] = reasons;
  if (today?.is === 'over' || demand === undefined || reason === undefined || !lacksName(reasons))
    return null;
  const { level, match } = demand;
  const advice = hostnameAdvice({ level, reason, match: match.map(printMatch) });
  if (advice === null || coversHost === true) return advice;
  const host = server === undefined ? 'the MX host' : plainName(server.peer.host);
  const instead =
    coversHost === false
      ? `They would not deliver either: the certificate of ${host} does not have that name.`
      : `Whether they would deliver is not in the log: it does not tell whether the certificate ` +
        `of ${host} has that name. They protect less:`;
  return advice.replace('They would deliver, but protect less:', instead);
}

/** Whether `secure` can be had without naming matches; null where it is not about that. */
export function withoutMatchListSentence(
  answer: Answer,
  proofs: readonly NameProof[] = [],
): string | null {
  const { demand, asked, held, today } = answer;
  if (!isOfNames(reasonsNow(answer), demand) || asked === undefined || today?.is === 'over')
    return null;
  const [first] = held.peers;
  const { destination, hop } = asked;
  const byDefault = withoutMatchListAdvice(
    {
      destination: destination.name,
      nextHop: hop === undefined ? null : { ...hop.nextHop },
      hosts: first === undefined ? [] : [{ host: plainName(first.peer.host) }],
    },
    { verdict: 'fail', reason: 'name-mismatch', sentence: '' },
  );
  if (demand?.matchFrom === 'entry') return null;
  const proof = proofs.find(({ nextHop }) => nextHop === hop?.nextHop.text);
  return (
    `${byDefault} No match list is needed where DANE authenticates the names: at dane and ` +
    'dane-only, TLSA records say which certificate is right, and DNSSEC signs them and the MX ' +
    `records. ${proof === undefined ? 'Where it does not, the names have to be listed.' : proofSentence(proof)}`
  );
}

/** Whether a level minds what went wrong. */
function asksForIt(reasons: readonly Reason[], level: string): boolean {
  const groups = new Set(reasons.map((reason) => REASONS[reason].group));
  const ofCertificate = ['trust', 'name', 'digest'] as const;
  if (level === 'none' || level === 'may')
    return groups.has('ours') || groups.has('reach') || groups.size === 0;
  return level !== 'encrypt' || !ofCertificate.some((group) => groups.has(group));
}

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const some = (n: number, one: string, many: string): string[] =>
  n === 0 ? [] : [`${n} ${n === 1 ? one : many}`];
