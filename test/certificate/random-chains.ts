/**
 * Random chains with everything that can be wrong with one: the questions of the reference test against OpenSSL.
 *
 * A seed fixes names, shapes, dates and extensions; only the keys differ from run to run.
 */
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  type Issued,
  type Subtrees,
  selfSigned,
} from '../internet/authority.ts';
import { type Random, randomFrom } from './random.ts';

/** Several leaves judged at one date, with the same anchors and the same certificates sent along. */
export interface World {
  readonly at: number;
  readonly anchors: readonly string[];
  /** Sent by the server behind its leaf; shuffled, incomplete, alien. */
  readonly sent: readonly string[];
  readonly leaves: readonly Issued[];
  /** All that was made, in no order: what else may serve as an anchor. */
  readonly authorities: readonly Authority[];
  /** OpenSSL's -verify_depth. */
  readonly depth: number;
}

/** Makes one world after another from a seed. With `at` (epoch ms) no date falls within an hour of it, so that it can be now. */
export async function* randomWorlds(seed: number, at?: number): AsyncGenerator<World> {
  const random = randomFrom(seed);
  for (;;) {
    const moment = at === undefined ? { at: BASE + random.below(400) * DAY, edge: 1000 } : { at, edge: 3_600_000 };
    yield await randomWorld(random, moment);
  }
}

interface Moment {
  readonly at: number;
  /** How close to `at` validity may begin or end; the end may also fall on it. */
  readonly edge: number;
}

async function randomWorld(random: Random, moment: Moment): Promise<World> {
  const faults = random.pick([0, 0.02, 0.06, 0.15]);
  const roots: Authority[] = [];
  for (let i = 0; i < 2 + random.below(2); i++) {
    roots.push(await createAuthority(`Root ${random.pick('ABC')}`, authorityOptions(random, moment, faults / 2)));
  }
  const intermediates: Authority[] = [];
  for (let i = 0; i < 2 + random.below(4); i++) {
    const parent = random.pick(random.chance(0.5) ? roots : [...roots, ...intermediates]);
    const other = random.pick([...roots, ...intermediates]);
    const options = authorityOptions(random, moment, faults);
    if (random.chance(0.2) && other !== parent) intermediates.push(await parent.crossSign(other, options));
    else if (random.chance(0.15) && intermediates.length > 0) {
      // A renewal: the same name and key, other dates or limits, perhaps of another parent.
      intermediates.push(await parent.crossSign(random.pick(intermediates), options));
    } else intermediates.push(await parent.intermediate(`Issuing ${random.pick('ABCD')}`, options));
  }
  const leaves: Issued[] = [];
  for (let i = 0; i < LEAVES; i++) {
    const parent = random.pick(random.chance(0.85) ? intermediates : roots);
    const options = leafOptions(random, moment, faults);
    leaves.push(random.chance(0.05) ? await selfSigned(options) : await parent.issue(options));
  }

  const complete = random.chance(0.8);
  const pool = intermediates.map((each) => each.certificate.der).filter(() => complete || random.chance(0.75));
  if (random.chance(0.4)) pool.push(...roots.map((each) => each.certificate.der).filter(() => random.chance(0.7)));
  if (random.chance(0.2)) pool.push(random.pick(leaves).der);
  if (random.chance(0.1)) pool.push(random.pick(pool.length > 0 ? pool : [random.pick(leaves).der]));
  const anchors = roots.map((each) => each.certificate.der).filter(() => random.chance(0.8));
  if (random.chance(0.2)) anchors.push(random.pick(intermediates).certificate.der);
  if (random.chance(0.1)) anchors.push(random.pick(leaves).der);
  return {
    at: moment.at,
    anchors: random.shuffled(anchors.length > 0 ? anchors : [random.pick(roots).certificate.der]),
    sent: random.shuffled(pool),
    leaves,
    authorities: [...roots, ...intermediates],
    depth: random.chance(0.15) ? random.below(4) : 20,
  };
}

function authorityOptions(random: Random, moment: Moment, faults: number): CertificateOptions {
  const fault = () => random.chance(faults);
  return {
    ...dates(random, moment, faults, 2000),
    keyType: random.chance(0.1)
      ? random.pick(['rsa', 'rsa1024', 'p384', 'ed25519', ...(fault() ? (['rsa768'] as const) : [])])
      : 'ec',
    ...(fault() ? { ca: random.pick([false, null]) } : {}),
    ...(random.chance(0.15) ? { pathLength: random.below(3) } : {}),
    ...(random.chance(0.1) ? { keyUsage: null } : {}),
    ...(fault() ? { keyUsage: ['digitalSignature'] as const } : {}),
    ...(random.chance(0.1) ? { eku: ['serverAuth', 'clientAuth'] } : {}),
    ...(fault()
      ? { eku: random.pick([['clientAuth'], ['anyExtendedKeyUsage'], ['emailProtection', '1.2.3.4'], ['msSGC']]) }
      : {}),
    ...(random.chance(0.15) || fault() ? { nameConstraints: constraints(random) } : {}),
    ...(fault() ? { version: 1 as const } : {}),
    ...common(random, faults),
  };
}

function leafOptions(random: Random, moment: Moment, faults: number): CertificateOptions {
  const fault = () => random.chance(faults);
  return {
    ...dates(random, moment, faults, 90),
    ...leafNames(random),
    keyType: random.chance(0.1)
      ? random.pick(['rsa', 'rsa1024', 'p384', 'p224', ...(fault() ? (['rsa768'] as const) : [])])
      : 'ec',
    ...(random.chance(0.2)
      ? { keyUsage: random.pick([null, ['keyEncipherment'], ['keyAgreement'], ['digitalSignature', 'keyEncipherment']] as const) }
      : {}),
    ...(fault() ? { keyUsage: random.pick([['keyCertSign'], ['dataEncipherment'], ['nonRepudiation']] as const) } : {}),
    ...(random.chance(0.4)
      ? { eku: random.pick([['serverAuth'], ['serverAuth', 'clientAuth'], ['clientAuth', 'serverAuth'], ['nsSGC']]) }
      : {}),
    ...(fault()
      ? { eku: random.pick([['clientAuth'], ['anyExtendedKeyUsage'], ['codeSigning', 'emailProtection'], ['1.2.3.4']]) }
      : {}),
    ...(random.chance(0.1) ? { ca: random.pick([true, false]) } : {}),
    ...common(random, faults),
  };
}

function leafNames(random: Random): CertificateOptions {
  const host = random.pick([
    'mail.example.com',
    'mx.sub.example.com',
    'MAIL.Example.COM',
    'mail.example.net',
    '*.example.com',
    'localhost',
  ]);
  const named = random.below(4);
  return {
    subject: [
      ...(random.chance(0.5) ? ([['O', random.pick(['Example', 'EXAMPLE  Ltd ', 'Other'])]] as const) : []),
      ...(named === 0 ? [] : ([['CN', host]] as const)),
      ...(random.chance(0.1) ? ([['CN', 'second.example.org']] as const) : []),
      ...(random.chance(0.1) ? ([['emailAddress', random.pick(['a@example.com', 'a@sub.example.com', 'nobody'])]] as const) : []),
    ],
    ...(named < 2 ? { dnsNames: [host, ...(random.chance(0.3) ? ['other.example.com'] : [])] } : {}),
    ...(random.chance(0.2) ? { ipAddresses: [random.pick(['192.0.2.1', '198.51.100.7', '2001:db8::1'])] } : {}),
    ...(random.chance(0.1) ? { emailAddresses: [random.pick(['a@example.com', 'b@mail.example.net', 'Root@EXAMPLE.com'])] } : {}),
    ...(random.chance(0.1) ? { uris: [random.pick(['https://example.com/x', 'https://mail.example.com:443/', 'urn:x'])] } : {}),
  };
}

function constraints(random: Random): { readonly permitted?: Subtrees; readonly excluded?: Subtrees } {
  const some = (): Subtrees => ({
    ...(random.chance(0.6)
      ? { dns: random.several(['example.com', '.example.com', 'mail.example.com', 'EXAMPLE.net', '', 'ample.com']) }
      : {}),
    ...(random.chance(0.3) ? { ip: random.several(['192.0.2.0/24', '198.51.100.0/28', '2001:db8::/32', '0.0.0.0/0']) } : {}),
    ...(random.chance(0.2) ? { email: random.several(['example.com', '.example.com', 'a@example.com']) } : {}),
    ...(random.chance(0.2) ? { uri: random.several(['example.com', '.example.com']) } : {}),
    ...(random.chance(0.2)
      ? { directory: [random.pick([[['O', 'example']], [['O', 'Example ltd']], [['O', 'Test Authority']], []] as const)] }
      : {}),
  });
  return { ...(random.chance(0.75) ? { permitted: some() } : {}), ...(random.chance(0.4) ? { excluded: some() } : {}) };
}

function common(random: Random, faults: number): CertificateOptions {
  const fault = () => random.chance(faults);
  return {
    ...(random.chance(0.05) ? { signatureHash: random.pick(['sha384', 'sha512', 'sha224'] as const) } : {}),
    ...(fault() ? { signatureHash: 'sha1' as const } : {}),
    ...(random.chance(0.1) ? { authorityKeyId: null } : {}),
    ...(random.chance(0.1) ? { subjectKeyId: null } : {}),
    ...(random.chance(0.1) ? { authorityIssuerSerial: true as const } : {}),
    ...(fault() ? { authorityKeyId: Uint8Array.of(1, 2, 3) } : {}),
    ...(fault() ? { authorityIssuerSerial: Uint8Array.of(7) } : {}),
    ...(fault() ? { breakSignature: true as const } : {}),
    ...(fault() ? { extensions: [random.pick(ODD_EXTENSIONS)] } : {}),
  };
}

function dates(random: Random, { at, edge }: Moment, faults: number, days: number): CertificateOptions {
  const length = Math.max(2, Math.round(days * (0.5 + random.fraction()))) * DAY;
  const begin = random.chance(faults) ? at + random.pick([edge, DAY]) : at - edge - random.below(length / DAY) * DAY;
  const end = random.chance(faults)
    ? at - random.pick([edge === 1000 ? 0 : edge, edge, 30 * DAY])
    : at + Math.max(edge, length - (at - begin));
  return { notBefore: Math.min(begin, end - edge), notAfter: end };
}

/** Critical and unknown, uncritical and unknown, malformed, a proxy certificate's. */
const ODD_EXTENSIONS = [
  { oid: '1.2.3.4.5', critical: true, der: Uint8Array.of(5, 0) },
  { oid: '1.2.3.4.5', der: Uint8Array.of(5, 0) },
  { oid: '2.5.29.54', critical: true, der: Uint8Array.of(2, 1, 0) },
  { oid: '2.5.29.31', der: Uint8Array.of(0x30, 2, 0x30, 0) },
  { oid: '2.16.840.1.113730.1.1', der: Uint8Array.of(3, 2, 6, 0x40) },
  { oid: '2.16.840.1.113730.1.1', der: Uint8Array.of(3, 2, 7, 0x80) },
  { oid: '1.3.6.1.5.5.7.1.14', critical: true, der: Uint8Array.from(Buffer.from('300c300a06082b06010505071501', 'hex')) },
] as const;

const LEAVES = 6;
const DAY = 86_400_000;
const BASE = Date.UTC(2026, 10, 24, 6);
