/** Hostile zones: DNS answers byte by byte, so that every rule of a message can be broken. */
import { decode } from 'dns-packet';

/** Record data as bytes, by owner and type: `row.test MX`. */
export type Records = Readonly<Record<string, readonly Uint8Array[]>>;

export interface Zone {
  readonly records?: Records;
  /** By owner and type as well: what is answered in place of records. Null: silence. */
  readonly faults?: Readonly<Record<string, Fault | null>>;
  /** Something of it is silent, so that nobody waits long for it. */
  readonly silent?: true;
  /** Answers are signed (AD). */
  readonly signed?: true;
}

export interface Asked {
  readonly id: number;
  readonly question: Uint8Array;
  readonly transport: 'udp' | 'tcp';
}

/** A whole message of one's own. */
export type Fault = (asked: Asked) => Uint8Array;

export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, DNAME: 39, RRSIG: 46, TLSA: 52 } as const;

/** `row.test` has one MX host, `mx.row.test`, at this address. */
export const zoneOf = (address: string): Required<Pick<Zone, 'records'>> => ({
  records: {
    'row.test MX': [mx(10, 'mx.row.test')],
    'mx.row.test A': [ipv4(address)],
    'control.test A': [ipv4('127.0.0.9')],
    'signed.test A': [ipv4('192.0.2.1')],
  },
});

/** What the server says; undefined is silence. */
export function answerFor(bytes: Buffer, transport: 'udp' | 'tcp', zone: Zone): Buffer | undefined {
  const [asked] = decode(bytes).questions ?? [];
  if (asked === undefined) return undefined;
  const question = Buffer.concat([nameOf(asked.name), u16(TYPE[asked.type as keyof typeof TYPE] ?? 0), u16(1)]);
  const of: Asked = { id: bytes.readUInt16BE(0), question, transport };
  const key = `${asked.name.toLowerCase()} ${asked.type}`;
  if (asked.name === 'broken.test') return Buffer.from(respond(of, [], { rcode: 2 }));
  const fault = zone.faults?.[key];
  if (fault === null) return undefined;
  if (fault !== undefined) return Buffer.from(fault(of));
  const records = { ...zoneOf('127.0.0.8').records, ...zone.records };
  const found = (records[key] ?? []).map((data) => rr(asked.name, TYPE[asked.type as keyof typeof TYPE], data));
  const ad = zone.signed === true || asked.name === 'signed.test';
  const known = Object.keys(records).some((name) => name.startsWith(`${asked.name.toLowerCase()} `));
  return Buffer.from(respond(of, found, { ad, ...(known ? {} : { rcode: 3 }) }));
}

interface Header {
  readonly rcode?: number;
  readonly truncated?: true;
  readonly ad?: boolean;
  /** Claimed in place of the true number of answers. */
  readonly answers?: number;
  /** Added to the id asked. */
  readonly otherId?: number;
  /** Sent in place of the question asked. */
  readonly question?: Uint8Array;
}

/** A message with these records in its answer section. */
export function respond({ id, question }: Asked, records: readonly Uint8Array[], header: Header = {}): Uint8Array {
  const { rcode = 0, truncated, ad = false, answers = records.length, otherId = 0 } = header;
  const flags = 0x8180 | rcode | (truncated ? 0x0200 : 0) | (ad ? 0x20 : 0);
  return Buffer.concat([...[(id + otherId) & 0xffff, flags, 1, answers, 0, 0].map(u16), header.question ?? question, ...records]);
}

/** A record of class IN. `length`: what it claims of its data. */
export const rr = (
  owner: string | Uint8Array,
  type: number,
  data: Uint8Array,
  { length = data.length, class: clazz = 1 } = {},
): Uint8Array =>
  Buffer.concat([
    typeof owner === 'string' ? nameOf(owner) : owner,
    u16(type),
    u16(clazz),
    Buffer.of(0, 0, 0, 60),
    u16(length),
    data,
  ]);

/** Dots part labels. */
export const nameOf = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map(label),
    Buffer.of(0),
  ]);

export const label = (text: string): Buffer => Buffer.concat([Buffer.of(Buffer.byteLength(text)), Buffer.from(text)]);
export const u16 = (value: number): Buffer => Buffer.of((value >> 8) & 0xff, value & 0xff);
export const ipv4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number));
export const mx = (preference: number, exchange: string | Uint8Array): Buffer =>
  Buffer.concat([u16(preference), typeof exchange === 'string' ? nameOf(exchange) : exchange]);
