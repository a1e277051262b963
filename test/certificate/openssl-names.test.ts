/**
 * Names as OpenSSL takes them: constraints of every type against names of every type, common names of odd types, and
 * relative names without an attribute. OPENSSL_SEED chooses what is drawn.
 */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { hashedName } from '../../lambda/certificate/anchors.ts';
import { readCertificate } from '../../lambda/certificate/certificate.ts';
import { matchNames, referenceIdentifiers } from '../../lambda/verdict/name-match.ts';
import { type Authority, createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier, remint } from '../internet/remint.ts';
import { AT, forYears } from './chains.ts';
import { differences, isReference, NO_REFERENCE, PATIENCE_MS } from './openssl-verify.ts';
import { type Random, randomFrom } from './random.ts';

const random = randomFrom(Number(process.env.OPENSSL_SEED ?? 20_261_124));

const text = (value: string) => Buffer.from(value, 'utf8');
const attribute = (type: string, tag: number, value: Buffer) => element(0x30, objectIdentifier(type), element(tag, value));
const relative = (...attributes: readonly Buffer[]) => element(0x31, ...attributes);
const directory = (...values: readonly string[]) =>
  element(0x30, ...values.map((value) => relative(attribute('2.5.4.10', 0x0c, text(value)))));
const otherName = (type: string, tag: number, value: string) =>
  element(0xa0, objectIdentifier(type), element(0xa0, element(tag, text(value))));
const MAILBOX = '1.3.6.1.5.5.7.8.9';
const extension = (oid: string, value: Buffer) => element(0x30, objectIdentifier(oid), element(0x04, value));

const HOSTS = [
  'example.com',
  'mx.example.com',
  'EXAMPLE.com',
  'example.net',
  'bücher.example',
  'mx..example.com',
  'localhost',
  '',
];
const BASES = [
  'example.com',
  '.example.com',
  'u@example.com',
  'xn--bcher-kva.example',
  '.xn--bcher-kva.example',
  'xn--?.example',
  '',
  '@',
];
const ADDRESSES = ['c0000201', 'c6336407', '20010db8000000000000000000000001', 'c000'];
const RANGES = [
  'c0000200ffffff00',
  '0000000000000000',
  `20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`,
  'c0000200',
  'c0000201fffffff0',
];

function drawName(r: Random): Buffer {
  const host = r.pick(HOSTS);
  return r.pick([
    () => element(0x82, text(host)),
    () => element(0x81, text(r.pick([`u@${host}`, `U@${host}`, host, `a@b@${host}`]))),
    () => otherName(MAILBOX, r.chance(0.9) ? 0x0c : 0x16, r.pick([`u@${host}`, `ü@${host}`, host, `ü@xn--bcher-kva.example`])),
    () => otherName(MAILBOX, 0x0c, `u@${host}`),
    () => otherName(r.pick(['1.2.3.4', '1.3.6.1.5.5.7.8.7']), 0x16, host),
    () => element(0x86, text(r.pick([`https://${host}/`, `https://${host}:443/`, `urn:${host}`, `ldap://`]))),
    () => element(0x87, Buffer.from(r.pick(ADDRESSES), 'hex')),
    () => element(0xa4, directory(...r.several(['Example', 'EXAMPLE  Ltd', 'Other']))),
    () => element(0x88, Buffer.from('2a0304', 'hex')),
  ])();
}

function drawBase(r: Random): Buffer {
  const base = r.pick(BASES);
  return r.pick([
    () => element(0x82, text(base)),
    () => element(0x81, text(base)),
    () => element(0x81, text(base)),
    () => element(0x86, text(base)),
    () => element(0x87, Buffer.from(r.pick(RANGES), 'hex')),
    () => element(0xa4, directory(...(r.chance(0.2) ? [] : r.several(['example', 'example ltd', 'Other'])))),
    () => otherName(r.pick([MAILBOX, '1.2.3.4']), 0x0c, base),
    () => element(0x88, Buffer.from('2a0304', 'hex')),
  ])();
}

const subtree = (r: Random) => element(0x30, drawBase(r), ...(r.chance(0.04) ? [element(0x80, Buffer.of(r.below(2)))] : []));

function drawConstraints(r: Random): Buffer {
  const some = () => Array.from({ length: 1 + r.below(3) }, () => subtree(r));
  return element(
    0x30,
    ...(r.chance(0.8) ? [element(0xa0, ...some())] : []),
    ...(r.chance(0.4) ? [element(0xa1, ...some())] : []),
  );
}

async function constrained(constraints: Buffer): Promise<Authority> {
  return createAuthority('Root', {
    ...forYears,
    extensions: [{ oid: '2.5.29.30', critical: true, der: constraints }],
  });
}

test(
  'names of every type under constraints of every type',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const questions = [];
    for (let i = 0; i < 60; i++) {
      const authority = await constrained(drawConstraints(random));
      const { der } = await authority.issue(forYears);
      const leaves = Array.from({ length: 12 }, () => {
        const names = Array.from({ length: 1 + random.below(2) }, () => drawName(random));
        return remint(der, authority.key, {
          extensions: element(0xa3, element(0x30, extension('2.5.29.17', element(0x30, ...names)))),
        });
      });
      questions.push({
        because: leaves.map((leaf) => pemOf(leaf) + authority.certificate.pem),
        caFile: authority.certificate.pem,
        leaves,
        at: AT,
      });
    }
    const { differing, trusted, asked } = await differences(questions);
    console.log(
      `counted: openssl verify on ${asked} leaves under name constraints, ${trusted} trusted, ${differing.length} differences`,
    );
    expect(differing).toEqual([]);
    expect(trusted / asked).toBeGreaterThan(0.1);
    expect(trusted / asked).toBeLessThan(0.9);
  },
  PATIENCE_MS,
);

/** Universal types; the bytes are a host name's in all of them. */
const TYPES = [0x07, 0x08, 0x09, 0x0c, 0x0d, 0x0e, 0x12, 0x13, 0x14, 0x16, 0x1e, 0x30];
const HOST = 'mail.example.com';
const named = (...tags: readonly number[]) =>
  element(0x30, ...tags.map((tag) => relative(attribute('2.5.4.3', tag, text(HOST)))));

test(
  'common names of any type are constrained, and match or not',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const free = await createAuthority('Root', forYears);
    const held = await constrained(element(0x30, element(0xa0, element(0x30, element(0x82, text('example.com'))))));
    const subjects = TYPES.flatMap((tag) => [named(tag), named(tag, 0x0c), named(0x0c, tag)]);
    const leavesOf = async (authority: Authority) => {
      const { der } = await authority.issue({ ...forYears, commonName: 'x' });
      return subjects.map((subject) => remint(der, authority.key, { subject }));
    };
    const questions = await Promise.all(
      [free, held].map(async (authority) => ({
        because: subjects.map((subject) => subject.toString('hex')),
        caFile: authority.certificate.pem,
        leaves: await leavesOf(authority),
        at: AT,
      })),
    );
    expect((await differences(questions)).differing).toEqual([]);
    const references = referenceIdentifiers([{ kind: 'name', name: HOST }], { nextHop: 'x.test', mxHost: 'mx.test' });
    for (const leaf of questions[0]?.leaves ?? []) {
      const certificate = readCertificate(leaf);
      if (certificate.kind === 'unreadable') throw new Error(certificate.because);
      const { stdout } = spawnSync('openssl', ['x509', '-noout', '-checkhost', HOST], { input: pemOf(leaf), encoding: 'utf8' });
      const settings = { version: '3.11', wildcardMatchesMultipleLabels: true };
      const address = referenceIdentifiers([{ kind: 'name', name: '192.0.2.1' }], { nextHop: 'x.test', mxHost: 'mx.test' });
      expect(matchNames(certificate, references, settings).kind).toBe(stdout.includes('does match') ? 'matched' : 'mismatch');
      expect(matchNames(certificate, address, settings).kind).toBe('mismatch');
    }
  },
  PATIENCE_MS,
);

test(
  'a relative name without an attribute is none',
  async ({ skip }) => {
    skip(!isReference, NO_REFERENCE);
    const organisation = relative(attribute('2.5.4.10', 0x13, text('Example')));
    const empty = relative();
    const subjects = [
      [empty],
      [empty, organisation],
      [organisation, empty],
      [organisation, empty, organisation],
      [organisation],
      [],
    ];
    const root = await createAuthority('Root', { ...forYears, authorityKeyId: null, subjectKeyId: null });
    const { der } = await root.issue({ ...forYears, authorityKeyId: null });
    const questions = subjects.flatMap((subject) =>
      subjects.map((issuer) => {
        const [own, other] = [element(0x30, ...subject), element(0x30, ...issuer)];
        const anchor = remint(root.certificate.der, root.key, { subject: own, issuer: own });
        return {
          because: [`${own.toString('hex')} and ${other.toString('hex')}`],
          caFile: pemOf(anchor),
          leaves: [remint(der, root.key, { issuer: other })],
          at: AT,
          anchor,
        };
      }),
    );
    const { differing, trusted } = await differences(questions);
    expect(differing).toEqual([]);
    expect(trusted).toBe(10);
    for (const { anchor } of questions) {
      const { stdout } = spawnSync('openssl', ['x509', '-noout', '-subject_hash'], { input: pemOf(anchor), encoding: 'utf8' });
      expect(hashedName(anchor)).toBe(stdout.trim());
    }
  },
  PATIENCE_MS,
);
