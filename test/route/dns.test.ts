import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { afterEach, expect, test, vi } from 'vitest';
import { type DnsOptions, openDns } from '../../lambda/route/dns.ts';
import { questionsPerSecond } from '../../lambda/route/question-pace.ts';
import { type RecordSet, startDns } from '../internet/dns-server.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) await close();
});

async function resolver(...sets: readonly RecordSet[]) {
  const server = await startDns(sets);
  closers.push(() => server.close());
  return server;
}

/** A server that sends, for each datagram, whatever messages `answer` makes of it. */
async function hostile(answer: (query: Packet, bytes: Buffer) => readonly Uint8Array[]): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    for (const message of answer(decode(bytes), bytes)) socket.send(message, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** Says "truncated" over UDP, and `speak`s over TCP. */
async function truncating(speak: (socket: Socket, query: Buffer) => void): Promise<string> {
  const tcp = createServer((socket) => {
    closers.push(() => socket.destroy());
    socket.on('error', () => {}).once('data', (bytes: Buffer) => speak(socket, bytes.subarray(2)));
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  closers.push(() => tcp.close());
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) => udp.send(reply(decode(bytes), { flags: 0x8380 }), from.port, from.address));
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  closers.push(() => udp.close());
  return `127.0.0.1:${port}`;
}

const reply = (query: Packet, changes: Packet = {}): Uint8Array =>
  encode({ type: 'response', id: query.id ?? 0, flags: 0x8180, questions: query.questions ?? [], ...changes });

const A = [{ name: 'a.test', type: 'A', ttl: 60, data: '192.0.2.1' }] as const;

/** Patient: whatever answers may take its time. */
const open = (servers: readonly string[], changes: Partial<DnsOptions> = {}) =>
  openDns({ servers, timeoutMs: 30_000, tries: 1, concurrency: 100, ...changes });

/** Waits for what the sockets bring, whatever the timers say. */
async function until(come: () => boolean): Promise<void> {
  while (!come()) await new Promise((resolve) => setImmediate(resolve));
}

test.each<{ set: RecordSet; says: unknown; because: string }>([
  {
    set: { name: 'a.test', type: 'A', data: ['192.0.2.1'], ad: true },
    says: { kind: 'found', ad: true },
    because: 'AD is asked for and told',
  },
  { set: { name: 'a.test', type: 'A', data: ['192.0.2.1'] }, says: { kind: 'found', ad: false }, because: 'and is not assumed' },
  { set: { name: 'a.test', type: 'A', data: [] }, says: { kind: 'nodata' }, because: 'NODATA' },
  { set: { name: 'b.test', type: 'A', data: [] }, says: { kind: 'nxdomain' }, because: 'NXDOMAIN' },
  { set: { name: 'a.test', type: 'A', fail: 'SERVFAIL' }, says: { kind: 'failed', failure: 'servfail' }, because: 'SERVFAIL' },
  { set: { name: 'a.test', type: 'A', fail: 'REFUSED' }, says: { kind: 'failed', failure: 'refused' }, because: 'REFUSED' },
  { set: { name: 'a.test', type: 'A', fail: 'TIMEOUT' }, says: { kind: 'failed', failure: 'timeout' }, because: 'silence' },
  { set: { name: 'a.test', type: 'A', fail: 'MALFORMED' }, says: { kind: 'failed', failure: 'malformed' }, because: 'garbage' },
])('$because', async ({ set, says }) => {
  const server = await resolver(set);
  const patience = set.fail === 'TIMEOUT' ? { timeoutMs: 50 } : {};
  expect(await open([server.resolver], patience).query('a.test', 'A')).toMatchObject(says as object);
});

test('a truncated answer is fetched over TCP', async () => {
  const data = Array.from({ length: 90 }, (_, i) => `${i} mx-with-a-long-name-${i}.example.test`);
  const server = await resolver({ name: 'a.test', type: 'MX', data });
  const answer = await open([server.resolver]).query('a.test', 'MX');
  expect(answer.kind === 'found' && answer.records.length).toBe(90);
  expect(server.queries.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
});

test('the same question is asked once, in any case, at once or later', async () => {
  const server = await resolver({ name: 'a.test', type: 'A', data: ['192.0.2.1'] });
  const dns = open([server.resolver]);
  await Promise.all([dns.query('a.test', 'A'), dns.query('A.test', 'A')]);
  await dns.query('a.test', 'A');
  await dns.query('a.test', 'AAAA');
  expect(server.queries.map(({ type }) => type)).toEqual(['A', 'AAAA']);
});

test('a resolver that drops what comes above 1,024 a second answers every question at 800', { timeout: 60_000 }, async () => {
  const arrivals: number[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const now = performance.now();
    arrivals.push(now);
    if (arrivals.filter((at) => at > now - 1_000).length > 1_024) return;
    socket.send(reply(decode(bytes), { answers: [...A] }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const dns = open([`127.0.0.1:${socket.address().port}`], { pace: questionsPerSecond(800), tries: 1 });
  const answers = await Promise.all(Array.from({ length: 2_000 }, (_, i) => dns.query(`n${i}.test`, 'A')));
  expect(answers.filter(({ kind }) => kind === 'failed')).toEqual([]);
  expect(arrivals.length).toBe(2_000);
});

test('whose time is over waits for no turn, and a turn that comes too late is not taken', async () => {
  const turns: string[] = [];
  let now = 0;
  const server = await hostile((query) => {
    turns.push('asked');
    return [reply(query, { flags: 0x8380 })];
  });
  const late = () =>
    open([server], {
      tries: 3,
      stopAt: 200_000,
      now: () => now,
      pace: {
        next: async () => {
          now += 100_000;
          turns.push('turn');
        },
      },
    });
  expect(await late().query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
  expect(turns).toEqual(['turn', 'asked', 'turn']);
  expect(await late().query('b.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
  expect(turns).toEqual(['turn', 'asked', 'turn']);
});

test('the first tries are shorter, and the last is as long as it may be', async () => {
  let asked = 0;
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    if (++asked === 3) socket.send(reply(decode(bytes), { answers: [...A] }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const dns = open([`127.0.0.1:${socket.address().port}`], { firstTimeoutsMs: [20, 40], tries: 3 });
  await dns.query('a.test', 'A');
  expect(asked).toBe(3);
});

test('a failed server hands over to the next, and each gets its turn', async () => {
  const broken = await resolver({ name: 'a.test', type: 'A', fail: 'SERVFAIL' });
  const good = await resolver({ name: 'a.test', type: 'A', data: ['192.0.2.1'] });
  expect(await open([broken.resolver, good.resolver]).query('a.test', 'A')).toMatchObject({ kind: 'found' });
});

test('a server that is down is no answer, and a failure that is one outweighs it', async () => {
  const broken = await resolver({ name: 'a.test', type: 'A', fail: 'REFUSED' });
  const dns = open([broken.resolver, '127.0.0.1:1']);
  expect(await dns.query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'refused' });
  expect(await open(['127.0.0.1:1']).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test('silence is met with as many tries as told', async () => {
  const server = await resolver({ name: 'a.test', type: 'A', fail: 'TIMEOUT' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = open([server.resolver], { timeoutMs: 1_000, tries: 3 }).query('a.test', 'A');
  for (let asked = 1; asked <= 3; asked++) {
    await until(() => server.queries.length === asked);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(await answer).toEqual({ kind: 'failed', failure: 'timeout' });
  expect(server.queries.length).toBe(3);
});

test('an alias left open is asked for, and what it has is told with its name', async () => {
  const server = await hostile((query) => {
    const name = query.questions?.[0]?.name;
    const alias = { name: 'a.test', type: 'CNAME', ttl: 60, data: 'b.test' } as const;
    return [reply(query, name === 'a.test' ? { flags: 0x81a0, answers: [alias] } : { answers: [{ ...A[0], name: 'b.test' }] })];
  });
  expect(await open([server]).query('a.test', 'A')).toEqual({
    kind: 'found',
    records: ['192.0.2.1'],
    aliases: ['b.test'],
    canonical: 'b.test',
    ad: false,
    ttl: 60,
  });
});

test('an alias left open with nothing behind it names what was asked last', async () => {
  const server = await resolver(
    { name: 'a.test', type: 'CNAME', data: ['b.test'] },
    { name: 'b.test', type: 'TXT', data: ['x'] },
  );
  expect(await open([server.resolver]).query('a.test', 'A')).toMatchObject({ kind: 'nodata', name: 'b.test' });
});

test('aliases without end are nothing', async () => {
  const server = await resolver(
    { name: 'a.test', type: 'CNAME', data: ['b.test'] },
    { name: 'b.test', type: 'CNAME', data: ['a.test'] },
  );
  expect(await open([server.resolver]).query('a.test', 'A')).toMatchObject({ kind: 'nodata', loop: true });
});

test('only the answer to the question counts, whatever comes before it', async () => {
  const server = await hostile((query) => [
    reply(query, { id: ((query.id ?? 0) + 1) & 0xffff, answers: [{ ...A[0], data: '192.0.2.66' }] }),
    reply(query, { questions: [{ name: 'b.test', type: 'A' }], answers: [{ ...A[0], data: '192.0.2.66' }] }),
    Buffer.from('not DNS at all'),
    reply(query, { answers: [...A] }),
  ]);
  expect(await open([server]).query('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'] });
});

test('a wrong answer alone is silence', async () => {
  const server = await hostile((query) => [reply(query, { id: ((query.id ?? 0) + 1) & 0xffff, answers: [...A] })]);
  expect(await open([server], { timeoutMs: 50 }).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test('an answer from another address is not heard', async () => {
  const liar = createSocket('udp4');
  closers.push(() => liar.close());
  const asked = createSocket('udp4');
  asked.on('message', (bytes, from) => liar.send(reply(decode(bytes), { answers: [...A] }), from.port, from.address));
  asked.bind(0, '127.0.0.1');
  await once(asked, 'listening');
  closers.push(() => asked.close());
  const dns = open([`127.0.0.1:${asked.address().port}`], { timeoutMs: 50 });
  expect(await dns.query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test('a server that does not know EDNS is asked without', async () => {
  const server = await hostile((query) => [
    query.additionals?.length ? reply(query, { flags: 0x8181 }) : reply(query, { answers: [...A] }),
  ]);
  expect(await open([server]).query('a.test', 'A')).toMatchObject({ kind: 'found' });
});

test.each<{ speak: (socket: Socket, query: Buffer) => void; because: string }>([
  { speak: (socket) => socket.end(), because: 'closes' },
  { speak: (socket) => socket.end(Buffer.from([0, 200, 1, 2, 3])), because: 'closes in the middle' },
  { speak: (socket) => socket.write(Buffer.alloc(70_000, 0xff)), because: 'floods' },
  { speak: (socket) => socket.write(Buffer.from([0, 0])), because: 'sends an empty message' },
  { speak: (socket, query) => socket.write(framed(reply(decode(query), { id: 1 }))), because: 'answers another id' },
  { speak: (socket, query) => socket.write(framed(reply(decode(query), { flags: 0x8380 }))), because: 'truncates again' },
])('a TCP server that $because has said nothing of use', async ({ speak }) => {
  const server = await truncating(speak);
  expect(await open([server]).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'malformed' });
});

test('a TCP server that says nothing is waited for no longer than a UDP one', async () => {
  const server = await truncating(() => {});
  expect(await open([server], { timeoutMs: 50 }).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test('so many questions at once and no more', async () => {
  let underWay = 0;
  let most = 0;
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    most = Math.max(most, ++underWay);
    setTimeout(() => {
      underWay--;
      socket.send(reply(decode(bytes)), from.port, from.address);
    }, 5);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const dns = open([`127.0.0.1:${socket.address().port}`], { concurrency: 4 });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => dns.query(`a${i}.test`, 'A')));
  expect(answers.every(({ kind }) => kind === 'nodata')).toBe(true);
  expect(most).toBe(4);
});

test.each(['localhost', '1.2.3', '192.0.2.53:0', '192.0.2.53:65536', '2001:db8::53:5353:x', '[2001:db8::53', ''])(
  'a resolver must be an address: "%s" is refused',
  (text) => {
    expect(() => open([text])).toThrow(
      `resolver "${text}": not an address; write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353`,
    );
  },
);

test.each(['192.0.2.53', '192.0.2.53:5353', '[2001:db8::53]:5353', '[2001:db8::53]', '2001:db8::53'])('%s is one', (text) => {
  expect(open([text])).toHaveProperty('query');
});

const framed = (message: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);

test('when the time is up nothing more is asked, and what is open has timed out', async () => {
  const server = await resolver({ name: 'a.test', type: 'A', fail: 'TIMEOUT' });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const late = open([server.resolver], { timeoutMs: 60_000, tries: 3, concurrency: 1, stopAt: Date.now() + 100 });
  const names = ['a.test', 'b.test', 'c.test'];
  const answers = Promise.all(names.map((name) => late.query(name, 'A')));
  await until(() => server.queries.length === 1);
  await vi.advanceTimersByTimeAsync(100);
  expect(await answers).toEqual(names.map(() => ({ kind: 'failed', failure: 'timeout' })));
  expect(server.queries.map(({ name }) => name)).toEqual(['a.test']);
});

test('a signal is the same', async () => {
  const server = await resolver({ name: 'a.test', type: 'A', data: ['192.0.2.1'] });
  const stopped = open([server.resolver], { signal: AbortSignal.abort() });
  expect(await stopped.query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
  expect(server.queries).toEqual([]);
});

test('a server on a network that cannot be reached gives way to the next', async () => {
  const server = await resolver({ name: 'a.test', type: 'A', data: ['192.0.2.1'] });
  // Where there is IPv6 it is silence, and the patience for that one is short.
  const unreachable = open(['[2001:db8::53]:53', server.resolver], { timeoutMs: 1_000, tries: 6 });
  expect((await unreachable.query('a.test', 'A')).kind).toBe('found');
});
