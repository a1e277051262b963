/**
 * tls_dane_digests: which TLSA matching types count, and which goes before which.
 *
 * Follows tls_dane_digest_init() of Postfix ≥3.6 and dane_init(), add_digest() of ≤3.5, in
 * src/tls/tls_dane.c.
 */
import { getHashes, hash } from 'node:crypto';
import { COMMA_SPACE, tokens } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';

/** One matching type that is configured. */
export interface DaneDigest {
  readonly matchingType: number;
  /** As OpenSSL calls it, lower case. */
  readonly algorithm: string;
  readonly bytes: number;
}

/**
 * Most preferred first. Undefined where an element makes Postfix ≤3.5 give up on DANE altogether;
 * from 3.6 on such an element is only warned about.
 */
export function daneDigests(
  list: string,
  version: PostfixVersion,
): readonly DaneDigest[] | undefined {
  const strict = !atLeast(version, '3.6');
  let digests: DaneDigest[] = [];
  for (const element of tokens(list, COMMA_SPACE)) {
    const [name = '', code] = element.toLowerCase().split(/=(.*)/s);
    const matchingType = typeOf(name, code);
    if (matchingType !== undefined && name === '') {
      digests = digests.filter((one) => one.matchingType !== matchingType);
      continue;
    }
    const bytes = digestBytes(name);
    const known = digests.some((one) => one.matchingType === matchingType);
    if (matchingType !== undefined && bytes !== undefined && !known)
      digests.push({ matchingType, algorithm: name, bytes });
    else if (strict) return undefined;
  }
  return strict && digests.length === 0 ? undefined : digests;
}

/**
 * The number given, or the standard one of the name; undefined where the two contradict each other.
 */
function typeOf(name: string, code: string | undefined): number | undefined {
  const standard = STANDARD.get(name);
  if (code === undefined || code === '') return standard;
  const number = /^\d{1,3}$/.test(code) ? Number(code) : 0;
  if (number < 1 || number > 254 || (standard !== undefined && number !== standard))
    return undefined;
  return name !== '' && standard === undefined && (number === 1 || number === 2)
    ? undefined
    : number;
}

function digestBytes(algorithm: string): number | undefined {
  return getHashes().includes(algorithm) ? hash(algorithm, '', 'buffer').length : undefined;
}

const STANDARD: ReadonlyMap<string, number> = new Map([
  ['sha256', 1],
  ['sha512', 2],
]);
