/**
 * Where the OpenSSL inside Node (3.5) refuses what that of a mail host (3.0, as Debian 12 has it)
 * takes, and what becomes of it here. Each was seen with both. Pure.
 */
import type { TlsOffer } from './offer.ts';
import type { Presented, ProbeResult } from './result.ts';

/**
 * Level 1 rules out TLS 1.0, TLS 1.1 and CCM8 in 3.5 altogether, in 3.0 only what is signed with
 * SHA-1: what to offer in a second try, where an alert leaves that open.
 */
export function moreLenient(offer: TlsOffer, first: ProbeResult): TlsOffer | undefined {
  if (offer.kind === 'impossible' || !offer.ciphers.endsWith(LEVEL_1)) return undefined;
  if (first.kind !== 'handshake-failed' || !/protocol|handshake failure/.test(first.cause))
    return undefined;
  return { ...offer, ciphers: offer.ciphers.slice(0, -LEVEL_1.length) + LEVEL_0 };
}

/** Whether 3.0 shakes hands at level 1 on what came of that. */
export function takenAtLevel1({ protocol, cipher }: Presented): boolean {
  const old = protocol === 'TLSv1' || protocol === 'TLSv1.1';
  // Key exchange by RSA alone is what signs nothing.
  return cipher.endsWith('-CCM8') || (old && !/^A?(?:EC)?DHE?-/.test(cipher));
}

/** A date without seconds: 3.0 reads the certificate, and asks for the date only where it must. */
export function isOurEngine(result: ProbeResult): boolean {
  return result.kind === 'handshake-failed' && /time is too short$/.test(result.cause);
}

const LEVEL_1 = '@SECLEVEL=1';
const LEVEL_0 = '@SECLEVEL=0';
