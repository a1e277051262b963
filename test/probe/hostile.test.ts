/** Servers that no script foresees: floods, drips, hosts that want other key exchange groups. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { ProbeResult, Reply, UnseenReason } from '../../lambda/probe/result.ts';
import { answering } from '../catalogue/peers.ts';
import { createAuthority, type Issued } from '../internet/authority.ts';
import { patientDoor, runsOut } from './deadlines.ts';
import { conversationWith } from './demand.ts';

let leaf: Issued;
beforeAll(async () => {
  leaf = await (await createAuthority()).issue({ dnsNames: ['mx.example.test'] });
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on loopback that does with each connection what it likes; `accepted` counts them. */
async function listen(treat: (socket: Socket) => void): Promise<{ address: string; port: number; accepted: () => number }> {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    closers.push(() => socket.destroy());
    socket.on('error', () => {});
    treat(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port, accepted: () => accepted };
}

const probe = (server: { readonly address: string; readonly port: number }): Promise<ProbeResult> =>
  patientDoor()(conversationWith(server));

const EHLO = '250-mx.example.test\r\n250 STARTTLS\r\n';

/** A byte now and then, for as long as anybody listens. */
function drip(text: string): (socket: Socket) => void {
  return (socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 20);
    closers.push(() => clearInterval(timer));
  };
}

test.each<{ treat: (socket: Socket) => void; result: Partial<Extract<ProbeResult, { kind: 'unseen' }>>; because: string }>([
  { treat: drip('220-no end\r\n'), result: { phase: 'greeting', reason: 'timed-out' }, because: 'drips its greeting' },
  { treat: drip('2'), result: { phase: 'greeting', reason: 'timed-out' }, because: 'drips one line' },
  {
    treat: answering(['220 hi\r\n', ''], drip('250-x\r\n')),
    result: { phase: 'ehlo', reason: 'timed-out' },
    because: 'drips its extensions',
  },
  {
    treat: answering(['220 hi\r\n', EHLO, ''], drip('220-x\r\n')),
    result: { phase: 'starttls', reason: 'timed-out' },
    because: 'drips its reply to STARTTLS',
  },
  {
    treat: answering(['220 hi\r\n', EHLO, '220 go\r\n'], drip('\u0016\u0003\u0003')),
    result: { phase: 'handshake', reason: 'timed-out' },
    because: 'drips its handshake',
  },
  {
    treat: (socket) => socket.write('x'.repeat(5_000_000)),
    result: { phase: 'greeting', reason: 'connection-lost' },
    because: 'floods one line',
  },
  {
    treat: answering(['220 hi\r\n', '250-x\r\n'.repeat(10_000)]),
    result: { phase: 'ehlo', reason: 'protocol-error', detail: 'a reply without end' },
    because: 'has 10,000 extensions',
  },
  {
    treat: (socket) => socket.write('354 send\r\n'),
    result: { phase: 'greeting', reason: 'protocol-error', reply: { code: 354, text: '354 send' } },
    because: 'greets with an odd code',
  },
  {
    treat: (socket) => void setTimeout(() => socket.resetAndDestroy(), 30),
    result: { phase: 'greeting', reason: 'connection-lost' },
    because: 'resets',
  },
  {
    treat: (socket) => socket.end('220 half'),
    result: { phase: 'greeting', reason: 'connection-lost' },
    because: 'leaves in the middle',
  },
])('a server that $because is unseen', async ({ treat, result }) => {
  if (result.reason === 'timed-out' && result.phase !== undefined) runsOut(result.phase);
  expect(await probe(await listen(treat))).toEqual({ kind: 'unseen', ...result });
});

test('a 3xx to STARTTLS is a refusal for good, as Postfix takes it', async () => {
  const server = await listen(answering(['220 hi\r\n', EHLO, '354 what\r\n', '221 bye\r\n']));
  expect(await probe(server)).toMatchObject({ kind: 'no-tls', why: 'refused-5xx', reply: { code: 354, text: '354 what' } });
});

test('replies that come before their command are taken for it, as Postfix takes them', async () => {
  const server = await listen((socket) => socket.end(`220 hi\r\n${EHLO}454 not now\r\n`));
  expect(await probe(server)).toMatchObject({ kind: 'no-tls', why: 'refused-4xx' });
});

test.each([
  { groups: 'X25519MLKEM768', accepted: 2, because: 'wants hybrid groups is tried again and said to depend on them' },
  { groups: 'X25519', accepted: 1, because: 'takes ours is not' },
])('a host that $because', async ({ groups, accepted }) => {
  const context = createSecureContext({ cert: leaf.chainPem, key: leaf.keyPem, ecdhCurve: groups, minVersion: 'TLSv1.3' });
  const server = await listen(
    answering(['220 hi\r\n', EHLO, '220 go\r\n'], (socket) => {
      const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
      tls.on('error', () => socket.destroy()).on('data', () => tls.write('250 x\r\n'));
    }),
  );
  const result = await probe(server);
  expect(result).toMatchObject(accepted === 1 ? { kind: 'presented' } : { kind: 'handshake-failed', dependsOnGroups: true });
  expect(server.accepted()).toBe(accepted);
});

test.each<{
  does: (tls: TLSSocket) => void;
  /** The client's patience comes to an end. */
  runsOut?: true;
  result: Partial<ProbeResult>;
  because: string;
}>([
  { does: (tls) => tls.write('x'.repeat(100_000)), result: after('connection-lost'), because: 'floods' },
  { does: (tls) => tls.destroy(), result: after('connection-lost'), because: 'leaves' },
  { does: () => {}, runsOut: true, result: after('timed-out'), because: 'falls silent' },
  {
    does: (tls) => tls.end('421 too busy\r\n'),
    result: after('reply-421', { code: 421, text: '421 too busy' }),
    because: 'asks for a rest',
  },
])('a server that $because after a good handshake has its certificates seen', async ({ does, runsOut: ends, result }) => {
  if (ends) runsOut('ehlo-after-tls');
  const context = createSecureContext({ cert: leaf.chainPem, key: leaf.keyPem });
  const server = await listen(
    answering(['220 hi\r\n', EHLO, '220 go\r\n'], (socket) => {
      const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
      tls.on('error', () => {}).once('data', () => does(tls));
    }),
  );
  expect(await probe(server)).toMatchObject(result);
});

function after(reason: UnseenReason, reply?: Reply): Partial<ProbeResult> {
  const said = reply === undefined ? {} : { reply };
  return { kind: 'presented', after: { kind: 'unseen', phase: 'ehlo-after-tls', reason, ...said } };
}
