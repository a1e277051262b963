/** Draws one destination at a DANE level, or a control: its entry, its route, its signatures, its hosts and their records. */
import type { RecordSet } from '../internet/dns-server.ts';
import type { Behaviour } from '../internet/smtp-script.ts';
import { type Authorities, FLAWED, FLAWLESS } from './authorities.ts';
import { drawTlsa } from './dane-records.ts';
import type { Random } from './random.ts';
import type { SceneServer } from './scene.ts';

export interface DaneDestination {
  readonly recipient: string;
  /** Lines of the two tables, each with its newline; empty where there is none. */
  readonly policy: string;
  readonly transport: string;
  readonly sets: readonly RecordSet[];
  readonly servers: readonly SceneServer[];
}

export interface DanePlace {
  readonly number: number;
  readonly address: () => string;
  readonly authorities: Authorities;
}

/** How mail gets there. */
type Kind = 'mx' | 'no-mx' | 'alias' | 'domain-alias' | 'bracket' | 'bracket-port' | 'port';

export async function drawDane(random: Random, place: DanePlace): Promise<DaneDestination> {
  const { number } = place;
  const kind = random.weighted<Kind>([
    [60, 'mx'],
    [6, 'no-mx'],
    [12, 'alias'],
    [4, 'domain-alias'],
    [6, 'bracket'],
    [6, 'bracket-port'],
    [6, 'port'],
  ]);
  const domain = `d${number}.test`;
  const port = kind === 'bracket-port' ? 587 : kind === 'port' ? 2_525 : 25;
  const nextHop = { mx: domain, 'no-mx': domain, alias: domain, 'domain-alias': domain, port: `${domain}:${port}` };
  const bracket = `[relay.${domain}]${kind === 'bracket-port' ? `:${port}` : ''}`;
  const hop = kind === 'bracket' || kind === 'bracket-port' ? bracket : nextHop[kind];
  const routed = hop !== domain;
  const hosts =
    kind === 'bracket' || kind === 'bracket-port'
      ? [`relay.${domain}`]
      : kind === 'no-mx'
        ? [domain]
        : Array.from(
            {
              length: random.weighted([
                [65, 1],
                [25, 2],
                [10, 3],
              ]),
            },
            (_, i) => `mx${i}.${random.chance(0.5) ? domain : `p${number}.test`}`,
          );
  const mx = hosts.map((host, i) => `${10 * (i + 1)} ${host}`);
  const sets: RecordSet[] = [];
  if (kind === 'domain-alias') {
    sets.push({ name: domain, type: 'CNAME', data: [`real.${domain}`], ad: signed(random) });
    sets.push({ name: `real.${domain}`, type: 'MX', data: mx, ad: signed(random) });
  } else if (kind === 'mx' || kind === 'alias' || kind === 'port') {
    sets.push({ name: domain, type: 'MX', data: mx, ad: signed(random) });
  }
  const drawn = await Promise.all(hosts.map((host) => drawHost(random, place, { host, domain, port, alias: kind === 'alias' })));
  return {
    recipient: routed ? `r${number}.test` : domain,
    policy: drawEntry(random, hop),
    transport: routed ? `r${number}.test smtp:${hop}\n` : '',
    sets: [...sets, ...drawn.flatMap((host) => host.sets)],
    servers: drawn.flatMap((host) => host.servers),
  };
}

function drawEntry(random: Random, hop: string): string {
  const level = random.weighted([
    [50, 'dane'],
    [35, 'dane-only'],
    [4, 'secure match=nexthop:hostname'],
    [2, 'encrypt'],
    [9, ''],
  ]);
  if (level === '') return '';
  const attributes = random.weighted([
    [80, ''],
    [5, ' ciphers=high'],
    [3, ' protocols=!TLSv1.3'],
    [2, ' protocols=TLSv1.3'],
    [3, ' exclude=aNULL'],
    [3, ' servername=other.example'],
    [2, level.startsWith('dane') ? ' match=nexthop' : ''],
    [2, ' connection_reuse=yes'],
  ]);
  return `${hop} ${level}${attributes}\n`;
}

interface HostPlace {
  readonly host: string;
  readonly domain: string;
  readonly port: number;
  readonly alias: boolean;
}

async function drawHost(random: Random, place: DanePlace, { host, domain, port, alias }: HostPlace) {
  const identity = await place.authorities.present(drawFlaw(random), { dnsNames: drawNames(random, host, domain) });
  const addresses = Array.from(
    {
      length: random.weighted([
        [85, 1],
        [15, 2],
      ]),
    },
    place.address,
  );
  const servers = addresses.map((address): SceneServer => ({ address, port, behaviour: drawBehaviour(random), ...identity }));
  const sets: RecordSet[] = [];
  const target = alias ? `t.${host}` : host;
  if (alias) sets.push({ name: host, type: 'CNAME', data: [target], ad: signed(random) });
  sets.push({ name: target, type: 'A', data: addresses, ad: signed(random) });
  const bases = alias
    ? random.weighted([
        [40, [target]],
        [30, [host]],
        [20, [target, host]],
        [10, []],
      ])
    : [host];
  for (const base of bases) sets.push(...drawSet(random, `_${port}._tcp.${base}`, { identity, authorities: files(place) }));
  return { sets, servers };
}

/** Mostly records; sometimes none, a failure, an alias to them, or no signature. */
function drawSet(random: Random, name: string, place: Parameters<typeof drawTlsa>[1]): RecordSet[] {
  const ad = signed(random);
  const data = drawTlsa(random, place);
  return random.weighted<RecordSet[]>([
    [78, [{ name, type: 'TLSA', data, ad }]],
    [10, []],
    [2, [{ name, type: 'TLSA', data: [], ad }]],
    [3, [{ name, type: 'TLSA', fail: 'SERVFAIL' }]],
    [2, [{ name, type: 'TLSA', fail: 'REFUSED' }]],
    [
      5,
      [
        { name, type: 'CNAME', data: [`alias.${name}`], ad: signed(random) },
        { name: `alias.${name}`, type: 'TLSA', data, ad },
      ],
    ],
  ]);
}

const signed = (random: Random) => random.chance(0.85);

const files = ({ authorities }: DanePlace) =>
  ['ca.pem', 'root-b.pem', 'issuing-a.pem', 'issuing-expired.pem'].flatMap((name) => authorities.files[name] ?? []);

const drawFlaw = (random: Random) =>
  random.weighted([
    [50, 'none' as const],
    [15, random.pick(FLAWLESS)],
    [35, random.pick(FLAWED)],
  ]);

function drawNames(random: Random, host: string, domain: string): string[] {
  const parent = host.split('.').slice(1).join('.');
  return random.weighted([
    [30, [host]],
    [20, [domain]],
    [15, [`*.${parent}`]],
    [10, [host, domain]],
    [10, ['nobody.invalid']],
    [5, [`sub.${domain}`]],
    [5, [`t.${host}`]],
    [5, [`real.${domain}`]],
  ]);
}

const drawBehaviour = (random: Random): Behaviour =>
  random.weighted<Behaviour>([
    [80, 'ok'],
    ...(
      [
        'nostarttls',
        'starttls454',
        'starttls554',
        'banner421',
        'close',
        'refuse',
        'drop',
        'tls11',
        'tls12',
        'tls13',
        'anonymous',
      ] as const
    ).map((behaviour) => [behaviour === 'starttls554' ? 6 : 2, behaviour] as const),
  ]);
