/** What `why` prints: one answer after the other, worst first. Pure. */
import type { PeerEvidence } from '../../log/sessions.ts';
import { lacksName } from '../../run/why/asked.ts';
import { namesLogged } from '../../run/why/names.ts';
import type { Answer } from '../../run/why/why.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { columns, labelled, wrap } from '../../text/wrap.ts';
import type { Reason } from '../../verdict/reason.ts';
import { cureLines } from '../check/cure-lines.ts';
import { blindSentence } from '../check/overview.ts';
import type { Paint } from '../terminal/colour.ts';
import { lookCommand, type Step, stepsFor } from './commands.ts';
import type { Told } from './document.ts';
import { proofWords, todaySentence } from './live-words.ts';
import {
  causeWords,
  count,
  cureSentence,
  fare,
  givenUp,
  hostnameSentence,
  mailFor,
  policySentence,
  tried,
  whereTo,
  whySentence,
  withoutMatchListSentence,
} from './words.ts';

export function whyText(told: Told, paint: Paint, width: number): string {
  const lines = told.answers.flatMap((answer) => [...answerLines(answer, told, paint, width), '']);
  return `${[...lines, ...proofLines(told), ...stepsForAll(told, width), ...footer(told, width)].join('\n')}\n`;
}

const STYLE = { waits: 'red', bounced: 'red', over: 'green' } as const;
const TODAY = {
  over: 'over today',
  still: 'still so today',
  'cannot-tell': 'today cannot be told',
} as const;
const STATE = { waits: 'mail waits', bounced: 'mail bounced', over: 'over' } as const;

function answerLines(answer: Answer, told: Told, paint: Paint, width: number): string[] {
  const { held, state, server } = answer;
  const title = `${whereTo(answer)}: ${causeWords(answer)}`;
  const { today } = answer;
  const now = today === undefined ? '' : `, ${TODAY[today.is]}`;
  const style = today?.is === 'over' ? 'green' : today?.is === 'still' ? 'red' : STYLE[state];
  const lines = [`${paint('bold', title)}  (${paint(style, `${STATE[state]}${now}`)})`, ''];
  const say = (label: string, text: string | null): void => {
    if (text !== null) lines.push(...labelled(`  ${label}`, text, LABEL, width));
  };
  say('for', mailFor(answer));
  say('mail', fare(answer));
  say('ids', idsOf(answer));
  say('tried', tried(answer));
  say('given up', givenUp(answer, told.now));
  say('Postfix says', `${held.dsn} ${plain(held.cause.says)}`.trim());
  say('means', held.cause.means);
  say('policy', policySentence(answer));
  if (server !== undefined) {
    say('server', serverSentence(server));
    if (answer.namesAsked.length > 0)
      say('wanted', answer.namesAsked.map((name) => plainName(name)).join(', '));
    say('offered', offered(server, answer.reasons));
    say('chain', chainSentence(server));
  }
  // What was seen today says it anew.
  if (today?.is !== 'still' || !today.sameReason) say('why', whySentence(answer));
  say('today', today === undefined ? null : todaySentence(today));
  say('cure', cureSentence(answer, told.bundle));
  lines.push(...lineParagraphs(answer, paint, width));
  for (const [question, text] of [
    ['Would verify or match=hostname do?', hostnameSentence(answer)],
    [
      'Can I have secure without a match list?',
      withoutMatchListSentence(answer, told.live?.proofs),
    ],
  ] as const)
    if (text !== null) lines.push('', `  ${question}`, ...wrap(`    ${text}`, width, '    '));
  return [...lines, ...nextSteps(answer, told, width)];
}

function idsOf({ held: { waiting } }: Answer): string | null {
  return waiting.length === 0
    ? null
    : listed(
        waiting.map(({ queueId }) => queueId),
        5,
      );
}

function serverSentence(server: PeerEvidence): string {
  const { peer, trust, issuer } = server;
  const port = peer.port === undefined ? '' : `:${peer.port}`;
  const chain = trust === undefined || hidesChain(server) ? '' : `, ${CHAIN[trust]}`;
  const by = issuer === undefined ? '' : `, issued by ${plainName(issuer)}`;
  return `${plainName(peer.host)}[${plainName(peer.address)}]${port}${chain}${by}`;
}

/** A name that is wrong hides the chain, whatever the word for both of them. */
const hidesChain = ({ trust, unverified }: PeerEvidence): boolean =>
  unverified !== undefined && (trust === 'Trusted' || lacksName(unverified.reasons));

const CHAIN = {
  Verified: 'certificate verified',
  Trusted: 'chain trusted, names not as asked',
  Untrusted: 'chain not trusted, or not asked about',
  Anonymous: 'no certificate',
} as const;

/** Subjects as OpenSSL built the chain; whoever chose them may have written anything. */
const chainSentence = ({ chain = [] }: PeerEvidence): string | null =>
  chain.length < 2
    ? null
    : chain.map((subject) => (subject === '' ? '(not told)' : plain(subject, 120))).join(', by ');

function offered(server: PeerEvidence, reasons: readonly Reason[]): string | null {
  if (reasons.includes('digest-mismatch')) return digestsOffered(server);
  const names = namesLogged(server);
  if (names === undefined) return null;
  const shown = names.slice(0, NAMES_SHOWN).map((name) => plain(name, 80));
  const more = names.length - shown.length + server.moreNames;
  return `${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

function digestsOffered({ fingerprints = {} }: PeerEvidence): string | null {
  const { certificate, key } = fingerprints;
  const parts = [
    ...(certificate === undefined ? [] : [`certificate ${certificate}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}

/** The caution in place of a line; what comes from unsigned DNS stands before one. */
function lineParagraphs(answer: Answer, paint: Paint, width: number): string[] {
  const { suggestion, caution } = answer;
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  if (caution !== undefined)
    return [
      '',
      '  No line to use yet:',
      ...indented(cureLines({ suggestion: null, caution }, paint, width - 2)),
    ];
  if (suggestion === null) return [];
  const line = ['', '  Use instead:', `    ${paint('bold', suggestion.line)}`];
  const because = wrap(`    ${suggestion.because}`, width, '    ');
  return suggestion.restsOn === 'dns'
    ? ['', '  Before you change the line:', ...because, ...line]
    : [...line, ...because];
}

function nextSteps(answer: Answer, { flags, own, answers }: Told, width: number): string[] {
  const lines: string[] = [];
  const steps = stepsFor(answer, flags);
  // What is the same for every message stands once, at the end.
  const shown = answers.length === 1 ? steps : steps.filter(({ forAll }) => !forAll);
  if (shown.length > 0) {
    const when = answer.today?.is === 'over' ? 'The cause is gone' : 'Once the cause is gone';
    lines.push('', `  ${when}, for the mail that waits:`);
    lines.push(...stepLines(shown, '    '));
    if (answers.length === 1) lines.push(...wrap(`    ${BY_ITSELF}`, width, '    '));
  }
  if (answer.held.bounced > 0) lines.push('', ...wrap(`  ${BOUNCED}`, width, '  '));
  const look = lookCommand(answer, own);
  if (look !== null) lines.push('', '  What it presents today:', `    ${look}`);
  return lines;
}

const stepLines = (steps: readonly Step[], indent: string): string[] =>
  columns(steps.map(({ command, does }) => [`${indent}${command}`, does]));

/** Of several answers: what can be done with any message that waits. */
function stepsForAll({ answers, flags }: Told, width: number): string[] {
  if (answers.length < 2) return [];
  const [steps = []] = answers
    .map((one) => stepsFor(one, flags))
    .filter(({ length }) => length > 0);
  const common = steps.filter(({ forAll }) => forAll);
  if (common.length === 0) return [];
  return [
    'For any message that waits:',
    ...stepLines(common, '  '),
    ...wrap(`  ${BY_ITSELF}`, width, '  '),
    '',
  ];
}

/** Of the other entries at secure. */
function proofLines({ answers, live }: Told): string[] {
  const told = new Set(answers.map((answer) => answer.asked?.hop?.nextHop.text));
  const others = (live?.proofs ?? []).filter(({ nextHop }) => !told.has(nextHop));
  if (others.length === 0) return [];
  return [
    'What could take the place of a match list for other entries at secure, by the DNS of today:',
    ...columns(others.map(proofWords)).map((line) => `  ${line}`),
    '',
  ];
}

const BY_ITSELF =
  'Each is tried again by itself in its turn, and looks its policy up anew: postsuper -r, which ' +
  'queues it as if it had just come, is not needed.';
const BOUNCED = 'What bounced went back to its sender, and has to be sent again.';

function footer(
  { answers, log, queue, sources, bundle, live, notes }: Told,
  width: number,
): string[] {
  const say = (text: string) => wrap(text, width, '  ');
  const lines: string[] = [];
  const isKnown = queue !== undefined || log?.postfixLines !== 0;
  if (answers.length === 0 && isKnown) lines.push(...say('No mail was held up for TLS.'));
  if (log !== undefined) {
    const from = log.firstAt === undefined ? '' : `, ${moment(log.firstAt)}`;
    const to = log.lastAt === undefined ? '' : ` to ${moment(log.lastAt)}`;
    lines.push(
      ...say(
        `read: ${listed(sources.map((source) => plain(source)))}${from}${to}: ` +
          `${count(log.lines, 'line')}, ${log.postfixLines} of Postfix, ` +
          `${count(log.sent, 'recipient')} delivered`,
      ),
    );
    const apart = Object.values(log.other).reduce((sum, n) => sum + n, 0);
    if (apart > 0)
      lines.push(...say(`  not TLS: ${count(apart, 'attempt')} (${otherWords(log.other)})`));
  }
  if (queue !== undefined) {
    const apart = Object.values(queue.other).reduce((sum, n) => sum + n, 0);
    lines.push(
      ...say(`the queue has ${count(queue.messages, 'message')}`),
      ...(apart === 0
        ? []
        : say(`  not for TLS: ${count(apart, 'recipient')} (${otherWords(queue.other)})`)),
    );
  }
  if (bundle !== undefined) {
    lines.push(...say(`policy read as Postfix ${bundle.settings.version} would`));
    for (const assumption of bundle.assumed) lines.push(...say(`  assumed: ${assumption}`));
  }
  if (live !== undefined) {
    const { complete, vantage, noDnssec } = live.run;
    if (noDnssec !== undefined) lines.push(...say(`no DANE: ${noDnssec}`));
    if (!complete)
      lines.push(
        ...say('not everything could be looked at today in the time given: see --deadline'),
      );
    for (const family of ['ipv4', 'ipv6'] as const)
      if (vantage[family] === 'blind') lines.push(...say(blindSentence(family)));
  }
  for (const note of notes) lines.push(...say(`note: ${plain(note)}`));
  return lines;
}

const OTHER_WORDS: Readonly<Record<string, string>> = {
  connection: 'no connection',
  dns: 'DNS',
  reply: 'refused by the other side',
  other: 'something else',
  untried: 'not tried yet',
};

const otherWords = (other: Readonly<Record<string, number>>): string =>
  Object.entries(other)
    .filter(([, n]) => n > 0)
    .map(([kind, n]) => `${n} ${OTHER_WORDS[kind] ?? kind}`)
    .join(', ');

const LABEL = 16;
const NAMES_SHOWN = 10;
