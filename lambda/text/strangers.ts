/**
 * Strangers' text neutralised for its medium: certificates, banners and DNS names are written by
 * others and end in terminals, mail, subjects and chat.
 *
 * Characters that could move the cursor, turn the reading direction, hide text or break a line
 * become visible escapes, and addresses that a click could open are broken up.
 */

/** How much of one stranger's text a person is shown by default. */
const SHOWN_CHARS = 500;

/** How much of one name. */
const NAME_CHARS = 120;

/** SNS refuses a subject of 100 or more characters. */
const SUBJECT_CHARS = 99;

/**
 * For terminals and plain mail: one line, control, bidirectional and invisible characters as
 * `\u{202e}`, and no clickable addresses (`http://` becomes `http:[//]`). Cut behind `limit`
 * characters with an ellipsis.
 */
export function plain(text: string, limit = SHOWN_CHARS): string {
  return cut(text.toWellFormed().replace(UNSHOWABLE, escaped).replace(/:\/\//g, ':[//]'), limit);
}

/**
 * A name within a sentence: a host, a domain, one element of a policy. A long one loses its middle:
 * what tells names apart, and whose they are, stands at their end.
 */
export function plainName(name: string): string {
  const shown = plain(name, Number.POSITIVE_INFINITY);
  if (shown.length <= NAME_CHARS) return shown;
  const start = cut(shown, Math.floor(NAME_CHARS / 3));
  // No half of a surrogate pair at the seam.
  return `${start}${shown.slice(start.length - NAME_CHARS).replace(/^[\udc00-\udfff]/, '')}`;
}

/**
 * For chat markdown: a code span, in which no mention, link or markup works. The one character that
 * could end it, the backtick, becomes an apostrophe; `&`, `<` and `>` are escaped as the chat
 * service asks, since it looks for mentions first.
 */
export function chatCode(text: string, limit = SHOWN_CHARS): string {
  const inside = entities(plain(text, limit).replaceAll('`', "'"));
  return inside.trim() === '' ? '` `' : `\`${inside}\``;
}

/**
 * For chat markdown, as prose: a word that is more than letters, digits and ordinary punctuation
 * (a name, an address, a line of a table, whatever could begin a mention, a link or markup) is a
 * code span, and the words around it are not.
 */
export function chatProse(text: string, limit = SHOWN_CHARS): string {
  return plain(text, limit)
    .split(' ')
    .map((word) => {
      const { before = '', core = '', behind = '' } = WORD.exec(word)?.groups ?? {};
      return core === '' || PROSE.test(core) ? word : `${before}${chatCode(core, limit)}${behind}`;
    })
    .join(' ');
}

const WORD = /^(?<before>["'(]*)(?<core>.*?)(?<behind>[)"'.,;:!?…]*)$/s;
const PROSE = /^(?:[A-Za-z0-9]+(?:[-'][A-Za-z0-9]+)*|\d\d:\d\dZ?)$/;

/**
 * For a chat title, which has no code spans: letters, digits and the punctuation that no markup
 * uses.
 */
export function chatTitle(text: string): string {
  return subject(text)
    .replace(/[*_~`<>&@#|[\]]/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/**
 * For a mail subject as SNS takes it: printable ASCII, one line, begins with no space, below 100
 * characters.
 */
export function subject(text: string): string {
  const ascii = text
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  return cut(ascii === '' ? '?' : ascii, SUBJECT_CHARS, '...');
}

/**
 * A name for a subject: long ones lose their middle, so that both the first label and the domain
 * stay readable.
 */
export function shortName(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const tail = Math.floor((limit - 3) * 0.6);
  return `${name.slice(0, limit - 3 - tail)}...${name.slice(-tail)}`;
}

/**
 * Quotes a word for a POSIX shell; bare where it has only harmless characters. Undefined for a word
 * that no quoting makes safe to paste.
 */
export function shellWord(word: string): string | undefined {
  if (/[^\x20-\x7e]/.test(word)) return undefined;
  if (/^[A-Za-z0-9_.,:/@%+=-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Cuts at whole code points; `end` tells that something is missing and counts against the limit.
 */
export function cut(text: string, limit: number, end = '…'): string {
  if (text.length <= limit) return text;
  return `${text
    .slice(0, limit - end.length)
    .toWellFormed()
    .replace(/�$/, '')}${end}`;
}

const entities = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const escaped = (character: string) => {
  const code = character.codePointAt(0) ?? 0;
  return code === 9 || code === 10 || code === 13 ? ' ' : `\\u{${code.toString(16)}}`;
};

/**
 * Controls (C0, DEL, C1), line and paragraph separators, and every format character: bidirectional
 * overrides and isolates, zero-width joiners, tags, soft hyphens; also private use, unassigned,
 * variation selectors and the fillers that show nothing.
 */
export const UNSHOWABLE =
  /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Co}|\p{Cn}|\p{Variation_Selector}|[\u115f\u1160\u3164\uffa0]/gu;
