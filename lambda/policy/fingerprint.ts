/**
 * The digests that count at level fingerprint.
 *
 * Follows tls_dane_add_fpt_digests() and, before 3.6, tls_dane_add_ee_digests() in
 * src/tls/tls_dane.c.
 */

import { atLeast } from '../postfix/version.ts';
import type { Attributes } from './attribute.ts';
import { parseDigest } from './match-pattern.ts';
import type { Settings } from './settings.ts';

/**
 * tls_dane_add_fpt_digests() allocates half the length of a digest, and the allocator refuses 0
 * bytes: since 3.6 a digest of one character ends smtp(8) with a panic. Seen on 3.7.11; the line is
 * the same up to 3.11.6.
 */
export function killsSmtp(element: string, { version }: Pick<Settings, 'version'>): boolean {
  return atLeast(version, '3.6') && Buffer.byteLength(element) === 1;
}

/** What smtp(8) logs then, behind `panic: `. */
export const ONE_CHARACTER_DIGEST = 'vstring_alloc: bad length 0';

/** Well-formed digests; undefined where none is left and the entry is broken for it. */
export function digestsOf(
  elements: readonly string[],
  attributes: Attributes,
  settings: Settings,
): readonly string[] | undefined {
  const wellFormed = (list: readonly string[]) =>
    list
      .map((element) => parseDigest(element, settings.version))
      .filter((digest) => digest !== undefined);
  const digests = wellFormed(elements);
  if (digests.length > 0) return digests;
  // Up to 3.8 an entry without a usable digest falls through to main.cf's list.
  const fallsThrough = attributes.match !== undefined && !atLeast(settings.version, '3.9');
  if (!atLeast(settings.version, '3.6')) {
    // Any text counts as a digest there; one without colons merely never matches.
    if (elements.length > 0) return [];
    return fallsThrough && settings.fingerprintCertMatch.length > 0
      ? wellFormed(settings.fingerprintCertMatch)
      : undefined;
  }
  const others = fallsThrough ? wellFormed(settings.fingerprintCertMatch) : [];
  return others.length > 0 ? others : undefined;
}
