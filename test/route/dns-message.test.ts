import { decode, encode, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Question, readAnswer, writeQuery } from '../../lambda/route/dns-message.ts';

const ID = 0x1234;
const RESPONSE = 0x8180;
const AD = 0x20;
const TC = 0x200;
const question = { name: 'a.test', type: 'MX' } as const;

/** What a resolver would send, by another implementation. */
function response(packet: Packet, asked: Question = question): Uint8Array {
  return encode({ type: 'response', id: ID, flags: RESPONSE, questions: [{ name: asked.name, type: asked.type }], ...packet });
}

/** A message written by hand: header, the question, and whatever comes behind. */
function raw(counts: { answers: number; questions?: number }, behind: readonly number[], flags = RESPONSE): Uint8Array {
  const { answers, questions = 1 } = counts;
  const header = [ID >> 8, ID & 0xff, flags >> 8, flags & 0xff, 0, questions, answers >> 8, answers & 0xff, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...(questions === 0 ? [] : QUESTION), ...behind]);
}

const label = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];
const QUESTION = [...label('a'), ...label('test'), 0, 0, 15, 0, 1];
/** Points at the question's name. */
const OWNER = [0xc0, 12];
const MX_HEAD = [...OWNER, 0, 15, 0, 1, 0, 0, 0, 60];

test('a query asks one thing, with recursion, authenticity and room for 1,232 bytes', () => {
  const bytes = Buffer.from(writeQuery({ name: '_25._tcp.mx.a.test', type: 'TLSA' }, ID, true));
  const query = decode(bytes);
  expect(query).toMatchObject({
    id: ID,
    flag_rd: true,
    flag_ad: true,
    questions: [{ name: '_25._tcp.mx.a.test', type: 'TLSA', class: 'IN' }],
    additionals: [{ type: 'OPT', udpPayloadSize: 1_232, flag_do: true }],
  });
});

test('without EDNS it is the bare query', () => {
  expect(decode(Buffer.from(writeQuery(question, ID, false))).additionals).toEqual([]);
});

test.each<{ asked: Question; answers: Packet['answers']; says: unknown; because: string }>([
  {
    asked: question,
    answers: [
      { name: 'a.test', type: 'MX', ttl: 60, data: { preference: 10, exchange: 'MX.b.test' } },
      { name: 'A.TEST', type: 'MX', ttl: 30, data: { preference: 5, exchange: '.' } },
    ],
    says: {
      kind: 'found',
      records: [
        { preference: 10, exchange: 'mx.b.test' },
        { preference: 5, exchange: '' },
      ],
      aliases: [],
      ad: false,
      ttl: 30,
    },
    because: 'MX records, the null one too, and the smallest TTL',
  },
  {
    asked: { name: 'a.test', type: 'A' },
    answers: [
      { name: 'a.test', type: 'CNAME', ttl: 10, data: 'b.test' },
      { name: 'c.test', type: 'A', ttl: 60, data: '192.0.2.1' },
      { name: 'b.test', type: 'CNAME', ttl: 60, data: 'C.test' },
    ],
    says: { kind: 'found', records: ['192.0.2.1'], aliases: ['b.test', 'c.test'], canonical: 'c.test', ad: false, ttl: 10 },
    because: 'aliases are followed in whatever order they come',
  },
  {
    asked: { name: 'a.test', type: 'AAAA' },
    answers: [{ name: 'a.test', type: 'AAAA', ttl: 60, data: '2001:db8:0:0:1:0:0:1' }],
    says: { kind: 'found', records: ['2001:db8::1:0:0:1'], aliases: [], ad: false, ttl: 60 },
    because: 'an IPv6 address',
  },
  {
    asked: { name: '_25._tcp.a.test', type: 'TLSA' },
    answers: [
      {
        name: '_25._tcp.a.test',
        type: 'TLSA',
        ttl: 60,
        data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('ab12', 'hex') },
      },
    ],
    says: {
      kind: 'found',
      records: [{ usage: 3, selector: 1, matchingType: 1, data: 'ab12' }],
      aliases: [],
      ad: false,
      ttl: 60,
    },
    because: 'a TLSA record of whatever length',
  },
  {
    asked: { name: '_mta-sts.a.test', type: 'TXT' },
    answers: [{ name: '_mta-sts.a.test', type: 'TXT', ttl: 60, data: ['v=STSv1; ', 'id=1;'] }],
    says: { kind: 'found', records: ['v=STSv1; id=1;'], aliases: [], ad: false, ttl: 60 },
    because: 'a text of several strings is one',
  },
  {
    asked: { name: 'a.test', type: 'CNAME' },
    answers: [{ name: 'a.test', type: 'CNAME', ttl: 60, data: 'b.test' }],
    says: { kind: 'found', records: ['b.test'], aliases: [], ad: false, ttl: 60 },
    because: 'an alias asked for as such',
  },
  {
    asked: question,
    answers: [{ name: 'a.test', type: 'CNAME', ttl: 60, data: 'b.test' }],
    says: { kind: 'alias', canonical: 'b.test', aliases: ['b.test'], ad: false },
    because: 'an alias with nothing behind it',
  },
  { asked: question, answers: [], says: { kind: 'nodata', ad: false }, because: 'an empty answer' },
  {
    asked: question,
    answers: [{ name: 'b.test', type: 'MX', ttl: 60, data: { preference: 10, exchange: 'mx.b.test' } }],
    says: { kind: 'nodata', ad: false },
    because: 'a record of another name is none of ours',
  },
  {
    asked: question,
    answers: [{ name: 'a.test', type: 'A', ttl: 60, data: '192.0.2.1' }],
    says: { kind: 'nodata', ad: false },
    because: 'nor is one of another type',
  },
  {
    asked: question,
    answers: [{ name: 'a.test', type: 'MX', class: 'CH', ttl: 60, data: { preference: 10, exchange: 'mx.b.test' } }],
    says: { kind: 'nodata', ad: false },
    because: 'nor one of another class',
  },
])('$because', ({ asked, answers = [], says }) => {
  expect(readAnswer(response({ answers }, asked), asked, ID)).toEqual(says);
});

test.each([
  { rcode: 1, says: { kind: 'no-edns' } },
  { rcode: 2, says: { kind: 'failed', failure: 'servfail' } },
  { rcode: 3, says: { kind: 'nxdomain', ad: false } },
  { rcode: 4, says: { kind: 'no-edns' } },
  { rcode: 5, says: { kind: 'failed', failure: 'refused' } },
  { rcode: 9, says: { kind: 'failed', failure: 'servfail' } },
])('rcode $rcode means $says.kind', ({ rcode, says }) => {
  expect(readAnswer(response({ flags: RESPONSE | rcode }), question, ID)).toEqual(says);
});

test('AD is told for what is there and for what is not', () => {
  const answers: Packet['answers'] = [{ name: 'a.test', type: 'MX', ttl: 60, data: { preference: 10, exchange: 'b.test' } }];
  const read = (packet: Packet) => readAnswer(response({ flags: RESPONSE | AD, ...packet }), question, ID);
  expect([read({ answers }), read({}), read({ flags: RESPONSE | AD | 3 })]).toMatchObject([
    { kind: 'found', ad: true },
    { kind: 'nodata', ad: true },
    { kind: 'nxdomain', ad: true },
  ]);
});

test.each<{ message: Uint8Array; because: string }>([
  { message: response({ id: ID + 1 }), because: 'another id' },
  { message: response({ questions: [{ name: 'b.test', type: 'MX' }] }), because: 'another name asked' },
  { message: response({ questions: [{ name: 'a.test', type: 'A' }] }), because: 'another type asked' },
  { message: response({ questions: [{ name: 'a.test', type: 'MX', class: 'CH' }] }), because: 'another class asked' },
  { message: response({ questions: [] }), because: 'no question' },
  {
    message: response({
      questions: [
        { name: 'a.test', type: 'MX' },
        { name: 'b.test', type: 'MX' },
      ],
    }),
    because: 'two questions',
  },
  { message: encode({ type: 'query', id: ID, questions: [{ name: 'a.test', type: 'MX' }] }), because: 'our own query come back' },
  { message: new Uint8Array(), because: 'nothing' },
  { message: raw({ answers: 0 }, []).subarray(0, 11), because: 'half a header' },
  { message: raw({ answers: 0 }, []).subarray(0, 20), because: 'half a question' },
])('not an answer to this query: $because', ({ message }) => {
  expect(readAnswer(message, question, ID)).toEqual({ kind: 'unrelated' });
});

test('the name asked may come back in other case', () => {
  const message = response({ questions: [{ name: 'A.Test', type: 'MX' }] });
  expect(readAnswer(message, question, ID)).toEqual({ kind: 'nodata', ad: false });
});

test('TC counts before all else', () => {
  expect(readAnswer(response({ flags: RESPONSE | TC }), question, ID)).toEqual({ kind: 'truncated' });
});

test('FORMERR without a question, as old servers send it, is about EDNS', () => {
  expect(readAnswer(raw({ answers: 0, questions: 0 }, [], RESPONSE | 1), question, ID)).toEqual({ kind: 'no-edns' });
});

test.each<{ behind: readonly number[]; answers?: number; because: string }>([
  { behind: [], because: 'counts nothing stands behind' },
  { behind: [...MX_HEAD, 0, 9, 0, 10, 1, 98, 0], because: 'a length beyond the message' },
  { behind: [...MX_HEAD, 0, 4, 0, 10, 1, 98, 0], because: 'a name longer than its record' },
  { behind: [...MX_HEAD, 0, 6, 0, 10, 1, 98, 0, 0], because: 'a name shorter than its record' },
  { behind: [...MX_HEAD, 0, 1, 0], because: 'half a preference' },
  { behind: [...MX_HEAD, 0, 4, 0, 10, 0xc0, 41], because: 'a pointer to itself' },
  { behind: [...MX_HEAD, 0, 4, 0, 10, 0xc0, 200], because: 'a pointer beyond the message' },
  { behind: [...MX_HEAD, 0, 6, 0, 10, 1, 98, 0xc0, 41], because: 'a pointer into its own name' },
  { behind: [...MX_HEAD, 0, 5, 0, 10, 0x41, 98, 0], because: 'an unknown kind of label' },
  { behind: [0xc0, 23, 0, 15], because: 'a loop in the owner' },
  {
    behind: [...MX_HEAD, 1, 3, 0, 10, ...Array.from({ length: 4 }, () => label('x'.repeat(63))).flat(), 0],
    because: 'a name of more than 255 bytes',
  },
])('malformed: $because', ({ behind, answers = 1 }) => {
  expect(readAnswer(raw({ answers }, behind), question, ID)).toEqual({ kind: 'failed', failure: 'malformed' });
});

test.each([
  { type: 'A', code: 1, length: 3 },
  { type: 'A', code: 1, length: 5 },
  { type: 'AAAA', code: 28, length: 4 },
] as const)('malformed: an $type record of $length bytes', ({ type, code, length }) => {
  const message = raw({ answers: 1 }, [...OWNER, 0, code, 0, 1, 0, 0, 0, 60, 0, length, ...Array.from({ length }, () => 1)]);
  message[12 + 8 + 1] = code;
  expect(readAnswer(message, { name: 'a.test', type }, ID)).toEqual({ kind: 'failed', failure: 'malformed' });
});

test.each([
  { length: 0, usage: 255, selector: 255, matchingType: 255, data: '' },
  { length: 2, usage: 1, selector: 1, matchingType: 255, data: '' },
  { length: 3, usage: 1, selector: 1, matchingType: 1, data: '' },
  { length: 5, usage: 1, selector: 1, matchingType: 1, data: '0101' },
])('a TLSA record of $length bytes is read all the same, as one that is not usable where it is cut short', (row) => {
  const { length, ...record } = row;
  const message = raw({ answers: 1 }, [...OWNER, 0, 52, 0, 1, 0, 0, 0, 60, 0, length, ...Array.from({ length }, () => 1)]);
  message[12 + 8 + 1] = 52;
  const found = { kind: 'found', records: [record], aliases: [], ad: false, ttl: 60 };
  expect(readAnswer(message, { name: 'a.test', type: 'TLSA' }, ID)).toEqual(found);
});

test('bytes that no host name has are spelled out, a dot inside a label too', () => {
  const exchange = [...label('a.b'), ...label('c\u0000\u001b[2J'), 0];
  const message = raw({ answers: 1 }, [...MX_HEAD, 0, exchange.length + 2, 0, 10, ...exchange]);
  expect(readAnswer(message, question, ID)).toMatchObject({ records: [{ exchange: 'a\\046b.c\\000\\027[2j' }] });
});

test('a flood of records is cut at a hundred', () => {
  const record = [...MX_HEAD, 0, 5, 0, 10, 1, 98, 0];
  const message = raw({ answers: 3_000 }, Array.from({ length: 3_000 }, () => record).flat());
  const reading = readAnswer(message, question, ID);
  expect(reading.kind === 'found' && reading.records.length).toBe(100);
});

test('aliases that go in circles end after ten', () => {
  const answers: Packet['answers'] = [
    { name: 'a.test', type: 'CNAME', ttl: 60, data: 'b.test' },
    { name: 'b.test', type: 'CNAME', ttl: 60, data: 'a.test' },
  ];
  const reading = readAnswer(response({ answers }), question, ID);
  expect(reading.kind === 'alias' && reading.aliases.length).toBe(10);
});

test('whatever the bytes, there is a reading', () => {
  const header = [ID >> 8, ID & 0xff, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0, ...QUESTION];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, ours) => {
      const message = ours ? Uint8Array.from([...header, ...bytes]) : bytes;
      expect(typeof readAnswer(message, question, ID).kind).toBe('string');
    }),
    { numRuns: 2_000 },
  );
});

test('whatever byte of a good answer is changed, there is a reading', () => {
  const good = response({
    answers: [
      { name: 'a.test', type: 'CNAME', ttl: 60, data: 'mail.b.test' },
      { name: 'mail.b.test', type: 'MX', ttl: 60, data: { preference: 10, exchange: 'mx.b.test' } },
    ],
  });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const changed = Uint8Array.from(good);
      changed[at] = byte;
      expect(typeof readAnswer(changed, question, ID).kind).toBe('string');
    }),
    { numRuns: 2_000 },
  );
});

describe('signatures', () => {
  const at = (day: number) => Date.UTC(2026, 10, day) / 1_000;
  const NOW = at(24) * 1_000;
  interface Signed {
    readonly owner?: string;
    readonly covers?: number;
    readonly from?: number;
    readonly until: number;
    readonly zone?: readonly number[];
    readonly rest?: readonly number[];
  }
  const u32 = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  const nameOf = (text: string) => [...text.split('.').flatMap(label), 0];
  const rrsig = ({ owner = 'a.test', covers = 15, from = at(20), until, zone = nameOf('TEST'), rest = [1, 2, 3] }: Signed) => {
    const data = [0, covers, 13, 2, 0, 0, 0, 60, ...u32(until), ...u32(from), 0, 7, ...zone, ...rest];
    return [...nameOf(owner), 0, 46, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 0xff, ...data];
  };
  const MX = [...MX_HEAD, 0, 7, 0, 10, 2, ...Buffer.from('mx'), 0xc0, 12].map((byte, i) => (i === MX_HEAD.length + 1 ? 7 : byte));

  test.each<{ signed: readonly Signed[]; now?: number; from?: number; until?: number; zone?: string; because: string }>([
    { signed: [{ until: at(30) }], until: at(30), because: 'validity and zone are read' },
    { signed: [{ until: at(30) }, { until: at(28) }], until: at(30), because: 'of two over one set, one that holds is enough' },
    {
      signed: [{ from: 2 ** 32 - 100, until: 100 }],
      now: 2 ** 32 * 1_000,
      from: 2 ** 32 - 100,
      until: 2 ** 32 + 100,
      because: 'in 2106 the count begins anew',
    },
    { signed: [{ until: at(30), zone: [0] }], until: at(30), zone: '', because: 'the root signs as well' },
    { signed: [], because: 'there is none' },
    { signed: [{ until: at(30), covers: 1 }], because: 'it covers another type' },
    { signed: [{ until: at(30), owner: 'b.test' }], because: 'it is of another name' },
    { signed: [{ until: at(10) }], because: 'it ends before it begins' },
    { signed: [{ until: at(30), rest: [] }], because: 'it holds no signature' },
    { signed: [{ until: at(30), zone: [63, 1], rest: [] }], because: 'its zone is cut short' },
    { signed: [{ until: at(30), zone: [0xc0, 0xff] }], because: 'its zone points ahead' },
  ])('$because', ({ signed, now = NOW, from = at(20), until, zone = 'test' }) => {
    const reading = readAnswer(raw({ answers: 1 + signed.length }, [...MX, ...signed.flatMap(rrsig)]), question, ID, now);
    const signature = until === undefined ? {} : { signature: { zone, from: from * 1_000, until: until * 1_000 } };
    const records = [{ preference: 10, exchange: 'mx.a.test' }];
    expect(reading).toEqual({ kind: 'found', records, aliases: [], ad: false, ttl: 60, ...signature });
  });
});
