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

/**
 * Splits a text as Postfix reads it. A physical line that starts with white space or `#` never ends
 * a logical line, so a continuation may follow a comment or a blank line. Text after a NUL is cut
 * off, as C code does.
 */
export function logicalLines(text: string): LogicalLine[] {
  const physical = text.split('\n');
  const lines: LogicalLine[] = [];
  let current: { line: number; parts: string[] } | undefined;
  const close = () => {
    if (current === undefined) return;
    const joined = current.parts.join('');
    const end = joined.indexOf('\0');
    lines.push({
      line: current.line,
      text: end < 0 ? joined : joined.slice(0, end),
      orphan: isBlank(joined[0]),
    });
    current = undefined;
  };
  physical.forEach((part, index) => {
    const continues = isBlank(part[0]) || part[0] === '#';
    if (!continues && part !== '') close();
    if (isBlankOrComment(part)) return;
    if (current === undefined) current = { line: index + 1, parts: [part] };
    else current.parts.push(part);
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
