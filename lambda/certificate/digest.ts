/** Digest algorithms by name, as OpenSSL knows them: `sha256`, `SHA512`, `sha-256`. Pure. */
import { createHash } from 'node:crypto';

/** Asked of OpenSSL itself: tls_client_init() turns TLS off for a digest that it does not have. */
export function isDigest(name: string): boolean {
  try {
    createHash(name);
    return true;
  } catch {
    return false;
  }
}
