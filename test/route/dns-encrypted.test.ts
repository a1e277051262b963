import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDns } from '../../lambda/route/dns.ts';
import { isLoopback, parseAddress } from '../../lambda/route/dns-address.ts';
import { type Authority, createAuthority, pemOf } from '../internet/authority.ts';
import { type DnsServer, startDns } from '../internet/dns-server.ts';
import { type Credentials, startDnsOverHttps, startDnsOverTls } from '../internet/encrypted-dns.ts';

const closers: (() => Promise<void>)[] = [];
const before = getCACertificates('default');
let root: Authority;
let behind: DnsServer;
let named: Credentials;

beforeAll(async () => {
  root = await createAuthority('Resolver Root');
  named = await credentials({ dnsNames: ['dns.example.net', 'localhost'], ipAddresses: ['127.0.0.1'] });
  setDefaultCACertificates([...before, root.certificate.pem]);
  behind = await startDns([
    { name: 'a.test', type: 'A', data: ['192.0.2.1'], ad: true },
    { name: 'b.test', type: 'A', fail: 'SERVFAIL' },
    ...Array.from({ length: 50 }, (_, i) => ({ name: `n${i}.test`, type: 'A' as const, data: [`192.0.2.${i}`], ad: true })),
  ]);
  closers.push(behind.close);
});

afterAll(async () => {
  setDefaultCACertificates(before);
  for (const close of closers) await close();
});

async function credentials(options: Parameters<Authority['issue']>[0]): Promise<Credentials> {
  const { chain, keyPem } = await root.issue(options);
  return { key: keyPem, cert: chain.map((der) => pemOf(der)).join('') };
}

const door = (resolver: string) => openDns({ servers: [resolver], timeoutMs: 30_000, tries: 1, concurrency: 100 });

test.each([
  { suffix: '', because: 'its certificate carries the address' },
  { suffix: '#dns.example.net', because: 'its certificate carries the name' },
])('over TLS with "$suffix": $because', async ({ suffix }) => {
  const server = await startDnsOverTls(behind, named);
  closers.push(server.close);
  const dns = door(`tls://127.0.0.1:${server.port}${suffix}`);
  expect(await dns.query('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'], ad: true });
  expect(await dns.query('b.test', 'A')).toEqual({ kind: 'failed', failure: 'servfail' });
});

test('queries under way share a connection, and get each its own answer', async () => {
  const server = await startDnsOverTls(behind, named);
  closers.push(server.close);
  const dns = door(`tls://127.0.0.1:${server.port}`);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => dns.query(`n${i}.test`, 'A')));
  expect(answers.map((answer) => (answer.kind === 'found' ? answer.records : answer))).toEqual(
    Array.from({ length: 50 }, (_, i) => [`192.0.2.${i}`]),
  );
  expect(server.connections()).toBe(1);
});

test('over HTTPS', async () => {
  const server = await startDnsOverHttps(behind, named);
  closers.push(server.close);
  const dns = door(`https://localhost:${server.port}/dns-query`);
  expect(await dns.query('a.test', 'A')).toMatchObject({ kind: 'found', records: ['192.0.2.1'], ad: true });
});

test.each([
  { resolver: (port: number) => `tls://127.0.0.1:${port}#other.example.net`, because: 'another name than asked' },
  { resolver: (port: number) => `tls://127.0.0.2:${port}`, because: 'another address' },
])('nothing is believed over TLS from $because', async ({ resolver }) => {
  const server = await startDnsOverTls(behind, named);
  closers.push(server.close);
  expect(await door(resolver(server.port)).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test('nothing is believed from a server that nobody vouches for', async () => {
  const stranger = await createAuthority('Stranger');
  const { chain, keyPem } = await stranger.issue({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  const own = { key: keyPem, cert: pemOf(chain[0] ?? '') };
  const [tls, https] = [await startDnsOverTls(behind, own), await startDnsOverHttps(behind, own)];
  closers.push(tls.close, https.close);
  const failed = { kind: 'failed', failure: 'timeout' };
  expect(await door(`tls://127.0.0.1:${tls.port}`).query('a.test', 'A')).toEqual(failed);
  expect(await door(`https://localhost:${https.port}/`).query('a.test', 'A')).toEqual(failed);
});

test('a refusal over HTTPS is no answer', async () => {
  const server = await startDnsOverHttps(behind, named, 503);
  closers.push(server.close);
  expect(await door(`https://localhost:${server.port}/`).query('a.test', 'A')).toEqual({ kind: 'failed', failure: 'timeout' });
});

test.each([
  {
    resolver: 'tls://dns.example.net',
    says: 'resolver "tls://dns.example.net": write tls://192.0.2.53, tls://192.0.2.53:8853#dns.example.net or tls://[2001:db8::53]',
  },
  { resolver: 'https://', says: 'resolver "https://": write https://dns.example.net/dns-query' },
  {
    resolver: 'https://user@dns.example.net/',
    says: 'resolver "https://user@dns.example.net/": write https://dns.example.net/dns-query',
  },
  {
    resolver: 'dns.example.net',
    says: 'resolver "dns.example.net": not an address; write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
  },
])('$resolver is refused', ({ resolver, says }) => {
  expect(() => door(resolver)).toThrow(says);
});

test.each([
  { text: '192.0.2.53', is: { address: '192.0.2.53', port: 53 } },
  { text: '192.0.2.53:5353', is: { address: '192.0.2.53', port: 5353 } },
  { text: '[2001:db8::53]:5353', is: { address: '2001:db8::53', port: 5353 } },
  { text: '[::1]', is: { address: '::1', port: 53 } },
  { text: '192.0.2.53:0', is: undefined },
  { text: '192.0.2.53:65536', is: undefined },
  { text: '192.0.2.53:x', is: undefined },
  { text: 'localhost', is: undefined },
  { text: '', is: undefined },
])('the address "$text"', ({ text, is }) => {
  expect(parseAddress(text)).toEqual(is);
});

test.each([
  { address: '127.0.0.1', is: true },
  { address: '127.0.0.53', is: true },
  { address: '::1', is: true },
  { address: '128.0.0.1', is: false },
  { address: '10.0.0.1', is: false },
  { address: '::2', is: false },
  { address: '::ffff:127.0.0.1', is: false },
  { address: 'localhost', is: false },
])('$address is on this host: $is', ({ address, is }) => {
  expect(isLoopback(address)).toBe(is);
});
