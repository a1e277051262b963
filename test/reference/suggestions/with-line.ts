/** Failing destinations that another line would serve, by kind. */
import { type Draw, hostOf, type Maker } from './failing.ts';
import { type Cured, hostsOf, more, secure } from './parts.ts';
import { CURED_OTHERWISE } from './with-other-line.ts';

const below = (draw: Draw) => draw.random.pick([draw.provider, `in.${draw.provider}`, `eu.mx.${draw.provider}`]);

const CURED: Readonly<Record<string, (draw: Draw) => Promise<Cured>>> = {
  'wildcard of a provider': async (draw) => {
    const parent = below(draw);
    const hosts = await hostsOf(draw, draw.random.between(1, 4), parent, () => [`*.${parent}`, parent]);
    return { hosts, policy: secure(draw) };
  },
  'wildcard above the hosts': async (draw) => {
    const hosts = await hostsOf(draw, draw.random.between(1, 3), `a.b.${draw.provider}`, () => [`*.${draw.provider}`]);
    return { hosts, policy: secure(draw) };
  },
  'two wildcards of a provider': async (draw) => {
    const [a, b] = [`a.${draw.provider}`, `b.${draw.provider}`];
    const hosts = [
      hostOf(draw, `mx.${a}`, 10, [await draw.trusted([`*.${a}`])]),
      hostOf(draw, `mx.${b}`, 10, [await draw.trusted([`*.${b}`])]),
    ];
    return { hosts, policy: secure(draw) };
  },
  'names of one provider': async (draw) => ({
    hosts: await hostsOf(draw, draw.random.between(2, 4), below(draw), (host) => [host]),
    policy: secure(draw),
  }),
  'names of different depth': async (draw) => {
    const parent = `l.${draw.provider}`;
    const hosts = [
      hostOf(draw, `in.${parent}`, 5, [await draw.trusted([`in.${parent}`])]),
      hostOf(draw, `alt1.in.${parent}`, 10, [await draw.trusted([`alt1.in.${parent}`])]),
    ];
    return { hosts, policy: secure(draw) };
  },
  'one certificate for all hosts': async (draw) => ({
    hosts: await hostsOf(draw, draw.random.between(2, 3), below(draw), (_, all) => [...all, `www.${draw.provider}`]),
    policy: secure(draw),
  }),
  'one name': async (draw) => ({
    hosts: await hostsOf(draw, 1, below(draw), (host) => [`www.${draw.provider}`, host]),
    policy: secure(draw),
  }),
  'the registrable domain itself': async (draw) => ({
    hosts: [
      hostOf(draw, draw.provider, 10, [await draw.trusted([draw.provider])]),
      hostOf(draw, `mx.${draw.provider}`, 20, [await draw.trusted([`mx.${draw.provider}`])]),
    ],
    policy: secure(draw),
  }),
  'another name of the provider': async (draw) => ({
    hosts: await hostsOf(draw, 1, draw.provider, () => [`web.${draw.provider}`]),
    policy: `${draw.domain} ${draw.random.pick(['secure', 'verify'])}${more(draw)}\n`,
  }),
  'common name alone': async (draw) => {
    const host = `mx.${draw.provider}`;
    const commonName = draw.random.pick([host, `*.${draw.provider}`]);
    return { hosts: [hostOf(draw, host, 10, [await draw.trusted({ commonName })])], policy: secure(draw) };
  },
  'several providers': async (draw) => {
    const parents = [`${draw.number}a.test`, `b${draw.number}.co.uk`, `c${draw.number}.github.io`].slice(
      0,
      draw.random.between(2, 3),
    );
    const hosts = await Promise.all(
      parents.map(async (parent, i) => {
        const host = `mx.${parent}`;
        const names = draw.random.pick([[host], [`*.${parent}`]]);
        return hostOf(draw, host, 10 * (i + 1), [await draw.trusted(names)]);
      }),
    );
    return { hosts, policy: secure(draw) };
  },
  'names of the domain itself': async (draw) => ({
    hosts: await hostsOf(draw, draw.random.between(1, 2), draw.provider, () => [
      draw.random.pick([`mail.${draw.domain}`, `*.${draw.domain}`]),
    ]),
    policy: `${draw.domain} ${draw.random.pick(['secure match=.old.test', 'verify match=old.test', 'verify'])}${more(draw)}\n`,
  }),
  'some hosts pass': async (draw) => ({
    hosts: [
      hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`mx.${draw.provider}`])]),
      hostOf(draw, `mx2.${draw.domain}`, 20, [await draw.trusted([`mx2.${draw.domain}`])]),
      hostOf(draw, `mx3.${draw.domain}`, 30, [await draw.trusted([draw.domain])]),
    ],
    policy: `${draw.domain} secure${more(draw)}\n`,
  }),
  'match=hostname at secure': async (draw) => ({
    hosts: [
      hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`web.${draw.provider}`])]),
      hostOf(draw, `mx2.${draw.provider}`, 20, [await draw.trusted([`mx2.${draw.provider}`])]),
    ],
    policy: `${draw.domain} secure match=hostname${more(draw)}\n`,
  }),
  'several addresses': async (draw) => {
    const host = `mx.${draw.provider}`;
    const identities = [
      await draw.trusted([host]),
      await draw.trusted([`*.${draw.provider}`]),
      await draw.trusted([`b.${draw.provider}`]),
    ];
    return { hosts: [hostOf(draw, host, 10, draw.random.some(identities, draw.random.between(2, 3)))], policy: secure(draw) };
  },
  'one host silent today': async (draw) => {
    const old = `old${draw.number}.net`;
    return {
      hosts: [
        hostOf(draw, `mx.${draw.provider}`, 10, [await draw.trusted([`*.${draw.provider}`])]),
        hostOf(draw, `mx.${old}`, 20, [await draw.trusted([`*.${old}`])], { silent: true }),
      ],
      policy: `${draw.domain} secure match=.${old}${more(draw)}\n`,
    };
  },
  IDN: async (draw) => {
    const [domain, provider] = [`xn--bcher-kva.${draw.domain}`, `xn--mller-kva.${draw.provider}`];
    return {
      recipient: domain,
      mxOf: domain,
      hosts: await hostsOf(draw, draw.random.between(1, 2), provider, (host) => [host]),
      policy: `${domain} secure match=${draw.random.pick(['.bücher.test', 'nexthop'])}${more(draw)}\n`,
    };
  },
  'mixed case': async (draw) => {
    const provider = draw.provider.toUpperCase();
    return {
      hosts: await hostsOf(draw, 2, `In.${provider}`, (host) => [host.toUpperCase()]),
      policy: `${draw.domain.toUpperCase()} SECURE Match=NextHop:Old.Test${more(draw)}\n`,
    };
  },
  '.parent key': async (draw) => {
    const recipient = `sub.${draw.domain}`;
    const hosts = await hostsOf(draw, draw.random.between(1, 2), draw.provider, () => [`*.${draw.provider}`]);
    return { recipient, mxOf: recipient, hosts, policy: secure(draw, `.${draw.domain}`) };
  },
  'next hop by transport': async (draw) => {
    const hop = `hop${draw.number}.test`;
    const hosts = await hostsOf(draw, draw.random.between(1, 2), draw.provider, (host) => [host]);
    return { mxOf: hop, hosts, policy: secure(draw, hop), hop };
  },
  'host in brackets': async (draw) => {
    const host = `relay.${draw.provider}`;
    const port = draw.random.pick([25, 587]);
    const hop = port === 25 ? `[${host}]` : `[${host}]:${port}`;
    const hosts = [hostOf(draw, host, 0, [await draw.trusted([`web.${draw.provider}`])], { port })];
    return { ...named(hop), hosts, policy: secure(draw, hop) };
  },
  'address in brackets': async (draw) => {
    const [address] = [draw.address()];
    const hosts = [{ host: address, preference: 0, servers: [{ address, ...(await draw.trusted([`mx.${draw.provider}`])) }] }];
    return { ...named(`[${address}]`), hosts, policy: secure(draw, `[${address}]`) };
  },
  'anchors of its own (tafile)': async (draw) => ({
    hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await byRootB(draw, [`*.${draw.provider}`])])],
    policy: `${draw.domain} secure tafile=@files@/root-b.pem${more(draw)}\n`,
  }),
  'no entry, secure for all': async (draw) => ({
    setting: 'secure for all',
    hosts: await hostsOf(draw, draw.random.between(1, 3), draw.provider, () => [`*.${draw.provider}`]),
  }),
  'match list of main.cf': async (draw) => ({
    setting: 'list of main.cf',
    hosts: await hostsOf(draw, draw.random.between(1, 3), draw.provider, (host) => [host]),
    policy: `${draw.domain} secure${more(draw)}\n`,
  }),
  'service with anchors of its own': async (draw) => ({
    setting: 'own service',
    hosts: [hostOf(draw, `mx.${draw.provider}`, 10, [await byRootB(draw, [`mx.${draw.provider}`])])],
    policy: secure(draw),
  }),
};

export const WITH_LINE: Readonly<Record<string, Maker>> = Object.fromEntries(
  Object.entries({ ...CURED, ...CURED_OTHERWISE }).map(([kind, make]) => [
    kind,
    async (draw: Draw) => ({ ...(await make(draw)), expects: 'line' as const }),
  ]),
);

/** Routed to a host that policy names, without MX. */
const named = (hop: string) => ({ mxOf: null, hop }) as const;

/** Chains to Root B, which is not among the anchors of the others. */
const byRootB = ({ authorities }: Draw, dnsNames: readonly string[]) => authorities.present('unknown root', { dnsNames });
