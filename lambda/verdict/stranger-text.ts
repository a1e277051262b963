/**
 * Strangers' names and texts made harmless for a sentence: one line, nothing that moves the cursor,
 * hides or turns the direction.
 */

/**
 * Control, format, private and unassigned characters as `\u{202e}`; cut behind `limit` characters
 * with an ellipsis.
 */
export function harmless(text: string, limit = 120): string {
  const shown = text
    .toWellFormed()
    .replace(UNSHOWABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return shown.length <= limit
    ? shown
    : `${shown
        .slice(0, limit - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`;
}

/** `a`, `a and b`, `a, b and c`; beyond `most`, `a, b and 5 more`. */
export function listed(texts: readonly string[], word: 'and' | 'or' = 'and', most = 3): string {
  const shown = texts.slice(0, most);
  const rest = texts.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} ${word} ${last}`;
}

const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
