/** Words in a row, for people. Pure. */

/**
 * `a`, `a and b`, `a, b and c`; beyond `most`, `a, b, c and 5 more`. One alone is never left out:
 * `1 more` is no shorter than to name it.
 */
export function listed(texts: readonly string[], most = 3, word: 'and' | 'or' = 'and'): string {
  const shown = texts.length > most + 1 ? texts.slice(0, most) : texts;
  const rest = texts.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${word} ${last}`;
}
