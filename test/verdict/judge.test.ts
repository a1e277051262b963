/** Whole entries, a row per rule of docs/fidelity.md, "From observation to verdict". */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Presented, ProbeResult, Unseen } from '../../lambda/probe/result.ts';
import type { Route } from '../../lambda/route/route.ts';
import { judge } from '../../lambda/verdict/judge.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { createAuthority, LEAF_VALIDITY } from '../internet/authority.ts';
import { AT, BROKEN_HANDSHAKE, judgeScene, noTls, presents, type Scene, type SceneHost, stage, unseen } from './scene.ts';

const SEEN: Record<string, ProbeResult> = {
  refused: unseen('refused'),
  silent: unseen('timed-out'),
  'no way': unseen('no-way-out'),
  barred: unseen('barred-address'),
  later: unseen('not-attempted'),
  '421': unseen('reply-421', 'greeting', '421 4.3.2 busy'),
  '554': unseen('greeting-5xx', 'greeting', '554 5.3.2 go away'),
  helo: unseen('ehlo-refused', 'helo', '501 5.5.4 invalid name'),
  '354': unseen('protocol-error', 'greeting', '354 go ahead'),
  plain: noTls('not-offered'),
  '454': noTls('refused-4xx', '454 4.7.0 not now'),
  '502': noTls('refused-5xx', '502 5.5.1 never'),
  broken: BROKEN_HANDSHAKE,
};

type NoTls = Extract<ProbeResult, { readonly kind: 'no-tls' }>;

let anchors: readonly string[];
beforeAll(async () => {
  const root = await createAuthority('Root');
  anchors = [root.certificate.der];
  SEEN.good = presents((await root.issue({ dnsNames: ['ok.example'] })).chain);
  SEEN.bad = presents((await root.issue({ dnsNames: ['other.example'] })).chain);
  SEEN['good then lost'] = { ...(SEEN.good as Presented), after: unseen('connection-lost', 'ehlo-after-tls') as Unseen };
  SEEN['good then 550'] = {
    ...(SEEN.good as Presented),
    after: unseen('ehlo-refused', 'helo-after-tls', '550 5.7.1 go away') as Unseen,
  };
  SEEN['bad then lost'] = { ...(SEEN.bad as Presented), after: unseen('connection-lost', 'ehlo-after-tls') as Unseen };
  SEEN['502 then lost'] = { ...(SEEN['502'] as NoTls), after: unseen('connection-lost', 'after-starttls') as Unseen };
  SEEN.alien = presents((await (await createAuthority('Alien')).issue({ dnsNames: ['ok.example'] })).chain);
});

/** `good | bad refused`: hosts by preference, an address for each word; `good ~ bad` are two hosts of equal preference, `6good` is IPv6. */
function hosts(text: string, network = '192.0.2'): SceneHost[] {
  let made = 0;
  return text.split(' | ').flatMap((group, g) =>
    group.split(' ~ ').map((host, h) => {
      const words = host.split(',').map((word) => word.trim());
      return {
        host: `mx${g + 1}${'abc'[h]}.example`,
        preference: 10 * (g + 1),
        gives: words.map((word) => SEEN[word.replace(/^6/, '')] ?? SEEN.refused) as ProbeResult[],
        addresses: words.map((word) => (word.startsWith('6') ? `2001:db8::${++made}` : `${network}.${++made}`)),
      };
    }),
  );
}

const judged = (text: string, more: Partial<Scene> = {}) =>
  judgeScene({ policy: 'k.test secure match=ok.example', trust: anchors, hosts: hosts(text), ...more });

const endings = ({ endings: all }: EntryVerdict) => all.map(({ status, dsn, text }) => `${status} ${dsn} ${text}`.trim());

describe('the verdict', () => {
  test.each([
    { see: 'good', verdict: 'pass', reason: null, because: 'every address passes' },
    { see: 'good | good', verdict: 'pass', reason: null, because: 'all of them' },
    { see: 'good | refused', verdict: 'pass', reason: null, because: 'every seen address passes, and one always takes it' },
    { see: 'refused | good', verdict: 'pass', reason: null, because: 'a dead better host fails over' },
    { see: 'good ~ refused', verdict: 'pass', reason: null, because: 'in either order' },
    { see: 'good | bad', verdict: 'degraded', reason: 'name-mismatch', because: 'a backup would be refused' },
    { see: 'bad | good', verdict: 'degraded', reason: 'name-mismatch', because: 'the best is refused' },
    { see: 'alien | good', verdict: 'degraded', reason: 'missing-intermediate', because: 'or is not trusted' },
    {
      see: 'good | good | good | good | good | bad',
      verdict: 'pass',
      reason: null,
      because: 'what is never reached does not count',
    },
    { see: 'bad', verdict: 'fail', reason: 'name-mismatch', because: 'no address takes it' },
    { see: 'bad | alien', verdict: 'fail', reason: 'name-mismatch', because: 'the best one says why' },
    { see: 'bad | refused', verdict: 'fail', reason: 'name-mismatch', because: 'seen one of two' },
    { see: 'refused | bad', verdict: 'fail', reason: 'name-mismatch', because: 'whichever it is' },
    {
      see: 'bad, bad, bad, bad, bad | good',
      verdict: 'fail',
      reason: 'name-mismatch',
      because: 'five bad addresses hide the backup',
    },
    { see: 'bad, bad, bad, bad, bad, good', verdict: 'fail', reason: 'name-mismatch', because: 'some order defers' },
    { see: 'plain', verdict: 'fail', reason: 'starttls-not-offered', because: 'no STARTTLS' },
    { see: '454', verdict: 'fail', reason: 'starttls-refused-temporarily', because: 'STARTTLS refused for now is a failure' },
    { see: '502 | good', verdict: 'fail', reason: 'starttls-refused', because: 'a 5xx bounces whatever follows' },
    { see: 'good | 502', verdict: 'degraded', reason: 'starttls-refused', because: 'unless the mail was taken before' },
    { see: 'good ~ 502', verdict: 'fail', reason: 'starttls-refused', because: 'by luck of the order' },
    { see: 'bad | 502', verdict: 'fail', reason: 'starttls-refused', because: 'what bounces is worse than what defers' },
    { see: 'broken', verdict: 'fail', reason: 'handshake-failed', because: 'the handshake breaks' },
    { see: 'refused', verdict: 'undetermined', reason: 'nothing-seen', because: 'nothing was seen' },
    {
      see: 'refused | silent | 421 | 554',
      verdict: 'undetermined',
      reason: 'nothing-seen',
      because: 'whatever the reason',
    },
    { see: 'later', verdict: 'undetermined', reason: 'unfinished', because: 'there was no time' },
    { see: 'later | refused', verdict: 'undetermined', reason: 'nothing-seen', because: 'not even there' },
    { see: 'barred', verdict: 'unchecked', reason: 'private-addresses', because: 'we may not look at any' },
    { see: 'barred | refused', verdict: 'undetermined', reason: 'nothing-seen', because: 'we may not look at one' },
    {
      see: 'refused, refused, refused, refused, refused | good',
      verdict: 'undetermined',
      reason: 'nothing-seen',
      because: 'the good one is out of reach',
    },
    { see: 'refused, refused, refused, refused, good', verdict: 'pass', reason: null, because: 'and here within it' },
    {
      see: 'refused, refused, refused, refused, refused, good',
      verdict: 'undetermined',
      reason: 'partly-unseen',
      because: 'no seen address failed',
    },
    { see: 'bad | later', verdict: 'undetermined', reason: 'unfinished', because: 'what we did not try may pass' },
    { see: 'bad | barred', verdict: 'undetermined', reason: 'partly-unseen', because: 'what we may not try, too' },
    {
      see: 'bad | no way',
      verdict: 'undetermined',
      reason: 'partly-unseen',
      because: 'a host without any address seen may pass',
    },
    {
      see: 'bad, 6no way',
      verdict: 'fail',
      reason: 'name-mismatch',
      because: 'a family without a way out does as its host does',
    },
    { see: 'good, 6no way', verdict: 'pass', reason: null, because: 'for good as well' },
    { see: 'bad, 6no way | barred', verdict: 'undetermined', reason: 'partly-unseen', because: 'unless another host may pass' },
    {
      see: 'bad | later | refused',
      verdict: 'undetermined',
      reason: 'partly-unseen',
      because: 'a dead host beside it changes nothing',
    },
    {
      see: 'bad, bad, bad, bad, bad | later',
      verdict: 'fail',
      reason: 'name-mismatch',
      because: 'what is out of reach cannot help',
    },
  ])('$see: $verdict $reason, $because', ({ see, verdict, reason }) => {
    expect(judged(see)).toMatchObject({ verdict, reason });
  });
});

describe('what Postfix would do and say', () => {
  test.each([
    { see: 'good', would: 'deliver', says: null, protection: 'authenticated' },
    { see: 'bad', would: 'defer', says: 'Server certificate not verified', protection: 'authenticated' },
    {
      see: '502',
      would: 'bounce',
      says: 'TLS is required, but host mx1a.example[192.0.2.1] refused to start TLS: 502 5.5.1 never',
      protection: 'authenticated',
    },
    {
      see: 'good ~ 502',
      would: 'depends',
      says: 'TLS is required, but host mx1b.example[192.0.2.2] refused to start TLS: 502 5.5.1 never',
      protection: 'authenticated',
    },
    {
      see: 'bad, bad, bad, bad, bad, good',
      would: 'depends',
      says: 'Server certificate not verified',
      protection: 'authenticated',
    },
    {
      see: 'bad | refused',
      would: 'defer',
      says: 'connect to mx2a.example[192.0.2.2]:25: Connection refused',
      protection: 'authenticated',
    },
    { see: 'bad ~ refused', would: 'defer', says: 'Server certificate not verified', protection: 'authenticated' },
    { see: 'bad | good', would: 'deliver', says: null, protection: 'authenticated' },
    { see: 'refused', would: null, says: null, protection: 'authenticated' },
  ])('$see: $would, $says', ({ see, would, says, protection }) => {
    expect(judged(see)).toMatchObject({ postfixWould: would, postfixSays: says, protection });
  });

  test('every ending that some order could give, each once', () => {
    expect(endings(judged('bad ~ refused ~ plain ~ bad'))).toEqual([
      'deferred 4.7.5 Server certificate not verified',
      'deferred 4.4.1 connect to mx1b.example[192.0.2.2]:25: Connection refused',
      'deferred 4.7.4 TLS is required, but was not offered by host mx1c.example[192.0.2.3]',
    ]);
  });

  test('what only our side could not see has no ending of its own', () => {
    expect(endings(judged('later'))).toEqual([]);
    expect(endings(judged('bad ~ barred'))).toEqual(['deferred 4.7.5 Server certificate not verified']);
  });

  test('a refusal of HELO with 5xx bounces, whoever stands behind it', () => {
    const verdict = judged('helo | good');
    expect(endings(verdict)).toEqual([
      'bounced 5.5.4 host mx1a.example[192.0.2.1] refused to talk to me: 501 5.5.4 invalid name',
    ]);
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'helo-refused' });
  });
});

describe('what follows behind the handshake', () => {
  test.each([
    { see: 'good then lost', verdict: 'undetermined', reason: 'nothing-seen', because: 'the host is unseen' },
    { see: 'good then lost | good', verdict: 'pass', reason: null, because: 'and the next one takes it' },
    { see: 'good then lost | good then lost | good', verdict: 'pass', reason: null, because: 'no session is used up' },
    { see: 'bad then lost', verdict: 'fail', reason: 'name-mismatch', because: 'a certificate that was refused was seen' },
    { see: 'good then 550 | good', verdict: 'fail', reason: 'helo-refused', because: 'a refusal for good bounces' },
    { see: '354 | good', verdict: 'fail', reason: 'greeting-refused', because: 'so does a greeting of an odd class' },
  ])('$see: $verdict $reason, $because', ({ see, verdict, reason }) => {
    expect(judged(see)).toMatchObject({ verdict, reason });
  });

  test('the certificates seen are kept', () => {
    const [address] = judged('good then lost').hosts[0]?.addresses ?? [];
    expect(address).toMatchObject({ outcome: 'unseen', reason: 'connection-lost', phase: 'ehlo-after-tls' });
    expect(address?.chain.map(({ dnsNames }) => dnsNames)).toContainEqual(['ok.example']);
  });

  test.each([
    { see: 'good then lost', verdict: 'degraded', reason: 'connection-lost', because: 'deferred first, plaintext later' },
    { see: '502 then lost', verdict: 'undetermined', reason: 'nothing-seen', because: 'no plaintext either' },
    { see: '502 then lost | 502 then lost | good', verdict: 'undetermined', reason: 'partly-unseen', because: 'two sessions' },
    { see: '502 then lost | good', verdict: 'pass', reason: null, because: 'one leaves another' },
  ])('at may, $see: $verdict $reason, $because', ({ see, verdict, reason }) => {
    expect(judged(see, { policy: 'k.test may' })).toMatchObject({ verdict, reason });
  });
});

describe('levels', () => {
  test.each([
    { level: 'may', see: 'plain', verdict: 'pass', protection: 'none', because: 'plaintext will do' },
    { level: 'may', see: '454', verdict: 'pass', protection: 'none', because: 'a refusal too' },
    { level: 'may', see: '502', verdict: 'pass', protection: 'none', because: 'even for good' },
    { level: 'may', see: 'alien', verdict: 'pass', protection: 'encrypted', because: 'no certificate is asked for' },
    { level: 'may', see: 'broken', verdict: 'degraded', protection: 'none', because: 'deferred first, plaintext later' },
    {
      level: 'may',
      see: 'broken | good',
      verdict: 'degraded',
      protection: 'none',
      because: 'later attempts stay with the first',
    },
    { level: 'may', see: 'refused', verdict: 'undetermined', protection: 'none', because: 'unseen is unseen' },
    { level: 'encrypt', see: 'alien', verdict: 'pass', protection: 'encrypted', because: 'any certificate' },
    { level: 'encrypt', see: 'plain', verdict: 'fail', protection: 'encrypted', because: 'but TLS' },
    { level: 'encrypt', see: 'broken', verdict: 'fail', protection: 'encrypted', because: 'and a handshake' },
    { level: 'dane', see: 'plain', verdict: 'pass', protection: 'none', because: 'without DNSSEC dane is may' },
    { level: 'dane-only', see: 'good', verdict: 'fail', protection: 'none', because: 'and dane-only defers' },
  ])('$level, $see: $verdict, $because', ({ level, see, verdict, protection }) => {
    expect(judged(see, { policy: `k.test ${level}` })).toMatchObject({
      level: level === 'dane-only' ? 'invalid' : level,
      verdict,
      protection,
    });
  });

  test('dane-only without DNSSEC says so', () => {
    expect(judged('good', { policy: 'k.test dane-only' })).toMatchObject({
      reason: 'no-dnssec',
      postfixSays: 'client TLS configuration problem',
    });
  });

  test.each(['dane', 'dane-only'])('%s with DNSSEC that was not asked is not judged', (level) => {
    expect(judged('good', { policy: `k.test ${level}`, mainCf: ['smtp_dns_support_level = dnssec'] })).toMatchObject({
      level,
      verdict: 'undetermined',
      reason: 'dane-not-checked',
      postfixWould: null,
    });
  });

  test('none asks nothing', () => {
    expect(judged('good', { policy: 'k.test none' })).toMatchObject({
      verdict: 'unchecked',
      reason: 'level-none',
      postfixWould: null,
    });
  });
});

describe('settings', () => {
  test.each([
    {
      see: '502 | good',
      mainCf: ['soft_bounce = yes'],
      verdict: 'degraded',
      endings: ['sent 2.0.0'],
      because: 'a soft bounce goes on',
    },
    {
      see: '502',
      mainCf: ['soft_bounce = yes'],
      verdict: 'fail',
      endings: ['deferred 4.5.1 TLS is required, but host mx1a.example[192.0.2.1] refused to start TLS: 502 5.5.1 never'],
      because: 'and defers at the end',
    },
    {
      see: '554 | good',
      mainCf: ['smtp_skip_5xx_greeting = no'],
      verdict: 'fail',
      endings: ['bounced 5.3.2 host mx1a.example[192.0.2.1] refused to talk to me: 554 5.3.2 go away'],
      because: 'a 5xx greeting is final then',
    },
    {
      see: '554',
      mainCf: [],
      verdict: 'undetermined',
      endings: ['deferred 4.3.2 host mx1a.example[192.0.2.1] refused to talk to me: 554 5.3.2 go away'],
      because: 'else it is soft',
    },
    {
      see: 'good',
      mainCf: ['smtp_discard_ehlo_keywords = starttls'],
      verdict: 'pass',
      endings: ['sent 2.0.0'],
      because: 'the probe hides the keyword, not the judge',
    },
    {
      see: 'bad | good',
      mainCf: ['smtp_mx_address_limit = 1'],
      verdict: 'fail',
      endings: ['deferred 4.7.5 Server certificate not verified'],
      because: 'one address and no more',
    },
    {
      see: 'bad | good',
      mainCf: ['smtp_tls_wrappermode = yes'],
      verdict: 'degraded',
      endings: ['sent 2.0.0'],
      because: 'wrapper mode asks for encrypt, and has more',
    },
  ])('$mainCf, $see: $because', ({ see, mainCf, verdict, endings: expected }) => {
    const judgement = judged(see, { mainCf });
    expect(judgement.verdict).toBe(verdict);
    expect(endings(judgement)).toEqual(expected);
  });

  test('wrapper mode below encrypt tries nothing', () => {
    const verdict = judged('good', { policy: 'k.test may', mainCf: ['smtp_tls_wrappermode = yes'] });
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'wrapper-mode-below-encrypt', postfixWould: 'defer' });
    expect(endings(verdict)).toEqual(['deferred 4.3.0 server unavailable or unable to receive mail']);
  });

  test.each([
    { mainCf: [], says: 'bounced 5.4.4 gone', because: 'the lookup of another host' },
    { mainCf: ['soft_bounce = yes'], says: 'deferred 4.4.4 gone', because: 'and nothing bounces with soft_bounce' },
  ])('and says what it holds of $because', ({ mainCf, says }) => {
    const scene = {
      policy: 'k.test may',
      mainCf: ['smtp_tls_wrappermode = yes', ...mainCf],
      trust: anchors,
      hosts: hosts('good'),
    };
    const { destination, evidence, bundle, at } = stage(scene);
    const route = { ...evidence.routes['k.test'], unaddressed: { dsn: '5.4.4', text: 'gone' } } as Route;
    const verdict = judge(destination, { ...evidence, routes: { 'k.test': route } }, bundle, at);
    expect(verdict.reason).toBe('wrapper-mode-below-encrypt');
    expect(endings(verdict)).toEqual([says]);
  });

  test('a TLS engine that is off: encrypt and above defer, may goes out in plaintext', () => {
    const trust = { kind: 'engine-off', because: 'cannot load /ca.pem: No such file or directory' } as const;
    expect(judged('good', { trust })).toMatchObject({
      verdict: 'fail',
      reason: 'tls-engine-off',
      postfixSays: 'TLS is required, but our TLS engine is unavailable',
    });
    expect(judged('502', { trust })).toMatchObject({ reason: 'tls-engine-off', postfixWould: 'defer' });
    expect(judged('plain', { trust })).toMatchObject({ reason: 'starttls-not-offered' });
    expect(judged('good', { trust, policy: 'k.test may' })).toMatchObject({ verdict: 'pass', protection: 'none' });
    expect(judged('broken', { trust, policy: 'k.test may' })).toMatchObject({ verdict: 'pass', protection: 'none' });
  });

  test('a TLS engine that is off in wrapper mode: smtp(8) dies as soon as it is connected, or tlsproxy(8) refuses', () => {
    const trust = { kind: 'engine-off', because: 'cannot load /ca.pem: No such file or directory' } as const;
    const mainCf = ['smtp_tls_wrappermode = yes'];
    const dies = judged('plain', { trust, mainCf });
    expect(dies).toMatchObject({
      verdict: 'fail',
      reason: 'engine-off-kills-smtp',
      postfixWould: 'defer',
      postfixSays: 'killed by signal 11',
      postfixDsn: '',
    });
    expect(dies.sentence).toBe(
      'mail to k.test would be deferred: Postfix says "killed by signal 11". At mx1a.example (192.0.2.1) smtp(8) starts TLS ' +
        'from the first byte without asking whether it can, and dies: cannot load /ca.pem: No such file or directory. The ' +
        'cure is yours: name a file, or a digest, that smtp(8) has, as lint says',
    );
    expect(judged('plain', { trust, mainCf, policy: 'k.test may' })).toMatchObject({ reason: 'wrapper-mode-below-encrypt' });
    const reuse = [...mainCf, 'smtp_tls_connection_reuse = yes'];
    expect(judged('plain', { trust, mainCf: reuse })).toMatchObject({
      reason: 'tls-engine-off',
      postfixSays: 'Cannot start TLS: handshake failure',
    });
  });

  test('smtp(8) that dies delivers nothing at all', () => {
    const verdict = judged('good', { mainCf: ['smtp_tls_secure_cert_match ='] });
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'smtp-dies', postfixWould: 'defer' });
    expect(verdict.postfixSays).toBe('fatal: bad string length 0 < 1: smtp_tls_secure_cert_match = ');
    expect(endings(verdict)).toEqual([]);
  });

  test('where no program starts, no table is asked: that comes before one that cannot be', () => {
    const staged = stage({ policy: 'k.test may', mainCf: ['compatibility_level = x'], hosts: hosts('good') });
    const settled = { reason: 'unroutable', because: 'transport_maps lookup failure', table: 'tcp:127.0.0.1:1' } as const;
    const verdict = judge({ ...staged.destination, hops: [], settled }, staged.evidence, staged.bundle, staged.at);
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'smtp-dies' });
    expect(verdict.postfixSays).toBe('fatal: malformed compatibility level syntax: "x"');
  });
});

describe('a broken entry', () => {
  test('skips every address, with the warning told', () => {
    expect(judged('good', { policy: 'k.test sekure' })).toMatchObject({
      level: 'invalid',
      verdict: 'fail',
      reason: 'invalid-entry',
      postfixSays: 'client TLS configuration problem',
      postfixDsn: '4.7.5',
    });
  });

  test('fails though a fallback relay takes the mail', () => {
    const verdict = judged('good', {
      policy: 'k.test sekure',
      mainCf: ['smtp_fallback_relay = [relay.test]'],
      hosts: { 'k.test': hosts('good'), '[relay.test]': hosts('good', '198.51.100') },
    });
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'invalid-entry', postfixWould: 'deliver', protection: 'none' });
  });
});

describe('DNS of the destination', () => {
  const nowhere = (reason: 'nxdomain' | 'null-mx' | 'no-address' | 'loops', dsn: string): Route => ({
    kind: 'nowhere',
    nextHop: 'k.test',
    reason,
    dsn,
    text: `because of ${reason}`,
  });
  const unanswered: Route = {
    kind: 'unanswered',
    nextHop: 'k.test',
    failure: 'servfail',
    query: 'k.test MX',
    dsn: '4.4.3',
    text: 'try again',
  };

  test.each([
    {
      route: nowhere('nxdomain', '5.4.4'),
      verdict: 'fail',
      reason: 'nxdomain',
      would: 'bounce',
      ends: ['bounced 5.4.4 because of nxdomain'],
    },
    {
      route: nowhere('null-mx', '5.1.0'),
      verdict: 'fail',
      reason: 'null-mx',
      would: 'bounce',
      ends: ['bounced 5.1.0 because of null-mx'],
    },
    {
      route: nowhere('no-address', '4.4.4'),
      verdict: 'fail',
      reason: 'no-address',
      would: 'defer',
      ends: ['deferred 4.4.4 because of no-address'],
    },
    {
      route: nowhere('loops', '5.4.6'),
      verdict: 'fail',
      reason: 'loops',
      would: 'bounce',
      ends: ['bounced 5.4.6 because of loops'],
    },
    { route: unanswered, verdict: 'undetermined', reason: 'dns-servfail', would: null, ends: ['deferred 4.4.3 try again'] },
  ])('$reason: $verdict, $ends', ({ route, verdict, reason, would, ends }) => {
    const judgement = judged('good', { hosts: { 'k.test': route } });
    expect(judgement).toMatchObject({ verdict, reason, postfixWould: would, hosts: [] });
    expect(endings(judgement)).toEqual(ends);
  });

  test('soft_bounce keeps such mail too', () => {
    const judgement = judged('good', { hosts: { 'k.test': nowhere('nxdomain', '5.4.4') }, mainCf: ['soft_bounce = yes'] });
    expect(endings(judgement)).toEqual(['deferred 4.4.4 because of nxdomain']);
  });

  test('a next hop that was not looked up was not finished', () => {
    expect(judged('good', { hosts: {} })).toMatchObject({
      verdict: 'undetermined',
      reason: 'unfinished',
      sentence: 'there was no time for k.test in this run',
    });
  });

  const fallback = (route: Route, level: string) =>
    judged('good', {
      policy: `k.test secure match=ok.example\n[relay.test] ${level}`,
      mainCf: ['smtp_fallback_relay = [relay.test]'],
      hosts: { 'k.test': route, '[relay.test]': hosts('good', '198.51.100') },
    });

  test('a fallback relay is tried after all of them but a loop', () => {
    expect(fallback(nowhere('nxdomain', '5.4.4'), 'encrypt')).toMatchObject({
      verdict: 'fail',
      reason: 'nxdomain',
      postfixWould: 'deliver',
    });
    expect(fallback(nowhere('nxdomain', '5.4.4'), 'secure match=ok.example')).toMatchObject({
      verdict: 'degraded',
      reason: 'nxdomain',
    });
    expect(fallback(nowhere('loops', '5.4.6'), 'encrypt')).toMatchObject({
      verdict: 'fail',
      reason: 'loops',
      postfixWould: 'bounce',
    });
    expect(fallback(unanswered, 'encrypt')).toMatchObject({ verdict: 'undetermined', reason: 'dns-servfail' });
  });
});

describe('fallback hops', () => {
  const relayed = (see: string, relay: string, level: string, mainCf: readonly string[] = []) =>
    judged('', {
      policy: `k.test secure match=ok.example\n[relay.test] ${level}`,
      mainCf: ['smtp_fallback_relay = [relay.test]', ...mainCf],
      hosts: { 'k.test': hosts(see), '[relay.test]': hosts(relay, '198.51.100') },
    });

  test.each([
    { see: 'good', relay: 'bad', level: 'secure', verdict: 'pass', reason: null, because: 'never reached, never minded' },
    {
      see: 'bad',
      relay: 'good',
      level: 'secure match=ok.example',
      verdict: 'degraded',
      reason: 'name-mismatch',
      because: 'as strong as the first',
    },
    {
      see: 'bad',
      relay: 'good',
      level: 'verify match=ok.example',
      verdict: 'degraded',
      reason: 'name-mismatch',
      because: 'authenticated is authenticated',
    },
    { see: 'bad', relay: 'good', level: 'encrypt', verdict: 'fail', reason: 'weaker-fallback', because: 'only encrypted' },
    { see: 'bad', relay: 'good', level: 'none', verdict: 'fail', reason: 'weaker-fallback', because: 'in plaintext' },
    {
      see: 'bad',
      relay: 'bad',
      level: 'secure match=ok.example',
      verdict: 'fail',
      reason: 'name-mismatch',
      because: 'nobody takes it',
    },
    {
      see: 'bad',
      relay: 'refused',
      level: 'secure match=ok.example',
      verdict: 'fail',
      reason: 'name-mismatch',
      because: 'seen one of two',
    },
    {
      see: '502',
      relay: 'good',
      level: 'secure match=ok.example',
      verdict: 'fail',
      reason: 'starttls-refused',
      because: 'not after a hard failure',
    },
    { see: 'good ~ 502', relay: 'good', level: 'encrypt', verdict: 'fail', reason: 'starttls-refused', because: 'in no order' },
    {
      see: 'refused',
      relay: 'good',
      level: 'secure match=ok.example',
      verdict: 'pass',
      reason: null,
      because: 'a dead destination fails over',
    },
    {
      see: 'refused',
      relay: 'good',
      level: 'encrypt',
      verdict: 'undetermined',
      reason: 'partly-unseen',
      because: 'to a weaker one, if it is dead',
    },
    {
      see: 'bad, bad, bad, bad, bad',
      relay: 'good',
      level: 'secure match=ok.example',
      verdict: 'degraded',
      reason: 'name-mismatch',
      because: 'with a limit of its own',
    },
  ])('$see, then $relay at $level: $verdict $reason, $because', ({ see, relay, level, verdict, reason }) => {
    expect(relayed(see, relay, level)).toMatchObject({ verdict, reason });
  });

  test('the last hop has the last word', () => {
    expect(endings(relayed('bad', 'refused', 'secure'))).toEqual([
      'deferred 4.4.1 connect to mx1a.example[198.51.100.1]:25: Connection refused',
    ]);
  });

  test('an entry for the second element of a list is judged from there on', () => {
    const verdict = judged('', {
      policy: '[b.test] secure match=ok.example',
      of: '[b.test]',
      transport: 'd.test smtp:[a.test], [b.test]',
      hosts: { '[a.test]': hosts('plain'), '[b.test]': hosts('bad') },
    });
    expect(verdict).toMatchObject({ level: 'secure', verdict: 'fail', reason: 'name-mismatch', nextHop: { text: '[b.test]' } });
    expect(verdict.hosts).toHaveLength(1);
  });
});

describe('MTA-STS attributes', () => {
  const sts = (extra: string, see = 'good') =>
    judged(see, { policy: `k.test secure policy_type=sts policy_domain=k.test match=ok.example ${extra}` });

  test('a host outside the patterns is passed over', () => {
    const verdict = sts('mx_host_pattern=mx9.example');
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'mx-not-in-pattern' });
    expect(endings(verdict)).toEqual(['deferred 4.3.0 server unavailable or unable to receive mail']);
  });

  test.each([
    { pattern: '*.example', fits: true, because: 'one label' },
    { pattern: 'MX1A.EXAMPLE', fits: true, because: 'case does not count' },
    { pattern: '*', fits: false, because: 'a lone star is a name' },
    { pattern: '*.1a.example', fits: false, because: 'labels, not characters' },
    { pattern: '*a.example', fits: false, because: 'a star is a whole label' },
  ])('$pattern: $because', ({ pattern, fits }) => {
    expect(sts(`mx_host_pattern=${pattern}`).reason).toBe(fits ? 'name-mismatch' : 'mx-not-in-pattern');
  });

  test('the error of another address is kept when one is passed over', () => {
    expect(endings(sts('mx_host_pattern=mx1a.example', 'refused | good'))).toEqual([
      'deferred 4.4.1 connect to mx1a.example[192.0.2.1]:25: Connection refused',
    ]);
  });

  test('a policy failure makes every verification fail', () => {
    const verdict = judged('good', {
      policy: 'k.test secure policy_type=sts policy_failure=validation-failure match=ok.example',
    });
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'forced-failure', postfixSays: 'Server certificate not verified' });
  });
});

describe('OpenSSL as a witness', () => {
  test('a disagreement at the time of the handshake is our bug, and judges nothing', () => {
    SEEN.doubted = { ...(SEEN.good as Extract<ProbeResult, { kind: 'presented' }>), verify: 'CERT_HAS_EXPIRED' };
    const verdict = judged('doubted', { probedAt: AT });
    expect(verdict).toMatchObject({ verdict: 'undetermined', reason: 'nothing-seen' });
    expect(verdict.hosts[0]?.addresses[0]).toMatchObject({
      outcome: 'unseen',
      reason: 'our-bug',
      detail:
        'our own judgement contradicts OpenSSL; please report it (OpenSSL said CERT_HAS_EXPIRED of the chain, we say trusted)',
    });
  });

  test.each([
    { because: 'other anchors than the handshake had: it was asked something else', own: 'other', verdict: 'fail' },
    { because: 'the same ones, and it contradicts', own: 'same', verdict: 'undetermined' },
  ])('of a service with $because', ({ own, verdict }) => {
    const { destination, evidence, bundle, at } = stage({
      policy: 'k.test secure match=ok.example',
      trust: anchors,
      hosts: hosts('alien'),
      probedAt: AT,
    });
    const known = bundle.trust.kind === 'anchors' ? bundle.trust : undefined;
    const trust = own === 'same' ? { ...bundle.trust } : { kind: 'anchors' as const, certificates: [], source: 'elsewhere' };
    expect(known?.certificates).toHaveLength(1);
    const services = { strict: { settings: bundle.settings, trust, anchorFiles: {} } };
    const hops = destination.hops.map((hop) => ({ ...hop, service: 'strict' }));
    const routes = { 'k.test by strict': evidence.routes['k.test'] as Route };
    const judged = judge({ ...destination, hops, service: 'strict' }, { ...evidence, routes }, { ...bundle, services }, at);
    expect(judged.verdict).toBe(verdict);
  });

  test('it is not asked about another date', () => {
    expect(judged('doubted')).toMatchObject({ verdict: 'pass' });
    expect(judged('good', { probedAt: AT, at: LEAF_VALIDITY.notAfter + 86_400_000 })).toMatchObject({
      verdict: 'fail',
      reason: 'expired',
    });
  });
});

describe('settings of ours that no server can mend', () => {
  test('STARTTLS that smtp_discard_ehlo_keywords hides is ours, and said to be', () => {
    const verdict = judged('plain', { mainCf: ['smtp_discard_ehlo_keywords = starttls'] });
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'starttls-ignored', postfixDsn: '4.7.4' });
    expect(verdict.sentence).toContain('our own smtp_discard_ehlo_keywords hides STARTTLS');
  });

  test('so is STARTTLS that a table hides, and a table that cannot be asked', () => {
    const at = (gives: ProbeResult) =>
      judgeScene({ policy: 'a.test encrypt\n', hosts: [{ host: 'mx.a.test', preference: 10, gives: [gives] }] });
    const hidden = at({ kind: 'no-tls', why: 'not-offered', hiddenBy: 'smtp_reply_filter' });
    expect(hidden).toMatchObject({ verdict: 'fail', reason: 'starttls-ignored', postfixDsn: '4.7.4' });
    expect(hidden.sentence).toContain('our own smtp_reply_filter hides STARTTLS');
    const broken = at({ kind: 'unseen', phase: 'ehlo', reason: 'local-data-error', detail: 'no daemon' });
    expect(broken).toMatchObject({
      verdict: 'fail',
      reason: 'local-data-error',
      postfixDsn: '4.3.0',
      postfixSays: 'local data error while talking to mx.a.test[192.0.2.1]',
    });
    const unbound = at({
      kind: 'unseen',
      phase: 'connect',
      reason: 'bind-refused',
      detail: '192.0.2.9 is no address of this host',
    });
    expect(unbound).toMatchObject({ verdict: 'fail', reason: 'bind-refused', postfixSays: 'server configuration error' });
  });

  test.each([
    { port: 465, mainCf: [], reason: 'wrapper-mode-missing' },
    { port: 465, mainCf: ['smtp_tls_wrappermode = yes'], reason: 'timed-out' },
    { port: 587, mainCf: [], reason: 'timed-out' },
  ])('silence in place of a greeting on port $port, $mainCf: $reason', ({ port, mainCf, reason }) => {
    const gives = [unseen('timed-out', 'greeting')];
    const verdict = judgeScene({
      policy: `[mx.test]:${port} encrypt`,
      mainCf: [`relayhost = [mx.test]:${port}`, ...mainCf],
      hosts: [{ host: 'mx.test', gives }],
    });
    const [address] = verdict.hosts[0]?.addresses ?? [];
    expect(address?.reason).toBe(reason);
    if (reason === 'wrapper-mode-missing') {
      expect(verdict).toMatchObject({ verdict: 'fail', postfixWould: 'defer', postfixDsn: '4.4.2' });
      expect(verdict.postfixSays).toMatch(/timed out while receiving the initial server greeting$/);
      expect(verdict.sentence).toContain('smtp_tls_wrappermode');
    }
  });
});
