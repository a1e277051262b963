/** What Postfix takes for a host name or an address (util/valid_hostname.c). Pure. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { AddressFamily } from '../policy/settings.ts';

/**
 * valid_hostname() with DO_WILDCARD: letters, digits, `_`, inner hyphens, labels up to 63, 255 in all, no empty label
 * (so no trailing dot), not all digits, a `*` only as the whole first label.
 */
export function isHostName(name: string): boolean {
  if (name.length > 255 || !/[^0-9.]/.test(name)) return false;
  return name.split('.').every((label, i) => LABEL.test(label) || (i === 0 && label === '*' && name.length > 1));
}

/** The family of an address literal without brackets; undefined for anything else. */
export function familyOf(text: string): AddressFamily | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** valid_rr_name(): what may stand in an MX or CNAME record. An address there is tolerated. */
export const isNameOrAddress = (text: string): boolean => familyOf(text) !== undefined || isHostName(text);

/** U-labels become A-labels, as DNS wants them; ASCII passes untouched, and what cannot be converted stays as it is. */
export function toAscii(name: string): string {
  return /^\p{ASCII}*$/u.test(name) ? name : domainToASCII(name) || name;
}

const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
