/**
 * DNS messages (RFC 1035 §4): the query we send, and what a resolver's answer says to it.
 *
 * Queries are written by dns-packet. Answers are read here, because they are strangers' bytes: the
 * length of each record and every step of a compressed name must be checked against the message.
 * Pure; whatever the bytes, `readAnswer` returns.
 */
import { encode, type OptAnswer, type Packet } from 'dns-packet';
import { BOUNDS } from '../limits.ts';
import { printIpv6 } from './address.ts';
import type { DnsAnswer, DnsRecords, DnsType, Signature } from './dns-answer.ts';

export interface Question<T extends DnsType = DnsType> {
  readonly name: string;
  readonly type: T;
  /** Asks a validating resolver not to validate (CD). */
  readonly checkingDisabled?: true;
}

export type Reading<T extends DnsType> =
  | DnsAnswer<T>
  /**
   * Not an answer to this query: other id, other question, not a response. Whoever sent it is not
   * to be believed.
   */
  | { readonly kind: 'unrelated' }
  /** TC is set: ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** The server does not understand EDNS (FORMERR, NOTIMP): ask again without. */
  | { readonly kind: 'no-edns' }
  /** An alias whose target the resolver left out: ask for `canonical`, as dns_lookup_x() does. */
  | {
      readonly kind: 'alias';
      readonly canonical: string;
      readonly aliases: readonly string[];
      readonly ad: boolean;
    };

/**
 * A query with RD and AD, and by EDNS the DO bit and room for 1,232 bytes. `name` must be a host
 * name or a TLSA name.
 */
export function writeQuery(
  { name, type, checkingDisabled }: Question,
  id: number,
  edns: boolean,
): Uint8Array {
  const flags = RECURSION_DESIRED | AUTHENTIC_DATA | (checkingDisabled ? CHECKING_DISABLED : 0);
  const packet: Packet = { type: 'query', id, flags, questions: [{ name, type }] };
  return encode(edns ? { ...packet, additionals: [OPT] } : packet);
}

/**
 * Reads the answer to one question. Records of other names and classes are passed over.
 * @param now epoch ms: the dates of signatures have no century, and are the nearest to it (RFC 4034
 * §3.1.5)
 */
export function readAnswer<T extends DnsType>(
  bytes: Uint8Array,
  question: Question<T>,
  id: number,
  now: number = Date.now(),
): Reading<T> {
  const message = new Message(bytes);
  try {
    return read(message, question, id, now);
  } catch (error) {
    if (error instanceof Malformed)
      return message.related ? { kind: 'failed', failure: 'malformed' } : { kind: 'unrelated' };
    throw error;
  }
}

function read<T extends DnsType>(
  message: Message,
  question: Question<T>,
  id: number,
  now: number,
): Reading<T> {
  const received = message.u16();
  const flags = message.u16();
  const counts = { questions: message.u16(), answers: message.u16() };
  message.skip(4);
  if (received !== id || (flags & RESPONSE) === 0) return { kind: 'unrelated' };
  const rcode = flags & 0xf;
  if (counts.questions === 0 && (rcode === FORMERR || rcode === NOTIMP)) return { kind: 'no-edns' };
  if (counts.questions !== 1) return { kind: 'unrelated' };
  const asked = { name: message.name(), type: message.u16(), class: message.u16() };
  if (
    !sameName(asked.name, question.name) ||
    asked.type !== TYPES[question.type] ||
    asked.class !== IN
  )
    return { kind: 'unrelated' };
  message.related = true;

  if ((flags & TRUNCATED) !== 0) return { kind: 'truncated' };
  if (rcode === FORMERR || rcode === NOTIMP) return { kind: 'no-edns' };
  if (rcode === REFUSED) return { kind: 'failed', failure: 'refused' };
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return { kind: 'failed', failure: 'servfail' };
  const ad = (flags & AUTHENTIC_DATA) !== 0;
  if (rcode === NXDOMAIN) return { kind: 'nxdomain', ad };
  return collect(message, question, Math.min(counts.answers, BOUNDS.dnsRecords), ad, now);
}

/**
 * Follows aliases from the question's name through the answer section to the records of the type
 * asked for.
 */
function collect<T extends DnsType>(
  message: Message,
  question: Question<T>,
  count: number,
  ad: boolean,
  now: number,
): Reading<T> {
  const aliasOf = new Map<string, { target: string; ttl: number }>();
  const found: { owner: string; ttl: number; record: DnsRecords[T] }[] = [];
  const signatures = new Map<string, Signature>();
  for (let i = 0; i < count; i++) {
    const owner = message.name().toLowerCase();
    const type = message.u16();
    const clazz = message.u16();
    const ttl = message.u32();
    const end = message.span(message.u16());
    if (clazz === IN && type === TYPES[question.type])
      found.push({ owner, ttl, record: READERS[question.type](message, end) });
    else if (clazz === IN && type === TYPES.CNAME)
      aliasOf.set(owner, { target: READERS.CNAME(message, end), ttl });
    else if (clazz === IN && type === RRSIG)
      noteSignature(signatures, owner, readSignature(message, end, now));
    message.seek(end);
  }

  const aliases: string[] = [];
  const restsOn: string[] = [];
  let owner = question.name.toLowerCase();
  let ttl = Number.POSITIVE_INFINITY;
  for (
    let alias = aliasOf.get(owner);
    alias !== undefined && aliases.length < ALIASES;
    alias = aliasOf.get(owner)
  ) {
    restsOn.push(setKey(owner, TYPES.CNAME));
    aliases.push(alias.target);
    owner = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  const own = found.filter((record) => record.owner === owner).slice(0, RECORDS);
  const canonical = aliases.at(-1);
  const [signature] = [...restsOn, setKey(owner, TYPES[question.type])]
    .flatMap((key) => signatures.get(key) ?? [])
    .toSorted((a, b) => a.until - b.until);
  if (own.length > 0)
    return {
      kind: 'found',
      records: own.map(({ record }) => record),
      aliases,
      ...(canonical === undefined ? {} : { canonical }),
      ad,
      ttl: Math.min(ttl, ...own.map((record) => record.ttl)),
      ...(signature === undefined ? {} : { signature }),
    };
  return canonical === undefined
    ? { kind: 'nodata', ad }
    : { kind: 'alias', canonical, aliases, ad };
}

interface Rrsig extends Signature {
  readonly covers: number;
}

/** RFC 4034 §3.1. Undefined for a malformed one; the records beside it still count. */
function readSignature(message: Message, end: number, now: number): Rrsig | undefined {
  try {
    const covers = message.u16();
    message.skip(6);
    const [until, from] = [nearest(message.u32(), now), nearest(message.u32(), now)];
    message.skip(2);
    const zone = message.name().toLowerCase();
    return message.at < end && from <= until ? { covers, zone, from, until } : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/**
 * Serial number arithmetic (RFC 1982): of the moments that 32 bits of seconds can mean, in epoch
 * ms, the nearest to `now`.
 */
function nearest(seconds: number, now: number): number {
  const away = (seconds - Math.floor(now / 1_000)) | 0;
  return (Math.floor(now / 1_000) + away) * 1_000;
}

function noteSignature(
  signatures: Map<string, Signature>,
  owner: string,
  rrsig: Rrsig | undefined,
): void {
  if (rrsig === undefined) return;
  const { covers, ...signature } = rrsig;
  const key = setKey(owner, covers);
  const known = signatures.get(key);
  if (known === undefined || known.until < signature.until) signatures.set(key, signature);
}

const setKey = (owner: string, type: number): string => `${type} ${owner}`;

/** One reader per type: each holds its record to the length that the message gives it. */
const READERS: { readonly [T in DnsType]: (message: Message, end: number) => DnsRecords[T] } = {
  A: (message, end) => [...message.bytes(end, 4)].join('.'),
  AAAA: (message, end) => printIpv6(message.bytes(end, 16)),
  MX: (message, end) => ({ preference: message.u16(), exchange: message.nameUpTo(end) }),
  CNAME: (message, end) => message.nameUpTo(end),
  // A record cut short does not spoil the answer: bytes that are missing read as 255, which no
  // usable record has.
  TLSA: (message, end) => {
    const [usage = 255, selector = 255, matchingType = 255, ...data] = message.bytes(end);
    return { usage, selector, matchingType, data: Buffer.from(data).toString('hex') };
  },
  TXT: (message, end) => {
    const strings: Uint8Array[] = [];
    while (message.at < end) strings.push(message.bytes(message.span(message.u8())));
    if (message.at !== end) throw new Malformed();
    return Buffer.concat(strings).toString('latin1');
  },
};

class Malformed extends Error {}

/** A cursor that never leaves the message; reading past the end throws. */
class Message {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Whether id and question were ours, so that an error behind them is the server's. */
  related = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  u8(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Malformed();
    return byte;
  }

  u16(): number {
    return (this.u8() << 8) | this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  skip(count: number): void {
    this.#at = this.span(count);
  }

  seek(end: number): void {
    this.#at = end;
  }

  /** Where the next `length` bytes end. */
  span(length: number): number {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Malformed();
    return end;
  }

  /** The bytes up to `end`, which must be `exactly` so many where given. */
  bytes(end: number, exactly?: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, end);
    if (this.#at > end || (exactly !== undefined && bytes.length !== exactly))
      throw new Malformed();
    this.#at = end;
    return bytes;
  }

  /** A name that must end where its record ends, in lower case. */
  nameUpTo(end: number): string {
    const name = this.name();
    if (this.#at !== end) throw new Malformed();
    return name.toLowerCase();
  }

  /**
   * A name without trailing dot; the root is empty. Pointers lead backwards only, so that no loop
   * can be built. A byte that no host name has, a dot inside a label included, becomes `\ddd`, as
   * in dn_expand(): no such name is valid.
   */
  name(): string {
    const labels: string[] = [];
    let length = 0;
    let resume: number | undefined;
    let lowest = this.#at;
    for (let size = this.u8(); size !== 0; size = this.u8()) {
      if ((size & 0xc0) === 0xc0) {
        const target = ((size & 0x3f) << 8) | this.u8();
        if (target >= lowest) throw new Malformed();
        resume ??= this.#at;
        lowest = target;
        this.#at = target;
        continue;
      }
      length += size + 1;
      if (size > 63 || length > 254) throw new Malformed();
      labels.push(Array.from(this.bytes(this.span(size)), printable).join(''));
    }
    if (resume !== undefined) this.#at = resume;
    return labels.join('.');
  }
}

function printable(byte: number): string {
  const character = String.fromCharCode(byte);
  return byte > 0x20 && byte < 0x7f && character !== '.' && character !== '\\'
    ? character
    : `\\${String(byte).padStart(3, '0')}`;
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const TYPES = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 } as const satisfies Record<
  DnsType,
  number
>;
const RRSIG = 46;
const IN = 1;

const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const AUTHENTIC_DATA = 0x0020;
const CHECKING_DISABLED = 0x0010;

const NOERROR = 0;
const FORMERR = 1;
const NXDOMAIN = 3;
const NOTIMP = 4;
const REFUSED = 5;

/** DNS Flag Day 2020's size, and the DO bit. */
const OPT: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1_232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0x8000,
  flag_do: true,
  options: [],
};

/** var_dns_rr_list_limit, and the loop in dns_lookup_x(). */
const RECORDS = 100;
const ALIASES = 10;
