/**
 * Elements of a match list, parsed: names and keywords at verify and secure, digests at
 * fingerprint.
 *
 * Follows add_namechecks() in src/tls/tls_client.c, tls_dane_add_fpt_digests() in
 * src/tls/tls_dane.c and, before 3.6, tls_dane_add_ee_digests().
 */

import { atLeast, type PostfixVersion } from '../postfix/version.ts';
import type { MatchPattern } from './entry.ts';

/**
 * Keywords without case; a leading dot (or U+3002, U+FF0E, U+FF61 before a name) means every name
 * below.
 */
export function parseMatch(element: string): MatchPattern {
  switch (element.toLowerCase()) {
    case 'nexthop':
      return { kind: 'nexthop' };
    case 'dot-nexthop':
      return { kind: 'dot-nexthop' };
    case 'hostname':
      return { kind: 'hostname' };
  }
  if (element.startsWith('.')) return { kind: 'subdomains', parent: element.slice(1) };
  if (/^[\u3002\uff0e\uff61]./.test(element))
    return { kind: 'subdomains', parent: element.slice(1) };
  return { kind: 'name', name: element };
}

/** The element a pattern was written as; keywords in lower case, the dot as `.`. */
export function printMatch(pattern: MatchPattern): string {
  switch (pattern.kind) {
    case 'nexthop':
    case 'dot-nexthop':
    case 'hostname':
      return pattern.kind;
    case 'name':
      return pattern.name;
    case 'subdomains':
      return `.${pattern.parent}`;
  }
}

/**
 * Lower-case hex without colons; undefined for a malformed digest. Colons: optional from 3.6,
 * required before.
 */
export function parseDigest(element: string, version: PostfixVersion): string | undefined {
  if (element.length > 3 * LONGEST_DIGEST_BYTES) return undefined;
  const shape = atLeast(version, '3.6')
    ? /^[0-9a-f]{2}(:?[0-9a-f]{2})*$/i
    : /^[0-9a-f]{2}(:[0-9a-f]{2})*$/i;
  return shape.test(element) ? element.replaceAll(':', '').toLowerCase() : undefined;
}

/** EVP_MAX_MD_SIZE. */
const LONGEST_DIGEST_BYTES = 64;
