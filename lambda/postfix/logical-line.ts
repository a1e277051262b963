/**
 * Logical lines of a Postfix text file: comments dropped, continuation lines joined.
 *
 * Follows readllines() in src/util/readlline.c, which main.cf, master.cf, texthash: and postmap's
 * input share.
 */

/** One logical line and the physical line it starts at, from 1. */
export interface LogicalLine {
  readonly line: number;
  readonly text: string;
  /** The text starts with white space, so it continues nothing: Postfix warns and drops it. */
  readonly orphan: boolean;
}

/** A logical line with the physical lines that it was joined from; comments in between are none. */
export interface WholeLine extends LogicalLine {
  readonly parts: readonly { readonly line: number; readonly text: string }[];
}

/** Splits a text as Postfix reads it. */
export const logicalLines = (text: string): LogicalLine[] =>
  wholeLines(text).map(({ parts: _, ...line }) => line);

/**
 * The same, with where each stands. A physical line that starts with white space or `#` never ends
 * a logical line, so a continuation may follow a comment or a blank line. Text after a NUL is cut
 * off, as C code does.
 */
export function wholeLines(text: string): WholeLine[] {
  const physical = text.split('\n');
  const lines: WholeLine[] = [];
  let parts: { line: number; text: string }[] = [];
  const close = () => {
    const [first] = parts;
    if (first === undefined) return;
    const joined = parts.map((part) => part.text).join('');
    const end = joined.indexOf('\0');
    lines.push({
      line: first.line,
      text: end < 0 ? joined : joined.slice(0, end),
      orphan: isBlank(joined[0]),
      parts,
    });
    parts = [];
  };
  physical.forEach((part, index) => {
    const continues = isBlank(part[0]) || part[0] === '#';
    if (!continues && part !== '') close();
    if (!isBlankOrComment(part)) parts.push({ line: index + 1, text: part });
  });
  close();
  return lines;
}

/** ISSPACE() of Postfix: ASCII only, so a no-break space is text. */
export function isBlank(character: string | undefined): boolean {
  return character !== undefined && BLANKS.includes(character);
}

/** Trims what ISSPACE() calls white space from both ends. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlankOrComment(line: string): boolean {
  const text = trimBlanks(line);
  return text === '' || text[0] === '#';
}

const BLANKS = ' \t\n\v\f\r';
