/** The pins to use instead: keys that an authority vouches for, the old ones until the new are seen everywhere, and no stranger's. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { withCaution } from '../../lambda/snapshot/caution.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type Authority, createAuthority, type Issued, type KeyPair, keyPair, selfSigned } from '../internet/authority.ts';
import { AT, judgeScene, presents, unseen } from './scene.ts';

type KeyName = 'a' | 'b' | 'c';

let root: Authority;
let keys: Record<KeyName, KeyPair>;
beforeAll(async () => {
  root = await createAuthority('Root');
  keys = { a: await keyPair('ec'), b: await keyPair('ec'), c: await keyPair('ec') };
});

const made = new Map<string, Promise<Issued>>();

/** `b = *.p.net`: its key and its names; `self b = …` vouched for by nobody. */
function identity(text: string): Promise<Issued> {
  const [, alone, name = 'a', names = ''] = /^(self )?([abc]) = (.*)$/.exec(text) ?? [];
  const options = { commonName: null, dnsNames: names.split(' '), key: keys[name as KeyName] };
  const known = made.get(text) ?? (alone === undefined ? root.issue(options) : selfSigned(options));
  made.set(text, known);
  return known;
}

async function digestOf(text: string, of: 'certificate' | 'key', algorithm: 'sha256' | 'sha1' = 'sha256') {
  const [der = ''] = (await identity(text)).chain;
  const certificate = readCertificate(der);
  return certificate.kind === 'unreadable'
    ? ''
    : certificate
        .digest(of, algorithm)
        .toUpperCase()
        .replace(/..(?!$)/g, '$&:');
}

const key = (text: string) => digestOf(text, 'key');

/** Hosts as `mx1.p.net: b = *.p.net`; without an identity they are silent. */
async function judged(
  policy: string,
  hosts: readonly string[],
  mainCf: readonly string[] = SHA256,
  of = 'k.com',
): Promise<EntryVerdict> {
  const seen = await Promise.all(
    hosts.map(async (text, i) => {
      const [host = '', shown] = text.split(': ');
      return { host, preference: i, gives: [shown === undefined ? unseen('refused') : presents((await identity(shown)).chain)] };
    }),
  );
  return judgeScene({ policy, hosts: seen, trust: [root.certificate.der], mainCf, of });
}

const SHA256 = ['smtp_tls_fingerprint_digest = sha256'];
const OLD = 'a = mx1.p.net';
const NEW = 'b = mx1.p.net';

test('the new key in place of the old one, once all hosts have it', async () => {
  const { suggestion } = await judged(`k.com fingerprint ciphers=high match=${await key(OLD)}`, [`mx1.p.net: ${NEW}`]);
  expect(suggestion).toEqual({
    line: `k.com fingerprint ciphers=high match=${await key(NEW)}`,
    restsOn: 'dns',
    because:
      'the new key is in a certificate that an authority of yours vouches for, in the name of p.net, and it was found through ' +
      'DNS, which is not signed here: ask k.com by another way than DNS and mail for the digest of the new key, and compare it',
    verdict: 'pass',
  });
});

test('the old one beside it while some host presents it, or was not seen', async () => {
  const both = `k.com fingerprint match=${await key(OLD)}|${await key(NEW)}`;
  for (const other of ['mx2.p.net: a = mx2.p.net', 'mx2.p.net']) {
    const { suggestion } = await judged(`k.com fingerprint match=${await key(OLD)}`, [`mx1.p.net: ${NEW}`, other]);
    expect(suggestion?.line).toBe(both);
  }
});

test('the key of a certificate that is pinned and in use', async () => {
  const pinned = await digestOf('a = mx2.p.net', 'certificate');
  const { suggestion } = await judged(`k.com fingerprint match=${pinned}`, [
    'mx1.p.net: b = mx1.p.net',
    'mx2.p.net: a = mx2.p.net',
  ]);
  expect(suggestion?.line).toBe(`k.com fingerprint match=${await key(OLD)}|${await key(NEW)}`);
});

test('under the digest of the settings', async () => {
  const sha1 = ['smtp_tls_fingerprint_digest = sha1'];
  const { suggestion } = await judged(
    `k.com fingerprint match=${await digestOf(OLD, 'key', 'sha1')}`,
    [`mx1.p.net: ${NEW}`],
    sha1,
  );
  expect(suggestion?.line).toBe(`k.com fingerprint match=${await digestOf(NEW, 'key', 'sha1')}`);
});

test('a certificate for the domain itself needs no word of DNS', async () => {
  const { suggestion } = await judged(`k.com fingerprint match=${await key(OLD)}`, ['mx1.p.net: b = mail.k.com']);
  expect(suggestion).toMatchObject({
    restsOn: 'policy',
    because: 'the new key is in a certificate that an authority of yours vouches for, in the name of k.com',
  });
});

describe('no line', () => {
  test.each([
    { hosts: ['mx1.p.net: self b = mx1.p.net'], because: 'a self-signed certificate may be of anybody' },
    { hosts: ['mx1.p.net: b = mx.evil.example'], because: 'a valid one for others altogether' },
    { hosts: ['mx1.p.net: b = mx1.p.net', 'mx2.p.net: self c = mx2.p.net'], because: 'one of two is proved by nothing' },
    { hosts: ['mx1.p.net'], because: 'nothing was seen' },
    { hosts: ['mx1.p.net: a = whatever.example'], because: 'all is well' },
  ])('$because', async ({ hosts }) => {
    expect((await judged(`k.com fingerprint match=${await key(OLD)}`, hosts)).suggestion).toBeNull();
  });
});

test('never the key of an interceptor, whatever it presents, beside the right hosts or alone', async () => {
  const right = fc.constantFrom('mx1.p.net: a = mx1.p.net', 'mx1.p.net: b = mx1.p.net', 'mx1.p.net');
  const names = fc.constantFrom('mx.evil.example', '*.evil.example evil.example', 'evil.github.io');
  const evil = fc.oneof(
    names.map((shown) => `mx2.p.net: c = ${shown}`),
    names.map((shown) => `mx2.p.net: self c = ${shown} mx2.p.net`),
    names.map((shown) => `${shown.split(' ')[0]?.replace('*', 'mx')}: c = ${shown}`),
    names.map((shown) => `${shown.split(' ')[0]?.replace('*', 'mx')}: self c = ${shown}`),
  );
  const pinned = await key(OLD);
  await fc.assert(
    fc.asyncProperty(right, evil, fc.boolean(), async (good, bad, alone) => {
      const verdict = await judged(`k.com fingerprint match=${pinned}`, alone ? [bad] : [bad, good]);
      const { suggestion } = withCaution(verdict, {
        passed: { hosts: ['mx1.p.net', 'mx2.p.net'], domains: [] },
        confirmations: [],
        failingSince: AT,
        queueLifetimeMs: 5 * 86_400_000,
        now: AT,
      });
      expect(suggestion?.line ?? '').not.toContain(await key('c = x'));
    }),
    { numRuns: 100 },
  );
});
