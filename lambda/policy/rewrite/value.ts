/** The value of a line as words: other ones written where the old ones stand. Pure. */
import { isBlank, type WholeLine } from '../../postfix/logical-line.ts';
import { keyEnd } from '../../postfix/lookup-table.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import { wordsOf } from '../with-match.ts';

/**
 * The parts of the line with these words: those that stay keep what stands around them, a part that
 * nothing is left of is undefined. Undefined where a word stands in two parts.
 */
export function writtenInPlace(
  { parts, text }: WholeLine,
  wanted: readonly string[],
  version: PostfixVersion,
): (string | undefined)[] | undefined {
  const end = keyEnd(text, version);
  const words = placed(text, end, wordsOf(text.slice(end), version));
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.text.length;
  }
  const partOf = (at: number): number => starts.findLastIndex((start) => start <= at);
  if (words === undefined || words.some(({ start, end }) => partOf(start) !== partOf(end - 1)))
    return undefined;
  const written = parts.map((part) => part.text);
  // From the end, so that places before it stay.
  for (const { start, end, text: instead } of turned(words, wanted).toReversed()) {
    const at = partOf(Math.max(0, start - (start === end ? 1 : 0)));
    const from = start - (starts[at] ?? 0);
    const line = written[at] ?? '';
    written[at] =
      instead === ''
        ? without(line, from, end - (starts[at] ?? 0))
        : `${line.slice(0, from)}${instead}${line.slice(end - (starts[at] ?? 0))}`;
  }
  return written.map((line, i) => (i > 0 && isEmpty(line) ? undefined : line));
}

/** Key and words in the first part, with the blanks between key and value as they are. */
export function writtenAnew(
  { parts, text }: WholeLine,
  wanted: readonly string[],
  version: PostfixVersion,
): (string | undefined)[] {
  const end = keyEnd(text, version);
  const blanks = /^[ \t]+/.exec(text.slice(end))?.[0] ?? ' ';
  const ending = parts[0]?.text.endsWith('\r') === true ? '\r' : '';
  const line = `${text.slice(0, end)}${blanks}${wanted.join(' ')}${ending}`;
  return parts.map((_, i) => (i === 0 ? line : undefined));
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where each word stands; undefined where one is not found, behind a NUL say. */
function placed(text: string, from: number, words: readonly string[]): Word[] | undefined {
  let at = from;
  const found: Word[] = [];
  for (const word of words) {
    const start = text.indexOf(word, at);
    if (start < 0) return undefined;
    at = start + word.length;
    found.push({ text: word, start, end: at });
  }
  return found;
}

/** Places where something else is to stand: `` where a word goes. */
function turned(words: readonly Word[], wanted: readonly string[]): Word[] {
  const kept = common(
    words.map(({ text }) => text),
    wanted,
  );
  const turns: Word[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...kept, [words.length, wanted.length] as const]) {
    const gone = words.slice(i, a);
    const come = wanted.slice(j, b);
    const pairs = Math.min(gone.length, come.length);
    for (let n = 0; n < pairs; n++) turns.push({ ...(gone[n] as Word), text: come[n] ?? '' });
    for (const word of gone.slice(pairs)) turns.push({ ...word, text: '' });
    const behind = pairs > 0 ? gone[pairs - 1]?.end : words[i - 1]?.end;
    const rest = come.slice(pairs).map((word) => ` ${word}`);
    if (rest.length > 0 && behind !== undefined)
      turns.push({ text: rest.join(''), start: behind, end: behind });
    [i, j] = [a + 1, b + 1];
  }
  return turns;
}

/** Places of words that stay, in both lists: a longest common subsequence. */
function common(
  before: readonly string[],
  after: readonly string[],
): (readonly [number, number])[] {
  const lengths: number[][] = [];
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    lengths[i] = [];
    for (let j = after.length - 1; j >= 0; j--) {
      const row = lengths[i] as number[];
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) found.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}

/** The line without a word and the separators before it; at its beginning, those behind it. */
function without(line: string, start: number, end: number): string {
  let from = start;
  while (from > 0 && isSeparator(line[from - 1])) from--;
  if (from > 0) return line.slice(0, from) + line.slice(end);
  let to = end;
  while (to < line.length && isSeparator(line[to]) && line[to] !== '\r') to++;
  return line.slice(0, start) + line.slice(to);
}

const isSeparator = (character: string | undefined): boolean =>
  character === ',' || isBlank(character);

const isEmpty = (line: string): boolean => line.split('').every(isSeparator);
