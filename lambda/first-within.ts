/** Lists that strangers, or a store full of surprises, could make as long as they like. Pure. */

/**
 * The first elements of a list that take at most so many characters as JSON, and are at most so
 * many; the list itself where all do.
 */
export function firstWithin<T>(
  list: readonly T[],
  { chars, most = Number.POSITIVE_INFINITY }: { readonly chars: number; readonly most?: number },
): readonly T[] {
  let left = chars;
  for (const [i, each] of list.entries()) {
    left -= JSON.stringify(each)?.length ?? 0;
    if (left < 0 || i >= most) return list.slice(0, i);
  }
  return list;
}

/**
 * The first of many sentences, and in one more how many there are besides; each cut at 2,000
 * characters.
 */
export function firstSentences(sentences: readonly string[], most = 100): readonly string[] {
  const cut = sentences.slice(0, most + 1).map((text) => {
    return text.length > SENTENCE_CHARS ? `${text.slice(0, SENTENCE_CHARS)}…` : text;
  });
  // One alone is never left out: to count it is no shorter than to tell it.
  if (sentences.length <= most + 1) return cut;
  return [...cut.slice(0, most), `and ${sentences.length - most} more of the kind`];
}

const SENTENCE_CHARS = 2_000;
