/**
 * What the servers of the other side present to whoever sends their name (SNI), where that would do:
 * the first thing to ask them for. Pure.
 */
import { plain } from '../../text/strangers.ts';
import type { AddressVerdict, EntryVerdict, HostVerdict } from '../../verdict/verdict.ts';

/** The entry as it would come out if a name were sent. */
export interface UnderName {
  readonly name: 'hostname' | 'nexthop';
  readonly verdict: EntryVerdict;
}

export interface AtAddress {
  readonly host: HostVerdict;
  readonly address: AddressVerdict;
}

/** An address that does with a name what it does not without, and the name. */
export interface BetterBySni extends AtAddress {
  readonly sent: string;
}

/** Of those that fail, in their order. */
export function betterBySni(
  failing: readonly AtAddress[],
  under: UnderName | undefined,
): readonly BetterBySni[] {
  if (under === undefined) return [];
  const { name, verdict } = under;
  return failing.flatMap(({ host, address: before }) => {
    const address = verdict.hosts
      .find((one) => one.host === host.host)
      ?.addresses.find((one) => one.address === before.address && one.port === before.port);
    const sent = name === 'hostname' ? host.host : (verdict.nextHop?.host ?? host.host);
    // A line with other names is our own matter.
    const wouldDo =
      address?.outcome === 'pass' ||
      (address?.reason === 'name-mismatch' && verdict.suggestion !== null);
    return address !== undefined && wouldDo ? [{ host, address, sent }] : [];
  });
}

export const SNI_FOUND =
  'To clients that send the name of the server in the TLS handshake (SNI) they present another ' +
  'certificate:';

export const SNI_WISH =
  'Could you present that one to clients that send no name, too? Many mail servers send none.';

/** The place of a server and the name that was sent to it. */
export const sniPlace = ({ host, address, sent }: BetterBySni): string =>
  `${plain(host.host)} (${plain(address.address)}, port ${address.port}), asked for ${plain(sent)}`;
