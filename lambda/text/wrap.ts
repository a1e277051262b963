/** Columns and wrapped paragraphs, for a terminal and for plain mail. Pure. */
import { stripVTControlCharacters } from 'node:util';

/** Columns of a message as plain mail. */
export const MAIL_WIDTH = 76;

/**
 * Pads every column but the last to its widest cell, two blanks between; empty trailing cells leave
 * no blanks.
 */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Breaks at blanks so that no line exceeds `width` where a blank allows it; continuation lines
 * start with `indent`.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  return fill(text.trim(), width, lead, indent);
}

/**
 * A text of lines with those that are too long wrapped anew: a paragraph as a whole, an indented line
 * by itself.
 */
export function withinWidth(text: string, width: number): string {
  return text.replaceAll(/^\S.*(?:\n\S.*)*|^ .*/gm, (part) => {
    if (part.split('\n').every((line) => line.length <= width)) return part;
    const indent = /^ */.exec(part)?.[0] ?? '';
    return wrap(part.replaceAll('\n', ' '), width, indent).join('\n');
  });
}

/** `label     text`, the text in a column of its own from `column` on. */
export function labelled(label: string, text: string, column: number, width: number): string[] {
  return fill(text, width, `${label} `.padEnd(column), ' '.repeat(column));
}

/**
 * A paragraph of plain mail: words folded at MAIL_WIDTH columns, `first` in front of the first
 * line; ends with an empty line.
 */
export function mailParagraph(text: string, indent: number, first = ' '.repeat(indent)): string {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const joined = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (joined.length > MAIL_WIDTH && line.trim() !== '') {
      lines.push(line);
      line = `${margin}${word}`;
    } else line = joined;
  }
  return `${[...lines, line].join('\n')}\n`;
}

function fill(text: string, width: number, lead: string, indent: string): string[] {
  const lines: string[] = [];
  let line = lead;
  let empty = true;
  for (const word of text.split(/ +/)) {
    if (!empty && visible(line) + 1 + visible(word) > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  lines.push(line);
  return lines;
}

const visible = (text: string): number => stripVTControlCharacters(text).length;
