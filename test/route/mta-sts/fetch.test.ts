/** The policy over HTTPS, from servers that are right, wrong, slow or hostile. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcp } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FetchOptions, openPolicyFetch } from '../../../lambda/route/mta-sts/fetch.ts';
import { findSts } from '../../../lambda/route/mta-sts/find.ts';
import { type Authority, createAuthority, type Issued, selfSigned } from '../../internet/authority.ts';
import { type PolicyServer, sending, startPolicyServer } from '../../internet/policy-server.ts';
import { dnsOf } from '../../internet/zone.ts';

const POLICY = 'version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n';
const NOW = Date.UTC(2026, 10, 27);
const HOST = 'mta-sts.a.test';

let authority: Authority;
let good: Issued;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  good = await authority.issue({ dnsNames: [HOST] });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
afterAll(() => {
  expect(open).toEqual([]);
});

const started = async (identity = good, tls = {}): Promise<PolicyServer> => {
  const server = await startPolicyServer(identity, '127.0.0.1', tls);
  open.push(server);
  return server;
};

const RECORD = { name: '_mta-sts.a.test', type: 'TXT', data: ['v=STSv1; id=1;'] } as const;
const at = (...addresses: string[]) => ({ name: HOST, type: 'A', data: addresses }) as const;

const find = (server: Pick<PolicyServer, 'port'>, more: Partial<FetchOptions> = {}, zone = [RECORD, at('127.0.0.1')] as never) =>
  findSts(
    'a.test',
    dnsOf(zone),
    openPolicyFetch({
      allowPrivateAddresses: true,
      anchors: [authority.certificate.pem],
      port: server.port,
      deadlineMs: 20_000,
      ...more,
    }),
    () => NOW,
  );

const unfetched = (because: string, result = 'sts-policy-fetch-error') => ({ kind: 'unfetched', id: '1', result, because });
const invalid = (because: string) => ({ kind: 'invalid-policy', id: '1', because });

test('a policy is asked for once, by its name, and holds for max_age', async () => {
  const server = await started();
  server.answer(sending(POLICY, { 'content-type': 'Text/Plain; charset=utf-8' }));
  expect(await find(server)).toEqual({
    kind: 'policy',
    id: '1',
    policy: { mode: 'enforce', maxAge: 86_400, mx: ['mx.a.test'], addresses: [] },
    until: NOW + 86_400_000,
  });
  expect(server.requests).toEqual([
    {
      method: 'GET',
      path: '/.well-known/mta-sts.txt',
      host: HOST,
      servername: HOST,
      userAgent: 'postfix-tls-watch',
    },
  ]);
});

test.each([
  { zone: [], says: { kind: 'none' }, because: 'no record' },
  {
    zone: [{ ...RECORD, fail: 'SERVFAIL' }],
    says: { kind: 'unanswered', failure: 'servfail' },
    because: 'no answer about the record',
  },
  {
    zone: [{ ...RECORD, data: ['v=STSv1;'] }],
    says: { kind: 'invalid-record', because: 'the record has no id' },
    because: 'a record that is none',
  },
])('$because: no web server is asked', async ({ zone, says }) => {
  const server = await started();
  expect(await find(server, {}, zone as never)).toEqual(says);
  expect(server.requests).toEqual([]);
});

describe('what the server answers', () => {
  const LONG = `${POLICY}x: ${'y'.repeat(70_000)}\n`;
  const PLAIN = { 'content-type': 'text/plain' };
  const endless = (response: ServerResponse, headers: Record<string, string>) => {
    response.writeHead(200, headers);
    const more = () => {
      while (!response.destroyed && response.write('x: y\n'.repeat(1_000))) {
        // Until the buffer is full.
      }
    };
    response.on('drain', more);
    more();
  };

  test.each<{ answer: Parameters<PolicyServer['answer']>[0]; says: unknown; because: string }>([
    { answer: sending('', PLAIN, 404), says: unfetched(`${HOST} answers with status 404`), because: 'not found' },
    { answer: sending(POLICY, PLAIN, 500), says: unfetched(`${HOST} answers with status 500`), because: 'out of order' },
    { answer: sending(POLICY, PLAIN, 206), says: unfetched(`${HOST} answers with status 206`), because: 'a part' },
    { answer: sending('', PLAIN, 204), says: unfetched(`${HOST} answers with status 204`), because: 'no content' },
    {
      answer: sending(POLICY, PLAIN, 203),
      says: unfetched(`${HOST} answers with status 203`),
      because: 'what a proxy made of it',
    },
    { answer: sending('', PLAIN, 401), says: unfetched(`${HOST} answers with status 401`), because: 'who are you' },
    {
      answer: sending('', { ...PLAIN, 'retry-after': '1' }, 503),
      says: unfetched(`${HOST} answers with status 503`),
      because: 'later',
    },
    { answer: sending(''), says: invalid('the policy is empty'), because: 'nothing' },
    {
      answer: sending(`\uFEFF${POLICY}`),
      says: invalid('line 1 of the policy, "\\u{feff}version: STSv1", is not name: value'),
      because: 'a byte order mark before it',
    },
    {
      answer: sending('', PLAIN, 304),
      says: unfetched(`${HOST} answers with a redirect (304), which no sender follows`),
      because: 'not modified, though nobody asked so',
    },
    {
      answer: sending(POLICY, { ...PLAIN, location: `https://${HOST}/.well-known/mta-sts.txt` }, 308),
      says: unfetched(`${HOST} answers with a redirect (308), which no sender follows`),
      because: 'moved to where it is',
    },
    {
      answer: sending(POLICY, { ...PLAIN, location: `https://${HOST}/` }, 301),
      says: unfetched(`${HOST} answers with a redirect (301), which no sender follows`),
      because: 'moved for good',
    },
    {
      answer: sending(POLICY, { ...PLAIN, location: '/other.txt' }, 307),
      says: unfetched(`${HOST} answers with a redirect (307), which no sender follows`),
      because: 'moved for now',
    },
    {
      answer: sending(POLICY, { 'content-type': 'text/html' }),
      says: invalid('the policy is sent as "text/html", not as text/plain'),
      because: 'another type',
    },
    {
      answer: sending(POLICY, { 'content-type': 'text/plainly' }),
      says: invalid('the policy is sent as "text/plainly", not as text/plain'),
      because: 'a type that begins like it',
    },
    {
      answer: sending(POLICY, {}),
      says: invalid('the policy is sent without a media type, not as text/plain'),
      because: 'no type',
    },
    {
      answer: sending(POLICY, { ...PLAIN, 'content-encoding': 'gzip' }),
      says: invalid('the policy is sent compressed ("gzip"), which was not asked for'),
      because: 'compressed',
    },
    { answer: sending(LONG), says: invalid('the policy has more than 65536 bytes'), because: 'too long, and says so' },
    {
      answer: (_, response) => endless(response, PLAIN),
      says: invalid('the policy has more than 65536 bytes'),
      because: 'without end',
    },
    {
      answer: (_, response) => void response.writeHead(200, { ...PLAIN, 'content-length': '9'.repeat(15) }).write('x'),
      says: invalid('the policy has more than 65536 bytes'),
      because: 'a length that is none of ours',
    },
    { answer: sending('<html>'), says: invalid('line 1 of the policy, "<html>", is not name: value'), because: 'no policy' },
    {
      answer: sending(POLICY, { ...PLAIN, 'x-much': 'y'.repeat(40_000) }),
      says: unfetched(`${HOST} sends too many headers`),
      because: 'a huge header',
    },
    {
      answer: (request) => void request.socket.destroy(),
      says: unfetched(`no connection with ${HOST} (ECONNRESET)`),
      because: 'hung up',
    },
    {
      answer: (request, response) => {
        response.writeHead(200, { ...PLAIN, 'content-length': '500' }).write(POLICY);
        setImmediate(() => request.socket.destroy());
      },
      says: unfetched(`no connection with ${HOST} (ECONNRESET)`),
      because: 'half of it',
    },
  ])('$because', async ({ answer, says }) => {
    const server = await started();
    server.answer(answer);
    expect(await find(server)).toEqual(says);
    expect(server.requests).toHaveLength(1);
  });

  test.each<{ answer: Parameters<PolicyServer['answer']>[0]; because: string }>([
    { answer: () => {}, because: 'silent' },
    {
      answer: (_, response) => void response.writeHead(200, PLAIN).write('version: STSv1\n'),
      because: 'half a policy, and no end',
    },
    {
      answer: (_, response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
        response.writeHead(200, PLAIN);
      },
      because: 'a byte at a time',
    },
  ])('$because: ends by the deadline', async ({ answer }) => {
    const server = await started();
    server.answer(answer);
    expect(await find(server, { deadlineMs: 600 })).toEqual(unfetched(`${HOST} did not answer in time`));
  });
});

describe('whom it is believed from', () => {
  const problem = async (identity: Issued, says: unknown, tls = {}, more: Partial<FetchOptions> = {}) => {
    const server = await started(identity, tls);
    server.answer(sending(POLICY));
    expect(await find(server, more)).toEqual(says);
    expect(server.requests).toEqual([]);
  };
  const wrongName = unfetched(`the certificate of ${HOST} does not have that name`, 'sts-webpki-invalid');

  test.each([
    { names: { dnsNames: ['a.test'] }, because: 'the domain alone' },
    { names: { commonName: HOST }, because: 'a common name without others' },
    { names: { commonName: HOST, dnsNames: ['www.a.test'] }, because: 'a common name beside others' },
    { names: { dnsNames: ['*.test'] }, because: 'a star for two labels' },
    { names: { dnsNames: ['mta-*.a.test'] }, because: 'a star for a part of a label' },
    { names: { ipAddresses: ['127.0.0.1'] }, because: 'the address' },
  ])('not by $because', async ({ names }) => {
    await problem(await authority.issue(names), wrongName);
  });

  test('by a star for one label', async () => {
    const server = await started(await authority.issue({ dnsNames: ['*.a.test'] }));
    server.answer(sending(POLICY));
    expect(await find(server)).toMatchObject({ kind: 'policy' });
  });

  const notBelieved = (code: string) => unfetched(`the certificate of ${HOST} is not believed (${code})`, 'sts-webpki-invalid');

  test('not after its end', async () => {
    const ended = await authority.issue({ dnsNames: [HOST], notAfter: Date.UTC(2020, 0) });
    await problem(ended, notBelieved('CERT_HAS_EXPIRED'));
  });

  test('not before its beginning', async () => {
    const early = await authority.issue({ dnsNames: [HOST], notBefore: Date.UTC(2090, 0), notAfter: Date.UTC(2091, 0) });
    await problem(early, notBelieved('CERT_NOT_YET_VALID'));
  });

  test('not for another purpose than a web server', async () => {
    const mail = await authority.issue({ dnsNames: [HOST], eku: ['1.3.6.1.5.5.7.3.4'] });
    await problem(mail, notBelieved('INVALID_PURPOSE'));
  });

  test('not where it left out who signed it', async () => {
    const between = await authority.intermediate();
    const { keyPem, ...alone } = await between.issue({ dnsNames: [HOST] });
    const [leaf = ''] = alone.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    await problem({ ...alone, keyPem, chainPem: leaf }, notBelieved('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
  });

  test('not where it signed itself', async () => {
    await problem(await selfSigned({ dnsNames: [HOST] }), notBelieved('DEPTH_ZERO_SELF_SIGNED_CERT'));
  });

  test('not by an authority that only our own Postfix trusts', async () => {
    const server = await started();
    server.answer(sending(POLICY));
    const options = { allowPrivateAddresses: true, port: server.port, deadlineMs: 20_000 };
    expect(await findSts('a.test', dnsOf([RECORD, at('127.0.0.1')]), openPolicyFetch(options), () => NOW)).toEqual(
      notBelieved('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    );
    expect(server.requests).toEqual([]);
  });

  test('not below TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    await problem(good, unfetched(`the TLS handshake with ${HOST} failed (EPROTO)`), old);
  });

  test('not without TLS', async () => {
    const plain = createTcp((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    const found = await find({ port });
    plain.close();
    expect(found).toMatchObject({ kind: 'unfetched', result: 'sts-policy-fetch-error' });
  });
});

describe('where it is', () => {
  test.each([
    { address: '127.0.0.1', purpose: 'loopback' },
    { address: '10.1.2.3', purpose: 'private network' },
    { address: '169.254.169.254', purpose: 'link-local' },
    { address: '0.0.0.0', purpose: 'unspecified' },
  ])('not at $address', async ({ address, purpose }) => {
    const server = await started();
    server.answer(sending(POLICY));
    const found = await find(server, { allowPrivateAddresses: false }, [RECORD, at(address)] as never);
    expect(found).toEqual(unfetched(`${HOST} leads to ${address} (${purpose}), which is not connected to`));
    expect(server.requests).toEqual([]);
  });

  test('not at the mapped form of one', async () => {
    const server = await started();
    const zone = [RECORD, { name: HOST, type: 'AAAA', data: ['::ffff:127.0.0.1'] }] as never;
    expect(await find(server, { allowPrivateAddresses: false }, zone)).toEqual(
      unfetched(`${HOST} leads to ::ffff:127.0.0.1 (mapped form of a loopback address), which is not connected to`),
    );
    expect(server.requests).toEqual([]);
  });

  test.each([
    { zone: [RECORD], says: `${HOST} has no address`, because: 'no address' },
    {
      zone: [RECORD, { name: HOST, type: 'A', fail: 'SERVFAIL' }],
      says: `DNS gives no answer about the address of ${HOST} (servfail)`,
      because: 'no answer about it',
    },
  ])('$because', async ({ zone, says }) => {
    expect(await find(await started(), {}, zone as never)).toEqual(unfetched(says));
  });

  test('the domain itself is asked, and no domain above it', async () => {
    const zone = [RECORD, at('127.0.0.1')] as never;
    const server = await started();
    const fetchPolicy = openPolicyFetch({ allowPrivateAddresses: true, port: server.port, deadlineMs: 20_000 });
    expect(await findSts('sub.a.test', dnsOf(zone), fetchPolicy, () => NOW)).toEqual({ kind: 'none' });
    expect(server.requests).toEqual([]);
  });

  test('at the end of an alias, under its own name', async () => {
    const server = await started();
    server.answer(sending(POLICY));
    const zone = [
      RECORD,
      { name: HOST, type: 'CNAME', data: ['policies.host.test'] },
      { name: 'policies.host.test', type: 'A', data: ['127.0.0.1'] },
    ] as never;
    expect(await find(server, {}, zone)).toMatchObject({ kind: 'policy' });
    expect(server.requests).toMatchObject([{ host: HOST }]);
  });

  test('at the next address where one refuses', async () => {
    const server = await started();
    server.answer(sending(POLICY));
    expect(await find(server, {}, [RECORD, at('127.0.0.2', '127.0.0.1')] as never)).toMatchObject({ kind: 'policy' });
  });

  test('nowhere, where all refuse', async () => {
    const server = await started();
    expect(await find(server, {}, [RECORD, at('127.0.0.2', '127.0.0.3')] as never)).toEqual({
      ...unfetched(`no connection with ${HOST} (ECONNREFUSED)`),
      unreached: true,
    });
  });
});
