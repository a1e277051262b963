/** From which ports questions are asked, and whose answer counts for which of them. */
import { spawn } from 'node:child_process';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Packet } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { isOnThisHost, openUdp } from '../../lambda/route/dns-udp.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Query extends Packet {
  readonly id: number;
  readonly name: string;
  readonly port: number;
}

/** A server that keeps what it is asked, and gives it to `hear`. */
async function listening(hear: (query: Query, answer: (as: { readonly id: number; readonly name: string }) => void) => void) {
  const socket = createSocket('udp4');
  const queries: Query[] = [];
  socket.on('message', (bytes, from: RemoteInfo) => {
    const packet = decode(bytes);
    const query = { ...packet, id: packet.id ?? 0, name: packet.questions?.[0]?.name ?? '', port: from.port };
    queries.push(query);
    hear(query, ({ id, name }) => {
      const answers = [{ name, type: 'A' as const, ttl: 60, data: addressOf(name) }];
      const questions = [{ name, type: 'A' as const }];
      socket.send(encode({ type: 'response', id, flags: 0x8180, questions, answers }), from.port, from.address);
    });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  return { server: { address: '127.0.0.1', port: socket.address().port }, queries };
}

/** In each name's answer. */
const addressOf = (name: string) => `192.0.2.${/\d+/.exec(name)?.[0] ?? 99}`;

const PATIENT = 30_000;
const names = Array.from({ length: 20 }, (_, i) => `a${i}.test`);
const distinct = (values: readonly number[]) => new Set(values).size;

test('ids and ports differ from query to query where the resolver is elsewhere', async () => {
  const { server, queries } = await listening((query, answer) => answer(query));
  const ask = openUdp(() => false);
  await Promise.all(names.map((name) => ask({ name, type: 'A' }, server, PATIENT, true)));
  expect(distinct(queries.map(({ id }) => id))).toBeGreaterThan(15);
  expect(distinct(queries.map(({ port }) => port))).toBeGreaterThan(15);
});

test('questions to a resolver on this host share a socket while any is open, and no two have one id', async () => {
  const waiting: (() => void)[] = [];
  const { server, queries } = await listening((query, answer) => {
    waiting.push(() => answer(query));
    // The last asked is answered first.
    if (waiting.length === names.length) for (const each of waiting.splice(0).reverse()) each();
  });
  const ask = openUdp();
  const answers = await Promise.all(names.map((name) => ask({ name, type: 'A' }, server, PATIENT, true)));
  expect(answers.map((one) => one.kind === 'found' && one.records[0])).toEqual(names.map(addressOf));
  expect(distinct(queries.map(({ id }) => id))).toBe(names.length);
  expect(distinct(queries.map(({ port }) => port))).toBe(1);
});

test('answers that come while this process is busy with something else wait for it, and none is lost', async () => {
  const script =
    "const s=require('node:dgram').createSocket('udp4'),all=[];" +
    "s.on('message',(m,r)=>{m[2]=0x81;m[3]=0x83;all.push(()=>s.send(m,r.port,r.address));process.send(all.length)});" +
    "process.on('message',()=>{for(const each of all)each()});" +
    "s.bind(0,'127.0.0.1',()=>process.send(s.address().port))";
  const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  closers.push(() => server.kill());
  const [port] = (await once(server, 'message')) as [number];
  const ask = openUdp();
  const asked: ReturnType<typeof ask>[] = [];
  const long = `${'b'.repeat(60)}.${'c'.repeat(60)}.test`;
  for (let heard = 0; heard < 400; [heard] = (await once(server, 'message')) as [number])
    if (heard === asked.length)
      asked.push(ask({ name: `a${heard}.${long}`, type: 'A' }, { address: '127.0.0.1', port }, PATIENT, true));
  server.send('answer all of them');
  // So long it takes to judge some thousand entries.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect(new Set((await Promise.all(asked)).map(({ kind }) => kind))).toEqual(new Set(['nxdomain']));
});

test('what answers another question under this one’s id, or has no id at all, is passed over', async () => {
  const { server } = await listening(({ id, name }, answer) => {
    answer({ id, name: `not-${name}` });
    answer({ id: (id + 1) % 0x1_0000, name });
    answer({ id, name });
  });
  const answer = await openUdp()({ name: 'a.test', type: 'A' }, server, PATIENT, true);
  expect(answer).toMatchObject({ kind: 'found', records: [addressOf('a.test')] });
});

test('where nobody listens, all that are open learn it at once, and later ones are asked anew', async () => {
  const { server, queries } = await listening((query, answer) => answer(query));
  const silent = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const nobody = { address: '127.0.0.1', port: silent.address().port };
  silent.close();
  const ask = openUdp();
  const refused = await Promise.all(names.map((name) => ask({ name, type: 'A' }, nobody, PATIENT, true)));
  expect(new Set(refused.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"kind":"failed","failure":"timeout"}']));
  for (const name of names.slice(0, 2))
    expect(await ask({ name, type: 'A' }, server, PATIENT, true)).toMatchObject({ kind: 'found', records: [addressOf(name)] });
  expect(queries.map(({ name }) => name)).toEqual(names.slice(0, 2));
});

test('one that nobody answers is given up at its own time, and the others stay', async () => {
  const { server } = await listening((query, answer) => {
    if (query.name !== 'silent.test') setTimeout(() => answer(query), 200);
  });
  const ask = openUdp();
  const [silent, heard] = await Promise.all([
    ask({ name: 'silent.test', type: 'A' }, server, 20, true),
    ask({ name: 'a.test', type: 'A' }, server, PATIENT, true),
  ]);
  expect(silent).toEqual({ kind: 'failed', failure: 'timeout' });
  expect(heard).toMatchObject({ kind: 'found' });
});

test.for([
  { address: '127.0.0.1', says: true, because: 'loopback' },
  { address: '127.0.0.53', says: true, because: 'the stub of systemd-resolved' },
  { address: '::1', says: true, because: 'loopback' },
  { address: '::ffff:127.0.0.1', says: false, because: 'written in a way that nobody uses' },
  { address: '10.0.0.2', says: false, because: 'another host of a private network' },
  { address: '169.254.169.253', says: false, because: 'the resolver of AWS' },
  { address: '192.0.2.53', says: false, because: 'another host' },
  { address: '2001:db8::1', says: false, because: 'another host' },
  { address: '1270:0:0::1', says: false, because: 'another host whose address only begins alike' },
])('$address: $says, $because', ({ address, says }) => {
  expect(isOnThisHost(address)).toBe(says);
});
