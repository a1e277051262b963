/** Draws a policy value for one next hop: level, match list and the other attributes, now and then broken. */
import type { Identity } from '../internet/tls-server.ts';
import { digestsOf } from './authorities.ts';
import type { Random } from './random.ts';

export interface PolicyPlace {
  /** The next hop's domain, without brackets and port. */
  readonly nextHop: string;
  readonly hosts: readonly string[];
  /** What some host presents, so that fingerprints can be right. */
  readonly identity: Identity | undefined;
  /** smtp_tls_fingerprint_digest. */
  readonly digest: string;
}

export function drawPolicy(random: Random, place: PolicyPlace): string {
  if (random.chance(0.05)) return random.pick(BROKEN);
  const level = random.weighted(LEVELS);
  const words: string[] = [random.chance(0.03) ? level.toUpperCase() : level];
  switch (level) {
    case 'secure':
    case 'verify': {
      for (let lists = random.weighted(LISTS); lists > 0; lists--) words.push(`match=${drawMatch(random, place)}`);
      if (random.chance(0.07)) words.push(`tafile=@files@/${random.pick(ANCHOR_FILES)}`);
      break;
    }
    case 'fingerprint':
      words.push(`match=${drawDigests(random, place)}`);
      break;
    case 'encrypt':
    case 'may':
    case 'none':
    case 'dane':
    case 'dane-only':
      break;
  }
  if (level !== 'none' && random.chance(0.12)) words.push(`protocols=${random.pick(PROTOCOLS)}`);
  if (level !== 'none' && random.chance(0.12)) words.push(`ciphers=${random.weighted(CIPHERS)}`);
  if (level !== 'none' && random.chance(0.08)) words.push(`exclude=${random.pick(EXCLUDES)}`);
  if (level !== 'none' && random.chance(0.08)) words.push(`servername=${random.pick(['hostname', 'nexthop', 'sni.example'])}`);
  if (level !== 'none' && random.chance(0.03)) words.push('connection_reuse=yes');
  return words.join(random.chance(0.1) ? ', ' : ' ');
}

/** A line of the table, spelled in one of the ways a table may be; now and then with a second one that comes too late. */
export function drawLine(random: Random, key: string, value: string): string {
  const line = random.weighted([
    [80, `${key} ${value}`],
    [5, `${key}\t${value} \t`],
    [5, `${key}\n\t${value}`],
    [5, `${key} ${value.replace(' ', '\n  ')}`],
    [5, `# ${key} none\n\n${key.toUpperCase()}   ${value}`],
  ]);
  return random.chance(0.02) ? `${line}\n${key} none\n` : `${line}\n`;
}

/** Names that a certificate may carry and a match list may want, for one host on the way to one next hop. */
export function namesAround(nextHop: string, host: string): readonly string[] {
  const parent = host.split('.').slice(1).join('.');
  return [
    host,
    host.toUpperCase(),
    parent,
    `*.${parent}`,
    `.${parent}`,
    nextHop,
    `*.${nextHop}`,
    `.${nextHop}`,
    `mail.${nextHop}`,
    `a.b.${nextHop}`,
    `*.b.${nextHop}`,
    `m*.${parent}`,
    `*.*.${parent}`,
    `x_y.${parent}`,
    `${host}.`,
    `xn--bcher-kva.${parent}`,
    '*.test',
    'other.example',
    '*',
  ];
}

function drawMatch(random: Random, { nextHop, hosts }: PolicyPlace): string {
  const host = random.pick(hosts.length > 0 ? hosts : [`mx.${nextHop}`]);
  const parent = host.split('.').slice(1).join('.');
  const elements = Array.from({ length: random.weighted(LISTS) + 1 }, () =>
    random.weighted<() => string>([
      [3, () => random.pick(['nexthop', 'dot-nexthop', 'hostname', 'NextHop', 'HOSTNAME'])],
      [3, () => random.pick([host, `.${parent}`, parent])],
      [3, () => random.pick(namesAround(nextHop, host)).replace('xn--bcher-kva', 'bücher')],
      [1, () => random.pick(['.', '', '127.0.0.1', 'x:', ':', '::', 'no.such.name', '*.', '..', '-', '[127.0.0.1]'])],
    ])(),
  );
  return elements.join(':');
}

function drawDigests(random: Random, { identity, digest }: PolicyPlace): string {
  const right = identity === undefined ? undefined : digestsOf(identity, digest);
  const wrong = Array.from({ length: 32 }, () => random.between(16, 255).toString(16)).join(':');
  const choices = [wrong, '00:11:22', 'nonsense', 'zz:11', ''];
  if (right !== undefined && random.chance(0.6)) {
    const given = random.pick([right.certificate, right.key]);
    const spelled = random.pick([given, given.toLowerCase(), given.replaceAll(':', '')]);
    return random.chance(0.5) ? spelled : random.some([spelled, wrong, '00:11'], 3).join('|');
  }
  return random.some(choices, random.between(1, 2)).join('|') || wrong;
}

const LEVELS = [
  [40, 'secure'],
  [20, 'verify'],
  [14, 'encrypt'],
  [12, 'fingerprint'],
  [8, 'may'],
  [2, 'none'],
  [1, 'dane'],
  [1, 'dane-only'],
] as const;

const LISTS = [
  [45, 0],
  [40, 1],
  [15, 2],
] as const;

const PROTOCOLS = [
  '!SSLv2:!SSLv3',
  '>=TLSv1.2',
  '>=TLSv1.3',
  '<=TLSv1.2',
  '!TLSv1.3',
  '!TLSv1.2',
  'TLSv1.2',
  'TLSv1.2:TLSv1.3',
  '>=TLSv1',
  '',
  '!TLSv1:!TLSv1.1',
  'bogus',
  '>=0303',
  '!TLSv1:!TLSv1.1:!TLSv1.2:!TLSv1.3',
] as const;

const CIPHERS = [
  [5, 'high'],
  [3, 'medium'],
  [1, 'HIGH'],
  [1, 'low'],
  [1, 'export'],
  [1, 'null'],
  [1, 'bogus'],
] as const;

const EXCLUDES = [
  'aNULL',
  'AES128',
  'AES256:CHACHA20',
  'kRSA:MD5',
  'ECDHE',
  '',
  '!AES128',
  'ECDSA',
  'nonsense',
  'AESGCM',
] as const;

const ANCHOR_FILES = [
  'ca.pem',
  'root-b.pem',
  'issuing-a.pem',
  'issuing-a-key.pem',
  'issuing-expired.pem',
  'root-old.pem',
  'both.pem',
  'empty.pem',
  'missing.pem',
  'secret-0600.pem',
] as const;

/** Each makes the entry broken, in Postfix 3.7. */
const BROKEN = [
  'sekure',
  'secure match=',
  'secure match = nexthop',
  'secure # a comment',
  'secure ciphers=high ciphers=high',
  'encrypt match=nexthop',
  'may tafile=@files@/ca.pem',
  'secure servername=bad..name',
  'secure enable_rpk=yes',
  'secure policy_type=sts',
  'secure unknown=1',
  'halfdane',
  'secure connection_reuse=perhaps',
  'fingerprint',
  'dane match=nexthop',
  'secure { match = nexthop }',
  'secure, match=nexthop, ciphers=',
  '"secure"',
] as const;
