/**
 * What `check` prints: a table, worst first, then what is not well, grouped by its cause. Pure.
 */

import type { MailSeen } from '../../alert/incident/run-facts.ts';
import { shareOf, shareSentence } from '../../alert/message/mail-share.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { deadline } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import {
  countVerdicts,
  failsSoon,
  nothingWatched,
  summarySentence,
  worstFirst,
} from '../summary.ts';
import type { Paint } from '../terminal/colour.ts';
import type { Drawing } from '../terminal/drawing.ts';
import { cureLines, linesToUse } from './cure-lines.ts';
import { daysLeftBar } from './days-left.ts';
import { trustSentence } from './document.ts';
import { entryTable } from './entry-table.ts';
import { type Group, needsAttention, problemGroups } from './groups.ts';
import { impatience } from './impatience.ts';

export type Looked = Pick<CheckRun, 'at' | 'verdicts' | 'vantage' | 'complete' | 'noDnssec'>;

/** Which entries are shown, and how. */
export interface Shown {
  /** Only what is not well. */
  readonly problems?: boolean;
  /** Each entry of a group with its own sentence and line. */
  readonly all?: boolean;
  /** Seconds that were waited for whoever said 421; absent: as long as it takes. */
  readonly patience?: number;
  /** Where mail went, by the log; absent where none was named. */
  readonly mail?: MailSeen;
  /** What pictures are drawn with; absent: there are none. */
  readonly drawing?: Drawing;
}

export function overview(
  run: Looked,
  bundle: Bundle,
  paint: Paint,
  width: number,
  { problems = false, all = false, patience = Number.POSITIVE_INFINITY, mail, drawing }: Shown = {},
): string {
  const { at } = run;
  const verdicts = worstFirst(run.verdicts, at);
  const shown = problems ? verdicts.filter((entry) => needsAttention(entry, at)) : verdicts;
  const say = { paint, width, at, ...(drawing === undefined ? {} : { drawing }) };
  const lines = [
    ...entryTable(shown, at, paint, width, mail),
    ...problemGroups(run).flatMap((group) => [
      '',
      ...(group.entries.length === 1
        ? group.entries.flatMap((entry) => paragraph(entry, say))
        : all
          ? everyEntry(group, say)
          : together(group, say)),
    ]),
    '',
    ...footer(run, bundle, width, mail),
    ...impatience(run.verdicts, patience, width),
  ];
  return `${(lines[0] === '' ? lines.slice(1) : lines).join('\n')}\n`;
}

interface Saying {
  readonly paint: Paint;
  readonly width: number;
  readonly at: number;
  readonly drawing?: Drawing;
}

/** The days until the first of them stops, in a picture. */
const leftOf = (entries: readonly EntryVerdict[], { drawing, ...say }: Saying): string[] =>
  drawing === undefined ? [] : daysLeftBar(entries, say.at, { drawing, ...say });

/** One story for all, the names of the others, and the lines to use. */
function together({ title, advice, entries }: Group, say: Saying): string[] {
  const { paint, width } = say;
  const [first, ...others] = entries;
  if (first === undefined) return [];
  const names = others.map((entry) => placed(entry));
  const more = names.length - NAMES_SHOWN;
  const rest =
    more > 1
      ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${more} more (--all shows each)`
      : listed(names, NAMES_SHOWN);
  return [
    ...wrap(paint('bold', title), width, '  '),
    ...leftOf(entries, say),
    ...(advice === '' ? [] : wrap(`  ${advice}`, width, '  ')),
    ...wrap(`  for instance ${placed(first)}: ${sentenceOf(first, say)}`, width, '  '),
    ...wrap(`  the same: ${rest}`, width, '  '),
    ...linesToUse(entries, paint, width, NAMES_SHOWN),
  ];
}

function everyEntry({ title, advice, entries }: Group, say: Saying): string[] {
  const { paint, width } = say;
  return [
    ...wrap(paint('bold', title), width, '  '),
    ...leftOf(entries, say),
    ...(advice === '' ? [] : wrap(`  ${advice}`, width, '  ')),
    ...entries.flatMap((entry) => ['', ...paragraph(entry, say)]),
  ];
}

function paragraph(entry: EntryVerdict, say: Saying): string[] {
  const { paint, width } = say;
  return [
    ...wrap(`${paint('bold', placed(entry))}: ${sentenceOf(entry, say)}`, width, '  '),
    ...leftOf([entry], say),
    ...cureLines(entry, paint, width),
  ];
}

/** `fastmail.fm (line 3)`. */
export const placed = ({ destination, line }: EntryVerdict): string =>
  line === null ? plain(destination) : `${plain(destination)} (line ${line})`;

function sentenceOf(entry: EntryVerdict, { at }: Saying): string {
  if (!failsSoon(entry, at)) return entry.sentence;
  const from = `deferred from ${deadline(Date.parse(entry.failsFrom ?? ''), at)}`;
  const why = entry.failsBecause === null ? '' : `: ${plain(entry.failsBecause)}`;
  const today = entry.verdict === 'degraded' ? `${entry.sentence}; ` : 'delivered today, ';
  return `${today}${from}${why}`;
}

/** How many there are of each verdict, by what they were judged, and what was not seen. */
export function footer(
  run: Looked,
  bundle: Bundle,
  width: number,
  mail: MailSeen | undefined,
): string[] {
  const soon = run.verdicts.filter((entry) => failsSoon(entry, run.at)).length;
  const counts = summarySentence(countVerdicts(run.verdicts));
  const lines = wrap(soon === 0 ? counts : `${counts}; ${soon} will fail soon`, width, '  ');
  if (mail !== undefined)
    lines.push(...wrap(shareSentence(shareOf(mail, run.verdicts), run.at), width, '  '));
  const nothing = nothingWatched(run.verdicts);
  if (nothing !== undefined) lines.push(...wrap(nothing, width, '  '));
  lines.push(
    ...wrap(
      `judged as Postfix ${bundle.settings.version} would, trust anchors: ${trustSentence(bundle)}`,
      width,
      '  ',
    ),
  );
  for (const assumption of bundle.assumed)
    lines.push(...wrap(`assumed: ${assumption}`, width, '  '));
  for (const problem of bundle.problems)
    lines.push(...wrap(`${problem.name}: ${problem.because}`, width, '  '));
  if (run.noDnssec !== undefined) lines.push(...wrap(`no DANE: ${run.noDnssec}`, width, '  '));
  if (!run.complete) lines.push(...wrap(CUT_SHORT, width, '  '));
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (run.vantage[family] === 'blind') lines.push(...wrap(blindSentence(family), width, '  '));
  }
  return lines;
}

export const CUT_SHORT = 'not everything could be looked at in the time given: see --deadline';

/** What a blind family means, in one sentence. */
export function blindSentence(family: 'ipv4' | 'ipv6'): string {
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  return (
    `blind over ${name}: no host answered on its SMTP port with a certificate valid under your ` +
    `anchors, so time-outs over ${name} are not believed; check that port 25 is open from here`
  );
}

const NAMES_SHOWN = 10;
