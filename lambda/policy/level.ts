/** Postfix's security levels, in its own words (src/tls/tls_level.c). */

/** What tls_level_lookup() accepts; `halfdane` is a word of the log alone. */
export const SECURITY_LEVELS = [
  'none',
  'may',
  'encrypt',
  'fingerprint',
  'dane',
  'dane-only',
  'verify',
  'secure',
] as const;

export type SecurityLevel = (typeof SECURITY_LEVELS)[number];
