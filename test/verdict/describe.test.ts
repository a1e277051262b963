/** The sentences people read, whole. */
import { beforeAll, describe, expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { trustClause } from '../../lambda/verdict/detail.ts';
import { type Authority, createAuthority, selfSigned } from '../internet/authority.ts';
import { BROKEN_HANDSHAKE, judgeScene, noTls, presents, type Scene, unseen } from './scene.ts';

const NOW = Date.UTC(2026, 10, 24, 6);
const DAY_MS = 86_400_000;
const FRESH = { notBefore: NOW - DAY_MS, notAfter: NOW + 90 * DAY_MS };

let root: Authority;
let other: Authority;
let seen: Record<string, ProbeResult>;
beforeAll(async () => {
  root = await createAuthority('Root', { notBefore: NOW - DAY_MS });
  other = await createAuthority('Other', { notBefore: NOW - DAY_MS });
  const between = await root.intermediate('Between', { notBefore: NOW - DAY_MS });
  const names = ['*.messagingengine.com', 'messagingengine.com', 'a.example', 'b.example', 'c.example', 'd.example'];
  const issued = async (from: Authority, dnsNames: readonly string[]) => (await from.issue({ dnsNames, ...FRESH })).chain;
  const alien = await issued(other, ['ok.example']);
  seen = {
    fastmail: presents(await issued(root, names)),
    ok: presents(await issued(root, ['ok.example'])),
    nasty: presents(await issued(root, ['a\u001b[31m.example', 'b\u009b.example', 'x'.repeat(300)])),
    alien: presents([...alien, other.certificate.der]),
    forgetful: presents((await issued(between, ['ok.example'])).slice(0, 1)),
    own: presents((await selfSigned({ dnsNames: ['ok.example'], ...FRESH })).chain),
    late: presents((await root.issue({ dnsNames: ['ok.example'], notBefore: NOW - 9 * DAY_MS, notAfter: NOW - DAY_MS })).chain),
  };
});

function sentence(policy: string, gives: readonly string[] | readonly ProbeResult[], more: Partial<Scene> = {}): string {
  const hosts = gives.map((one, i) => ({
    host: `in${i + 1}-smtp.messagingengine.com`,
    preference: i,
    gives: [(typeof one === 'string' ? seen[one] : one) as ProbeResult],
  }));
  return judgeScene({ policy, trust: [root.certificate.der], at: NOW, hosts, ...more }).sentence;
}

const sha256 = (der: string) => {
  const read = readCertificate(der);
  return read.kind === 'certificate' ? read.sha256 : '';
};

test('the most asked question', () => {
  expect(sentence('fastmail.fm secure ciphers=high', ['fastmail'])).toBe(
    'mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure ' +
      'wants fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers ' +
      '*.messagingengine.com, messagingengine.com and 4 more',
  );
});

describe('what passes', () => {
  test.each([
    { policy: 'k.test secure match=ok.example', see: ['ok'], says: 'mail to k.test is delivered encrypted and authenticated' },
    { policy: 'k.test encrypt', see: ['alien'], says: 'mail to k.test is delivered encrypted' },
    { policy: 'k.test may', see: [noTls('not-offered')], says: 'mail to k.test is delivered in plaintext' },
    {
      policy: 'k.test secure match=ok.example',
      see: [unseen('refused'), 'ok'],
      says: 'mail to k.test is delivered encrypted and authenticated (seen 1 of 2 addresses)',
    },
    {
      policy: 'k.test dane',
      see: ['ok'],
      says: 'mail to k.test is delivered encrypted. Level dane is only may here: k.test: dane configured with dnssec lookups disabled',
    },
  ])('$says', ({ policy, see, says }) => {
    expect(sentence(policy, see as string[])).toBe(says);
  });
});

describe('trust', () => {
  const deferred =
    'mail to k.test would be deferred: Postfix says "Server certificate not verified". At in1-smtp.messagingengine.com (192.0.2.1)';
  const policy = 'k.test secure match=ok.example';

  test('where the chain ends', () => {
    expect(sentence(policy, ['alien'])).toBe(
      `${deferred} the chain ends at /O=Test Authority/CN=Other, sha256 ${sha256(other.certificate.der)}, not among your anchors. ` +
        'Either the issuer is added to your anchors (tafile= limits that to this entry), or they change theirs',
    );
  });

  test("a root of Mozilla's, and an issuer that nobody sent", () => {
    const endsAt = { subject: '/CN=ROOT', issuer: '/CN=ROOT', sha256: 'aa', inMozilla: true };
    const trust = {
      kind: 'untrusted',
      depth: 1,
      opensslCode: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      subject: '',
      issuer: '',
      detail: '',
    } as const;
    expect(trustClause({ ...trust, reason: 'untrusted-issuer', endsAt })).toBe(
      "the chain ends at /CN=ROOT, sha256 aa, not among your anchors; it is in Mozilla's store",
    );
    expect(
      trustClause({ ...trust, reason: 'untrusted-issuer', endsAt: { ...endsAt, issuer: '/CN=TOP', inMozilla: false } }),
    ).toBe('the chain ends at /CN=ROOT, sha256 aa, whose issuer /CN=TOP is not among your anchors');
  });

  test('a missing intermediate is named as such', () => {
    expect(sentence(policy, ['forgetful'])).toBe(
      `${deferred} the intermediate certificate is missing: issuer /O=Test Authority/CN=Between was not sent and is not among ` +
        'the trust anchors. The cure is theirs: the server must send the intermediate certificates with its own',
    );
  });

  test('a self-signed certificate', () => {
    expect(sentence(policy, ['own'])).toBe(
      `${deferred} the certificate is self-signed. Either they get a certificate from a CA, or the entry pins it once ` +
        'they told you its digest: fingerprint match=, or tafile= with the certificate',
    );
  });

  test('an expired one', () => {
    expect(sentence(policy, ['late'])).toBe(
      `${deferred} the certificate has expired (2026-11-23 06:00Z). The cure is theirs: the certificate must be renewed`,
    );
  });
});

describe('names', () => {
  test('a list of several, and a certificate without any', () => {
    expect(sentence('k.test secure match=nexthop:a.net:.b.net:c.net:d.net', [presents(chainOf('ok'))])).toContain(
      'secure wants k.test, a.net, a name below b.net, c.net or d.net and the certificate',
    );
  });

  test('nothing to match', () => {
    expect(sentence('k.test secure match=.', ['ok'])).toContain('secure wants no usable name and the certificate');
  });

  test('an address in the list', () => {
    expect(sentence('k.test secure match=in1-smtp.messagingengine.com:192.0.2.1', ['fastmail'])).toBe(
      'mail to k.test would be deferred: Postfix says "Server certificate not verified". At in1-smtp.messagingengine.com (192.0.2.1) ' +
        '192.0.2.1 in the match list must be an IP address in the certificate, beside the names; it offers ' +
        '*.messagingengine.com, messagingengine.com and 4 more',
    );
  });

  test("strangers' texts are made harmless", () => {
    const said = sentence('k.test secure', ['nasty']);
    expect(said).toContain(`offers a\\u{1b}[31m.example, b\\u{9b}.example and ${'x'.repeat(79)}…`);
    expect(said).toMatch(/^\P{Cc}*$/u);
  });
});

describe('the dialogue', () => {
  test.each([
    {
      see: [noTls('not-offered')],
      says:
        'mail to k.test would be deferred: Postfix says "TLS is required, but was not offered by host in1-smtp.messagingengine.com[192.0.2.1]". ' +
        'At in1-smtp.messagingengine.com (192.0.2.1) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; ' +
        'only may would deliver without',
    },
    {
      see: [noTls('refused-5xx', '554 5.7.0 no')],
      says:
        'mail to k.test would bounce: Postfix says "TLS is required, but host in1-smtp.messagingengine.com[192.0.2.1] refused to start TLS: 554 5.7.0 no". ' +
        'At in1-smtp.messagingengine.com (192.0.2.1) the server offers STARTTLS and then refuses it for good: "554 5.7.0 no". ' +
        'The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    },
    {
      see: [{ ...BROKEN_HANDSHAKE, dependsOnGroups: true } as ProbeResult],
      says:
        'mail to k.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At in1-smtp.messagingengine.com (192.0.2.1) ' +
        'the TLS handshake fails: no protocols available; with other key-exchange groups in the offer it succeeds',
    },
    {
      see: [unseen('refused'), unseen('reply-421', 'greeting', '421 busy')],
      says:
        'nothing was seen of k.test: at in1-smtp.messagingengine.com (192.0.2.1) the connection is refused and ' +
        'at in2-smtp.messagingengine.com (192.0.2.2) the server closes with a 421: "421 busy"',
    },
    {
      see: [noTls('not-offered'), unseen('not-attempted')],
      says: 'too little was seen of k.test to judge: at in2-smtp.messagingengine.com (192.0.2.2) not looked at in this run (seen 1 of 2 addresses)',
    },
    {
      see: [noTls('not-offered'), unseen('refused')],
      says:
        'mail to k.test would be deferred: Postfix says "connect to in2-smtp.messagingengine.com[192.0.2.2]:25: Connection refused". ' +
        'At in1-smtp.messagingengine.com (192.0.2.1) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; ' +
        'only may would deliver without. Seen 1 of 2 addresses',
    },
  ])('$says', ({ see, says }) => {
    expect(sentence('k.test encrypt', see)).toBe(says);
  });

  test('may with a broken handshake', () => {
    expect(sentence('k.test may', [BROKEN_HANDSHAKE])).toBe(
      'mail to k.test would be deferred at first and leave in plaintext later. At in1-smtp.messagingengine.com (192.0.2.1) ' +
        'the TLS handshake fails: no protocols available',
    );
  });

  test('luck of the order', () => {
    const hosts = [{ host: 'mx.example', gives: [noTls('refused-5xx', '554 no'), seen.ok as ProbeResult] }];
    expect(sentence('k.test encrypt', [], { hosts })).toBe(
      'mail to k.test would be delivered or bounce, as the order of the servers falls: Postfix says "TLS is required, but host ' +
        'mx.example[192.0.2.1] refused to start TLS: 554 no". At mx.example (192.0.2.1) the server offers STARTTLS and then refuses it ' +
        'for good: "554 no". The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    );
  });
});

describe('what is ours', () => {
  test.each([
    {
      policy: 'k.test sekure',
      mainCf: [],
      says:
        'mail to k.test would be deferred: Postfix says "client TLS configuration problem". The policy for it cannot be used: ' +
        'smtp_tls_policy_maps, next-hop destination "k.test": invalid security level "sekure"',
    },
    {
      policy: 'k.test dane-only',
      mainCf: [],
      says:
        'mail to k.test would be deferred: Postfix says "client TLS configuration problem". DANE cannot be used here: ' +
        'k.test: dane-only configured with dnssec lookups disabled',
    },
    {
      policy: 'k.test secure',
      mainCf: ['smtp_tls_secure_cert_match ='],
      says: 'no mail to k.test is tried at all: smtp(8) ends with "fatal: bad string length 0 < 1: smtp_tls_secure_cert_match = "',
    },
    {
      policy: 'k.test dane',
      mainCf: ['smtp_dns_support_level = dnssec'],
      says: 'k.test is not judged: level dane takes its demands from DNSSEC, and that was not asked',
    },
    { policy: 'k.test none', mainCf: [], says: 'level none asks nothing of TLS' },
    {
      policy: 'k.test may',
      mainCf: ['smtp_tls_wrappermode = yes'],
      says:
        'mail to k.test would be deferred: Postfix says "server unavailable or unable to receive mail". At in1-smtp.messagingengine.com ' +
        '(192.0.2.1) smtp_tls_wrappermode asks for level encrypt or stronger. The cure is yours: raise the level, or turn smtp_tls_wrappermode off',
    },
  ])('$says', ({ policy, mainCf, says }) => {
    expect(sentence(policy, ['ok'], { mainCf })).toBe(says);
  });

  test('private addresses', () => {
    expect(sentence('k.test secure', [unseen('barred-address'), unseen('barred-address')])).toBe(
      'k.test has only private or special addresses (192.0.2.1 and 192.0.2.2), which are not connected to without --allow-private-addresses',
    );
  });

  test('a weaker fallback', () => {
    const hosts = {
      'k.test': [{ host: 'mx.example', gives: [noTls('not-offered')] }],
      '[relay.test]': [{ host: 'relay.test', addresses: ['198.51.100.1'], gives: [seen.ok as ProbeResult] }],
    };
    expect(sentence('k.test secure', [], { hosts, mainCf: ['smtp_fallback_relay = [relay.test]'] })).toBe(
      'mail to k.test would leave only through [relay.test], whose level is none. At mx.example (192.0.2.1) the server does not offer STARTTLS',
    );
  });
});

describe('DNS', () => {
  test.each([
    {
      route: {
        kind: 'nowhere',
        nextHop: 'k.test',
        reason: 'null-mx',
        dsn: '5.1.0',
        text: 'Domain k.test does not accept mail (nullMX)',
      } as const,
      says:
        'mail to k.test would bounce: Postfix says "Domain k.test does not accept mail (nullMX)". The domain says that it takes no mail ' +
        '(a null MX record). There is nothing to deliver to: the entry can go',
    },
    {
      route: { kind: 'unanswered', nextHop: 'k.test', failure: 'servfail', query: 'k.test MX', dsn: '4.4.3', text: '' } as const,
      says: 'k.test could not be looked up: DNS gave no answer (servfail) to k.test MX',
    },
  ])('$says', ({ route, says }) => {
    expect(sentence('k.test secure', [], { hosts: { 'k.test': route } })).toBe(says);
  });
});

function chainOf(name: string): readonly string[] {
  const result = seen[name];
  return result?.kind === 'presented' ? result.chain : [];
}
