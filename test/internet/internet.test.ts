import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, createAuthority, pemOf } from './authority.ts';
import { type DnsServer, type RecordSet, startDns } from './dns-server.ts';
import { foundingDomains } from './founding-domains.ts';
import { startInternet } from './internet.ts';
import type { Behaviour } from './smtp-script.ts';
import { type SmtpOptions, startSmtp } from './smtp-server.ts';

const zone: readonly RecordSet[] = [
  { name: 'a.test', type: 'MX', data: ['10 mx.a.test', '20 MX2.a.test'] },
  { name: 'null.test', type: 'MX', data: ['0 .'] },
  { name: 'bare.test', type: 'A', data: [] },
  { name: 'broken.test', type: 'A', fail: 'SERVFAIL' },
  { name: 'barred.test', type: 'A', fail: 'REFUSED' },
  { name: 'mute.test', type: 'A', fail: 'TIMEOUT' },
  { name: 'junk.test', type: 'A', fail: 'MALFORMED' },
  { name: 'large.test', type: 'A', truncated: true, data: ['127.1.1.1'] },
  { name: 'alias.test', type: 'CNAME', data: ['large.test'] },
  { name: 'loop.test', type: 'CNAME', data: ['loop.test'] },
  { name: 'dangling.test', type: 'CNAME', data: ['nowhere.test'] },
  { name: 'six.test', type: 'AAAA', data: ['fd00::1'] },
];

let dns: DnsServer;
let root: Authority;
beforeAll(async () => {
  dns = await startDns(zone);
  root = await createAuthority();
});
afterAll(() => dns.close());

test.each([
  { name: 'a.test', type: 'MX', gives: '10 mx.a.test, 20 MX2.a.test', because: 'records come in the order of the zone' },
  { name: 'null.test', type: 'MX', gives: '0 ', because: 'a null MX is the root' },
  { name: 'A.TEST', type: 'MX', gives: '10 mx.a.test, 20 MX2.a.test', because: 'names have no case' },
  { name: 'six.test', type: 'AAAA', gives: 'fd00::1', because: 'both families' },
  { name: 'large.test', type: 'A', gives: '127.1.1.1', because: 'a truncated answer is fetched over TCP' },
  { name: 'alias.test', type: 'A', gives: '127.1.1.1', because: 'an alias is followed' },
  { name: 'a.test', type: 'A', gives: 'ENODATA', because: 'the name exists with another type' },
  { name: 'bare.test', type: 'A', gives: 'ENODATA', because: 'an empty set is a name without data' },
  { name: 'none.test', type: 'A', gives: 'ENOTFOUND', because: 'a name in no set does not exist' },
  { name: 'dangling.test', type: 'A', gives: 'ENOTFOUND', because: 'nor does the target of a dangling alias' },
  { name: 'loop.test', type: 'A', gives: '', because: 'a loop ends without an address' },
  { name: 'broken.test', type: 'A', gives: 'ESERVFAIL', because: 'a resolver that fails' },
  { name: 'barred.test', type: 'A', gives: 'EREFUSED', because: 'one that refuses' },
  { name: 'mute.test', type: 'A', gives: 'ETIMEOUT', because: 'one that is silent' },
  { name: 'junk.test', type: 'A', gives: 'EBADRESP', because: 'one that talks nonsense' },
])('$name $type gives $gives: $because', async ({ name, type, gives }) => {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([dns.resolver]);
  const said =
    type === 'MX'
      ? resolver.resolveMx(name).then((all) => all.map((mx) => `${mx.priority} ${mx.exchange}`).join(', '))
      : resolver.resolve(name, type).then((all) => (all as string[]).join(', '));
  expect(await said.catch((error: NodeJS.ErrnoException) => error.code)).toBe(gives);
});

test('the zone changes at run time, and queries are remembered', async () => {
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([dns.resolver]);
  dns.set({ name: 'new.test', type: 'A', data: ['127.1.1.2'] });
  expect(await resolver.resolve4('new.test')).toEqual(['127.1.1.2']);
  dns.remove('new.test');
  expect(await resolver.resolve4('new.test').catch((error: NodeJS.ErrnoException) => error.code)).toBe('ENOTFOUND');
  expect(dns.queries.slice(-2)).toEqual([
    { name: 'new.test', type: 'A', transport: 'udp', dnssecOk: false },
    { name: 'new.test', type: 'A', transport: 'udp', dnssecOk: false },
  ]);
});

interface Row {
  readonly behaviour: Behaviour;
  readonly ends: string;
}

// What a plain client meets: the last reply before the end, `TLS…` with its protocol where the handshake is done.
test.each<Row>([
  { behaviour: 'ok', ends: 'TLSv1.3' },
  { behaviour: 'tls10', ends: 'TLSv1' },
  { behaviour: 'tls11', ends: 'TLSv1.1' },
  { behaviour: 'tls12', ends: 'TLSv1.2' },
  { behaviour: 'tls13', ends: 'TLSv1.3' },
  { behaviour: 'aes128', ends: 'TLSv1.2' },
  { behaviour: 'anonymous', ends: 'TLSv1.2' },
  { behaviour: 'ehlo-refused', ends: '502 unknown command' },
  { behaviour: 'nostarttls', ends: '502 unknown command' },
  { behaviour: 'starttls454', ends: '454 TLS not available' },
  { behaviour: 'starttls554', ends: '554 5.7.0 no TLS for you' },
  { behaviour: 'starttls-close', ends: 'closed' },
  { behaviour: 'drop', ends: 'handshake failed' },
  { behaviour: 'garbage', ends: 'handshake failed' },
  { behaviour: 'banner421', ends: '421 busy' },
  { behaviour: 'close', ends: 'closed' },
  { behaviour: 'refuse', ends: 'ECONNREFUSED' },
])('$behaviour ends with $ends', async ({ behaviour, ends }) => {
  const identity = await root.issue({ dnsNames: ['mx.test'] });
  const server = await startSmtp({ behaviour, chain: identity.chainPem, key: identity.keyPem });
  expect(await visit(server.port)).toBe(ends);
  await server.close();
});

test('a chain is sent as given, aliens and duplicates included, and the hello is kept', async () => {
  const identity = await root.issue({ dnsNames: ['mx.test'] });
  const sent = [identity.der, root.certificate.der, (await createAuthority('Alien')).certificate.der, root.certificate.der];
  const server = await startSmtp({ behaviour: 'wrapper', chain: sent.map((der) => pemOf(der)).join(''), key: identity.keyPem });
  const socket = connectTls({ port: server.port, rejectUnauthorized: false, servername: 'mx.test' });
  await once(socket, 'secureConnect');
  const received: string[] = [];
  for (let one = socket.getPeerX509Certificate(); one !== undefined; one = one.issuerCertificate) {
    received.push(one.raw.toString('base64'));
    if (received.length > sent.length) break;
  }
  socket.destroy();
  expect(received).toEqual(sent);
  expect(server.conversations[0]?.hello?.servername).toBe('mx.test');
  await server.close();
});

test.each([
  { servername: 'mx.test', gets: 'CN=named', because: 'a known name has its own chain' },
  { servername: 'else.test', gets: 'refused', because: 'the server wants a known one' },
  { servername: undefined, gets: 'refused', because: 'or any at all' },
])('SNI $servername: $because', async ({ servername, gets }) => {
  const named = await root.issue({ commonName: 'named' });
  const other = await root.issue({ commonName: 'other' });
  const options: SmtpOptions = { behaviour: 'wrapper', chain: other.chainPem, key: other.keyPem, sniOnly: true };
  const server = await startSmtp({ ...options, sniChains: { 'mx.test': { chain: named.chainPem, key: named.keyPem } } });
  const socket = connectTls({ port: server.port, rejectUnauthorized: false, ...(servername ? { servername } : {}) });
  const subject = await new Promise<string | undefined>((resolve) => {
    socket.on('secureConnect', () => resolve(socket.getPeerX509Certificate()?.subject));
    socket.on('error', () => resolve('refused'));
  });
  socket.destroy();
  expect(subject).toBe(gets);
  await server.close();
});

test('the founding domains stand on addresses of their own and on one port', async () => {
  const internet = await startInternet();
  const founding = await foundingDomains(internet);
  const resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([internet.resolver]);
  expect((await resolver.resolveMx('fastmail.fm')).map((mx) => `${mx.priority} ${mx.exchange}`)).toEqual([
    '10 in1-smtp.messagingengine.com',
    '20 in2-smtp.messagingengine.com',
  ]);
  expect(await resolver.resolve4('msgin.vvv.facebook.com')).toEqual(founding.facebook.addresses);
  expect(await visit(internet.smtpPort, founding.hearst.addresses[0])).toBe('TLSv1.3');
  await founding.hearst.shut();
  expect(await visit(internet.smtpPort, founding.hearst.addresses[0])).toBe('ECONNREFUSED');
  await internet.close();
});

/** EHLO, STARTTLS and a handshake without any demand. */
async function visit(port: number, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host });
  const failed = new Promise<string>((resolve) => socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`)));
  return Promise.race([failed, converse(socket)]).finally(() => socket.destroy());
}

async function converse(socket: Socket): Promise<string> {
  let last = await reply(socket);
  for (const command of ['EHLO tester', 'STARTTLS']) {
    if (command === 'STARTTLS' && last.startsWith('5')) socket.write('HELO tester\r\n');
    if (command === 'STARTTLS' && last.startsWith('5')) last = await reply(socket);
    if (!last.startsWith('2')) return last;
    socket.write(`${command}\r\n`);
    last = await reply(socket);
  }
  if (!last.startsWith('220')) return last;
  const secured: TLSSocket = connectTls({ socket, rejectUnauthorized: false, minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' });
  return new Promise((resolve) => {
    secured.on('secureConnect', () => resolve(secured.getProtocol() ?? ''));
    secured.on('error', () => resolve('handshake failed'));
  });
}

/** The last line of the next reply. */
async function reply(socket: Socket): Promise<string> {
  let held = '';
  for (;;) {
    const got = await Promise.race([once(socket, 'data') as Promise<[Buffer]>, once(socket, 'end')]);
    if (got.length === 0) return 'closed';
    held += String(got[0]);
    const last = held.trimEnd().split('\r\n').at(-1) ?? '';
    if (held.endsWith('\r\n') && last[3] === ' ') return last;
  }
}
