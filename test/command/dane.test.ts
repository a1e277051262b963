/** DANE through the whole line: files, a resolver on this host, sockets, verdict, sentence, document. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { type CheckDocument, checkSchema } from '../../lambda/command/check/verdict-schema.ts';
import type { SuggestDocument } from '../../lambda/command/suggest/schema.ts';
import { createAuthority, selfSigned } from '../internet/authority.ts';
import { type Internet, startInternet } from '../internet/internet.ts';
import { runCommand } from './run-command.ts';
import { schemaText } from './schemas.ts';

let internet: Internet;
let dir: string;
let table: string;
let flags: string[];
let keyDigest: string;

const OTHER = 'ab'.repeat(32);
const PROOF = ['--dnssec-signed-name', 'signed.test', '--dnssec-broken-name', 'broken.test'];
const POLICY = `good.test     dane-only
stale.test    dane
plain.test    dane
without.test  dane-only
bogus.test    dane
named.test    secure match=mail.named.test ciphers=high
`;

beforeAll(async () => {
  internet = await startInternet();
  const own = await selfSigned({ commonName: 'nobody', notAfter: Date.now() - 86_400_000 });
  const leaf = readCertificate(own.der);
  if (leaf.kind === 'unreadable') throw new Error(leaf.because);
  keyDigest = leaf.spkiSha256;
  const presented = { chain: own.chainPem, key: own.keyPem };
  const signed = async (domain: string, ...tlsa: string[]) => {
    const host = await internet.mailHost({ host: `mx.${domain}`, ...presented });
    internet.domain(domain, host);
    internet.dns.set(
      { name: domain, type: 'MX', data: [`10 mx.${domain}`], ad: true },
      { name: `mx.${domain}`, type: 'A', data: host.addresses, ad: true },
    );
    if (tlsa.length > 0)
      internet.dns.set({ name: `_${internet.smtpPort}._tcp.mx.${domain}`, type: 'TLSA', data: tlsa, ad: true });
  };
  await signed('good.test', `3 1 1 ${keyDigest}`, `1 1 1 ${OTHER}`);
  await signed('stale.test', `3 1 1 ${OTHER}`);
  await signed('plain.test');
  await signed('without.test');
  await signed('named.test', `3 1 1 ${keyDigest}`);
  internet.dns.set(
    { name: 'bogus.test', type: 'MX', data: ['10 mx.good.test'], fail: 'BOGUS' },
    { name: 'signed.test', type: 'A', data: ['192.0.2.1'], ad: true },
    { name: 'broken.test', type: 'A', data: ['192.0.2.1'], fail: 'BOGUS' },
    { name: 'unsigned.test', type: 'A', data: ['192.0.2.1'] },
  );
  dir = mkdtempSync(join(tmpdir(), 'dane-'));
  table = join(dir, 'tls_policy');
  writeFileSync(table, POLICY);
  writeFileSync(join(dir, 'main.cf'), 'smtp_dns_support_level = dnssec\n');
  writeFileSync(join(dir, 'ca.pem'), (await createAuthority()).certificate.pem);
  flags = [...internet.flags, '--main-cf', join(dir, 'main.cf'), '--ca-file', join(dir, 'ca.pem')];
});

afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

test('check judges by the records, and offers dane-only where every host has them', async () => {
  const { code, out, err } = await runCommand(['check', table, '--json', ...flags, ...PROOF]);
  expect(err).toBe('');
  expect(code).toBe(2);
  const document = JSON.parse(out) as CheckDocument;
  expect(new Ajv({ formats: { 'date-time': true } }).validate(JSON.parse(schemaText('check', checkSchema)), document)).toBe(true);
  expect(document.run.noDnssec).toBeNull();
  expect(
    document.entries.map(({ destination, verdict, reason, protection }) => [destination, verdict, reason, protection]),
  ).toEqual([
    ['good.test', 'pass', null, 'authenticated'],
    ['stale.test', 'fail', 'tlsa-mismatch', 'authenticated'],
    ['plain.test', 'pass', null, 'encrypted'],
    ['without.test', 'fail', 'no-tlsa', 'authenticated'],
    ['bogus.test', 'fail', 'dns-bogus', 'authenticated'],
    ['named.test', 'fail', 'self-signed', 'authenticated'],
  ]);
  expect(document.entries.map(({ postfixSays }) => postfixSays)).toEqual([
    null,
    'Server certificate not verified',
    null,
    'no TLSA records found',
    'Host or domain name not found. Name service error for name=bogus.test type=MX: Host not found, try again',
    'Server certificate not verified',
  ]);
  expect(document.entries[5]?.suggestion).toMatchObject({
    line: 'named.test dane-only ciphers=high',
    restsOn: 'dnssec',
    verdict: 'pass',
  });
  expect(document.entries[0]?.hosts[0]?.addresses[0]).toMatchObject({
    matched: `3 1 1 ${keyDigest}`,
    tlsa: {
      mxSigned: true,
      answer: 'records',
      base: 'mx.good.test',
      acts: 'dane',
      records: [
        { record: `3 1 1 ${keyDigest}`, use: 'counts', because: null, matches: true },
        { record: `1 1 1 ${OTHER}`, use: 'unusable', because: 'usage 1 has no meaning for mail', matches: false },
      ],
    },
  });
});

test('explain tells what was asked, what was answered and what matched', async () => {
  const { out } = await runCommand(['explain', 'good.test', table, ...flags, ...PROOF]);
  expect(out.replace(/\s+/g, ' ')).toContain(
    `TLSA MX records signed; asked _${internet.smtpPort}._tcp.mx.good.test: records at mx.good.test 3 1 1 ${keyDigest} (matches) ` +
      `1 1 1 ${OTHER} (unusable: usage 1 has no meaning for mail) acts as dane: one of the records that count must match`,
  );
});

test('a host without records at dane passes, and the sentence says what that is worth', async () => {
  const { out } = await runCommand(['explain', 'plain.test', table, ...flags, ...PROOF]);
  expect(out.replace(/\s+/g, ' ')).toContain(
    'pass: mail to plain.test is delivered encrypted. Level dane is only may at mx.plain.test: the host has no signed TLSA record',
  );
});

describe('without anybody to believe', () => {
  test.each([
    {
      names: ['--dnssec-signed-name', 'unsigned.test', '--dnssec-broken-name', 'broken.test'],
      says: 'does not validate: it does not vouch for unsigned.test, which is signed',
      because: 'a resolver that vouches for nothing',
    },
    {
      names: ['--dnssec-signed-name', 'signed.test', '--dnssec-broken-name', 'unsigned.test'],
      says: 'does not validate: it answers for unsigned.test, whose signatures are broken',
      because: 'a resolver that swallows everything',
    },
  ])('$because leaves entries undetermined, and is told once', async ({ names, says }) => {
    writeFileSync(join(dir, 'dane_only'), POLICY.split('\n').slice(0, 4).join('\n'));
    const args = [join(dir, 'dane_only'), ...flags, ...names];
    const { code, out } = await runCommand(['check', ...args]);
    expect(code).toBe(3);
    expect(out.match(/undetermined {2}line/g)).toHaveLength(4);
    expect(out.replace(/\s+/g, ' ')).toContain(`no DANE: the resolver ${internet.resolver} ${says}`);
    const json = JSON.parse((await runCommand(['check', '--json', ...args])).out) as CheckDocument;
    expect(json.run.noDnssec).toBe(`the resolver ${internet.resolver} ${says}`);
    expect(json.entries.map(({ reason }) => reason)).toEqual(Array.from({ length: 4 }, () => 'no-dnssec'));
  });

  test('a silent resolver is an outage, not a way to be set up', async () => {
    const silent = ['--dnssec-resolver', '127.0.0.1:9', ...PROOF];
    const json = JSON.parse((await runCommand(['check', '--json', table, ...flags, ...silent])).out) as CheckDocument;
    expect(json.entries[0]).toMatchObject({ verdict: 'undetermined', reason: 'dns-timeout' });
  });

  test('lint says it too', async () => {
    const lint = ['lint', table, '--main-cf', join(dir, 'main.cf'), '--json', '--dnssec-resolver', internet.resolver];
    const names = ['--dnssec-signed-name', 'unsigned.test', '--dnssec-broken-name', 'broken.test'];
    const { out } = await runCommand([...lint, ...names]);
    expect(
      (JSON.parse(out) as { problems: object[] }).problems.find((problem) => 'code' in problem && problem.code === 'no-dnssec'),
    ).toEqual({
      place: { file: `hash:${table}`, line: 1 },
      key: 'good.test',
      severity: 'warning',
      code: 'no-dnssec',
      postfixSays: null,
      effect:
        `5 entries at dane or dane-only cannot be judged here: the resolver ${internet.resolver} does not validate: it does not ` +
        'vouch for unsigned.test, which is signed; a Postfix that asks the same resolver treats dane as may, and defers what is dane-only',
      cure: 'run a validating resolver on this host (unbound, say), or name one with --dnssec-resolver',
    });
    expect((await runCommand([...lint, ...PROOF])).out).not.toContain('no-dnssec');
  });
});

describe('suggest', () => {
  const suggest = async (text: string, ...more: string[]) => {
    const path = join(dir, 'suggest');
    writeFileSync(path, text);
    const { out, err } = await runCommand(['suggest', path, ...flags, ...PROOF, ...more, '--json']);
    expect(err).toBe('');
    return (JSON.parse(out) as SuggestDocument).changes.map(({ kind, after, ground }) => [kind, after, ground?.kind]);
  };

  test('a failing line whose hosts are all in signed records becomes dane-only', async () => {
    expect(await suggest('named.test secure match=mail.named.test ciphers=high\n')).toEqual([
      ['cure', 'named.test dane-only ciphers=high', 'dnssec'],
    ]);
  });

  test('--upgrade: dane-only where all hosts have records, and never where one has none', async () => {
    expect(await suggest('good.test dane\nplain.test dane\nnamed.test encrypt\n', '--upgrade')).toEqual([
      ['stronger', 'good.test dane-only', 'dnssec'],
      ['stronger', 'named.test dane-only', 'dnssec'],
    ]);
  });
});
