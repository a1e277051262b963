/** Failing destinations that are served by a name that is sent, other pins, a policy of theirs, or signed records. */
import { type KeyPair, keyPair } from '../../internet/authority.ts';
import type { Identity } from '../../internet/tls-server.ts';
import { digestsOf } from '../authorities.ts';
import { type Draw, type FailingHost, hostOf } from './failing.ts';
import { type Cured, hostsOf, more, secure } from './parts.ts';

export const CURED_OTHERWISE: Readonly<Record<string, (draw: Draw) => Promise<Cured>>> = {
  'SNI of the host': async (draw) => {
    const [host, domain] = [`mx.${draw.provider}`, draw.domain];
    return { hosts: [await withSni(draw, host, host, [domain])], policy: `${domain} secure${more(draw)}\n` };
  },
  'SNI of the domain': async (draw) => {
    const [host, domain] = [`mx.${draw.provider}`, draw.domain];
    return { hosts: [await withSni(draw, host, domain, [domain])], policy: `${domain} secure${more(draw)}\n` };
  },
  'SNI, and other names': async (draw) => {
    const host = `mx.${draw.provider}`;
    return { hosts: [await withSni(draw, host, host, [`*.${draw.provider}`])], policy: secure(draw) };
  },
  'new key behind a pin': async (draw) => {
    const hosts = [await withKey(draw, `mx.${draw.provider}`, await keyPair('ec'))];
    return { hosts, ...pinning(draw, [await withKey(draw, `mx.${draw.provider}`, await keyPair('ec'))], 'key') };
  },
  'key pinned as a certificate, and a new one': async (draw) => {
    const hosts = [
      await withKey(draw, `mx1.${draw.provider}`, await keyPair('ec')),
      await withKey(draw, `mx2.${draw.provider}`, await keyPair('ec')),
    ];
    return { hosts, ...pinning(draw, hosts.slice(0, 1), draw.random.pick(['certificate', 'key'])) };
  },
  'MTA-STS': async (draw) => {
    const [first, second] = [`mx1.${draw.provider}`, `mx2.other${draw.number}.net`];
    const hosts = [
      await withSni(draw, first, first, [first]),
      await withSni(draw, second, second, [`*.other${draw.number}.net`]),
    ];
    return {
      hosts,
      policy: secure(draw),
      others: [{ name: `_mta-sts.${draw.domain}`, type: 'TXT', data: ['v=STSv1; id=1;'] }],
      sts: `version: STSv1\nmode: enforce\nmx: ${first}\nmx: *.other${draw.number}.net\nmax_age: 604800\n`,
    };
  },
  DANE: async (draw) => {
    const hosts = await hostsOf(draw, draw.random.between(1, 3), draw.provider, (host) => [host, 'unrelated.example']);
    return { setting: 'dnssec', signed: true, hosts, policy: secure(draw), others: hosts.flatMap(tlsaOf) };
  },
  'signed MX alone': async (draw) => ({
    setting: 'dnssec',
    signed: true,
    hosts: await hostsOf(draw, draw.random.between(1, 3), draw.provider, () => [`*.${draw.provider}`]),
    policy: secure(draw),
  }),
};

/** `names` to whoever sends `sni`, and somebody else's certificate to the others. */
async function withSni(draw: Draw, host: string, sni: string, names: readonly string[]): Promise<FailingHost> {
  const own: Identity = await draw.trusted(names);
  return hostOf(draw, host, 10, [await draw.trusted(['default.invalid'])], { sniChains: { [sni]: own } });
}

const withKey = async (draw: Draw, host: string, key: KeyPair) =>
  hostOf(draw, host, 10, [await draw.trusted({ dnsNames: [host], key })]);

/** An entry that pins what these hosts present. */
function pinning(draw: Draw, pinned: readonly FailingHost[], of: 'certificate' | 'key') {
  const setting = draw.random.pick(['plain', 'sha1 pins'] as const);
  const digests = pinned.flatMap(({ servers }) =>
    servers.map(({ chain = '', key = '' }) => digestsOf({ chain, key }, setting === 'plain' ? 'sha256' : 'sha1')[of]),
  );
  return { setting, policy: `${draw.domain} fingerprint match=${digests.join('|')}${more(draw)}\n` };
}

/** `3 1 1` of what each address presents. */
const tlsaOf = ({ host, servers }: FailingHost) => [
  {
    name: `_25._tcp.${host}`,
    type: 'TLSA' as const,
    ad: true,
    data: servers.map(({ chain = '', key = '' }) => `3 1 1 ${digestsOf({ chain, key }, 'sha256').key.replaceAll(':', '')}`),
  },
];
