/** A host that keeps the right certificate for whoever sends its name: tried once with it, and the line that follows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SuggestDocument } from '../../lambda/command/suggest/schema.ts';
import { createAuthority, selfSigned } from '../internet/authority.ts';
import { type Internet, type MailHost, startInternet } from '../internet/internet.ts';
import { runCommand } from './run-command.ts';
import { problemsOf, unwrapped } from './scene.ts';

let internet: Internet;
let dir: string;
const hosts: Record<string, MailHost> = {};

beforeAll(async () => {
  internet = await startInternet();
  const authority = await createAuthority();
  const identity = async (...dnsNames: string[]) => {
    const { chainPem, keyPem } = await authority.issue({ dnsNames });
    return { chain: chainPem, key: keyPem };
  };
  const own = await selfSigned({ commonName: 'nobody' });
  const nobody = { chain: own.chainPem, key: own.keyPem };
  const add = async (domain: string, sni: string, names: readonly string[], more: Parameters<Internet['mailHost']>[0]) => {
    const host = await internet.mailHost({ ...more, sniChains: { [sni]: await identity(...names) } });
    hosts[domain] = host;
    internet.domain(domain, host);
  };
  await add('named.test', 'mx.named.test', ['mx.named.test'], { host: 'mx.named.test', ...nobody });
  await add('domain.test', 'domain.test', ['domain.test'], { host: 'mx.provider.test', ...nobody });
  await add('only.test', 'mx.only.test', ['mx.only.test'], { host: 'mx.only.test', ...nobody, sniOnly: true });
  await add('other.test', 'mx.host.test', ['mx.host.test'], { host: 'mx.host.test', ...nobody });
  await add('never.test', 'mx.never.test', ['elsewhere.invalid'], { host: 'mx.never.test', ...nobody });
  await add('well.test', 'mx.well.test', ['x.invalid'], { host: 'mx.well.test', ...(await identity('mx.well.test')) });
  dir = mkdtempSync(join(tmpdir(), 'servername-'));
  writeFileSync(
    join(dir, 'table'),
    [
      'named.test secure ciphers=high',
      'domain.test secure',
      'only.test secure',
      'other.test secure',
      'never.test secure',
      'well.test secure',
    ]
      .map((line) => `${line}\n`)
      .join(''),
  );
  writeFileSync(join(dir, 'main.cf'), '');
  writeFileSync(join(dir, 'ca.pem'), authority.certificate.pem);
});

afterAll(async () => {
  await internet.close();
  rmSync(dir, { recursive: true, force: true });
});

const run = (args: readonly string[], ...more: string[]) =>
  runCommand([...args, ...internet.flags, '--main-cf', join(dir, 'main.cf'), '--ca-file', join(dir, 'ca.pem'), ...more]);
const explain = async (name: string, ...more: string[]) => {
  const { out, err } = await run(['explain', name, join(dir, 'table'), '--json'], ...more);
  expect(err).toBe('');
  const document = JSON.parse(out);
  expect(problemsOf('explain', document)).toEqual([]);
  return document;
};

const BECAUSE =
  'to whoever sends the name (SNI) they present a certificate that the entry accepts as it is, and Postfix sends none ' +
  'unless servername= says so';

test('check offers the name that delivers, and only what was tried', async () => {
  const { out } = await run(['check', join(dir, 'table'), '--json']);
  const { entries } = JSON.parse(out) as { entries: { destination: string; verdict: string; suggestion: unknown }[] };
  expect(entries.map(({ destination, verdict, suggestion }) => [destination, verdict, suggestion])).toEqual([
    [
      'named.test',
      'fail',
      { line: 'named.test secure ciphers=high servername=hostname', restsOn: 'policy', because: BECAUSE, verdict: 'pass' },
    ],
    [
      'domain.test',
      'fail',
      { line: 'domain.test secure servername=nexthop', restsOn: 'policy', because: BECAUSE, verdict: 'pass' },
    ],
    ['only.test', 'fail', { line: 'only.test secure servername=hostname', restsOn: 'policy', because: BECAUSE, verdict: 'pass' }],
    [
      'other.test',
      'fail',
      {
        line: 'other.test secure match=mx.host.test servername=hostname',
        restsOn: 'dns',
        because: expect.stringMatching(/; that certificate is presented only to whoever sends the name \(SNI\)$/),
        verdict: 'pass',
      },
    ],
    ['never.test', 'fail', null],
    ['well.test', 'pass', null],
  ]);
});

test('a host that is well is met once, and one that is not once more for each name', async () => {
  const before = Object.fromEntries(Object.entries(hosts).map(([domain, { conversations }]) => [domain, conversations.length]));
  await run(['check', join(dir, 'table')]);
  const met = (domain: string) =>
    hosts[domain]?.conversations.slice(before[domain]).map(({ hello }) => hello?.servername ?? null) ?? [];
  expect(met('well.test')).toEqual([null]);
  expect(met('named.test')).toEqual([null, 'mx.named.test']);
  expect(met('domain.test')).toEqual([null, 'mx.provider.test', 'domain.test']);
});

test('explain says that a line would deliver, and no longer that the cure is theirs', async () => {
  const { entry, servernameAdvice } = await explain('named.test');
  expect(entry.suggestion.line).toBe('named.test secure ciphers=high servername=hostname');
  expect(entry.sentence).not.toContain('The cure is theirs');
  expect(servernameAdvice).toBeNull();
});

test('Postfix before 3.4 cannot send a name, and that is said', async () => {
  const document = await explain('named.test', '--postfix-version', '3.3');
  expect(document.entry.suggestion).toBeNull();
  expect(document.servernameAdvice).toBe(
    'Yes: to whoever sends the name they present a certificate that the entry accepts as it is. Postfix 3.3 has no ' +
      'servername=, which 3.4 brought, so that it meets the other one: upgrade, or ask them to present the right ' +
      'certificate without SNI, too.',
  );
  const { out } = await run(['explain', 'named.test', join(dir, 'table')], '--postfix-version', '3.3');
  expect(unwrapped(out)).toContain('Would it help to send the name (SNI)? Yes: to whoever sends the name');
});

/** The text for the other side, with what differs from run to run replaced. */
async function partnerText(name: string, ...more: string[]): Promise<string> {
  const { out, err } = await run(['explain', name, join(dir, 'table'), '--for-partner'], ...more);
  expect(err).toBe('');
  return out
    .replaceAll(/\(127\.[\d.]+,\s+port\s+\d+\)/g, '(ADDRESS)')
    .replaceAll(/sha256 +[0-9a-f]{64}/g, 'sha256')
    .replaceAll(/[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}Z/g, 'WHEN');
}

test.each([
  { because: 'a version that could send it', more: [] },
  { because: 'one that cannot', more: ['--postfix-version', '3.3'] },
])('the other side is asked for what they present by name first, whatever ours can send: $because', async ({ more }) => {
  expect(await partnerText('named.test', ...more)).toBe(`Hello,

we send mail to named.test over SMTP and require TLS with a server that can
be authenticated. That does not work at present: such mail waits in our
queue.

The certificate chain that these servers present cannot be verified with the
certification authorities that we trust:

  mx.named.test (ADDRESS)
    finding     the certificate is self-signed
    subject     /CN=nobody
    names       nobody
    issuer      /CN=nobody
    valid       2010-01-01T00:00:00.000Z to 2080-01-01T00:00:00.000Z
    sha256

To clients that send the name of the server in the TLS handshake (SNI) they
present another certificate:

  mx.named.test (ADDRESS), asked for mx.named.test
    subject     /CN=mx.named.test
    names       mx.named.test
    issuer      /O=Test Authority/CN=Test Root
    valid       2010-01-01T00:00:00.000Z to 2080-01-01T00:00:00.000Z
    sha256

Could you present that one to clients that send no name, too? Many mail
servers send none.

This is as of WHEN. Thank you for having a look.
`);
});

test('the name of the domain, and a certificate that lacks another name then', async () => {
  expect(unwrapped(await partnerText('domain.test'))).toContain(
    'mx.provider.test (ADDRESS), asked for domain.test subject /CN=domain.test',
  );
  const other = unwrapped(await partnerText('other.test'));
  expect(other).toContain('mx.host.test (ADDRESS), asked for mx.host.test subject /CN=mx.host.test');
  expect(other).not.toContain('public certification authority');
});

test('where no name helps nobody is asked for it', async () => {
  expect(await partnerText('never.test')).not.toContain('(SNI)');
});

test('an older version is told nothing where no name would help', async () => {
  expect((await explain('never.test', '--postfix-version', '3.3')).servernameAdvice).toBeNull();
});

test('suggest puts the name into the table, where that delivers', async () => {
  const { out, err } = await run(['suggest', join(dir, 'table'), '--json']);
  expect(err).toBe('');
  const document = JSON.parse(out);
  expect(problemsOf('suggest', document)).toEqual([]);
  const { changes, unhelped } = document as {
    changes: { after: string; ground: { kind: string } }[];
    unhelped: { destination: string }[];
  };
  expect(changes.map(({ after, ground }) => [after, ground.kind])).toEqual([
    ['named.test secure ciphers=high servername=hostname', 'policy'],
    ['domain.test secure servername=nexthop', 'policy'],
    ['only.test secure servername=hostname', 'policy'],
    ['other.test secure match=mx.host.test servername=hostname', 'dns'],
  ]);
  expect(unhelped.map(({ destination }) => destination)).toEqual(['never.test']);
});

test('suggest says where a name would help that the version cannot send', async () => {
  const { out } = await run(['suggest', join(dir, 'table'), '--json'], '--postfix-version', '3.3');
  const document = JSON.parse(out) as SuggestDocument;
  expect(problemsOf('suggest', document)).toEqual([]);
  const advice =
    'it would help to send the name (SNI): to whoever sends the name they present a certificate that the entry accepts as it ' +
    'is. Postfix 3.3 has no servername=, which 3.4 brought, so that it meets the other one: upgrade, or ask them to present ' +
    'the right certificate without SNI, too.';
  expect(document.unhelped.map(({ destination, servernameAdvice }) => [destination, servernameAdvice])).toEqual([
    ['named.test', advice],
    ['domain.test', advice],
    ['only.test', advice],
    ['other.test', null],
    ['never.test', null],
  ]);
  const text = await run(['suggest', join(dir, 'table')], '--postfix-version', '3.3');
  expect(unwrapped(text.out)).toContain(`named.test) fails, and no line helps mail to named.test would be deferred`);
  expect(unwrapped(text.out)).toContain(advice);
});
