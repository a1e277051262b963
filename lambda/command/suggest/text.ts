/**
 * What `suggest` prints: what would change and why, and then the diff. The words begin with `#`, so
 * that all of it can be handed to patch(1). Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { CHANGE_KINDS, type Change } from '../../run/suggest/change.ts';
import type { Suggested } from '../../run/suggest/suggest.ts';
import { day } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName, shellWord } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { Paint } from '../terminal/colour.ts';
import type { Remembered } from './memory.ts';
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
}

export function suggestText(shown: Shown, paint: Paint, width: number): string {
  const { suggested, rewritten, written } = shown;
  const hasDiff = rewritten.length > 0 && written === undefined;
  const mark = hasDiff ? '# ' : '';
  const saying: Saying = { paint, width: width - mark.length, at: suggested.run.at };
  const words = [
    ...wrap(paint('bold', firstLine(shown)), saying.width),
    ...paragraphs(suggested.changes, saying),
    ...suggested.unhelped.slice(0, SHOWN).flatMap((one) => ['', ...unhelpedLines(one, saying)]),
    ...more(suggested.unhelped.length),
    '',
    ...footer(shown, saying.width),
    ...nextStep(shown, saying.width),
  ];
  const head = words.map((line) => `${mark}${line}`.trimEnd());
  const diffs = hasDiff ? rewritten.flatMap(({ diff }) => ['', painted(diff, paint)]) : [];
  return `${[...head, ...diffs].join('\n').trimEnd()}\n`;
}

function firstLine({ suggested, upgrade, rewritten, written }: Shown): string {
  const { changes, unhelped, run } = suggested;
  const judged = run.verdicts.length;
  const looked = `${judged === 1 ? '1 entry' : `${judged} entries`} looked at`;
  if (changes.length === 0 && unhelped.length === 0)
    return `${looked}: ${upgrade ? 'none would deliver at a stronger level' : 'nothing to change'}`;
  const counts = CHANGE_KINDS.flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${SHORT[kind]}`];
  });
  const failing =
    unhelped.length === 0
      ? []
      : [`${unhelped.length} ${unhelped.length === 1 ? 'fails' : 'fail'} and no line helps`];
  const where = rewritten.length > 0 && written === undefined ? ' (diff below)' : '';
  return `${looked}: ${[...counts, ...failing].join(', ')}${where}`;
}

const SHORT: Readonly<Record<Change['kind'], string>> = {
  cure: 'to be cured',
  stronger: 'stronger',
  steadier: 'steadier',
  shorter: 'shorter',
  dead: 'dead',
};

/** Those that are told alone first: the diff has the others. */
function paragraphs(changes: readonly Change[], saying: Saying): string[] {
  const shown = changes.length > SHOWN + 1 ? changes.slice(0, SHOWN) : changes;
  return [
    ...shown.flatMap((change) => ['', ...changeLines(change, saying)]),
    ...more(changes.length),
  ];
}

const more = (count: number): string[] =>
  count > SHOWN + 1 ? ['', `and ${count - SHOWN} more, which --json explains`] : [];

function footer({ suggested, bundle, memory, upgrade }: Shown, width: number): string[] {
  const say = (text: string) => wrap(text, width, '  ');
  const { run, undetermined, unasked } = suggested;
  const { assumed, settings } = bundle;
  return [
    ...say(memoryWords(memory)),
    ...(undetermined.length === 0
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
    ...(upgrade
      ? say(
          'only what delivers now was tried, and offered where it held on each day that can be told',
        )
      : []),
    ...say(`read as Postfix ${settings.version} would`),
    ...assumed.flatMap((sentence) => say(`assumed: ${sentence}`)),
  ];
}

function memoryWords(memory: Remembered): string {
  if (memory.kind === 'nothing')
    return (
      `no history: ${memory.because}. A daily watch keeps what it sees, and each line is then ` +
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

function nextStep({ rewritten, written }: Shown, width: number): string[] {
  const thens = [...new Set(rewritten.flatMap(({ file: { afterwards } }) => afterwards ?? []))];
  const behind = thens.length === 0 ? '' : `, then ${thens.join(' and ')}`;
  if (written !== undefined) return wrap(`written: ${plain(written)}${behind}`, width, '  ');
  const [first, ...others] = rewritten;
  if (first === undefined) return [];
  const path = shellWord(first.file.path);
  const how =
    others.length > 0 || path === undefined ? 'patch -d / -p0 < FILE' : `patch ${path} < FILE`;
  return wrap(`to apply what this printed into FILE: ${how}${behind}`, width, '  ');
}

function painted(diff: string, paint: Paint): string {
  const style = (line: string): string => {
    if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line);
    if (line.startsWith('@@')) return paint('cyan', line);
    if (line.startsWith('+')) return paint('green', line);
    return line.startsWith('-') ? paint('red', line) : line;
  };
  return diff.trimEnd().split('\n').map(style).join('\n');
}

const SHOWN = 40;
