/**
 * What `explain` prints: one destination as a whole, in the order in which Postfix goes through it.
 * Pure.
 */
import { postTlsFinger } from '../../alert/message/posttls-finger.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { daysLeft, moment } from '../../text/dates.ts';
import { labelled, wrap } from '../../text/wrap.ts';
import { heldWords } from '../../verdict/held.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { cureLines } from '../check/cure-lines.ts';
import { runFacts, trustSentence } from '../check/document.ts';
import { type Paint, VERDICT_STYLE } from '../terminal/colour.ts';
import { judgedHostnameAdvice, servernameAdvice, withoutMatchListAdvice } from './advice.ts';
import { hostLines } from './hosts-story.ts';
import { demandSentence, routeSentence } from './route-words.ts';
import type { ExplainDocument } from './schema.ts';
import type { NameSourcesDocument } from './source-schema.ts';
import { sourceLines } from './source-story.ts';
import { describeStsAnswer, stsAnswerLines } from './sts-answer.ts';
import type { StsAnswerDocument } from './sts-answer-schema.ts';

/** The story as labelled parts, so that text and JSON tell the same. */
export interface Story {
  readonly verdict: EntryVerdict;
  readonly demand: string;
  readonly route: string;
  /** Whether `verify` and `match=hostname` would deliver; null where the question does not arise. */
  readonly hostnameAdvice: string | null;
  /** The answer to "can I have secure without a match list?"; null where it does not arise. */
  readonly withoutMatchList: string | null;
  /** That a name that is sent (SNI) would help, to a version that cannot send one; else null. */
  readonly servernameAdvice: string | null;
  /** Who may be believed about the hosts; null where mail does not go by MX records. */
  readonly nameSources: NameSourcesDocument | null;
  /** Of an entry that a daemon for MTA-STS gave; else null. */
  readonly stsAnswer: StsAnswerDocument | null;
  /** The command that shows the same; null where posttls-finger cannot. */
  readonly postTlsFinger: string | null;
}

export function tellStory(
  verdict: EntryVerdict,
  destination: Destination,
  bundle: Bundle,
  /** The same entry without its match list, and with that of verify; undefined: no such question. */
  otherwise: {
    readonly without: EntryVerdict | undefined;
    readonly hostname: EntryVerdict | undefined;
    /** What a version that can send a name would come to; undefined: no such question. */
    readonly sent: EntryVerdict | undefined;
    readonly sources: NameSourcesDocument | null;
  },
): Story {
  const hop = destination.hops[0];
  return {
    verdict,
    demand:
      hop === undefined
        ? (destination.unchecked?.sentence ?? 'nothing is asked')
        : demandSentence(hop, bundle),
    route: routeSentence(verdict),
    hostnameAdvice: judgedHostnameAdvice(verdict, otherwise.hostname),
    withoutMatchList: withoutMatchListAdvice(verdict, otherwise.without),
    servernameAdvice: servernameAdvice(bundle.settings.version, otherwise.sent),
    nameSources: otherwise.sources,
    stsAnswer: describeStsAnswer(destination, verdict, otherwise.sources, bundle),
    postTlsFinger: postTlsFinger(verdict, bundle),
  };
}

/** `at` is the moment of judgement, epoch ms. */
export function storyText(
  story: Story,
  bundle: Bundle,
  at: number,
  paint: Paint,
  width: number,
): string {
  const { verdict } = story;
  const lines = [paint('bold', verdict.destination), ''];
  const say = (label: string, text: string): void => {
    lines.push(...labelled(label, text, LABEL, width));
  };
  say(
    'entry',
    verdict.line === null
      ? entryWithoutLine(verdict)
      : `${verdict.table} line ${verdict.line}: ${verdict.key}`,
  );
  say('next hop', story.route);
  say('asks', story.demand);
  say('trust', trustSentence(bundle));
  if (verdict.hosts.length > 0) {
    lines.push(
      '',
      ...wrap(
        `Hosts, best preference first; Postfix tries at most ${limit(bundle)} of the addresses:`,
        width,
      ),
    );
    for (const host of verdict.hosts) lines.push(...hostLines(host, paint, width));
  }
  lines.push('');
  say('verdict', `${paint(VERDICT_STYLE[verdict.verdict], verdict.verdict)}: ${verdict.sentence}`);
  if (verdict.postfixSays !== null)
    say('Postfix says', `${verdict.postfixDsn ?? ''} ${verdict.postfixSays}`.trim());
  if (verdict.failsFrom !== null) {
    const from = Date.parse(verdict.failsFrom);
    const why = verdict.failsBecause ?? 'certificate expires';
    say('fails from', `${moment(from)} (${daysLeft(at, from)}): ${why}`);
  }
  if (verdict.degradedFrom !== null)
    say('degraded', `from ${moment(Date.parse(verdict.degradedFrom))}`);
  lines.push(...cureParagraphs(verdict, paint, width));
  for (const [question, answer] of [
    ['Would verify or match=hostname do?', story.hostnameAdvice],
    ['Can I have secure without a match list?', story.withoutMatchList],
    ['Would it help to send the name (SNI)?', story.servernameAdvice],
  ] as const) {
    if (answer !== null) lines.push('', question, ...wrap(`  ${answer}`, width, '  '));
  }
  lines.push(...stsAnswerLines(story.stsAnswer, paint, width));
  lines.push(...sourceLines(story.nameSources, paint, width));
  if (story.postTlsFinger !== null)
    lines.push('', 'See it with Postfix itself:', `  ${story.postTlsFinger}`);
  if (bundle.assumed.length > 0) lines.push('');
  for (const assumption of bundle.assumed)
    lines.push(...wrap(`assumed: ${assumption}`, width, '  '));
  return `${lines.join('\n')}\n`;
}

/** A table that was asked has no lines. */
const entryWithoutLine = ({ table, key }: EntryVerdict): string =>
  table === null ? 'none: the global level counts' : `${table} answers for ${key}`;

/** The caution in place of a line; what comes from unsigned DNS stands before one. */
function cureParagraphs(verdict: EntryVerdict, paint: Paint, width: number): string[] {
  const { suggestion, caution } = verdict;
  if (caution !== undefined)
    return ['', 'No line to use yet:', ...cureLines(verdict, paint, width)];
  if (suggestion === null) return [];
  const line = ['', 'Use instead:', `  ${paint('bold', suggestion.line)}`];
  const grounds = wrap(`  ${suggestion.because}`, width, '  ');
  const words = heldWords(suggestion.held);
  const held = words === undefined ? [] : wrap(`  it ${words}`, width, '  ');
  return suggestion.restsOn === 'dns'
    ? ['', 'Before you change the line:', ...grounds, ...line, ...held]
    : [...line, ...grounds, ...held];
}

/** `explain --json`. */
export function storyDocument(
  story: Story,
  run: Pick<CheckRun, 'at' | 'complete' | 'vantage' | 'noDnssec'>,
  bundle: Bundle,
): ExplainDocument {
  const { verdict, ...rest } = story;
  return {
    version: 1,
    run: runFacts(run, bundle),
    vantage: { ...run.vantage },
    ...rest,
    entry: structuredClone(verdict) as ExplainDocument['entry'],
  };
}

const LABEL = 14;

function limit(bundle: Bundle): string {
  return bundle.settings.mxAddressLimit === 0 ? 'all' : String(bundle.settings.mxAddressLimit);
}
