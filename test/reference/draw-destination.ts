/** Draws one destination: how mail to it is routed, the entry that covers it (or does not), and the hosts behind it. */
import type { RecordSet } from '../internet/dns-server.ts';
import type { Authorities } from './authorities.ts';
import { type DrawnHost, drawHost } from './draw-host.ts';
import { drawLine, drawPolicy } from './draw-policy.ts';
import type { DrawnSettings } from './draw-settings.ts';
import type { Random } from './random.ts';
import type { SceneServer } from './scene.ts';

export interface DrawnDestination {
  readonly recipient: string;
  /** Lines of the two tables, or nothing. */
  readonly policy: string;
  readonly transport: string;
  readonly sets: readonly RecordSet[];
  readonly servers: readonly SceneServer[];
}

export interface Place {
  readonly number: number;
  readonly address: () => string;
  readonly address6: () => string;
  readonly authorities: Authorities;
  readonly settings: DrawnSettings;
}

export async function drawDestination(random: Random, place: Place): Promise<DrawnDestination> {
  const { number } = place;
  const shape = random.weighted(SHAPES);
  const domain = `d${number}.test`;
  switch (shape) {
    case 'mx':
    case 'alias':
    case 'hosts partly without address':
    case 'mx lookup fails for one host': {
      const hosts = await drawHosts(random, place, domain);
      return {
        recipient: domain,
        transport: '',
        ...entry(random, place, domain, domain, hosts),
        ...route(random, domain, hosts, shape),
      };
    }
    case 'parent key': {
      const hosts = await drawHosts(random, place, `sub.${domain}`);
      const key = random.pick([`.${domain}`, `.${domain}`, domain, `sub.${domain}`, `SUB.${domain}`]);
      return {
        recipient: `sub.${domain}`,
        transport: '',
        ...entry(random, place, key, `sub.${domain}`, hosts),
        ...route(random, `sub.${domain}`, hosts, 'mx'),
      };
    }
    case 'no mx': {
      const host = await drawHost(random, { ...hostPlace(place, domain), host: domain });
      return {
        recipient: domain,
        transport: '',
        ...entry(random, place, domain, domain, [host]),
        sets: host.sets,
        servers: host.servers,
      };
    }
    case 'bracketed': {
      const port = random.pick([25, 25, 587]);
      const relay = `relay${number}.test`;
      const host = await drawHost(random, { ...hostPlace(place, relay), host: relay, port });
      const nextHop = port === 25 ? `[${relay}]` : `[${relay}]:${port}`;
      const key = random.pick([nextHop, nextHop, nextHop, relay, `[${relay}]`]);
      return {
        recipient: domain,
        transport: `${domain} smtp:${nextHop}\n`,
        ...entry(random, place, key, relay, [host]),
        sets: host.sets,
        servers: host.servers,
      };
    }
    case 'by transport': {
      const hop = `hop${number}.test`;
      const hosts = await drawHosts(random, place, hop);
      return {
        recipient: domain,
        transport: `${domain} smtp:${hop}\n`,
        ...entry(random, place, random.pick([hop, hop, domain]), hop, hosts),
        ...route(random, hop, hosts, 'mx'),
      };
    }
    case 'list of hops': {
      const relays = [`first${number}.test`, `second${number}.test`] as const;
      const hosts = [
        await drawHost(random, { ...hostPlace(place, relays[0]), host: relays[0] }),
        await drawHost(random, { ...hostPlace(place, relays[1]), host: relays[1] }),
      ];
      return {
        recipient: domain,
        transport: `${domain} smtp:[${relays[0]}], [${relays[1]}]\n`,
        policy: hosts.map((host) => entry(random, place, `[${host.host}]`, host.host, [host]).policy).join(''),
        sets: hosts.flatMap(({ sets }) => sets),
        servers: hosts.flatMap(({ servers }) => servers),
      };
    }
    case 'we are a backup': {
      const hosts = await drawHosts(random, place, domain);
      const own = { name: `us.${domain}`, type: 'A' as const, data: ['127.0.0.1'] };
      const { sets, servers } = route(random, domain, hosts, 'mx');
      const mine = `${random.pick([5, 10, 15, 25, 95])} us.${domain}`;
      const [mx, ...others] = sets;
      const both = { name: domain, type: 'MX' as const, data: [...(mx?.data ?? []), mine] };
      return {
        recipient: domain,
        transport: '',
        ...entry(random, place, domain, domain, hosts),
        sets: [both, own, ...others],
        servers,
      };
    }
    case 'mx is an address': {
      const host = await drawHost(random, { ...hostPlace(place, domain), host: `mx.${domain}` });
      const { address: literal = '' } = host.servers[0] ?? {};
      const sets = [{ name: domain, type: 'MX' as const, data: [`10 ${literal}`] }];
      return { recipient: domain, transport: '', ...entry(random, place, domain, domain, [host]), sets, servers: host.servers };
    }
    case 'alias of a domain': {
      const hosts = await drawHosts(random, place, domain);
      const { sets, servers } = route(random, `real.${domain}`, hosts, 'mx');
      const alias = { name: domain, type: 'CNAME' as const, data: [`real.${domain}`] };
      return {
        recipient: domain,
        transport: '',
        ...entry(random, place, domain, domain, hosts),
        sets: [alias, ...sets],
        servers,
      };
    }
    case 'null mx':
    case 'nowhere':
    case 'dns fails':
    case 'no address': {
      const policy = entry(random, place, domain, domain, []);
      return { recipient: domain, transport: '', ...policy, sets: DEAD_ENDS[shape](domain), servers: [] };
    }
  }
}

/** Up to eight of them, named below the domain, a provider, or something else. */
async function drawHosts(random: Random, place: Place, domain: string): Promise<DrawnHost[]> {
  const count = random.weighted(HOST_COUNTS);
  const base = random.pick([domain, `provider${place.number}.test`, `in.provider${place.number}.test`]);
  const hosts: DrawnHost[] = [];
  for (let i = 1; i <= count; i++) hosts.push(await drawHost(random, { ...hostPlace(place, domain), host: `mx${i}.${base}` }));
  return hosts;
}

function hostPlace({ address, address6, authorities, settings }: Place, nextHop: string) {
  return { nextHop, port: 25, wrapper: settings.wrapper ?? false, address, address6, authorities };
}

function entry(
  random: Random,
  { settings }: Place,
  key: string,
  nextHop: string,
  hosts: readonly DrawnHost[],
): { readonly policy: string } {
  if (random.chance(0.03)) return { policy: '' };
  const names = hosts.map(({ host }) => host);
  const identity = hosts.length === 0 ? undefined : random.pick(hosts).identity;
  const value = drawPolicy(random, { nextHop, hosts: names, identity, digest: settings.digest ?? 'sha256' });
  return { policy: drawLine(random, key, value) };
}

/** MX records with preferences of every kind, equal ones included. */
function route(
  random: Random,
  domain: string,
  hosts: readonly DrawnHost[],
  shape: 'mx' | 'alias' | 'hosts partly without address' | 'mx lookup fails for one host',
): { readonly sets: readonly RecordSet[]; readonly servers: readonly SceneServer[] } {
  const equal = random.chance(0.15);
  const data = hosts.map(({ host }, i) => `${equal ? random.pick([10, 20]) : (i + 1) * 10} ${host}`);
  const more: RecordSet[] = [];
  if (shape === 'hosts partly without address') data.push(`5 nothing.${domain}`, `15 bad_name.${domain}`);
  if (shape === 'mx lookup fails for one host') {
    data.push(`7 fails.${domain}`);
    more.push(
      { name: `fails.${domain}`, type: 'A', fail: 'SERVFAIL' },
      { name: `fails.${domain}`, type: 'AAAA', fail: 'SERVFAIL' },
    );
  }
  const sets = hosts.flatMap((host) => host.sets);
  if (shape === 'alias') {
    const target = hosts[0]?.host ?? '';
    more.push({ name: `alias.${domain}`, type: 'CNAME', data: [target] });
    data[0] = `10 alias.${domain}`;
  }
  return {
    sets: [{ name: domain, type: 'MX', data: random.some(data, data.length) }, ...sets, ...more],
    servers: hosts.flatMap(({ servers }) => servers),
  };
}

const DEAD_ENDS: Readonly<Record<'null mx' | 'nowhere' | 'dns fails' | 'no address', (domain: string) => readonly RecordSet[]>> =
  {
    'null mx': (name) => [{ name, type: 'MX', data: ['0 .'] }],
    nowhere: () => [],
    'dns fails': (name) => [{ name, type: 'MX', fail: 'SERVFAIL' }],
    'no address': (name) => [{ name, type: 'MX', data: [`10 mx.${name}`] }],
  };

const SHAPES = [
  [70, 'mx'],
  [3, 'alias'],
  [2, 'hosts partly without address'],
  [2, 'mx lookup fails for one host'],
  [5, 'parent key'],
  [3, 'no mx'],
  [6, 'bracketed'],
  [4, 'by transport'],
  [2, 'list of hops'],
  [1, 'we are a backup'],
  [1, 'mx is an address'],
  [1, 'alias of a domain'],
  [1, 'null mx'],
  [1, 'nowhere'],
  [1, 'dns fails'],
  [1, 'no address'],
] as const;

const HOST_COUNTS = [
  [45, 1],
  [20, 2],
  [12, 3],
  [7, 4],
  [5, 5],
  [5, 6],
  [3, 7],
  [3, 8],
] as const;
