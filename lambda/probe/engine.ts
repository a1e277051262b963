/**
 * Where the OpenSSL inside Node (3.5) refuses what that of a mail host takes, and what becomes of it
 * here. What 3.0 and 3.5 do was seen with both; 3.2 was the first without CCM8 at level 1, by its
 * release notes, and of what lies between nothing else is known. Pure.
 */
import { opensslSince } from '../certificate/openssl-version.ts';
import type { TlsOffer } from './offer.ts';
import type { Presented, ProbeResult } from './result.ts';

/**
 * Level 1 rules out TLS 1.0, TLS 1.1 and CCM8 in 3.5 altogether, in 3.0 only what is signed with
 * SHA-1; and the word HIGH has CCM8 up to 3.1, which are MEDIUM since: what to offer in a second
 * try, where an alert leaves that open. `openssl` is the mail host's; undefined: 3.0.
 */
export function moreLenient(
  offer: TlsOffer,
  first: ProbeResult,
  openssl: string | undefined,
): TlsOffer | undefined {
  if (opensslSince(openssl, '3.5')) return undefined;
  if (offer.kind === 'impossible') return undefined;
  if (first.kind !== 'handshake-failed' || !/protocol|handshake failure/.test(first.cause))
    return undefined;
  const atLevel0 = isAtLevel1(offer)
    ? offer.ciphers.slice(0, -LEVEL_1.length) + LEVEL_0
    : offer.ciphers;
  const ciphers = opensslSince(openssl, '3.2') ? atLevel0 : asBefore32(atLevel0);
  return ciphers === offer.ciphers ? undefined : { ...offer, ciphers };
}

export const isAtLevel1 = (offer: TlsOffer): boolean =>
  offer.kind === 'offer' && offer.ciphers.endsWith(LEVEL_1);

/** A cipher list whose words HIGH and MEDIUM mean what they did before 3.2, as far as 3.5 can. */
function asBefore32(list: string): string {
  return list
    .split(/[:;, ]/)
    .flatMap((word) => {
      const [, operator = '', rest = ''] = /^([!+-]?)(.*)$/.exec(word) ?? [];
      const parts = rest.split('+');
      const meaning = MEANT_BEFORE_32.find(([name]) => parts.includes(name));
      if (meaning === undefined) return [word];
      const [name, meant] = meaning;
      return meant.map(
        (one) => operator + parts.map((part) => (part === name ? one : part)).join('+'),
      );
    })
    .join(':');
}

const MEANT_BEFORE_32: readonly (readonly [string, readonly string[]])[] = [
  ['HIGH', ['HIGH', 'AESCCM8']],
  ['MEDIUM', ['SEED', 'IDEA', 'RC4']],
];

export const isCcm8 = ({ cipher }: Pick<Presented, 'cipher'>): boolean => cipher.endsWith('-CCM8');

/** Whether the mail host's OpenSSL shakes hands at level 1 on what came of that. */
export function takenAtLevel1(
  { protocol, cipher }: Presented,
  openssl: string | undefined,
): 'taken' | 'refused' | 'unknown' {
  if (isCcm8({ cipher })) return opensslSince(openssl, '3.2') ? 'refused' : 'taken';
  const old = protocol === 'TLSv1' || protocol === 'TLSv1.1';
  // Key exchange by RSA alone is what signs nothing.
  if (!old || /^A?(?:EC)?DHE?-/.test(cipher)) return 'refused';
  return opensslSince(openssl, '3.1') ? 'unknown' : 'taken';
}

/**
 * A date without seconds: 3.0 reads the certificate, and asks for the date only where it must; 3.5
 * does not read it.
 */
export function isOurEngine(result: ProbeResult, openssl: string | undefined): boolean {
  return (
    result.kind === 'handshake-failed' &&
    /time is too short$/.test(result.cause) &&
    !opensslSince(openssl, '3.5')
  );
}

const LEVEL_1 = '@SECLEVEL=1';
const LEVEL_0 = '@SECLEVEL=0';
