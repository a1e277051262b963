/**
 * A real validating resolver, Debian's unbound, over zones that the test signs: own trust anchors, loopback, no root. One
 * zone signed, one with broken signatures, one whose signatures have run out, one unsigned; the command asks unbound.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { CheckDocument } from '../../lambda/command/check/verdict-schema.ts';
import { provesValidation } from '../../lambda/route/dane-route.ts';
import { openDns } from '../../lambda/route/dns.ts';
import { runCommand } from '../command/run-command.ts';
import { selfSigned } from '../internet/authority.ts';
import { type AuthoritativeServer, startAuthoritative, type ZoneSet } from '../internet/signed-zone.ts';
import { type SmtpServer, startSmtp } from '../internet/smtp-server.ts';

const missing = spawnSync('unbound', ['-V']).status === 0 ? undefined : 'unbound is not installed (apt-get install unbound)';
if (missing !== undefined) console.log(`the test with a real validating resolver is skipped: ${missing}`);

const MAIL_HOST = '127.73.0.1';
const OTHER = 'ab'.repeat(32);

let authority: AuthoritativeServer;
let mail: SmtpServer;
let unbound: ChildProcess;
let resolver: string;
let dir: string;
let digest: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  dir = mkdtempSync(join(tmpdir(), 'unbound-'));
  const own = await selfSigned({ commonName: 'nobody' });
  const leaf = readCertificate(own.der);
  if (leaf.kind === 'unreadable') throw new Error(leaf.because);
  digest = leaf.spkiSha256;
  mail = await startSmtp({ address: MAIL_HOST, chain: own.pem, key: own.keyPem });
  const right = [`3 1 1 ${digest}`];
  authority = await startAuthoritative([
    {
      apex: 'signed.test',
      signatures: 'good',
      sets: [
        ...domain('signed.test', right),
        ...domain('stale.signed.test', [`3 1 1 ${OTHER}`]),
        ...domain('none.signed.test', undefined),
        { name: 'alias.signed.test', type: 'MX', data: ['10 mx.alias.signed.test'] },
        { name: 'mx.alias.signed.test', type: 'CNAME', data: ['mx.signed.test'] },
        // Signed MX, and a host in a zone that nobody signs.
        { name: 'half.signed.test', type: 'MX', data: ['10 mx.plain.test'] },
        { name: 'www.signed.test', type: 'A', data: ['192.0.2.1'] },
      ],
    },
    { apex: 'broken.test', signatures: 'wrong', sets: [...domain('broken.test', right), www('broken.test')] },
    { apex: 'expired.test', signatures: 'expired', sets: domain('expired.test', right) },
    { apex: 'plain.test', signatures: 'none', sets: [...domain('plain.test', right), www('plain.test')] },
  ]);
  resolver = await startUnbound();
});

afterAll(async () => {
  if (missing !== undefined) return;
  const ended = once(unbound, 'exit');
  unbound.kill('SIGTERM');
  await ended;
  await authority.close();
  await mail.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(missing !== undefined)('unbound, over zones signed by the test', () => {
  const open = () => openDns({ servers: [resolver], timeoutMs: 5_000, tries: 2, concurrency: 10, tellsBogus: true });

  test.each([
    { name: 'www.signed.test', type: 'A', is: { kind: 'found', ad: true }, because: 'signed: authentic' },
    { name: 'www.plain.test', type: 'A', is: { kind: 'found', ad: false }, because: 'unsigned: nobody knows' },
    { name: 'www.broken.test', type: 'A', is: { kind: 'failed', failure: 'bogus' }, because: 'signatures that are wrong' },
    { name: 'expired.test', type: 'MX', is: { kind: 'failed', failure: 'bogus' }, because: 'signatures that have run out' },
    { name: 'nowhere.signed.test', type: 'A', is: { kind: 'nxdomain', ad: true }, because: 'a denial can be authentic, too' },
    { name: '_9._tcp.mx.signed.test', type: 'TLSA', is: { kind: 'nxdomain', ad: true }, because: 'of TLSA records as well' },
    { name: 'www.signed.test', type: 'MX', is: { kind: 'nodata', ad: true }, because: 'and of a type at a name that is there' },
    {
      name: 'mx.alias.signed.test',
      type: 'A',
      is: { kind: 'found', canonical: 'mx.signed.test', ad: true },
      because: 'a signed alias',
    },
  ] as const)('$name $type: $because', async ({ name, type, is }) => {
    expect(await open().query(name, type)).toMatchObject(is);
  });

  test.each([
    { names: { signed: 'www.signed.test', broken: 'www.broken.test' }, is: { kind: 'validates' } },
    { names: { signed: 'www.plain.test', broken: 'www.broken.test' }, is: { kind: 'does-not' } },
    { names: { signed: 'www.signed.test', broken: 'www.plain.test' }, is: { kind: 'does-not' } },
  ])('the proof by $names.signed and $names.broken: $is.kind', async ({ names, is }) => {
    expect(await provesValidation(open(), names)).toMatchObject(is);
  });

  test.each([
    { entry: 'signed.test dane-only', verdict: 'pass', reason: null, protection: 'authenticated' },
    { entry: 'alias.signed.test dane-only', verdict: 'pass', reason: null, protection: 'authenticated' },
    { entry: 'stale.signed.test dane', verdict: 'fail', reason: 'tlsa-mismatch', protection: 'authenticated' },
    { entry: 'none.signed.test dane', verdict: 'pass', reason: null, protection: 'encrypted' },
    { entry: 'none.signed.test dane-only', verdict: 'fail', reason: 'no-tlsa', protection: 'authenticated' },
    { entry: 'half.signed.test dane', verdict: 'pass', reason: null, protection: 'encrypted' },
    { entry: 'half.signed.test dane-only', verdict: 'fail', reason: 'address-insecure', protection: 'authenticated' },
    { entry: 'plain.test dane', verdict: 'pass', reason: null, protection: 'encrypted' },
    { entry: 'plain.test dane-only', verdict: 'fail', reason: 'mx-insecure', protection: 'authenticated' },
    { entry: 'broken.test dane', verdict: 'fail', reason: 'dns-bogus', protection: 'authenticated' },
    { entry: 'expired.test dane-only', verdict: 'fail', reason: 'dns-bogus', protection: 'authenticated' },
  ])('$entry: $verdict $reason', async ({ entry, verdict, reason, protection }) => {
    const table = join(dir, 'tls_policy');
    writeFileSync(table, `${entry}\n`);
    writeFileSync(join(dir, 'main.cf'), 'smtp_dns_support_level = dnssec\n');
    const { out, err } = await runCommand([
      ...['check', table, '--json', '--main-cf', join(dir, 'main.cf'), '--allow-private-addresses'],
      ...['--resolver', resolver, '--smtp-port', String(mail.port)],
      ...['--dnssec-signed-name', 'www.signed.test', '--dnssec-broken-name', 'www.broken.test'],
    ]);
    expect(err).toBe('');
    const { run, entries } = JSON.parse(out) as CheckDocument;
    expect(run.noDnssec).toBeNull();
    expect(entries[0]).toMatchObject({ verdict, reason, protection });
  });
});

/** One MX host with the mail server's address; `tlsa` undefined: no records. */
function domain(name: string, tlsa: readonly string[] | undefined): ZoneSet[] {
  return [
    { name, type: 'MX', data: [`10 mx.${name}`] },
    { name: `mx.${name}`, type: 'A', data: [MAIL_HOST] },
    ...(tlsa === undefined ? [] : [{ name: `_${mail.port}._tcp.mx.${name}`, type: 'TLSA' as const, data: tlsa }]),
  ];
}

const www = (apex: string): ZoneSet => ({ name: `www.${apex}`, type: 'A', data: ['192.0.2.1'] });

/** In the foreground, as whoever we are, with nothing but our zones to ask; answers when it is ready. */
async function startUnbound(): Promise<string> {
  const port = await freePort();
  const stubs = ['signed.test', 'broken.test', 'expired.test', 'plain.test'];
  writeFileSync(
    join(dir, 'unbound.conf'),
    [
      'server:',
      `  interface: 127.0.0.1@${port}`,
      '  do-daemonize: no',
      '  username: ""',
      '  chroot: ""',
      `  directory: "${dir}"`,
      '  pidfile: ""',
      '  use-syslog: no',
      '  do-not-query-localhost: no',
      '  module-config: "validator iterator"',
      '  local-zone: "test." nodefault',
      ...authority.trustAnchors.map((anchor) => `  trust-anchor: "${anchor}"`),
      ...stubs.flatMap((name) => ['stub-zone:', `  name: "${name}"`, `  stub-addr: 127.0.0.1@${authority.port}`]),
      'remote-control:',
      '  control-enable: no',
      '',
    ].join('\n'),
  );
  unbound = spawn('unbound', ['-d', '-c', join(dir, 'unbound.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  unbound.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const address = `127.0.0.1:${port}`;
  for (let tries = 0; tries < 50; tries++) {
    await sleep(100);
    if (unbound.exitCode !== null) break;
    const answer = await openDns({ servers: [address], timeoutMs: 1_000, tries: 1, concurrency: 1 }).query('www.plain.test', 'A');
    if (answer.kind === 'found') return address;
  }
  throw new Error(`unbound did not answer on ${address}: ${said}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  await new Promise<void>((done) => probe.close(() => done()));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
