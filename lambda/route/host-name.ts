/** What Postfix's DNS client takes for a name and for an address. Pure. */

import { type AddressFamily, isHostname, isIpv4, isIpv6 } from '../postfix/hostname.ts';

/** valid_hostname() with DO_WILDCARD: as a host name, but the first label may be a star. */
export function isHostName(name: string): boolean {
  return isHostname(name) || (name.startsWith('*.') && isHostname(`x${name.slice(1)}`));
}

/** valid_rr_name(): what may stand in an MX or CNAME record. An address there is tolerated. */
export const isNameOrAddress = (text: string): boolean =>
  familyOf(text) !== undefined || isHostName(text);

/**
 * The family of an address literal without brackets; undefined for anything else. `010.0.0.1` is
 * none: some would read it as 8.0.0.1.
 */
export function familyOf(text: string): AddressFamily | undefined {
  if (/(?:^|\.)0\d/.test(text)) return undefined;
  if (isIpv4(text)) return 'ipv4';
  return isIpv6(text) ? 'ipv6' : undefined;
}
