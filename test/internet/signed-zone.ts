/**
 * Signed zones (RFC 4033 to 4035, ECDSA P-256 of RFC 6605) behind an authoritative server of their own, so that a real
 * validating resolver has something to validate. One key per zone, signatures made as they are asked for, denials by NSEC.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet';
import { listenDns } from './dns-listener.ts';
import { record } from './dns-server.ts';

export interface ZoneSet {
  readonly name: string;
  readonly type: RecordType;
  /** Zone-file text. */
  readonly data: readonly string[];
}

export interface ZoneOptions {
  readonly apex: string;
  readonly sets: readonly ZoneSet[];
  /** `none`: no key, no signature. `wrong`: signatures that do not verify. `expired`: beyond what resolvers put up with for wrong clocks. */
  readonly signatures: 'good' | 'wrong' | 'expired' | 'none';
}

export interface AuthoritativeServer {
  readonly port: number;
  /** `signed.test. DS 12345 13 2 ab…` for each zone with a key: what a resolver may start from. */
  readonly trustAnchors: readonly string[];
  close(): Promise<void>;
}

export async function startAuthoritative(zones: readonly ZoneOptions[], address = '127.0.0.1'): Promise<AuthoritativeServer> {
  const served = zones.map(zoneOf);
  const listener = await listenDns((message, transport) => respond(served, message, transport), { address, port: 0 });
  return {
    port: listener.port,
    trustAnchors: served.flatMap(({ apex, key }) => (key === undefined ? [] : [delegationSigner(apex, key)])),
    close: listener.close,
  };
}

interface Zone {
  readonly apex: string;
  readonly signatures: ZoneOptions['signatures'];
  readonly key: Key | undefined;
  /** By name, then by type. */
  readonly names: ReadonlyMap<string, ReadonlyMap<RecordType, readonly Answer[]>>;
}

interface Key {
  readonly privateKey: KeyObject;
  readonly dnskey: Buffer;
  readonly tag: number;
}

function zoneOf({ apex, sets, signatures }: ZoneOptions): Zone {
  const key = signatures === 'none' ? undefined : newKey();
  const names = new Map<string, Map<RecordType, Answer[]>>();
  const put = (name: string, type: RecordType, records: Answer[]): void => {
    const own = names.get(name) ?? new Map<RecordType, Answer[]>();
    names.set(name, own.set(type, records));
  };
  const soa = {
    mname: `ns.${apex}`,
    rname: `hostmaster.${apex}`,
    serial: 1,
    refresh: 3_600,
    retry: 600,
    expire: 86_400,
    minimum: 60,
  };
  put(apex, 'SOA', [{ name: apex, type: 'SOA', ttl: TTL, data: soa }]);
  put(apex, 'NS', [{ name: apex, type: 'NS', ttl: TTL, data: `ns.${apex}` }]);
  put(`ns.${apex}`, 'A', [{ name: `ns.${apex}`, type: 'A', ttl: TTL, data: '127.0.0.1' }]);
  if (key !== undefined) {
    const data = { flags: KEY_FLAGS, algorithm: ECDSA_P256, key: key.dnskey.subarray(4) };
    put(apex, 'DNSKEY', [{ name: apex, type: 'DNSKEY', ttl: TTL, data }]);
  }
  for (const { name, type, data } of sets)
    put(
      name,
      type,
      data.map((text) => ({ ...record(name, type, text), ttl: TTL }) as Answer),
    );
  if (key !== undefined) {
    const owners = [...names.keys()].toSorted(canonically);
    owners.forEach((name, i) => {
      const rrtypes = [...(names.get(name)?.keys() ?? []), 'RRSIG', 'NSEC'];
      const data = { nextDomain: owners[(i + 1) % owners.length] ?? apex, rrtypes };
      put(name, 'NSEC', [{ name, type: 'NSEC', ttl: TTL, data } as Answer]);
    });
  }
  return { apex, signatures, key, names };
}

function respond(zones: readonly Zone[], message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined {
  const query = decode(message);
  const question = query?.questions?.[0];
  if (query === undefined || question === undefined) return undefined;
  const opt = (query.additionals ?? []).find((extra) => extra.type === 'OPT');
  const wantsSignatures = opt?.type === 'OPT' && opt.flag_do;
  const name = fold(question.name);
  const zone = zones.find(({ apex }) => name === apex || name.endsWith(`.${apex}`));
  const found = zone === undefined ? { rcode: REFUSED, answers: [], authorities: [] } : answerFrom(zone, name, question.type);
  const signed = (records: readonly Answer[]) =>
    wantsSignatures && zone?.key !== undefined ? withSignatures(records, zone, zone.key) : records;
  const response = {
    type: 'response' as const,
    id: query.id ?? 0,
    flags: packet.AUTHORITATIVE_ANSWER | found.rcode,
    questions: query.questions ?? [],
    answers: [...signed(found.answers)],
    authorities: [...signed(wantsSignatures ? found.authorities : found.authorities.filter(({ type }) => type === 'SOA'))],
    additionals: opt === undefined ? [] : [opt],
  };
  const bytes = packet.encode(response);
  const room = opt?.type === 'OPT' ? Math.max(512, opt.udpPayloadSize) : 512;
  if (transport === 'tcp' || bytes.length <= room) return bytes;
  return packet.encode({ ...response, flags: response.flags | packet.TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

interface Found {
  readonly rcode: number;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

function answerFrom(zone: Zone, name: string, type: RecordType): Found {
  const own = zone.names.get(name);
  const records = own?.get(type);
  if (records !== undefined) return { rcode: 0, answers: records, authorities: [] };
  const alias = own?.get('CNAME');
  if (alias !== undefined) {
    const [target] = alias;
    const next = target?.type === 'CNAME' && zone.names.has(target.data) ? answerFrom(zone, target.data, type) : undefined;
    return { rcode: next?.rcode ?? 0, answers: [...alias, ...(next?.answers ?? [])], authorities: next?.authorities ?? [] };
  }
  const exists = own !== undefined || [...zone.names.keys()].some((other) => other.endsWith(`.${name}`));
  // What proves the denial: the NSEC at or before the name, and for a name that is not there the one before its wildcard.
  const proofs = [coverOf(zone, name), ...(exists ? [] : [coverOf(zone, `*.${closest(zone, name)}`)])];
  const soa = zone.names.get(zone.apex)?.get('SOA') ?? [];
  return { rcode: exists ? 0 : NXDOMAIN, answers: [], authorities: [...soa, ...new Set(proofs.flat())] };
}

function coverOf(zone: Zone, name: string): readonly Answer[] {
  const owner = [...zone.names.keys()].toSorted(canonically).findLast((other) => canonically(other, name) <= 0) ?? zone.apex;
  return zone.names.get(owner)?.get('NSEC') ?? [];
}

/** The longest ancestor that exists. */
function closest(zone: Zone, name: string): string {
  const parent = name.slice(name.indexOf('.') + 1);
  const exists = [...zone.names.keys()].some((other) => other === parent || other.endsWith(`.${parent}`));
  return exists || parent === zone.apex ? parent : closest(zone, parent);
}

/** Each set followed by its RRSIG. */
function withSignatures(records: readonly Answer[], zone: Zone, key: Key): Answer[] {
  const sets = Map.groupBy(records, ({ name, type }) => `${fold(name)} ${type}`);
  return [...sets.values()].flatMap((set) => [...set, signatureOf(set, zone, key)]);
}

/** RFC 4034 §3.1.8.1: over the RRSIG without its signature, then each record in canonical form and order. */
function signatureOf(set: readonly Answer[], { apex, signatures }: Zone, { privateKey, tag }: Key): Answer {
  const [first] = set;
  if (first === undefined) throw new Error('an empty set has no signature');
  const now = Math.floor(Date.now() / 1_000);
  const ends = signatures === 'expired' ? now - 10 * DAY : now + 30 * DAY;
  const data = {
    typeCovered: first.type as RecordType,
    algorithm: ECDSA_P256,
    labels: fold(first.name).split('.').length,
    originalTTL: TTL,
    expiration: ends,
    inception: now - 30 * DAY,
    keyTag: tag,
    signersName: apex,
    signature: Buffer.alloc(0),
  };
  const canonical = set.map((one) => rdataOf(one)).toSorted(Buffer.compare);
  const owner = wireName(first.name);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(TYPE_CODES[first.type] ?? 0, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(TTL, 4);
  const parts = canonical.flatMap((rdata) => [owner, head, length16(rdata.length), rdata]);
  const message = Buffer.concat([rdataOf({ name: first.name, type: 'RRSIG', ttl: TTL, data } as Answer), ...parts]);
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  if (signatures === 'wrong') signature[10] = (signature[10] ?? 0) ^ 0xff;
  return { name: first.name, type: 'RRSIG', ttl: TTL, data: { ...data, signature } } as Answer;
}

function newKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const dnskey = Buffer.concat([length16(KEY_FLAGS), Buffer.from([3, ECDSA_P256]), point]);
  return { privateKey, dnskey, tag: keyTag(dnskey) };
}

/** RFC 4034 appendix B. */
function keyTag(dnskey: Buffer): number {
  let sum = 0;
  for (const [i, byte] of dnskey.entries()) sum += i % 2 === 0 ? byte << 8 : byte;
  return (sum + (sum >> 16)) & 0xffff;
}

function delegationSigner(apex: string, { dnskey, tag }: Key): string {
  const digest = createHash('sha256').update(wireName(apex)).update(dnskey).digest('hex');
  return `${apex}. DS ${tag} ${ECDSA_P256} 2 ${digest}`;
}

/** Without the two bytes of length that dns-packet puts before it. */
function rdataOf({ type, ...rest }: Answer): Buffer {
  const codec = (packet as unknown as { record: (type: string) => { encode: (data: unknown) => Buffer } }).record(type);
  return codec.encode('data' in rest ? rest.data : undefined).subarray(2);
}

const wireName = (name: string): Buffer => {
  const codec = (packet as unknown as { name: { encode: (name: string) => Buffer } }).name;
  return codec.encode(fold(name));
};

const length16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

/** RFC 4034 §6.1: label by label from the root. */
function canonically(a: string, b: string): number {
  const [one, other] = [a.split('.').toReversed(), b.split('.').toReversed()];
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [x, y] = [one[i], other[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const order = Buffer.compare(Buffer.from(x), Buffer.from(y));
    if (order !== 0) return order;
  }
  return 0;
}

function decode(bytes: Buffer): DecodedPacket | undefined {
  try {
    return packet.decode(bytes);
  } catch {
    return undefined;
  }
}

const fold = (name: string) => name.toLowerCase().replace(/\.$/, '');

const TTL = 60;
const DAY = 86_400;
const NXDOMAIN = 3;
const REFUSED = 5;
const KEY_FLAGS = 257;
const ECDSA_P256 = 13;
const TYPE_CODES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  AAAA: 28,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
};
