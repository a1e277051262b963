/** A destination whose entry refuses one of its hosts at least: what it is made of, and its zone as it is, or with one address alone. */
import type { LastPassed } from '../../../lambda/snapshot/last-passed.ts';
import type { Reason } from '../../../lambda/verdict/reason.ts';
import type { CertificateOptions } from '../../internet/authority.ts';
import type { RecordSet } from '../../internet/dns-server.ts';
import type { Identity } from '../../internet/tls-server.ts';
import type { Authorities } from '../authorities.ts';
import type { Random } from '../random.ts';
import type { SceneServer } from '../scene.ts';

export interface Failing {
  readonly kind: string;
  /** Of suggestions/scene.ts. */
  readonly setting: SettingName;
  readonly recipient: string;
  /** Lines of the policy table; empty where none covers it. */
  readonly policy: string;
  /** The next hop by the transport table; empty: mail goes to the recipient's domain. */
  readonly hop: string;
  /** Whose MX records lead to the hosts; null: the host is named by policy. */
  readonly mxOf: string | null;
  readonly hosts: readonly FailingHost[];
  /** Whatever else stands in DNS. */
  readonly others: readonly RecordSet[];
  /** Its answers carry AD. */
  readonly signed: boolean;
  /** Of the line that is expected, or why there is rightly none. */
  readonly expects: 'line' | Reason;
  /** Text of the MTA-STS policy of `mxOf`: the line that explain makes of it is the one to prove. */
  readonly sts?: string;
  /** Where mail went when its hosts were last authenticated. */
  readonly remembers?: LastPassed;
}

export interface FailingHost {
  readonly host: string;
  readonly preference: number;
  readonly servers: readonly FailingServer[];
}

/** What stands at one address; `silent`: not today. */
export interface FailingServer extends SceneServer {
  readonly silent?: boolean;
}

/** main.cf, and the service that delivers. */
export type SettingName = 'plain' | 'dnssec' | 'secure for all' | 'list of main.cf' | 'own service' | 'sha1 pins';

/** What a destination is drawn from. */
export interface Draw {
  readonly random: Random;
  readonly authorities: Authorities;
  /** `d7.test`, and a provider's domain; each under a public suffix of some kind. */
  readonly domain: string;
  readonly provider: string;
  readonly number: number;
  /** The next free one. */
  readonly address: () => string;
  /** A trusted chain for these names. */
  readonly trusted: (names: CertificateOptions | readonly string[]) => Promise<Identity>;
}

export type Maker = (draw: Draw) => Promise<Partial<Failing> & Pick<Failing, 'hosts' | 'expects'>>;

/** One host, an address for each identity. */
export function hostOf(
  { address }: Pick<Draw, 'address'>,
  host: string,
  preference: number,
  identities: readonly (Identity & Partial<SceneServer>)[],
  more: Partial<FailingServer> = {},
): FailingHost {
  return { host, preference, servers: identities.map((identity) => ({ address: address(), ...identity, ...more })) };
}

/** Host and address, in the order of the hosts. */
export const contactsOf = ({ hosts }: Failing) =>
  hosts.flatMap(({ host, servers }) => servers.map((server) => ({ host, server })));

/** All records, or those that lead to its n-th address alone. */
export function zoneOf(failing: Failing, only?: number): RecordSet[] {
  const { mxOf, hosts, others, signed } = failing;
  const chosen = only === undefined ? undefined : contactsOf(failing)[only];
  const ad = signed ? { ad: true } : {};
  const shown = hosts.flatMap(({ host, preference, servers }) => {
    const kept = servers.filter((server) => chosen === undefined || server === chosen.server);
    return kept.length === 0 ? [] : [{ host, preference, addresses: kept.map(({ address }) => address) }];
  });
  const named = shown.filter(({ host }) => !/^[\d.]+$/.test(host));
  return [
    ...(mxOf === null || shown.length === 0
      ? []
      : [{ name: mxOf, type: 'MX' as const, data: shown.map(({ host, preference }) => `${preference} ${host}`), ...ad }]),
    ...named.map(({ host, addresses }) => ({ name: host, type: 'A' as const, data: addresses, ...ad })),
    ...others,
  ];
}
