/** The door, against scripted servers on loopback: what each oddity is told as, and what we said to it. */
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { TlsDemand } from '../../lambda/policy/demand.ts';
import { defaultSettings } from '../../lambda/policy/settings.ts';
import type { ProbeOptions } from '../../lambda/probe/connection.ts';
import type { AskOwnTable, OwnAnswer } from '../../lambda/probe/own-tables.ts';
import type { Phase, ProbeResult, Unseen } from '../../lambda/probe/result.ts';
import { type Authority, createAuthority, type Issued, selfSigned } from '../internet/authority.ts';
import type { Behaviour } from '../internet/smtp-script.ts';
import { type SmtpOptions, type SmtpServer, startSmtp } from '../internet/smtp-server.ts';
import { PATIENCE_MS, patientDoor, runsOut, whileWaiting } from './deadlines.ts';
import { conversationWith } from './demand.ts';

let root: Authority;
let leaf: Issued;
const servers: SmtpServer[] = [];

beforeAll(async () => {
  root = await createAuthority();
  leaf = await (await root.intermediate()).issue({ dnsNames: ['mx.example.test'] });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(behaviour: Behaviour = 'ok', options: SmtpOptions = {}): Promise<SmtpServer> {
  const server = await startSmtp({ chain: leaf.chainPem, key: leaf.keyPem, behaviour, ...options });
  servers.push(server);
  return server;
}

const door = (options: Partial<ProbeOptions> = {}) => patientDoor({ anchors: [root.certificate.der], ...options });

async function probe(
  behaviour: Behaviour,
  demand: Partial<TlsDemand> = {},
): Promise<{ result: ProbeResult; server: SmtpServer }> {
  const server = await serve(behaviour);
  return { result: await door()(conversationWith(server, demand)), server };
}

const SAID = ['EHLO watch.example.test', 'STARTTLS', 'EHLO watch.example.test', 'QUIT'];

test('a good server is told in full: session, chain as sent, and what OpenSSL says', async () => {
  const { result, server } = await probe('ok');
  expect(result).toEqual({
    kind: 'presented',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    group: 'X25519',
    chain: leaf.chain,
    verify: 'OK',
  });
  await vi.waitFor(() => expect(server.conversations.map(({ commands }) => commands)).toEqual([SAID]));
});

test.each<{ behaviour: Behaviour; result: ProbeResult; said: readonly string[] }>([
  { behaviour: 'refuse', result: unseen('connect', 'refused'), said: [] },
  { behaviour: 'silent', result: unseen('greeting', 'timed-out'), said: [] },
  { behaviour: 'close', result: unseen('greeting', 'connection-lost'), said: [] },
  { behaviour: 'banner421', result: unseen('greeting', 'reply-421', '421 busy'), said: [] },
  { behaviour: 'banner450', result: unseen('greeting', 'greeting-4xx', '450 greylisted, come back later'), said: ['QUIT'] },
  { behaviour: 'banner554', result: unseen('greeting', 'greeting-5xx', '554 no'), said: ['QUIT'] },
  {
    behaviour: 'banner-escapes',
    result: unseen('greeting', 'greeting-5xx', '554 ?[2J?<script>alert(1)</script> @everyone'),
    said: ['QUIT'],
  },
  { behaviour: 'banner-junk', result: unseen('greeting', 'timed-out'), said: [] },
  {
    behaviour: 'banner-endless',
    result: { ...unseen('greeting', 'protocol-error'), detail: 'a reply without end' } as ProbeResult,
    said: [],
  },
  {
    behaviour: 'ehlo421',
    result: unseen('ehlo', 'reply-421', '421 too many connections from your host'),
    said: SAID.slice(0, 1),
  },
  { behaviour: 'ehlo-close', result: unseen('ehlo', 'connection-lost'), said: SAID.slice(0, 1) },
  { behaviour: 'ehlo-silent', result: unseen('ehlo', 'timed-out'), said: SAID.slice(0, 1) },
  { behaviour: 'banner-long-line', result: unseen('ehlo', 'connection-lost'), said: [] },
  {
    behaviour: 'banner-stars',
    result: { kind: 'no-tls', why: 'not-offered', heloBecause: 'masked-greeting' },
    said: ['HELO watch.example.test', 'QUIT'],
  },
  {
    behaviour: 'ehlo-refused-helo-close',
    result: unseen('helo', 'connection-lost'),
    said: ['EHLO watch.example.test', 'HELO watch.example.test'],
  },
  { behaviour: 'ehlo-long', result: { kind: 'no-tls', why: 'not-offered' }, said: ['EHLO watch.example.test', 'QUIT'] },
  {
    behaviour: 'ehlo-and-helo-refused',
    result: unseen('helo', 'ehlo-refused', '550 go away'),
    said: ['EHLO watch.example.test', 'HELO watch.example.test', 'QUIT'],
  },
  {
    behaviour: 'ehlo-refused',
    result: { kind: 'no-tls', why: 'ehlo-refused', reply: { code: 502, text: '502 not implemented' } },
    said: ['EHLO watch.example.test', 'HELO watch.example.test', 'QUIT'],
  },
  { behaviour: 'nostarttls', result: { kind: 'no-tls', why: 'not-offered' }, said: ['EHLO watch.example.test', 'QUIT'] },
  {
    behaviour: 'starttls454',
    result: { kind: 'no-tls', why: 'refused-4xx', reply: { code: 454, text: '454 TLS not available' } },
    said: [...SAID.slice(0, 2), 'RSET', 'QUIT'],
  },
  {
    behaviour: 'starttls554',
    result: { kind: 'no-tls', why: 'refused-5xx', reply: { code: 554, text: '554 5.7.0 no TLS for you' } },
    said: [...SAID.slice(0, 2), 'RSET', 'QUIT'],
  },
  {
    behaviour: 'starttls554-close',
    result: {
      kind: 'no-tls',
      why: 'refused-5xx',
      reply: { code: 554, text: '554 5.7.3 no TLS for you' },
      after: unseen('after-starttls', 'connection-lost'),
    },
    said: SAID.slice(0, 2),
  },
  { behaviour: 'starttls421', result: unseen('starttls', 'reply-421', '421 closing'), said: SAID.slice(0, 2) },
  { behaviour: 'starttls-close', result: unseen('starttls', 'connection-lost'), said: SAID.slice(0, 2) },
  { behaviour: 'starttls-silent', result: unseen('starttls', 'timed-out'), said: SAID.slice(0, 2) },
  { behaviour: 'handshake-silent', result: unseen('handshake', 'timed-out'), said: SAID.slice(0, 2) },
  {
    behaviour: 'injection',
    result: { kind: 'handshake-failed', cause: 'plaintext behind the reply to STARTTLS' },
    said: SAID.slice(0, 2),
  },
])('$behaviour is $result.kind, after what was said', async ({ behaviour, result, said }) => {
  if (result.kind === 'unseen' && result.reason === 'timed-out') runsOut(result.phase);
  const { result: told, server } = await probe(behaviour);
  expect(told).toEqual(result);
  await vi.waitFor(() => expect(server.conversations.flatMap(({ commands }) => commands)).toEqual(said));
});

test.each<{ behaviour: Behaviour; result: Partial<ProbeResult> }>([
  { behaviour: 'banner-multiline', result: { protocol: 'TLSv1.3' } },
  { behaviour: 'banner-4000', result: { protocol: 'TLSv1.3' } },
  { behaviour: 'ehlo-rather-long', result: { protocol: 'TLSv1.3' } },
  { behaviour: 'ehlo-nul', result: { protocol: 'TLSv1.3' } },
  { behaviour: 'tls10', result: { protocol: 'TLSv1' } },
  { behaviour: 'tls11', result: { protocol: 'TLSv1.1' } },
  { behaviour: 'tls12', result: { protocol: 'TLSv1.2' } },
  { behaviour: 'tls13', result: { protocol: 'TLSv1.3' } },
  { behaviour: 'aes128', result: { cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256' } },
  { behaviour: 'anonymous', result: { cipher: 'AECDH-AES256-SHA', chain: [] } },
  { behaviour: 'ehlo-after-tls-refused', result: { protocol: 'TLSv1.3', afterTls: { code: 554, text: '554 go away' } } },
  { behaviour: 'tls-then-close', result: { after: unseen('ehlo-after-tls', 'connection-lost') } },
  { behaviour: 'client-certificate', result: { after: unseen('ehlo-after-tls', 'connection-lost') } },
  { behaviour: 'ehlo-after-tls-silent', result: { after: unseen('ehlo-after-tls', 'timed-out') } },
  { behaviour: 'ehlo-after-tls421', result: { after: unseen('ehlo-after-tls', 'reply-421', '421 4.3.2 too busy') } },
  { behaviour: 'helo-after-tls550', result: { after: unseen('helo-after-tls', 'ehlo-refused', '550 5.7.1 go away') } },
  { behaviour: 'helo-after-tls-close', result: { after: unseen('helo-after-tls', 'connection-lost') } },
])('$behaviour has its certificates seen', async ({ behaviour, result }) => {
  if (behaviour === 'ehlo-after-tls-silent') runsOut('ehlo-after-tls');
  expect((await probe(behaviour)).result).toMatchObject({ kind: 'presented', ...result });
});

test.each<{ behaviour: Behaviour; demand: Partial<TlsDemand>; cause: string }>([
  { behaviour: 'tls11', demand: { level: 'secure' }, cause: 'tlsv1 alert protocol version' },
  { behaviour: 'anonymous', demand: { level: 'secure' }, cause: 'ssl/tls alert handshake failure' },
  { behaviour: 'tls12', demand: { protocols: '>=TLSv1.3' }, cause: 'tlsv1 alert protocol version' },
  { behaviour: 'tls13', demand: { protocols: '!TLSv1.2' }, cause: 'tlsv1 alert protocol version' },
  { behaviour: 'aes128', demand: { excludeCiphers: 'AES128' }, cause: 'ssl/tls alert handshake failure' },
  { behaviour: 'drop', demand: {}, cause: 'connection closed during the handshake' },
  { behaviour: 'garbage', demand: {}, cause: 'wrong version number' },
  { behaviour: 'ok', demand: { wrapperMode: true }, cause: 'wrong version number' },
])('$behaviour with $demand fails in the handshake: $cause', async ({ behaviour, demand, cause }) => {
  expect((await probe(behaviour, demand)).result).toEqual({ kind: 'handshake-failed', cause });
});

test.each<{ behaviour: Behaviour; keyType: 'rsa' | 'ec'; result: Partial<ProbeResult> }>([
  { behaviour: 'tls10-rsa', keyType: 'rsa', result: { kind: 'presented', protocol: 'TLSv1' } },
  { behaviour: 'tls11-rsa', keyType: 'rsa', result: { kind: 'presented', protocol: 'TLSv1.1' } },
  { behaviour: 'ccm8', keyType: 'ec', result: { kind: 'presented', cipher: 'ECDHE-ECDSA-AES128-CCM8' } },
  { behaviour: 'tls10-rsa-signed', keyType: 'rsa', result: { kind: 'handshake-failed', cause: 'tlsv1 alert protocol version' } },
])('$behaviour at secure is what OpenSSL 3.0 makes of it: $result', async ({ behaviour, keyType, result }) => {
  const own = await root.issue({ dnsNames: ['mx.example.test'], keyType });
  const server = await serve(behaviour, { chain: own.chainPem, key: own.keyPem });
  expect(await door()(conversationWith(server, { level: 'secure' }))).toMatchObject(result);
});

test.each<{ behaviour: Behaviour; openssl: string; keyType: 'rsa' | 'ec'; result: object }>([
  {
    behaviour: 'tls10-rsa',
    openssl: '3.5',
    keyType: 'rsa',
    result: { kind: 'handshake-failed', cause: 'tlsv1 alert protocol version' },
  },
  {
    behaviour: 'tls11-rsa',
    openssl: '3.2',
    keyType: 'rsa',
    result: { kind: 'unseen', phase: 'handshake', reason: 'engine-differs', detail: 'tlsv1 alert protocol version' },
  },
  { behaviour: 'ccm8', openssl: '3.1', keyType: 'ec', result: { kind: 'presented' } },
  {
    behaviour: 'ccm8',
    openssl: '3.2',
    keyType: 'ec',
    result: { kind: 'handshake-failed', cause: 'ssl/tls alert handshake failure' },
  },
])('$behaviour at secure with OpenSSL $openssl: $result.kind', async ({ behaviour, openssl, keyType, result }) => {
  const own = await root.issue({ dnsNames: ['mx.example.test'], keyType });
  const server = await serve(behaviour, { chain: own.chainPem, key: own.keyPem });
  expect(await door({ openssl })(conversationWith(server, { level: 'secure' }))).toMatchObject(result);
});

test.each<{ level: 'encrypt' | 'secure'; demand: Partial<TlsDemand>; openssl: string; kind: ProbeResult['kind'] }>([
  { level: 'secure', demand: { cipherGrade: 'high' }, openssl: '3.0', kind: 'presented' },
  { level: 'encrypt', demand: { cipherGrade: 'high' }, openssl: '3.1', kind: 'presented' },
  { level: 'encrypt', demand: { cipherGrade: 'high', excludeCiphers: 'MEDIUM' }, openssl: '3.0', kind: 'presented' },
  { level: 'encrypt', demand: { cipherGrade: 'high', excludeCiphers: 'AESCCM8' }, openssl: '3.0', kind: 'handshake-failed' },
  { level: 'encrypt', demand: { cipherGrade: 'high' }, openssl: '3.2', kind: 'handshake-failed' },
  { level: 'encrypt', demand: { cipherGrade: 'medium' }, openssl: '3.5', kind: 'presented' },
])('CCM8 are HIGH up to OpenSSL 3.1 and MEDIUM since: $demand at $level with $openssl: $kind', async (row) => {
  const own = await root.issue({ dnsNames: ['mx.example.test'], keyType: 'ec' });
  const server = await serve('ccm8', { chain: own.chainPem, key: own.keyPem });
  const { level, demand, openssl, kind } = row;
  expect((await door({ openssl })(conversationWith(server, { level, ...demand }))).kind).toBe(kind);
});

test('an impossible offer still asks for TLS, and then hangs up', async () => {
  const { result, server } = await probe('ok', { cipherGrade: 'bogus' });
  expect(result).toEqual({ kind: 'handshake-failed', cause: 'cipher grade "bogus" does not exist' });
  expect(server.conversations.map(({ commands, hello }) => ({ commands, hello }))).toEqual([
    { commands: SAID.slice(0, 2), hello: undefined },
  ]);
});

test('an impossible offer hides nothing that comes before it', async () => {
  expect((await probe('nostarttls', { cipherGrade: 'bogus' })).result).toEqual({ kind: 'no-tls', why: 'not-offered' });
});

test('wrapper mode shakes hands first, and then hears the greeting', async () => {
  const { result, server } = await probe('wrapper', { wrapperMode: true });
  expect(result).toMatchObject({ kind: 'presented', verify: 'OK' });
  await vi.waitFor(() =>
    expect(server.conversations.map(({ commands }) => commands)).toEqual([['EHLO watch.example.test', 'QUIT']]),
  );
});

test('without wrapper mode a TLS-only port says nothing', async () => {
  runsOut('greeting');
  expect((await probe('wrapper')).result).toEqual(unseen('greeting', 'timed-out'));
});

test('STARTTLS is not heard where smtp_discard_ehlo_keywords has it', async () => {
  const server = await serve();
  const settings = { ...defaultSettings('3.11'), discardEhloKeywords: ['starttls'] };
  expect(await door()(conversationWith(server, {}, settings))).toEqual({
    kind: 'no-tls',
    why: 'not-offered',
    hiddenBy: 'smtp_discard_ehlo_keywords',
  });
});

/** A table by its keys; any other key is not found. */
const table =
  (answers: Readonly<Record<string, OwnAnswer>>): AskOwnTable =>
  async (name, key) =>
    answers[`${name} ${key}`] ?? { kind: 'not-found' };

const NOT_OFFERED = { kind: 'no-tls', why: 'not-offered' } as const;
const BY_ADDRESS = 'smtp_discard_ehlo_keyword_address_maps';

test.each<{ answers: Readonly<Record<string, OwnAnswer>>; words: readonly string[]; result: object; because: string }>([
  {
    answers: { 'cidr:/a 127.0.0.1': { kind: 'found', value: 'dsn, StartTLS' } },
    words: [],
    result: { ...NOT_OFFERED, hiddenBy: BY_ADDRESS },
    because: 'by its address',
  },
  {
    answers: { 'hash:/b 127.0.0.1': { kind: 'found', value: 'starttls' } },
    words: [],
    result: { ...NOT_OFFERED, hiddenBy: BY_ADDRESS },
    because: 'in the second table',
  },
  {
    answers: { 'cidr:/a 127.0.0.1': { kind: 'found', value: 'dsn' } },
    words: ['starttls'],
    result: { kind: 'presented' },
    because: 'the table goes before the words for all',
  },
  {
    answers: {},
    words: ['starttls'],
    result: { ...NOT_OFFERED, hiddenBy: 'smtp_discard_ehlo_keywords' },
    because: 'else they count',
  },
  {
    answers: { 'cidr:/a 127.0.0.1': { kind: 'error', says: 'no daemon' } },
    words: [],
    result: { kind: 'unseen', phase: 'ehlo', reason: 'local-data-error', detail: 'no daemon' },
    because: 'a table that cannot be asked ends the talk at EHLO',
  },
  {
    answers: { 'cidr:/a 127.0.0.1': { kind: 'found', value: '' } },
    words: [],
    result: { kind: 'unseen', phase: 'ehlo', reason: 'local-data-error', detail: 'cidr:/a has an empty value' },
    because: 'and so does an empty value',
  },
  {
    answers: { 'cidr:/a 127.0.0.1': { kind: 'unanswered', because: 'no answer in time' } },
    words: [],
    result: { kind: 'unseen', phase: 'connect', reason: 'not-attempted', detail: 'no answer in time' },
    because: 'without an answer nothing is known',
  },
])('smtp_discard_ehlo_keyword_address_maps: $because', async ({ answers, words, result }) => {
  const server = await serve();
  const discardEhloMaps = [
    { type: 'cidr', path: '/a' },
    { type: 'hash', path: '/b' },
  ];
  const settings = { ...defaultSettings('3.11'), discardEhloKeywords: words, discardEhloMaps };
  const conversation = conversationWith(server, {}, settings);
  expect(await door({ askTable: table(answers) })(conversation)).toMatchObject(result);
});

test.each<{ answers: Readonly<Record<string, OwnAnswer>>; result: object; runsOut?: Phase; because: string }>([
  {
    answers: { 'regexp:/f 250-STARTTLS': { kind: 'found', value: '250-X' } },
    result: { ...NOT_OFFERED, hiddenBy: 'smtp_reply_filter' },
    because: 'STARTTLS is hidden',
  },
  {
    answers: { 'regexp:/f 220 mail server ESMTP': { kind: 'found', value: '554 5.3.2 not today' } },
    result: { kind: 'unseen', phase: 'greeting', reason: 'greeting-5xx', reply: { code: 554, text: '554 5.3.2 not today' } },
    because: 'a greeting is replaced',
  },
  {
    answers: { 'regexp:/f 220 ready': { kind: 'found', value: '454 later' } },
    result: {
      ...{ kind: 'no-tls', why: 'refused-4xx', reply: { code: 454, text: '454 later' } },
      // The server did not refuse, and waits for a handshake.
      after: unseen('after-starttls', 'timed-out'),
    },
    runsOut: 'after-starttls',
    because: 'the reply to STARTTLS too',
  },
  {
    answers: { 'regexp:/f 220 ready': { kind: 'found', value: '250 go' } },
    result: { kind: 'presented' },
    because: 'any success begins TLS',
  },
  {
    answers: { 'regexp:/f 220 mail server ESMTP': { kind: 'error', says: 'no daemon' } },
    result: { kind: 'unseen', phase: 'greeting', reason: 'local-data-error', detail: 'no daemon' },
    because: 'a table that cannot be asked ends the talk',
  },
])('smtp_reply_filter: $because', async ({ answers, result, runsOut: phase }) => {
  const server = await serve();
  const settings = { ...defaultSettings('3.11'), replyFilter: { type: 'regexp', path: '/f' } };
  const conversation = conversationWith(server, {}, settings);
  if (phase !== undefined) runsOut(phase);
  expect(await door({ askTable: table(answers) })(conversation)).toMatchObject(result);
  vi.unstubAllGlobals();
  expect(await door()(conversation)).toMatchObject({ kind: 'presented' });
});

test('the time that a table takes to answer is not the server’s: no deadline runs meanwhile', async () => {
  const [begin, end] = [globalThis.setTimeout, globalThis.clearTimeout];
  const running = new Set<NodeJS.Timeout>();
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    const timer = begin(run, ms);
    if (ms > PATIENCE_MS / 2) running.add(timer);
    return timer;
  });
  vi.stubGlobal('clearTimeout', (timer: NodeJS.Timeout) => {
    running.delete(timer);
    end(timer);
  });
  const deadlines: number[] = [];
  const askTable: AskOwnTable = async () => {
    deadlines.push(running.size);
    return { kind: 'not-found' };
  };
  const server = await serve();
  const settings = { ...defaultSettings('3.11'), replyFilter: { type: 'regexp', path: '/f' } };
  expect(await door({ askTable })(conversationWith(server, {}, settings))).toMatchObject({ kind: 'presented' });
  expect(deadlines.length).toBeGreaterThan(4);
  expect(new Set(deadlines)).toEqual(new Set([0]));
});

test('what a server says before it closes is filtered, and counts', async () => {
  const server = await serve('banner421');
  const settings = { ...defaultSettings('3.11'), replyFilter: { type: 'regexp', path: '/f' } };
  // Slower than the close.
  const askTable: AskOwnTable = async () => {
    await server.close();
    await new Promise((resolve) => setImmediate(resolve));
    return { kind: 'found', value: '554 5.3.2 gone' };
  };
  const reply = { code: 554, text: '554 5.3.2 gone' };
  expect(await door({ askTable })(conversationWith(server, {}, settings))).toEqual({
    kind: 'unseen',
    phase: 'greeting',
    reason: 'greeting-5xx',
    reply,
  });
});

test('a last line that the filter makes one of several waits for more', async () => {
  runsOut('greeting');
  const server = await serve();
  const settings = { ...defaultSettings('3.11'), replyFilter: { type: 'regexp', path: '/f' } };
  const answers = { 'regexp:/f 220 mail server ESMTP': { kind: 'found', value: '220-and' } } as const;
  expect(await door({ askTable: table(answers) })(conversationWith(server, {}, settings))).toEqual(
    unseen('greeting', 'timed-out'),
  );
});

test('the hello is Postfix’s: no SNI, no hybrid group, small, TLS 1.0 and up at encrypt', async () => {
  const { server } = await probe('ok');
  const hello = server.conversations[0]?.hello;
  expect(hello).toMatchObject({
    versions: [0x0304, 0x0303, 0x0302, 0x0301],
    groups: [29, 30, 23, 24, 25, 256, 257],
  });
  expect(hello?.servername).toBeUndefined();
  expect(hello?.bytes).toBeLessThan(600);
});

test('signatures are offered as the mail host’s OpenSSL has them', async () => {
  const { server } = await probe('ok');
  // As seen of s_client of OpenSSL 3.0.
  expect(server.conversations[0]?.hello?.signatures).toEqual([
    ...[0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601],
    ...[0x0303, 0x0203, 0x0301, 0x0201, 0x0302, 0x0202, 0x0402, 0x0502, 0x0602],
  ]);
  const newer = await serve();
  await door({ openssl: '3.5' })(conversationWith(newer));
  expect(newer.conversations[0]?.hello?.signatures.slice(0, 3)).toEqual([0x0905, 0x0906, 0x0904]);
});

test('above encrypt TLS 1.2 is the least, by OpenSSL’s security level, and nothing is anonymous', async () => {
  const { server } = await probe('ok', { level: 'secure' });
  const hello = server.conversations[0]?.hello;
  expect(hello?.versions).toEqual([0x0304, 0x0303]);
  // TLS_ECDH_anon_WITH_AES_256_CBC_SHA and TLS_DH_anon_WITH_AES_256_GCM_SHA384.
  expect(hello?.cipherSuites).not.toContain(0xc019);
  expect(hello?.cipherSuites).not.toContain(0x00a7);
});

test('protocols say what the hello offers, hole and all: the lower part of a list with a hole', async () => {
  const { server } = await probe('tls13', { protocols: '!TLSv1.2' });
  expect(server.conversations[0]?.hello?.versions).toEqual([0x0302]);
});

test('SNI is sent where the policy wants it, and another certificate comes', async () => {
  const other = await root.issue({ dnsNames: ['sni.example.test'] });
  const server = await serve('ok', { sniChains: { 'mx.example.test': { chain: other.chainPem, key: other.keyPem } } });
  const result = await door()(conversationWith(server, { servername: { kind: 'hostname' } }));
  expect(result).toMatchObject({ chain: other.chain });
  expect(server.conversations[0]?.hello?.servername).toBe('mx.example.test');
});

test('a server that wants SNI refuses a hello without', async () => {
  const server = await serve('ok', { sniOnly: true });
  expect(await door()(conversationWith(server))).toEqual({ kind: 'handshake-failed', cause: 'tlsv1 unrecognized name' });
});

test('the chain is told as sent: duplicates, aliens, no order', async () => {
  const alien = await selfSigned({ dnsNames: ['alien.test'] });
  const sent = [...leaf.chain, ...alien.chain, leaf.chain[0] ?? '', root.certificate.der];
  const pem = sent.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString()).join('');
  const server = await serve('ok', { chain: pem });
  expect(await door()(conversationWith(server))).toMatchObject({ chain: sent, verify: 'OK' });
});

test.each([
  { certificate: async () => selfSigned(), verify: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  {
    certificate: async () => root.issue({ notAfter: Date.UTC(2020, 0), notBefore: Date.UTC(2019, 0) }),
    verify: 'CERT_HAS_EXPIRED',
  },
  { certificate: async () => (await createAuthority('Other')).issue(), verify: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
])('an untrusted chain breaks nothing off: $verify', async ({ certificate, verify }) => {
  const { chainPem, keyPem, chain } = await certificate();
  const server = await serve('ok', { chain: chainPem, key: keyPem });
  expect(await door()(conversationWith(server))).toMatchObject({ kind: 'presented', chain, verify });
});

test('without anchors nothing is trusted, Node’s own roots least of all', async () => {
  const server = await serve();
  expect(await door({ anchors: [] })(conversationWith(server))).toMatchObject({ verify: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
});

test.each(['127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1', 'fd00::1'])('%s is left alone without leave', async (address) => {
  const server = await serve();
  const result = await door({ allowPrivateAddresses: false })(conversationWith({ ...server, address }));
  expect(result).toMatchObject({ kind: 'unseen', phase: 'connect', reason: 'barred-address' });
  expect(server.conversations).toEqual([]);
});

test('what is no address is never looked up', async () => {
  const result = await door()(conversationWith({ address: 'localhost', port: 25 }));
  expect(result).toEqual({ kind: 'unseen', phase: 'connect', reason: 'barred-address', detail: 'not an address' });
});

test('an address that cannot be reached from here says why', async () => {
  const result = await door()(conversationWith({ address: '255.255.255.255', port: 25 }));
  expect(result).toMatchObject({ kind: 'unseen', phase: 'connect', reason: 'unreachable' });
});

test.each([
  { behaviour: 'silent', phase: 'greeting' },
  { behaviour: 'ehlo-silent', phase: 'ehlo' },
  { behaviour: 'starttls-silent', phase: 'starttls' },
  { behaviour: 'handshake-silent', phase: 'handshake' },
] as const)('called off while it waits for $phase it is not attempted', async ({ behaviour, phase }) => {
  const server = await serve(behaviour);
  const stop = new AbortController();
  whileWaiting(phase, () => stop.abort());
  expect(await door()(conversationWith(server), stop.signal)).toEqual(unseen(phase, 'not-attempted'));
});

test('one that was called off before is not begun', async () => {
  const server = await serve();
  expect(await door()(conversationWith(server), AbortSignal.abort())).toEqual(unseen('connect', 'not-attempted'));
  expect(server.conversations).toEqual([]);
});

function unseen(phase: string, reason: string, reply?: string): Unseen {
  const kept = reply === undefined ? {} : { reply: { code: Number(reply.slice(0, 3)), text: reply } };
  return { kind: 'unseen', phase, reason, ...kept } as Unseen;
}

test('an anchor of any length counts: one whose last line is full, as ISRG Root X1, too', async () => {
  let full = root;
  for (let i = 0; full.certificate.der.length % 64 !== 0; i++) full = await createAuthority('x'.repeat(1 + (i % 60)));
  const issued = await full.issue({ dnsNames: ['mx.example.test'] });
  const server = await serve('ok', { chain: issued.chainPem, key: issued.keyPem });
  const result = await door({ anchors: [full.certificate.der] })(conversationWith(server, { level: 'secure' }));
  expect(result).toMatchObject({ kind: 'presented', verify: 'OK' });
});

test.each([
  { from: '127.0.0.7', seen: '127.0.0.7', onMailHost: true, because: 'smtp_bind_address' },
  { from: '127.0.0.7', seen: '127.0.0.1', onMailHost: false, because: 'the address is that of another host' },
  { from: '192.0.2.77', seen: '127.0.0.1', onMailHost: true, because: 'one that cannot be bound is only warned of' },
])('comes from $seen: $because', async ({ from, seen, onMailHost }) => {
  const server = await serve();
  const result = await door({ onMailHost })({ ...conversationWith(server), from });
  expect(result.kind).toBe('presented');
  expect(server.conversations.map((conversation) => conversation.from)).toEqual([seen]);
});

test('smtp_bind_address of the other family: any address will do, unless it is enforced', async () => {
  const server = await serve();
  const from = '2001:db8::77';
  const result = await door({ onMailHost: true })({ ...conversationWith(server), from });
  expect(result.kind).toBe('presented');
  const enforced = await door({ onMailHost: true })({ ...conversationWith(server), from, fromOnly: true });
  expect(enforced).toMatchObject({ reason: 'bind-refused', detail: '2001:db8::77 is no address of this host' });
});

test('smtp_bind_address_enforce: no other address will do', async () => {
  const server = await serve();
  const result = await door({ onMailHost: true })({ ...conversationWith(server), from: '192.0.2.77', fromOnly: true });
  expect(result).toEqual({
    kind: 'unseen',
    phase: 'connect',
    reason: 'bind-refused',
    detail: '192.0.2.77 is no address of this host',
  });
  expect(server.conversations).toEqual([]);
});
