/**
 * Edits of a policy table as a text: of a few lines, with everything else as it was, byte for byte.
 *
 * A logical line may stand in several physical ones, with comments between: it is edited where its
 * words stand, and where it goes each of its parts goes, or else a part that is left would continue
 * the line before. Pure.
 */
import { type WholeLine, wholeLines } from '../../postfix/logical-line.ts';
import { readRecords } from '../../postfix/lookup-table.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import { type LineChange, withChanges } from '../../text/unified-diff.ts';
import { wordsOf } from '../with-match.ts';
import { writtenAnew, writtenInPlace } from './value.ts';

/** `line` is the first physical line of a logical one, from 1. */
export type Edit =
  /** The key stays; spacing stays where the words do. */
  | { readonly kind: 'replace'; readonly line: number; readonly value: string }
  | { readonly kind: 'comment-out'; readonly line: number }
  | { readonly kind: 'remove'; readonly line: number }
  /** A line of its own behind that one, or else at the end. */
  | { readonly kind: 'add'; readonly behind?: number; readonly text: string };

/** One edit for a line at most. Edits of lines that are not there change nothing. */
export function changesBy(
  edits: readonly Edit[],
  text: string,
  version: PostfixVersion,
): LineChange[] {
  const physical = text.split('\n');
  const lines = new Map(wholeLines(text).map((line) => [line.line, line]));
  const made = edits.flatMap((edit) => {
    if (edit.kind === 'add') return [];
    const line = lines.get(edit.line);
    if (line === undefined) return [];
    switch (edit.kind) {
      case 'replace':
        return replaced(line, edit.value, version);
      case 'comment-out':
        return line.parts.map((part) => changed(part.line, `#${gap(part.text)}${part.text}`));
      case 'remove':
        return line.parts.map((part) => changed(part.line, undefined));
    }
  });
  return joined([...made.map((one) => lastGone(one, physical)), ...added(edits, physical, lines)]);
}

/** The text with the edits made. */
export const edited = (text: string, edits: readonly Edit[], version: PostfixVersion): string =>
  withChanges(text, changesBy(edits, text, version));

/** @param line from 1; `text` undefined: it goes */
const changed = (line: number, text: string | undefined): LineChange => ({
  at: line - 1,
  removed: 1,
  added: text === undefined ? [] : [text],
});

const gap = (text: string): string => (/^\s/.test(text) ? '' : ' ');

/** Where the last line goes and has no line feed, the one before keeps its own. */
function lastGone(change: LineChange, { length }: readonly string[]): LineChange {
  const isLast = change.at === length - 1 && change.added.length === 0;
  return isLast ? { ...change, added: [''] } : change;
}

/** In place where that is read as it is meant, else the whole line anew. */
function replaced(line: WholeLine, value: string, version: PostfixVersion): LineChange[] {
  const wanted = wordsOf(value, version);
  const inPlace = writtenInPlace(line, wanted, version);
  const isRight = (parts: readonly (string | undefined)[]): boolean => {
    const text = parts.filter((part) => part !== undefined).join('\n');
    const [record, ...others] = readRecords({ name: 'hash:edited', text }, version).records;
    const [before] = readRecords(
      { name: 'hash:edited', text: line.parts.map((part) => part.text).join('\n') },
      version,
    ).records;
    return (
      others.length === 0 &&
      record?.writtenKey === before?.writtenKey &&
      wordsOf(record?.value ?? '', version).join(' ') === wanted.join(' ')
    );
  };
  const parts =
    inPlace !== undefined && isRight(inPlace) ? inPlace : writtenAnew(line, wanted, version);
  return line.parts.flatMap(({ line: at, text }, i) =>
    parts[i] === text ? [] : [changed(at, parts[i])],
  );
}

function added(
  edits: readonly Edit[],
  physical: readonly string[],
  lines: ReadonlyMap<number, WholeLine>,
): LineChange[] {
  const end = physical.length - 1;
  const [first = '', last = ''] = [physical[0], physical[end]];
  const ending = first.endsWith('\r') ? '\r' : '';
  const changes: LineChange[] = [];
  const atEnd: string[] = [];
  for (const edit of edits) {
    if (edit.kind !== 'add') continue;
    const behind =
      edit.behind === undefined ? end : (lines.get(edit.behind)?.parts.at(-1)?.line ?? end);
    const isBehindAll = behind > end || (edit.behind === undefined && last !== '');
    if (isBehindAll) atEnd.push(edit.text);
    else changes.push({ at: behind, removed: 0, added: [`${edit.text}${ending}`] });
  }
  if (atEnd.length === 0) return changes;
  // The last line has no line feed yet, and neither will the new one.
  const told = [last, ...atEnd].map((text, i) => (i < atEnd.length ? `${text}${ending}` : text));
  return [...changes, { at: end, removed: 1, added: told }];
}

/** Several changes at one place are one: what a line becomes, and then what comes behind it. */
function joined(changes: readonly LineChange[]): LineChange[] {
  return [...Map.groupBy(changes, ({ at }) => at)].map(([at, all]) => {
    const added: string[] = [];
    let removed = 0;
    for (const change of all.toSorted((a, b) => a.removed - b.removed)) {
      // Two take the last line, which stands first in what the second one adds.
      added.push(...change.added.slice(Math.min(removed, change.removed)));
      removed = Math.max(removed, change.removed);
    }
    return { at, removed, added };
  });
}
