/**
 * Compares our trust with the live handshake's: whether OpenSSL, inside Node and under the same
 * anchors, came to the same.
 *
 * Only trusted against not is compared. Node tells the last error where Postfix tells the one
 * nearest the leaf, so codes may differ; and some of what Postfix adds has no counterpart in Node's
 * handshake.
 */
import type { Trust } from './path.ts';

/**
 * Whether `trust`, judged at the time of the handshake and with the anchors it had, agrees with its
 * result: `OK`, or a code such as `CERT_HAS_EXPIRED`. Also true where the two may differ:
 * - a chain beyond Postfix's verify depth: Node allows 100 certificates;
 * - a signature or key too weak for level 1: conversations for encrypt and may are had at level 0.
 * Trust anchor files have no counterpart in Node at all: do not ask about them.
 */
export function agreesWithHandshake(trust: Trust, verify: string): boolean {
  if (trust.kind === 'trusted') return verify === 'OK';
  if (verify !== 'OK') return true;
  return trust.reason === 'chain-too-long' || trust.reason === 'weak-signature';
}
