/** Text as Postfix's log shows it. */

/**
 * printable() of src/util/printable.c, as msg_output() uses it: control characters and bytes that
 * are no UTF-8 become `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]|[\udc80-\udcff]/gu, '?');
}

/**
 * As `%.30s%s` shows a line, with dots behind what was cut. It counts bytes: of a character in whose
 * middle it ends, the first byte alone is `?`, and more of them are no UTF-8.
 */
export function cutLine(text: string): string {
  let [shown, left] = ['', CUT_BYTES];
  for (const character of text) {
    const bytes = /[\udc80-\udcff]/u.test(character) ? 1 : Buffer.byteLength(character);
    if (bytes > left) return `${shown}${left === 0 ? '' : left === 1 ? '?' : '\ufffd'}...`;
    left -= bytes;
    shown += character;
  }
  return shown;
}

const CUT_BYTES = 30;
