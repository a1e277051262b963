/** Text as Postfix's log shows it. */

/**
 * printable() of src/util/printable.c, as msg_output() uses it: control characters and bytes that
 * are no UTF-8 become `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]|[\udc80-\udcff]/gu, '?');
}
