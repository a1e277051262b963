/**
 * What Postfix takes for a host name and for an address: in its settings, and in DNS records.
 *
 * Follows src/util/valid_hostname.c, src/util/valid_utf8_hostname.c and valid_rr_name() in
 * src/dns/dns_lookup.c. Whether a next hop is a "plain" name decides if the policy lookup goes on
 * to parent domains, so the rules are Postfix's and not those of an RFC.
 */
import { domainToASCII } from 'node:url';
import { atLeast, type PostfixVersion } from './version.ts';

export type AddressFamily = 'ipv4' | 'ipv6';

/**
 * valid_hostname(): ASCII letters, digits, `_`, inner hyphens; no trailing dot; not digits and dots
 * alone.
 */
export function isHostname(name: string): boolean {
  if (name === '' || name.length > 255 || !/^[A-Za-z0-9_.-]+$/.test(name) || /^[0-9.]+$/.test(name))
    return false;
  return name
    .split('.')
    .every(
      (label) =>
        label !== '' && label.length <= 63 && !label.startsWith('-') && !label.endsWith('-'),
    );
}

/** valid_utf8_hostname(): from 3.0, a name with U-labels is judged by its A-labels. */
export function isUtf8Hostname(name: string, version: PostfixVersion): boolean {
  if (isAscii(name) || !atLeast(version, '3.0')) return isHostname(name);
  return isHostname(domainToASCII(name));
}

/**
 * U-labels become A-labels. ASCII passes untouched: domainToASCII() would read `10.1` as an
 * address.
 */
export function toAscii(name: string): string {
  if (isAscii(name)) return name;
  const ascii = domainToASCII(name);
  return ascii === '' ? name : ascii;
}

export function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/** valid_hostaddr(). */
export function isHostAddress(text: string): boolean {
  return text.includes(':') ? isIpv6(text) : isIpv4(text);
}

/**
 * valid_ipv4_hostaddr(): four octets; leading zeros are digits like others; of 0.x.x.x only
 * 0.0.0.0.
 */
export function isIpv4(text: string): boolean {
  if (!/^\d+(\.\d+){3}$/.test(text)) return false;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return false;
  return octets[0] !== 0 || octets.every((octet) => octet === 0);
}

/**
 * valid_ipv6_hostaddr(): eight fields, one run of zeros compressed, perhaps an IPv4 tail; no zone.
 */
export function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const fields = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = fields.at(-1) ?? '';
  const tail = last.includes('.');
  if (tail && !isIpv4(last)) return false;
  if (!(tail ? fields.slice(0, -1) : fields).every((field) => /^[0-9a-fA-F]{1,4}$/.test(field)))
    return false;
  const count = fields.length + (tail ? 1 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** valid_hostname() with DO_WILDCARD: as a host name, but the first label may be a star. */
export function isHostnameOrWildcard(name: string): boolean {
  return isHostname(name) || (name.startsWith('*.') && isHostname(`x${name.slice(1)}`));
}

/** valid_rr_name(): what may stand in an MX or CNAME record. An address there is tolerated. */
export const isNameOrAddress = (text: string): boolean =>
  familyOf(text) !== undefined || isHostnameOrWildcard(text);

/**
 * The family of an address literal without brackets; undefined for anything else. `010.0.0.1` is
 * none: some would read it as 8.0.0.1.
 */
export function familyOf(text: string): AddressFamily | undefined {
  if (/(?:^|\.)0\d/.test(text)) return undefined;
  if (isIpv4(text)) return 'ipv4';
  return isIpv6(text) ? 'ipv6' : undefined;
}

/**
 * The domain that a person means who types or pastes a recipient or a domain: `user@b.test` as
 * mailq shows it, `<user@b.test>` as the log does, `B.TEST.` as DNS does. A next hop with brackets
 * or a port is only folded.
 */
export function typedDomain(text: string): string {
  const folded = bareAddress(text).toLowerCase();
  const domain = folded.slice(folded.lastIndexOf('@') + 1);
  return domain.length > 1 && !/[[:]/.test(domain) ? domain.replace(/\.$/, '') : domain;
}

/** A recipient without the angle brackets of the log; any other text as it is. */
export const bareAddress = (text: string): string => /^<(.*@.*)>$/s.exec(text)?.[1] ?? text;

/** `.b.test`, `.test` above `a.b.test`, or without the dot: what a lookup by parents tries. */
export function parentDomains(domain: string, written: 'dotted' | 'bare'): string[] {
  const parents: string[] = [];
  for (let dot = domain.indexOf('.', 1); dot > 0; dot = domain.indexOf('.', dot + 1))
    parents.push(domain.slice(written === 'bare' ? dot + 1 : dot));
  return parents;
}
