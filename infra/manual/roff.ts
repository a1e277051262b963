/**
 * Text as man(7) takes it, in ASCII alone: what a roff would read as a request, an escape or a
 * typographic sign stands for itself, so that what is copied from a page can be typed. Pure.
 */

/** What stands at the head and the foot of a page. */
export interface Edition {
  readonly version: string;
  /** `2026-11-28`. */
  readonly date: string;
}

/** A page of these parts, in their order. */
export const page = (parts: readonly string[]): string =>
  // A heading begins a paragraph by itself.
  `${parts.join('\n')}\n`.replaceAll(/^(\.S[HS] .*)\n\.PP$/gm, '$1');

export const heading = (title: string, volume: number, { version, date }: Edition): string =>
  [
    `.TH ${literal(title.toUpperCase())} ${volume} ${date} "${literal(`postfix-tls-watch ${version}`)}"`,
    // A name broken by a hyphen could not be copied.
    '.nh',
    '.ad l',
  ].join('\n');

/** Running text. Dashes before a letter are those of flags. */
export const roff = (text: string): string =>
  escaped(text.replaceAll(/(?<![\w-])-{1,2}(?=\w)/g, (dashes) => '\u0001'.repeat(dashes.length)));

/** What is typed as it stands: every dash is one. */
export const literal = (text: string): string => escaped(text.replaceAll('-', '\u0001'));

export const bold = (text: string): string => `\\fB${literal(text)}\\fR`;

export const italic = (text: string): string => `\\fI${literal(text)}\\fR`;

/** Lines of input, broken at blanks; none of them begins like a request. */
export function filled(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > INPUT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map(unlikeRequest).join('\n');
}

/** Lines that stay as they are, indented. */
export const asTyped = (lines: readonly string[]): string =>
  ['.PP', '.RS 4', '.nf', ...lines.map((line) => unlikeRequest(literal(line))), '.fi', '.RE'].join(
    '\n',
  );

export const section = (title: string): string => `.SH ${literal(title.toUpperCase())}`;

export const subsection = (title: string): string => `.SS ${title}`;

export const paragraph = (text: string): string => `.PP\n${filled(text)}`;

/** A term with what it means. */
export const item = (term: string, text: string): string =>
  `.TP\n${unlikeRequest(term)}\n${filled(text)}`;

const unlikeRequest = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line);

function escaped(text: string): string {
  return [...text.replaceAll('\\', '\u0002')]
    .map((letter) => SIGNS[letter] ?? (letter > '~' ? unicode(letter) : letter))
    .join('');
}

const unicode = (letter: string): string =>
  `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;

const SIGNS: Readonly<Record<string, string>> = {
  '\u0001': '\\-',
  '\u0002': '\\(rs',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
  // Not every terminal has it.
  '…': '...',
};

const INPUT_WIDTH = 78;
