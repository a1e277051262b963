/** What Postfix's DNS client takes for a name and for an address. Pure. */
import { isIP } from 'node:net';
import { isHostname } from '../policy/hostname.ts';
import type { AddressFamily } from '../policy/settings.ts';

/** valid_hostname() with DO_WILDCARD: as a host name, but the first label may be a star. */
export function isHostName(name: string): boolean {
  return isHostname(name) || (name.startsWith('*.') && isHostname(`x${name.slice(1)}`));
}

/** valid_rr_name(): what may stand in an MX or CNAME record. An address there is tolerated. */
export const isNameOrAddress = (text: string): boolean => familyOf(text) !== undefined || isHostName(text);

/** The family of an address literal without brackets; undefined for anything else, a zone (`fe80::1%eth0`) included. */
export function familyOf(text: string): AddressFamily | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}
