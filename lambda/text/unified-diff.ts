/** Changes of a text as `diff -u` writes them and patch(1) takes them. Pure. */

/**
 * Lines of a text, without their line feeds, that give way to others. What follows the last line
 * feed is a line too, mostly an empty one; a change that takes or gives a line its feed has the line
 * in it.
 */
export interface LineChange {
  /** Of the first line that goes, from 0; where none goes, what is added comes before it. */
  readonly at: number;
  readonly removed: number;
  readonly added: readonly string[];
}

/** The text with all changes made; whatever no change touches stays as it is. */
export function withChanges(text: string, changes: readonly LineChange[]): string {
  const lines = text.split('\n');
  for (const { at, removed, added } of inOrder(changes).toReversed())
    lines.splice(at, removed, ...added);
  return lines.join('\n');
}

/**
 * Headers and hunks with three lines of context; nothing where nothing changes. A text without a
 * line feed at its end is told as diff(1) tells it.
 */
export function unifiedDiff(name: string, text: string, changes: readonly LineChange[]): string {
  const before = text.split('\n');
  const after = withChanges(text, changes).split('\n');
  // A line feed ends a line: behind the last one there is none.
  const ends = [before.at(-1) === '', after.at(-1) === ''] as const;
  if (ends[0]) before.pop();
  if (ends[1]) after.pop();
  const out: string[] = [];
  let shift = 0;
  for (const group of grouped(together(inOrder(changes)))) {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    const start = Math.max(0, first.at - CONTEXT);
    const end = Math.min(before.length, last.at + last.removed + CONTEXT);
    const lines: string[] = [];
    let [at, now] = [start, start + shift];
    const told = (sign: ' ' | '-' | '+', line: string, bare: boolean): void => {
      lines.push(`${sign}${line}`);
      if (bare) lines.push(NO_LINE_FEED);
    };
    const same = (to: number): void => {
      for (; at < to; at++, now++)
        told(' ', before[at] ?? '', !ends[0] && at === before.length - 1);
    };
    for (const { at: from, removed, added } of group) {
      same(from);
      for (let i = 0; i < removed && at < before.length; i++, at++)
        told('-', before[at] ?? '', !ends[0] && at === before.length - 1);
      for (const line of added) {
        // An empty line behind the last line feed is no line.
        if (now === after.length) break;
        told('+', line, !ends[1] && now === after.length - 1);
        now++;
      }
    }
    same(end);
    const counts = [end - start, now - start - shift] as const;
    out.push(`@@ -${range(start, counts[0])} +${range(start + shift, counts[1])} @@`, ...lines);
    shift += counts[1] - counts[0];
  }
  return out.length === 0 ? '' : `${[`--- ${name}`, `+++ ${name}`, ...out].join('\n')}\n`;
}

const inOrder = (changes: readonly LineChange[]): LineChange[] =>
  changes.toSorted((a, b) => a.at - b.at);

/** Lines side by side that change are one change: what goes stands before what comes. */
function together(changes: readonly LineChange[]): LineChange[] {
  const found: { at: number; removed: number; added: string[] }[] = [];
  for (const { at, removed, added } of changes) {
    const last = found.at(-1);
    if (last === undefined || last.at + last.removed !== at)
      found.push({ at, removed, added: [...added] });
    else {
      last.removed += removed;
      last.added.push(...added);
    }
  }
  return found;
}

/** Those that share their context. */
function grouped(changes: readonly LineChange[]): LineChange[][] {
  const groups: LineChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    if (last !== undefined && change.at - (last.at + last.removed) <= 2 * CONTEXT)
      groups.at(-1)?.push(change);
    else groups.push([change]);
  }
  return groups;
}

/** Of no lines, the one before them is named. */
function range(start: number, count: number): string {
  if (count === 1) return `${start + 1}`;
  return `${count === 0 ? start : start + 1},${count}`;
}

const CONTEXT = 3;
const NO_LINE_FEED = '\\ No newline at end of file';
