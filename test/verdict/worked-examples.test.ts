/**
 * Worked examples. Each was seen with posttls-finger or in a delivery, on Postfix 3.5.27, 3.7.11 and 3.11.6: P passes, f fails.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { anchorFileFromPem } from '../../lambda/certificate/anchors.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type Authority, type CertificateOptions, createAuthority, selfSigned } from '../internet/authority.ts';
import { AT, BROKEN_HANDSHAKE, judgeScene, noTls, presents, type Scene, unseen } from './scene.ts';

const OLD = '3.5.27';
const NEW = '3.11.6';
const DAY_MS = 86_400_000;

let root: Authority;
let between: Authority;
beforeAll(async () => {
  root = await createAuthority('Root');
  between = await root.intermediate('Between');
});

/** One address as `verify`, `secure` and `secure match=…` see it; `f>P` fails up to 3.5 and passes since 3.6. */
interface Row {
  readonly n: number;
  readonly route: string;
  readonly names: CertificateOptions;
  readonly verify: string;
  readonly secure: string;
  readonly match?: Readonly<Record<string, string>>;
}

const dns = (...dnsNames: string[]): CertificateOptions => ({ dnsNames, commonName: null });
const MAIL = 'example.com > mail.example.com';
const PROVIDER = 'example.com > mx.provider.net';

const NAMES: readonly Row[] = [
  { n: 1, route: MAIL, names: dns('mail.example.com'), verify: 'P', secure: 'P', match: { nexthop: 'f' } },
  { n: 2, route: MAIL, names: dns('example.com'), verify: 'f', secure: 'P', match: { 'dot-nexthop': 'f' } },
  { n: 3, route: MAIL, names: dns('*.example.com'), verify: 'P', secure: 'P', match: { nexthop: 'f', 'a.b.example.com': 'P>f' } },
  { n: 4, route: MAIL, names: dns('example.com', '*.example.com'), verify: 'P', secure: 'P', match: { nexthop: 'P' } },
  {
    n: 5,
    route: MAIL,
    names: dns('a.b.example.com'),
    verify: 'f',
    secure: 'P',
    match: { '.example.com': 'P', 'mail.example.com': 'f' },
  },
  {
    n: 6,
    route: PROVIDER,
    names: dns('mx.provider.net'),
    verify: 'P',
    secure: 'f',
    match: { 'mx.provider.net': 'P', '.provider.net': 'P' },
  },
  {
    n: 7,
    route: PROVIDER,
    names: dns('*.provider.net'),
    verify: 'P',
    secure: 'f',
    match: { '.provider.net': 'P', 'provider.net': 'f' },
  },
  {
    n: 8,
    route: 'example.com > a.mx.provider.net',
    names: dns('*.provider.net'),
    verify: 'P>f',
    secure: 'f',
    match: { 'a.mx.provider.net': 'P>f', '.provider.net': 'P' },
  },
  {
    n: 9,
    route: 'sub.example.com > mail.example.com',
    names: dns('*.example.com'),
    verify: 'P',
    secure: 'P',
    match: { '.example.com': 'P' },
  },
  {
    n: 10,
    route: 'example.com > mx.sub.example.com',
    names: dns('*.sub.example.com'),
    verify: 'P',
    secure: 'P',
    match: { 'mx.sub.example.com': 'P' },
  },
  { n: 11, route: MAIL, names: { commonName: 'mail.example.com' }, verify: 'P', secure: 'P' },
  {
    n: 12,
    route: MAIL,
    names: { dnsNames: ['other.example.net'], commonName: 'mail.example.com' },
    verify: 'f',
    secure: 'f',
    match: { 'mail.example.com': 'f' },
  },
  { n: 13, route: MAIL, names: { ipAddresses: ['192.0.2.1'], commonName: 'mail.example.com' }, verify: 'P', secure: 'P' },
  { n: 13, route: MAIL, names: { emailAddresses: ['a@example.com'], commonName: 'mail.example.com' }, verify: 'P', secure: 'P' },
  {
    n: 14,
    route: MAIL,
    names: {
      subject: [
        ['CN', 'other.example.net'],
        ['CN', 'mail.example.com'],
      ],
    },
    verify: 'f>P',
    secure: 'f>P',
    match: { 'mail.example.com': 'f>P' },
  },
  { n: 15, route: MAIL, names: dns('*.com'), verify: 'P>f', secure: 'P>f', match: { 'example.com': 'P>f', '.com': 'P' } },
  { n: 16, route: MAIL, names: dns('ma*.example.com'), verify: 'f', secure: 'P', match: { 'mail.example.com': 'f' } },
  { n: 17, route: MAIL, names: dns('mail.example.com.'), verify: 'f', secure: 'f', match: { 'mail.example.com': 'f' } },
  {
    n: 18,
    route: MAIL,
    names: dns('mail.example.com\0.evil.test'),
    verify: 'f',
    secure: 'f',
    match: { 'mail.example.com': 'f' },
  },
  { n: 19, route: MAIL, names: dns('MAIL.EXAMPLE.COM'), verify: 'P', secure: 'P', match: { 'mail.example.com': 'P' } },
  {
    n: 20,
    route: 'bücher.example > mail.example.com',
    names: dns('xn--bcher-kva.example'),
    verify: 'f',
    secure: 'P',
    match: { 'bücher.example': 'P' },
  },
  {
    n: 21,
    route: '[mail.example.com]:587 > mail.example.com',
    names: dns('mail.example.com'),
    verify: 'P',
    secure: 'P',
    match: { nexthop: 'P' },
  },
  {
    n: 22,
    route: '[127.0.2.9] > 127.0.2.9',
    names: { ipAddresses: ['127.0.2.9'], commonName: null },
    verify: 'f>P',
    secure: 'f',
    match: { nexthop: 'f>P' },
  },
  {
    n: 23,
    route: MAIL,
    names: dns('mail.example.com'),
    verify: 'P',
    secure: 'P',
    match: { 'mail.example.com:192.0.2.1': 'P>f' },
  },
  {
    n: 24,
    route: 'example.com > mx.alias.test',
    names: dns('mail.example.com'),
    verify: 'f',
    secure: 'P',
    match: { hostname: 'f' },
  },
];

describe.each([OLD, NEW])('names, as Postfix %s', (version) => {
  const rows = NAMES.flatMap(({ n, route, names, verify, secure, match = {} }) => [
    { n, route, names, line: 'verify', outcome: verify },
    { n, route, names, line: 'secure', outcome: secure },
    ...Object.entries(match).map(([list, outcome]) => ({ n, route, names, line: `secure match=${list}`, outcome })),
    { n, route, names, line: 'may', outcome: 'P' },
    { n, route, names, line: 'encrypt', outcome: 'P' },
  ]);
  test.each(rows)('$n: $route $line is $outcome', async ({ route, names, line, outcome }) => {
    const leaf = await root.issue(names);
    const verdict = judgeScene(sceneOf(route, line, presents(leaf.chain), version, { trust: [root.certificate.der] }));
    expect(letter(verdict)).toBe(inVersion(outcome, version));
  });
});

describe.each([OLD, NEW])('chains with the right names, as Postfix %s', (version) => {
  const right = dns('mail.example.com', 'example.com');
  test.each([
    {
      n: 25,
      because: 'expired',
      of: () => root.issue({ ...right, notBefore: AT - 9 * DAY_MS, notAfter: AT - DAY_MS }),
      outcome: 'f',
    },
    { n: 25, because: 'not yet valid', of: () => root.issue({ ...right, notBefore: AT + DAY_MS }), outcome: 'f' },
    { n: 26, because: 'self-signed', of: () => selfSigned(right), outcome: 'f' },
    { n: 27, because: 'unknown CA', of: async () => (await createAuthority('Other')).issue(right), outcome: 'f' },
    {
      n: 27,
      because: 'missing intermediate',
      of: async () => ({ chain: (await between.issue(right)).chain.slice(0, 1) }),
      outcome: 'f',
    },
    {
      n: 27,
      because: 'expired intermediate',
      of: async () => (await root.intermediate('Late', { notBefore: AT - 9 * DAY_MS, notAfter: AT - DAY_MS })).issue(right),
      outcome: 'f',
    },
    { n: 28, because: 'EKU clientAuth only', of: () => root.issue({ ...right, eku: ['clientAuth'] }), outcome: 'f' },
    { n: 29, because: 'SHA-1 signed', of: () => root.issue({ ...right, signatureHash: 'sha1' }), outcome: 'f' },
    { n: 30, because: 'RSA 1024', of: () => root.issue({ ...right, keyType: 'rsa1024' }), outcome: 'P' },
  ] as const)('$n: $because is $outcome', async ({ of, outcome }) => {
    const { chain } = await of();
    for (const line of ['verify match=hostname', 'secure', 'secure match=mail.example.com']) {
      const verdict = judgeScene(sceneOf(MAIL, line, presents(chain), version, { trust: [root.certificate.der] }));
      expect(letter(verdict)).toBe(outcome);
    }
  });

  test('31: self-signed, itself in CAfile, is P', async () => {
    const { chain } = await selfSigned(right);
    expect(letter(judgeScene(sceneOf(MAIL, 'secure', presents(chain), version, { trust: chain })))).toBe('P');
  });

  test('32: good, but CAfile empty, is f', async () => {
    const { chain } = await root.issue(right);
    expect(letter(judgeScene(sceneOf(MAIL, 'secure', presents(chain), version, { trust: [] })))).toBe('f');
  });

  test('33: only the intermediate, in CAfile f, as tafile P', async () => {
    const { chain } = await between.issue(right);
    const store = sceneOf(MAIL, 'secure', presents(chain), version, { trust: [between.certificate.der] });
    expect(letter(judgeScene(store))).toBe('f');
    const file = sceneOf(MAIL, 'secure tafile=/ta.pem', presents(chain), version, anchor(between.certificate.pem));
    expect(letter(judgeScene(file))).toBe('P');
  });

  test('34: the CA-issued leaf as tafile is f, since 3.6 P', async () => {
    const { chain, pem } = await root.issue(right);
    expect(letter(judgeScene(sceneOf(MAIL, 'secure tafile=/ta.pem', presents(chain), version, anchor(pem))))).toBe(
      inVersion('f>P', version),
    );
  });

  test('35: the leaf as tafile, self-signed and expired, is f, since 3.6 P', async () => {
    const { chain, pem } = await selfSigned({ ...right, notBefore: AT - 9 * DAY_MS, notAfter: AT - DAY_MS });
    expect(letter(judgeScene(sceneOf(MAIL, 'secure tafile=/ta.pem', presents(chain), version, anchor(pem))))).toBe(
      inVersion('f>P', version),
    );
  });

  test('36, 37, 38: a digest of certificate or key, whatever else is wrong', async () => {
    const { chain } = await selfSigned({ dnsNames: ['wrong.example'], notBefore: AT - 9 * DAY_MS, notAfter: AT - DAY_MS });
    const { sha256, spkiSha256 } =
      judgeScene(sceneOf(MAIL, 'encrypt', presents(chain), version, {})).hosts[0]?.addresses[0]?.chain[0] ?? {};
    const colons = (hex = '') => hex.replace(/..(?!$)/g, '$&:');
    const judged = (line: string) =>
      letter(judgeScene(sceneOf(MAIL, line, presents(chain), version, { mainCf: ['smtp_tls_fingerprint_digest = sha256'] })));
    const [wrong, certificate, key] = [colons('00'.repeat(32)), colons(sha256), colons(spkiSha256)];
    expect(judged(`fingerprint match=${certificate}`)).toBe('P');
    expect(judged(`fingerprint match=${key}`)).toBe('P');
    expect(judged(`fingerprint match=${wrong}|${certificate}`)).toBe('P');
    expect(judged(`fingerprint match=${wrong} match=${certificate}`)).toBe('P');
    expect(judged(`fingerprint match=${wrong}`)).toBe('f');
    expect(judged(`fingerprint match=${colons('00'.repeat(20))}`)).toBe('f');
  });

  test('a digest of a certificate whose key is too small is P, since 3.6 f', async () => {
    const { chain } = await root.issue({ ...right, keyType: 'rsa768' });
    const { sha256 = '' } =
      judgeScene(sceneOf(MAIL, 'encrypt', presents(chain), version, {})).hosts[0]?.addresses[0]?.chain[0] ?? {};
    const line = `fingerprint match=${sha256.replace(/..(?!$)/g, '$&:')}`;
    const scene = sceneOf(MAIL, line, presents(chain), version, { mainCf: ['smtp_tls_fingerprint_digest = sha256'] });
    expect(letter(judgeScene(scene))).toBe(inVersion('P>f', version));
  });
});

describe.each([OLD, NEW])('whole deliveries, as Postfix %s', (version) => {
  let good: ProbeResult;
  let bad: ProbeResult;
  beforeAll(async () => {
    good = presents((await root.issue(dns('ok'))).chain);
    bad = presents((await root.issue(dns('other'))).chain);
  });
  const hosts = (...gives: readonly ProbeResult[]) =>
    gives.map((one, i) => ({ host: `mx${i + 1}.example`, preference: i + 1, gives: [one] }));
  const judged = (scene: Omit<Scene, 'version' | 'trust'>) => judgeScene({ version, trust: [root.certificate.der], ...scene });
  const ending = ({ endings }: EntryVerdict) =>
    endings.map(({ status, dsn, text }) => `${status} ${dsn} ${text}`.trim()).join('; ');

  test('39: encrypt takes any certificate, and none', async () => {
    expect(letter(judged({ policy: 'k.test encrypt', hosts: hosts(presents((await selfSigned({})).chain)) }))).toBe('P');
    expect(letter(judged({ policy: 'k.test encrypt', hosts: hosts(presents([])) }))).toBe('P');
  });

  test('40: encrypt, the best MX answers STARTTLS with 554, the second is fine: bounced', () => {
    const verdict = judged({ policy: 'k.test encrypt', hosts: hosts(noTls('refused-5xx', '554 5.7.0 no TLS for you'), good) });
    expect(ending(verdict)).toBe(
      'bounced 5.7.0 TLS is required, but host mx1.example[192.0.2.1] refused to start TLS: 554 5.7.0 no TLS for you',
    );
    expect(verdict.verdict).toBe('fail');
  });

  test('41: may, a broken handshake, only MX: deferred, plaintext later', () => {
    const verdict = judged({ policy: 'k.test may', hosts: hosts(BROKEN_HANDSHAKE) });
    expect(ending(verdict)).toBe('deferred 4.7.5 Cannot start TLS: handshake failure');
    expect(verdict).toMatchObject({ verdict: 'degraded', reason: 'handshake-failed', postfixWould: 'defer', protection: 'none' });
  });

  test('42: MX1 bad, MX2 good: delivered by MX2', () => {
    const verdict = judged({ policy: 'k.test secure match=ok', hosts: hosts(bad, good) });
    expect(ending(verdict)).toBe('sent 2.0.0');
    expect(verdict).toMatchObject({ verdict: 'degraded', reason: 'name-mismatch' });
  });

  test('43: four bad and the fifth good: delivered; five bad and the sixth good: deferred', () => {
    expect(ending(judged({ policy: 'k.test secure match=ok', hosts: hosts(bad, bad, bad, bad, good) }))).toBe('sent 2.0.0');
    expect(ending(judged({ policy: 'k.test secure match=ok', hosts: hosts(bad, bad, bad, bad, bad, good) }))).toBe(
      'deferred 4.7.5 Server certificate not verified',
    );
  });

  test('44: MX1 has five bad or dead addresses, MX2 good: deferred', () => {
    const dead = unseen('refused');
    const five = { host: 'mx1.example', preference: 1, gives: [bad, bad, dead, bad, dead] };
    const verdict = judged({
      policy: 'k.test secure match=ok',
      hosts: [five, { host: 'mx2.example', preference: 2, gives: [good] }],
    });
    expect(verdict.verdict).toBe('fail');
    expect(verdict.endings.every(({ status }) => status === 'deferred')).toBe(true);
  });

  test('46: MX1 without STARTTLS, or 554 at the greeting, or 421, MX2 good: delivered by MX2', () => {
    const firsts = [
      noTls('not-offered'),
      unseen('greeting-5xx', 'greeting', '554 no'),
      unseen('reply-421', 'greeting', '421 busy'),
    ];
    for (const first of firsts) {
      expect(ending(judged({ policy: 'k.test secure match=ok', hosts: hosts(first, good) }))).toBe('sent 2.0.0');
    }
  });

  test('47: MX1 bad certificate, MX2 refuses the connection: deferred with the text of the last', () => {
    const verdict = judged({ policy: 'k.test secure match=ok', hosts: hosts(bad, unseen('refused')) });
    expect(ending(verdict)).toBe('deferred 4.4.1 connect to mx2.example[192.0.2.2]:25: Connection refused');
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'name-mismatch' });
  });

  test('48: bad MX, a fallback relay without an entry, global may: delivered by the relay, unauthenticated', () => {
    const verdict = judged({
      policy: 'k.test secure match=ok',
      mainCf: ['smtp_fallback_relay = [relay.test]', 'smtp_tls_security_level = may'],
      hosts: { 'k.test': hosts(bad), '[relay.test]': [{ host: 'relay.test', preference: 0, gives: [good] }] },
    });
    expect(ending(verdict)).toBe('sent 2.0.0');
    expect(verdict).toMatchObject({
      verdict: 'fail',
      reason: 'weaker-fallback',
      protection: 'encrypted',
      postfixWould: 'deliver',
    });
  });

  test('49: a parent key applies to sub-domains, not to itself', () => {
    const below = (name: string) =>
      judged({ policy: '.k.test secure match=ok', of: name, destinations: [name], hosts: hosts(bad) }).level;
    expect(below('sub.k.test')).toBe('secure');
    expect(below('a.b.k.test')).toBe('secure');
    expect(below('k.test')).not.toBe('secure');
  });

  test('50: a key with a port applies to that text only', () => {
    const transport = (hop: string) =>
      judged({ policy: '[h.test]:25 secure match=ok', transport: `d.test smtp:${hop}`, of: '[h.test]:25', hosts: hosts(bad) });
    expect(transport('[h.test]:25')).toMatchObject({ verdict: 'fail', level: 'secure' });
    expect(transport('[h.test]')).toMatchObject({ verdict: 'unchecked', reason: 'never-looked-up' });
  });
});

function sceneOf(route: string, line: string, gives: ProbeResult, version: string, more: Partial<Scene>): Scene {
  const [nextHop = '', host = ''] = route.split(' > ');
  return { policy: `${nextHop} ${line}`, version, hosts: [{ host, gives: [gives] }], ...more };
}

const anchor = (pem: string): Partial<Scene> => ({ anchorFiles: { '/ta.pem': anchorFileFromPem(pem) } });

const letter = ({ verdict }: EntryVerdict) => (verdict === 'pass' ? 'P' : verdict === 'fail' ? 'f' : verdict);

function inVersion(outcome: string, version: string): string | undefined {
  const [old, since = old] = outcome.split('>');
  return version === OLD ? old : since;
}
