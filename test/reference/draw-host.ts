/** Draws one MX host: its addresses, how each behaves, and the chain it presents. */
import type { CertificateOptions } from '../internet/authority.ts';
import type { RecordSet } from '../internet/dns-server.ts';
import { BEHAVIOURS, type Behaviour } from '../internet/smtp-script.ts';
import type { Identity } from '../internet/tls-server.ts';
import { type Authorities, FLAWED, FLAWLESS } from './authorities.ts';
import { namesAround } from './draw-policy.ts';
import type { Random } from './random.ts';
import type { SceneServer } from './scene.ts';

export interface DrawnHost {
  readonly host: string;
  readonly sets: readonly RecordSet[];
  readonly servers: readonly SceneServer[];
  /** What its first address presents. */
  readonly identity: Identity;
}

export interface HostPlace {
  readonly host: string;
  readonly nextHop: string;
  readonly port: number;
  readonly wrapper: boolean;
  /** The next free address, of either family. */
  readonly address: () => string;
  readonly address6: () => string;
  readonly authorities: Authorities;
}

export async function drawHost(random: Random, place: HostPlace): Promise<DrawnHost> {
  const { host, port } = place;
  const servers: SceneServer[] = [];
  const addresses = Array.from({ length: random.weighted(ADDRESSES) }, place.address);
  let first: Identity | undefined;
  for (const address of addresses) {
    const identity = await drawIdentity(random, place);
    first ??= identity;
    const behaviour = place.wrapper && random.chance(0.8) ? 'wrapper' : drawBehaviour(random);
    const named = random.chance(0.1) ? await drawIdentity(random, place) : undefined;
    servers.push({
      address,
      port,
      behaviour,
      ...identity,
      ...(named === undefined ? {} : { sniChains: { [host]: named, [place.nextHop]: named, 'sni.example': named } }),
      sniOnly: named !== undefined && random.chance(0.2),
    });
  }
  const sets: RecordSet[] = [{ name: host, type: 'A', data: addresses }];
  if (random.chance(0.05)) {
    // Sometimes one to which there is no way: it only takes up a place in the walk.
    const ipv6 = random.chance(0.3) ? '2001:db8::25' : place.address6();
    sets.push({ name: host, type: 'AAAA', data: [ipv6] });
    if (ipv6.startsWith('fd')) servers.push({ address: ipv6, port, ...(await drawIdentity(random, place)) });
  }
  return { host, sets, servers, identity: first ?? (await drawIdentity(random, place)) };
}

function drawBehaviour(random: Random): Behaviour {
  return random.weighted<Behaviour>([[GOOD_WEIGHT, 'ok'], ...ODD.map((behaviour) => [1, behaviour] as const)]);
}

async function drawIdentity(random: Random, { host, nextHop, authorities }: HostPlace): Promise<Identity> {
  const flaw = random.weighted([
    [60, 'none' as const],
    [15, random.pick(FLAWLESS)],
    [30, random.pick(FLAWED)],
  ]);
  return authorities.present(flaw, drawNames(random, nextHop, host));
}

/** Names that fit well more often than not. */
function drawNames(random: Random, nextHop: string, host: string): CertificateOptions {
  const parent = host.split('.').slice(1).join('.');
  const around = namesAround(nextHop, host);
  return random.weighted<() => CertificateOptions>([
    [6, () => ({ dnsNames: [host, nextHop] })],
    [6, () => ({ dnsNames: [`*.${parent}`, parent] })],
    [4, () => ({ dnsNames: [host] })],
    [4, () => ({ dnsNames: [nextHop, `*.${nextHop}`] })],
    [3, () => ({ commonName: random.pick([host, nextHop, `*.${parent}`]) })],
    [1, () => ({ commonName: host, dnsNames: ['other.example'] })],
    [1, () => ({ commonName: host, emailAddresses: [`post@${nextHop}`] })],
    [1, () => ({ commonName: host, ipAddresses: ['127.0.0.1'] })],
    [1, () => ({ subject: [['CN', 'first.example'] as const, ['CN', random.pick([host, nextHop])] as const] })],
    [1, () => ({ commonName: null, dnsNames: [] })],
    [1, () => ({ commonName: 'x', dnsNames: [`${host}\0.evil.test`, ` ${host}`] })],
    [4, () => ({ commonName: random.pick(around), dnsNames: random.some(around, random.between(0, 3)) })],
  ])();
}

const GOOD_WEIGHT = 120;

const ADDRESSES = [
  [75, 1],
  [16, 2],
  [6, 3],
  [3, 4],
] as const;

/** What we knowingly judge otherwise (known-differences.ts), and what is no matter of TLS. */
const APART: ReadonlySet<Behaviour> = new Set([
  'ok',
  'injection',
  'banner-endless',
  'mail450',
  'rcpt450',
  'rcpt550',
  'starttls421',
]);

const ODD: readonly Behaviour[] = BEHAVIOURS.filter((behaviour) => !APART.has(behaviour));
