/**
 * The private internet's resolver: a recursive one as a mail host sees it, over UDP and TCP, answering from a zone in memory.
 *
 * Zones are written as the recorded vectors write them (`test/cases`): record sets by name and type with data as zone-file
 * text, an `ad` flag, or a failure. A name in no set is NXDOMAIN; a name in a set of another type is NODATA.
 */

import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet';
import { listenDns } from './dns-listener.ts';

/** How a lookup can go wrong: TIMEOUT is silence, MALFORMED bytes that are no DNS message, BOGUS SERVFAIL for whoever minds the signatures. */
export type DnsFault = 'SERVFAIL' | 'BOGUS' | 'REFUSED' | 'TIMEOUT' | 'MALFORMED';

export interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  /** Zone-file text: `10 mx.example.net`, `127.1.2.3`, `3 1 1 ab12…`. Empty: the name exists without such records. */
  readonly data?: readonly string[];
  /** Validated: the answer carries AD where every set on its way has it, and the client asked (DO or AD). */
  readonly ad?: boolean;
  readonly fail?: DnsFault;
  /** Over UDP the answer comes empty with TC set, so that the client has to ask again over TCP. */
  readonly truncated?: boolean;
}

export interface SeenQuery {
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly dnssecOk: boolean;
}

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  /** `IP:PORT`, as `--resolver` takes it. */
  readonly resolver: string;
  /** Every query in order of arrival. */
  readonly queries: SeenQuery[];
  /** Adds sets; a set of the same name and type is replaced. */
  set(...sets: readonly RecordSet[]): void;
  /** Takes a name (of one type) out of the zone. */
  remove(name: string, type?: RecordType): void;
  /** Replaces the whole zone. */
  replace(zone: readonly RecordSet[]): void;
  close(): Promise<void>;
}

/** Starts a server on one port for UDP and TCP; port 0 takes a free one. */
export async function startDns(
  zone: readonly RecordSet[] = [],
  { address = '127.0.0.1', port = 0 }: { readonly address?: string; readonly port?: number } = {},
): Promise<DnsServer> {
  const sets = new Map<string, RecordSet>();
  const queries: SeenQuery[] = [];
  const set = (...added: readonly RecordSet[]) => {
    for (const one of added) sets.set(keyOf(one.name, one.type), one);
  };
  set(...zone);

  const respond = (bytes: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    const query = decode(bytes);
    const question = query?.questions?.[0];
    if (query === undefined || question === undefined) return undefined;
    const dnssecOk = (query.additionals ?? []).some((extra) => extra.type === 'OPT' && extra.flag_do);
    queries.push({ name: question.name.toLowerCase(), type: question.type, transport, dnssecOk });
    return answer(sets, query, transport);
  };

  const bound = await listenDns(respond, { address, port });

  return {
    address,
    port: bound.port,
    resolver: address.includes(':') ? `[${address}]:${bound.port}` : `${address}:${bound.port}`,
    queries,
    set,
    remove: (name, type) => {
      for (const [key, one] of sets)
        if (fold(one.name) === fold(name) && (type === undefined || one.type === type)) sets.delete(key);
    },
    replace: (next) => {
      sets.clear();
      set(...next);
    },
    close: bound.close,
  };
}

const RCODE = { NOERROR: 0, SERVFAIL: 2, BOGUS: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** More aliases than this in a row are a loop; what was gathered is sent, as resolvers do. */
const ALIASES = 8;

/** The response, or undefined for silence. */
function answer(sets: ReadonlyMap<string, RecordSet>, query: DecodedPacket, transport: 'udp' | 'tcp'): Buffer | undefined {
  const question = query.questions?.[0];
  if (question === undefined) return undefined;
  const opt = (query.additionals ?? []).find((extra) => extra.type === 'OPT');
  const answers: Answer[] = [];
  let name = question.name;
  let authentic = true;
  let rcode: number = RCODE.NOERROR;
  let truncated = false;
  for (let aliases = 0; ; aliases++) {
    const wanted = sets.get(keyOf(name, question.type));
    const alias = sets.get(keyOf(name, 'CNAME'));
    const stored = wanted ?? alias;
    const found = query.flag_cd && stored?.fail === 'BOGUS' ? withoutFault(stored) : stored;
    if (found?.fail === 'TIMEOUT') return undefined;
    if (found?.fail === 'MALFORMED') return malformed(query);
    if (found?.fail !== undefined) {
      rcode = RCODE[found.fail];
      break;
    }
    authentic &&= found === undefined || found.ad === true;
    truncated ||= found?.truncated === true;
    for (const text of found?.data ?? []) answers.push(record(name, found?.type ?? question.type, text));
    if (wanted !== undefined || question.type === 'CNAME') break;
    const target = alias?.data?.[0];
    if (target === undefined) {
      const known = [...sets.values()].some((one) => fold(one.name) === fold(name));
      if (!known) rcode = RCODE.NXDOMAIN;
      break;
    }
    if (aliases === ALIASES) break;
    name = target;
  }

  const failed = rcode === RCODE.SERVFAIL || rcode === RCODE.REFUSED;
  const asked = query.flag_ad || (opt?.type === 'OPT' && opt.flag_do);
  const response = {
    type: 'response' as const,
    id: query.id ?? 0,
    flags:
      packet.RECURSION_DESIRED |
      packet.RECURSION_AVAILABLE |
      rcode |
      (asked && authentic && !failed && answersOrDenies(sets, question.name) ? packet.AUTHENTIC_DATA : 0),
    questions: query.questions ?? [],
    answers: failed ? [] : answers,
    additionals: opt === undefined ? [] : [opt],
  };
  const bytes = packet.encode(response);
  const room = opt?.type === 'OPT' ? Math.max(512, opt.udpPayloadSize) : 512;
  if (transport === 'tcp' || (!truncated && bytes.length <= room)) return bytes;
  return packet.encode({ ...response, flags: response.flags | packet.TRUNCATED_RESPONSE, answers: [] });
}

function withoutFault({ fail: _, ...set }: RecordSet): RecordSet {
  return set;
}

/** A denial counts as validated only in a zone that has something validated: here, below a name with `ad`. */
function answersOrDenies(sets: ReadonlyMap<string, RecordSet>, name: string): boolean {
  const known = [...sets.values()].filter((one) => fold(one.name) === fold(name));
  return known.length === 0 || known.some((one) => one.ad === true);
}

/** A record from zone-file text. */
export function record(name: string, type: RecordType, text: string): Answer {
  switch (type) {
    case 'MX': {
      const [preference = '0', exchange = '.'] = text.split(/\s+/);
      return { name, type, ttl: 60, data: { preference: Number(preference), exchange } };
    }
    case 'TLSA': {
      const [usage, selector, matchingType, hex = ''] = text.split(/\s+/);
      return {
        name,
        type,
        ttl: 60,
        data: {
          usage: Number(usage),
          selector: Number(selector),
          matchingType: Number(matchingType),
          certificate: Buffer.from(hex, 'hex'),
        },
      };
    }
    case 'TXT':
      return { name, type, ttl: 60, data: text };
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { name, type, ttl: 60, data: text };
  }
  throw new Error(`dns-server: a record set of type ${type} is not supported, name ${name}`);
}

/** The right id and question, then answer counts that nothing stands behind. */
function malformed(query: DecodedPacket): Buffer {
  const bytes = packet.encode({ type: 'response', id: query.id ?? 0, questions: query.questions ?? [] });
  bytes.writeUInt16BE(9, 6);
  return Buffer.concat([bytes, Buffer.from([0xc0, 0xff, 0x00])]);
}

function decode(bytes: Buffer): DecodedPacket | undefined {
  try {
    return packet.decode(bytes);
  } catch {
    return undefined;
  }
}

const fold = (name: string) => name.toLowerCase().replace(/\.$/, '');
const keyOf = (name: string, type: string) => `${fold(name)} ${type}`;
