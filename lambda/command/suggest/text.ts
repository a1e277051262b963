/**
 * What `suggest` prints: what would change and why, and then the diff. The words begin with `#`, so
 * that all of it can be handed to patch(1). Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { CHANGE_KINDS, type Change } from '../../run/suggest/change.ts';
import type { Suggested } from '../../run/suggest/suggest.ts';
import { DAY_MS, day } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName, shellWord } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { Paint } from '../terminal/colour.ts';
import type { Remembered } from './memory.ts';
import type { NewShown } from './new.ts';
import { askedLines, groupLines, newHeadline } from './new-words.ts';
import type { TableFile } from './table-files.ts';
import { changeLines, type Saying, unhelpedLines } from './words.ts';

/** A table that changes. */
export interface Rewritten {
  readonly table: string;
  readonly file: TableFile;
  readonly text: string;
  readonly diff: string;
}

export interface Shown {
  readonly suggested: Suggested;
  readonly bundle: Bundle;
  readonly memory: Remembered;
  readonly rewritten: readonly Rewritten[];
  /** The file that was written; undefined where none was. */
  readonly written: string | undefined;
  readonly upgrade: boolean;
  /** Of --new: in place of what is said of single lines. */
  readonly fresh?: NewShown;
}

/** The words; those before a diff are marked as such. */
export function suggestText(shown: Shown, paint: Paint, width: number): string {
  const { suggested } = shown;
  const mark = isDiff(shown) ? '# ' : '';
  const saying: Saying = { paint, width: width - mark.length, at: suggested.run.at };
  const words = [
    ...wrap(paint('bold', firstLine(shown)), saying.width),
    ...(shown.fresh === undefined
      ? paragraphs(suggested.changes, (change) => changeLines(change, saying))
      : paragraphs(shown.fresh.groups, (group) => groupLines(group, saying))),
    ...paragraphs(suggested.unhelped, (one) => unhelpedLines(one, saying)),
    '',
    ...footer(shown, saying.width),
    ...nextStep(shown, saying.width),
  ];
  return `${words.map((line) => `${mark}${line}`.trimEnd()).join('\n')}\n`;
}

/** Each table's diff, behind an empty line; empty where the table was written, or none changes. */
export const diffText = (shown: Shown): string =>
  isDiff(shown) ? shown.rewritten.map(({ diff }) => `\n${diff}`).join('') : '';

const isDiff = ({ rewritten, written }: Shown): boolean =>
  rewritten.length > 0 && written === undefined;

function firstLine({ suggested, upgrade, fresh, rewritten, written }: Shown): string {
  if (fresh !== undefined) return newHeadline(fresh, rewritten.length > 0 && written === undefined);
  const { changes, unhelped, run } = suggested;
  const judged = run.verdicts.length;
  const looked = `${judged === 1 ? '1 entry' : `${judged} entries`} looked at`;
  if (changes.length === 0 && unhelped.length === 0)
    return `${looked}: ${upgrade ? 'none would deliver at a stronger level' : 'nothing to change'}`;
  const counts = CHANGE_KINDS.flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${SHORT[kind]}`];
  });
  const waiting = unhelped.filter(({ caution }) => caution !== undefined).length;
  const failing = unhelped.length - waiting;
  if (failing > 0) counts.push(`${failing} ${failing === 1 ? 'fails' : 'fail'} and no line helps`);
  if (waiting > 0) counts.push(`${waiting} ${waiting === 1 ? 'waits' : 'wait'} to be confirmed`);
  const where = rewritten.length > 0 && written === undefined ? ' (diff below)' : '';
  return `${looked}: ${counts.join(', ')}${where}`;
}

const SHORT: Readonly<Record<Change['kind'], string>> = {
  cure: 'to be cured',
  stronger: 'stronger',
  new: 'new',
  steadier: 'steadier',
  shorter: 'shorter',
  dead: 'dead',
};

/** Each behind an empty line, the first of them where there are many. */
function paragraphs<T>(all: readonly T[], words: (one: T) => readonly string[]): string[] {
  const shown = all.length > SHOWN + 1 ? all.slice(0, SHOWN) : all;
  const left = all.length - shown.length;
  return [
    ...shown.flatMap((one) => ['', ...words(one)]),
    ...(left === 0 ? [] : ['', `and ${left} more, which --json explains`]),
  ];
}

function footer({ suggested, bundle, memory, upgrade, fresh }: Shown, width: number): string[] {
  const say = (text: string) => wrap(text, width, '  ');
  const { run, undetermined, unasked } = suggested;
  const { assumed, settings } = bundle;
  return [
    ...(fresh === undefined ? [] : askedLines(fresh.asked, width)),
    ...say(memoryWords(memory, fresh === undefined ? 'watch' : 'watch --observe')),
    ...(fresh === undefined ? [] : staleWords(memory, run.at).flatMap(say)),
    ...(undetermined.length === 0 || fresh !== undefined
      ? []
      : say(
          `not seen today, and left as ${undetermined.length === 1 ? 'it is' : 'they are'}: ` +
            listed(
              undetermined.map(({ destination }) => plainName(destination)),
              10,
            ),
        )),
    ...(run.complete ? [] : say('time was up before everything was looked at: --deadline')),
    ...(unasked.length === 0
      ? []
      : say(`not asked for an MTA-STS policy: ${listed(unasked.map(plainName), 5)}`)),
    ...(run.noDnssec === undefined ? [] : say(`DANE was not asked: ${run.noDnssec}`)),
    ...(upgrade || fresh !== undefined
      ? say(
          'only what delivers now was tried, and offered where it held on each day that can be told',
        )
      : []),
    ...say(`read as Postfix ${settings.version} would`),
    ...assumed.flatMap((sentence) => say(`assumed: ${sentence}`)),
  ];
}

function memoryWords(memory: Remembered, by: string): string {
  if (memory.kind === 'nothing')
    return (
      `no history: ${memory.because}. A daily ${by} keeps what it sees, and each line is then ` +
      'judged on those days, too'
    );
  const { past, place, vantage } = memory;
  const [first] = past.days;
  const days = past.days.length === 1 ? '1 day' : `${past.days.length} days`;
  const since = first === undefined ? '' : ` since ${day(first.at)}`;
  const lost =
    past.problems.length === 0 ? '' : `; ${past.problems.length} items of it cannot be read`;
  return `history: ${days}${since}, seen from ${vantage} and kept in ${place}${lost}`;
}

/** Nobody is told by a message where candidates are not looked at any more. */
function staleWords(memory: Remembered, at: number): string[] {
  const last = memory.kind === 'remembered' ? memory.past.days.at(-1) : undefined;
  if (last === undefined || at - last.at <= STALE_MS) return [];
  return [
    `candidates were last looked at on ${day(last.at)}: the output of watch --observe says why not since`,
  ];
}

const STALE_MS = 2 * DAY_MS;

/** Commands to copy stand in lines of their own. */
function nextStep({ rewritten, written }: Shown, width: number): string[] {
  const afterwards = [...new Set(rewritten.flatMap(({ file }) => file.afterwards ?? []))];
  const then = afterwards.map((command) => `  ${command}`);
  if (written !== undefined)
    return [
      ...wrap(`written: ${plain(written)}${then.length === 0 ? '' : '; then'}`, width, '  '),
      ...then,
    ];
  const [first, ...others] = rewritten;
  if (first === undefined) return [];
  const path = shellWord(first.file.path);
  const how =
    others.length > 0 || path === undefined ? 'patch -d / -p0 < FILE' : `patch ${path} < FILE`;
  return [
    ...wrap('to apply it, with what this printed in FILE:', width, '  '),
    `  ${how}`,
    ...then,
  ];
}

/** A diff for a terminal. */
export function paintedDiff(diff: string, paint: Paint): string {
  const style = (line: string): string => {
    if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line);
    if (line.startsWith('@@')) return paint('cyan', line);
    if (line.startsWith('+')) return paint('green', line);
    return line.startsWith('-') ? paint('red', line) : line;
  };
  return diff.split('\n').map(style).join('\n');
}

const SHOWN = 40;
