/** What `explain` prints of each MX host: its addresses, what they presented and came to. Pure. */
import { moment } from '../../text/dates.ts';
import { plainName } from '../../text/strangers.ts';
import { labelled, wrap } from '../../text/wrap.ts';
import type { AddressVerdict, HostVerdict } from '../../verdict/verdict.ts';
import type { Paint } from '../terminal/colour.ts';
import { tlsaLines } from './tlsa-story.ts';

export function hostLines(host: HostVerdict, paint: Paint, width: number): string[] {
  const lines = [
    '',
    `${String(host.preference).padStart(4)}  ` +
      `${host.host}${host.addresses.length === 0 ? '  (no address)' : ''}`,
  ];
  for (const alike of groupAlike(host.addresses)) lines.push(...addressLines(alike, paint, width));
  return lines;
}

/** Addresses that came to the same in every respect are told once. */
function groupAlike(addresses: readonly AddressVerdict[]): AddressVerdict[][] {
  const groups = new Map<string, AddressVerdict[]>();
  for (const address of addresses) {
    const { address: _address, says: _says, ...rest } = address;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), address]);
  }
  return [...groups.values()];
}

function addressLines(alike: readonly AddressVerdict[], paint: Paint, width: number): string[] {
  const [address] = alike;
  if (address === undefined) return [];
  const style =
    address.outcome === 'pass' ? 'green' : address.outcome === 'fail' ? 'red' : 'magenta';
  const all = alike.map(
    ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
  );
  const more = all.length > ADDRESSES_SHOWN ? ` and ${all.length - ADDRESSES_SHOWN} more` : '';
  const where = `${all.slice(0, ADDRESSES_SHOWN).join(', ')}${more}`;
  const why = address.reason === null ? '' : ` (${address.reason.replaceAll('-', ' ')})`;
  const outcome = paint(style, `${address.outcome}${why}`);
  const lines = wrap(`      ${where}  ${outcome}`, width, '      ');
  const say = (label: string, text: string): void => {
    lines.push(...labelled(`        ${label}`, text, 18, width));
  };
  if (address.detail !== null) say('why', address.detail);
  if (address.reply !== null) say('reply', `${address.reply.code} ${address.reply.text}`);
  for (const [label, text] of tlsaLines(address)) say(label, text);
  if (address.tls !== null) say('TLS', `${address.tls.protocol}, ${address.tls.cipher}`);
  const leaf = address.chain[0];
  if (leaf !== undefined) {
    if (address.asked.length > 0) say('wanted', address.asked.join(', '));
    say('offered', names(leaf.dnsNames, leaf.commonName));
    if (address.matched !== null) say('matched', address.matched);
    address.chain.forEach((certificate, depth) => {
      say(
        depth === 0 ? 'chain' : '',
        `${certificate.subject}, until ${moment(Date.parse(certificate.notAfter))}, sha256 ` +
          `${certificate.sha256.slice(0, 16)}…`,
      );
    });
    if (address.tlsa?.acts !== 'dane' || address.anchor !== null)
      say('anchor', address.anchor ?? 'none reached');
  }
  return lines;
}

function names(dnsNames: readonly string[], commonName: string | null): string {
  if (dnsNames.length > 0) return dnsNames.map((name) => plainName(name)).join(', ');
  return commonName === null
    ? 'no name at all'
    : `CN ${plainName(commonName)} (no DNS names, so the common name counts)`;
}

/** Of those that came to the same; the document has them all. */
const ADDRESSES_SHOWN = 20;
