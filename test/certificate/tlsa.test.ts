import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Certificate, readCertificate } from '../../lambda/certificate/certificate.ts';
import { daneDigests } from '../../lambda/certificate/dane-digests.ts';
import { assessTlsa, matchesTlsa, printTlsa, type TlsaRecord, tlsaSet } from '../../lambda/certificate/tlsa.ts';
import { createAuthority } from '../internet/authority.ts';

const DEFAULT = 'sha512 sha256';
const sha256 = 'ab'.repeat(32);
const sha512 = 'cd'.repeat(64);
let certificate: Certificate;
let full: string;
let key: string;

beforeAll(async () => {
  const root = await createAuthority();
  const { chain } = await root.issue({ dnsNames: ['mx.example.net'] });
  const read = readCertificate(chain[0] ?? '');
  if (read.kind === 'unreadable') throw new Error(read.because);
  certificate = read;
  full = Buffer.from(read.der, 'base64').toString('hex');
  key = read.x509.publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
});

/** Records as zone files have them; CERT and KEY stand for the full data of the certificate at hand. */
const records = (...texts: string[]): TlsaRecord[] =>
  texts.map((text) => {
    const [usage, selector, matchingType, data = ''] = text.split(' ');
    return {
      usage: Number(usage),
      selector: Number(selector),
      matchingType: Number(matchingType),
      data: data.replace('CERT', full).replace('KEY', key),
    };
  });

const uses = (version: string, digests: string, ...texts: string[]) =>
  assessTlsa(records(...texts), digests, version).map(({ use }) =>
    use.kind === 'unusable' ? `unusable by ${use.by}` : use.kind,
  );

test.each([
  { set: [`3 1 1 ${sha256}`], to36: ['counts'], to35: ['counts'], because: 'the common one' },
  { set: [`2 0 2 ${sha512}`], to36: ['counts'], to35: ['counts'], because: 'a trust anchor by its strongest digest' },
  { set: ['3 0 0 CERT'], to36: ['counts'], to35: ['counts'], because: 'a whole certificate' },
  { set: ['2 1 0 KEY'], to36: ['counts'], to35: ['counts'], because: 'a whole key' },
  {
    set: [`0 0 1 ${sha256}`],
    to36: ['unusable by postfix'],
    to35: ['unusable by postfix'],
    because: 'usage 0 means nothing for mail',
  },
  { set: [`1 1 1 ${sha256}`], to36: ['unusable by postfix'], to35: ['unusable by postfix'], because: 'nor does usage 1' },
  {
    set: [`4 1 1 ${sha256}`],
    to36: ['unusable by postfix'],
    to35: ['unusable by postfix'],
    because: 'a usage that nobody knows',
  },
  {
    set: [`255 255 255 ${sha256}`],
    to36: ['unusable by postfix'],
    to35: ['unusable by postfix'],
    because: 'a record cut short reads so',
  },
  {
    set: [`3 1 255 ${sha256}`],
    to36: ['unusable by postfix'],
    to35: ['unusable by postfix'],
    because: 'a type kept for fingerprints',
  },
  { set: [`3 2 1 ${sha256}`], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'an unknown selector' },
  {
    set: [`3 1 3 ${sha256}`],
    to36: ['unusable by openssl'],
    to35: ['unusable by postfix'],
    because: 'a type that is not configured',
  },
  { set: [`3 1 1 ${sha256}ab`], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'a byte too many' },
  { set: [`3 1 1 ${sha256.slice(2)}`], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'a byte too few' },
  { set: ['3 1 1 '], to36: ['unusable by postfix'], to35: ['unusable by postfix'], because: 'no digest at all' },
  {
    set: [`3 1 2 ${sha256}`],
    to36: ['unusable by openssl'],
    to35: ['unusable by postfix'],
    because: 'the length of another digest',
  },
  { set: ['3 0 0 KEY'], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'a key is no certificate' },
  { set: ['3 1 0 CERT'], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'a certificate is no key' },
  {
    set: ['2 0 0 CERT00'],
    to36: ['unusable by openssl'],
    to35: ['unusable by postfix'],
    because: 'something behind the certificate',
  },
  { set: ['2 1 0 KEY00'], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'something behind the key' },
  { set: ['3 0 0 00'], to36: ['unusable by openssl'], to35: ['unusable by postfix'], because: 'rubbish' },
  {
    set: [`3 1 1 ${sha256}`, `3 1 2 ${sha512}`],
    to36: ['outweighed', 'counts'],
    to35: ['outweighed', 'counts'],
    because: 'the stronger digest alone counts, in whatever order',
  },
  {
    set: [`3 0 2 ${sha512}`, `3 1 1 ${sha256}`],
    to36: ['counts', 'counts'],
    to35: ['counts', 'counts'],
    because: 'agility is per selector',
  },
  {
    set: [`2 1 2 ${sha512}`, `3 1 1 ${sha256}`],
    to36: ['counts', 'counts'],
    to35: ['counts', 'counts'],
    because: 'and per usage',
  },
  {
    set: [`3 1 2 ${sha512}`, '3 1 0 KEY', `3 1 1 ${sha256}`],
    to36: ['counts', 'counts', 'outweighed'],
    to35: ['counts', 'counts', 'outweighed'],
    because: 'full data always counts',
  },
  {
    set: [`3 1 2 ${sha256}`, `3 1 1 ${sha256}`],
    to36: ['unusable by openssl', 'counts'],
    to35: ['unusable by postfix', 'counts'],
    because: 'an unusable strong one outweighs nothing',
  },
  {
    set: [`3 1 2 ${sha512}`, `3 1 2 ${sha512}00`, `3 1 1 ${sha256}`],
    to36: ['counts', 'unusable by openssl', 'outweighed'],
    to35: ['counts', 'unusable by postfix', 'counts'],
    because: 'up to 3.5 a malformed record at the change of types hides the change',
  },
])('$set: $because', ({ set, to36, to35 }) => {
  expect(uses('3.11.6', DEFAULT, ...set)).toEqual(to36);
  expect(uses('3.5.27', DEFAULT, ...set)).toEqual(to35);
});

test.each([
  { set: ['3 1 0 '], version: '3.7.11', kind: 'kills-smtp', because: 'no memory of no bytes: smtp(8) dies' },
  { set: ['3 1 0 ', `3 1 1 ${sha256}`], version: '3.7.11', kind: 'kills-smtp', because: 'whatever stands beside it' },
  { set: ['3 1 0 ', `3 1 1 ${sha256}`], version: '3.11.6', kind: 'usable', because: 'passed over since 3.11.4' },
  { set: ['3 1 0 '], version: '3.11.6', kind: 'unusable', because: 'and alone it is as none usable' },
  { set: ['3 1 1 '], version: '3.8.17', kind: 'kills-smtp', because: 'a digest of no bytes as well' },
  { set: ['1 1 1 '], version: '3.7.11', kind: 'unusable', because: 'usage 1 is dropped before' },
  { set: ['3 1 0 '], version: '3.5.27', kind: 'unusable', because: 'no key, says 3.5' },
])('$set in $version: $because', ({ set, version, kind }) => {
  expect(tlsaSet(records(...set), DEFAULT, version).kind).toBe(kind);
});

test.each([
  { list: DEFAULT, version: '3.11', types: [2, 1], because: 'the default prefers sha512' },
  { list: 'sha256, sha512', version: '3.11', types: [1, 2], because: 'the order is the preference' },
  { list: 'sha256=1 sha512=2', version: '3.5', types: [1, 2], because: 'numbers may be said' },
  { list: 'sha384=3 sha256', version: '3.11', types: [3, 1], because: 'another digest under a number of its own' },
  { list: 'sha512 sha256 =2', version: '3.11', types: [1], because: 'an empty name switches a number off' },
  { list: 'SHA256', version: '3.11', types: [1], because: 'letters do not matter' },
  { list: '', version: '3.11', types: [], because: 'nothing but full data' },
  { list: 'sha384', version: '3.11', types: [], because: 'a digest without a standard number needs one' },
  { list: 'sha256=2', version: '3.11', types: [], because: 'a standard digest keeps its number' },
  { list: 'sha384=1', version: '3.11', types: [], because: 'and a standard number its digest' },
  { list: 'nonsense=7 sha256', version: '3.11', types: [1], because: 'an unknown digest is passed over' },
  { list: 'sha256=255', version: '3.11', types: [], because: '255 is kept for fingerprints' },
  { list: 'sha256 sha256', version: '3.11', types: [1], because: 'once is enough' },
  { list: 'nonsense=7 sha256', version: '3.5', types: undefined, because: 'up to 3.5 any slip ends DANE' },
  { list: 'sha256=2', version: '3.5', types: undefined, because: 'that one too' },
  { list: '', version: '3.5', types: undefined, because: 'and so does nothing' },
])('tls_dane_digests = $list in $version: $because', ({ list, version, types }) => {
  expect(daneDigests(list, version)?.map(({ matchingType }) => matchingType)).toEqual(types);
});

test.each([
  { record: () => `3 0 1 ${certificate.sha256}`, matches: true, because: 'the digest of the certificate' },
  { record: () => `3 1 1 ${certificate.spkiSha256}`, matches: true, because: 'the digest of the key' },
  { record: () => `3 1 2 ${certificate.digest('key', 'sha512')}`, matches: true, because: 'by sha512' },
  { record: () => '3 0 0 CERT', matches: true, because: 'all of it' },
  { record: () => '3 1 0 KEY', matches: true, because: 'all of the key' },
  { record: () => `3 1 1 ${certificate.sha256}`, matches: false, because: 'the certificate is not its key' },
  { record: () => `3 0 1 ${certificate.spkiSha256}`, matches: false, because: 'nor the other way' },
  { record: () => `3 1 2 ${certificate.spkiSha256}`, matches: false, because: 'another algorithm' },
  { record: () => `3 0 1 ${sha256}`, matches: false, because: 'another digest' },
  { record: () => '3 0 0 CERT00', matches: false, because: 'a byte too many' },
  { record: () => '3 0 0 ', matches: false, because: 'nothing' },
])('$because', ({ record, matches }) => {
  const [one] = records(record());
  expect(one !== undefined && matchesTlsa(certificate, one, daneDigests(DEFAULT, '3.11') ?? [])).toBe(matches);
});

test('long data is cut in the middle', () => {
  expect(printTlsa({ usage: 3, selector: 0, matchingType: 0, data: 'ab'.repeat(200) })).toBe(
    `3 0 0 ${'ab'.repeat(32)}…${'ab'.repeat(16)}`,
  );
});

test.each(['3.5.27', '3.7.11', '3.11.6'])('whatever the records, %s makes something of each', (version) => {
  const byte = fc.integer({ min: 0, max: 255 });
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 70 }),
    fc.constant(Buffer.from(sha512, 'hex')),
    fc.constant(Buffer.from('30', 'hex')),
  );
  const record = fc.record({
    usage: byte,
    selector: byte,
    matchingType: byte,
    data: data.map((bytes) => Buffer.from(bytes).toString('hex')),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 100 }), (set) => {
      const assessed = assessTlsa(set, DEFAULT, version);
      expect(assessed.map((one) => one.record)).toEqual(set);
      const counting = assessed.filter(({ use }) => use.kind === 'counts').length;
      const { kind } = tlsaSet(set, DEFAULT, version);
      if (kind !== 'kills-smtp') expect(kind).toBe(counting === 0 ? 'unusable' : 'usable');
    }),
    { numRuns: 100 },
  );
});
