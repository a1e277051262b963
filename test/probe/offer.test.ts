import { expect, test } from 'vitest';
import type { TlsDemand } from '../../lambda/policy/demand.ts';
import { defaultSettings, type Settings } from '../../lambda/policy/settings.ts';
import { offerFor } from '../../lambda/probe/offer.ts';
import { demand } from './demand.ts';

const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

test.each([
  { version: '3.11', words: '>=TLSv1', enabled: ALL },
  { version: '3.11', words: '', enabled: ALL },
  { version: '3.11', words: ' , : ', enabled: ALL },
  { version: '3.11', words: '!SSLv2, !SSLv3', enabled: ALL },
  { version: '3.11', words: '!SSLv2:!SSLv3:!TLSv1:!TLSv1.1', enabled: ['TLSv1.2', 'TLSv1.3'] },
  { version: '3.11', words: '>=TLSv1.2', enabled: ['TLSv1.2', 'TLSv1.3'] },
  { version: '3.11', words: '<=TLSv1.2', enabled: ['TLSv1', 'TLSv1.1', 'TLSv1.2'] },
  { version: '3.11', words: '>=TLSv1.1 <=TLSv1.2', enabled: ['TLSv1.1', 'TLSv1.2'] },
  { version: '3.11', words: '>=TLSv1.1 >=TLSv1.3', enabled: ['TLSv1.3'] },
  { version: '3.11', words: '>=0303', enabled: ['TLSv1.2', 'TLSv1.3'] },
  { version: '3.11', words: '>=0x0304', enabled: ['TLSv1.3'] },
  { version: '3.11', words: '>=0399', enabled: ALL },
  { version: '3.11', words: '>=none', enabled: ALL },
  { version: '3.11', words: '>=SSLv3', enabled: ALL },
  { version: '3.11', words: '>=', enabled: ALL },
  { version: '3.11', words: 'TLSv1.2', enabled: ['TLSv1.2'] },
  { version: '3.11', words: 'tlsV1.2:TLSV1.3', enabled: ['TLSv1.2', 'TLSv1.3'] },
  { version: '3.11', words: 'TLSv1.2:!TLSv1.2:TLSv1.3', enabled: ['TLSv1.3'] },
  { version: '3.11', words: '!TLSv1.2', enabled: ['TLSv1', 'TLSv1.1'] },
  { version: '3.5', words: 'TLSv1.3', enabled: ['TLSv1.3'] },
  { version: '3.5', words: '!SSLv2, !SSLv3', enabled: ALL },
])('$version enables $enabled by "$words"', ({ version, words, enabled }) => {
  expect(offerFor(demand({ protocols: words }), defaultSettings(version))).toMatchObject({ kind: 'offer', protocols: enabled });
});

test.each<{ version?: string; changes: Partial<TlsDemand>; because: string }>([
  { changes: { protocols: 'bogus' }, because: 'protocol list "bogus" has a word that Postfix does not know' },
  { changes: { protocols: '!' }, because: 'protocol list "!" has a word that Postfix does not know' },
  { changes: { protocols: '!!TLSv1' }, because: 'protocol list "!!TLSv1" has a word that Postfix does not know' },
  { changes: { protocols: '>=TLSv9' }, because: 'protocol list ">=TLSv9" has a word that Postfix does not know' },
  { changes: { protocols: '>TLSv1' }, because: 'protocol list ">TLSv1" has a word that Postfix does not know' },
  {
    version: '3.5',
    changes: { protocols: '>=TLSv1.2' },
    because: 'protocol list ">=TLSv1.2" has a word that Postfix does not know',
  },
  { changes: { protocols: 'SSLv3' }, because: 'protocol list "SSLv3" leaves no protocol' },
  { changes: { protocols: '>=TLSv1.3 <=TLSv1.2' }, because: 'protocol list ">=TLSv1.3 <=TLSv1.2" leaves no protocol' },
  { changes: { cipherGrade: 'bogus' }, because: 'cipher grade "bogus" does not exist' },
  { changes: { cipherGrade: 'invalid' }, because: 'cipher grade "invalid" does not exist' },
  { changes: { cipherGrade: '' }, because: 'cipher grade "" does not exist' },
  { changes: { cipherGrade: 'null' }, because: 'cipher grade "null" with its exclusions leaves no cipher' },
  { changes: { excludeCiphers: 'ALL' }, because: 'cipher grade "medium" with its exclusions leaves no cipher' },
  { changes: { excludeCiphers: 'MD5, !RC4' }, because: 'cipher exclusion "!RC4" begins with a modifier' },
  { changes: { excludeCiphers: '+RC4' }, because: 'cipher exclusion "+RC4" begins with a modifier' },
  { changes: { excludeCiphers: '-RC4' }, because: 'cipher exclusion "-RC4" begins with a modifier' },
  { changes: { excludeCiphers: '@STRENGTH' }, because: 'cipher exclusion "@STRENGTH" begins with a modifier' },
])('impossible: $because', ({ version = '3.11', changes, because }) => {
  expect(offerFor(demand(changes), defaultSettings(version))).toEqual({ kind: 'impossible', because });
});

const SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
const settings = (version: string): Settings => ({
  ...defaultSettings(version),
  highCipherlist: 'HIGH',
  mediumCipherlist: 'MEDIUM:HIGH',
  nullCipherlist: 'eNULL',
});

test.each<{ version?: string; changes: Partial<TlsDemand>; ciphers: string; because: string }>([
  { changes: {}, ciphers: `${SUITES}:MEDIUM:HIGH:!eNULL:@SECLEVEL=0`, because: 'encrypt wants a cipher that encrypts' },
  { changes: { level: 'may' }, ciphers: `${SUITES}:MEDIUM:HIGH:@SECLEVEL=0`, because: 'may takes anything' },
  { changes: { level: 'secure' }, ciphers: `${SUITES}:MEDIUM:HIGH:!aNULL:@SECLEVEL=1`, because: 'secure wants a certificate' },
  { changes: { level: 'verify' }, ciphers: `${SUITES}:MEDIUM:HIGH:!aNULL:@SECLEVEL=1`, because: 'and verify' },
  { changes: { level: 'fingerprint' }, ciphers: `${SUITES}:MEDIUM:HIGH:!aNULL:@SECLEVEL=1`, because: 'and fingerprint' },
  { changes: { level: 'dane' }, ciphers: `${SUITES}:MEDIUM:HIGH:!aNULL:@SECLEVEL=1`, because: 'and dane' },
  { changes: { level: 'dane-only' }, ciphers: `${SUITES}:MEDIUM:HIGH:!aNULL:@SECLEVEL=1`, because: 'and dane-only' },
  { changes: { cipherGrade: 'HIGH' }, ciphers: `${SUITES}:HIGH:!eNULL:@SECLEVEL=0`, because: 'grades have no case' },
  { changes: { cipherGrade: 'low' }, ciphers: `${SUITES}:MEDIUM:HIGH:!eNULL:@SECLEVEL=0`, because: 'low is medium from 3.8' },
  { changes: { cipherGrade: 'export' }, ciphers: `${SUITES}:MEDIUM:HIGH:!eNULL:@SECLEVEL=0`, because: 'and export' },
  {
    version: '3.7',
    changes: { cipherGrade: 'low' },
    ciphers: `${SUITES}:aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH:!eNULL:@SECLEVEL=0`,
    because: 'low has a list of its own up to 3.7',
  },
  {
    version: '3.7',
    changes: { cipherGrade: 'export' },
    ciphers: `${SUITES}:aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH:!eNULL:@SECLEVEL=0`,
    because: 'and export',
  },
  { changes: { level: 'may', cipherGrade: 'null' }, ciphers: `${SUITES}:eNULL:@SECLEVEL=0`, because: 'null works at may alone' },
  {
    changes: { excludeCiphers: 'MD5, AES128:NOSUCH' },
    ciphers: `${SUITES}:MEDIUM:HIGH:!MD5:!AES128:!NOSUCH:!eNULL:@SECLEVEL=0`,
    because: 'exclusions are parted by anything, unknown ones harmless',
  },
  { changes: { protocols: '<=TLSv1.2' }, ciphers: 'MEDIUM:HIGH:!eNULL:@SECLEVEL=0', because: 'no suites of 1.3 without 1.3' },
])('ciphers: $because', ({ version = '3.11', changes, ciphers }) => {
  expect(offerFor(demand(changes), settings(version))).toMatchObject({ kind: 'offer', ciphers });
});

test.each([
  { version: '3.11', curves: undefined, groups: 'X25519:X448:prime256v1:secp384r1:secp521r1:ffdhe2048:ffdhe3072' },
  { version: '3.7', curves: undefined, groups: 'X25519:X448:prime256v1:secp521r1:secp384r1' },
  { version: '3.5', curves: undefined, groups: 'X25519:X448:prime256v1:secp521r1:secp384r1' },
  { version: '3.7', curves: 'X25519MLKEM768, prime256v1 nosuch', groups: 'prime256v1' },
  { version: '3.7', curves: 'nosuch', groups: 'X25519:prime256v1:X448:secp521r1:secp384r1' },
  { version: '3.7', curves: '', groups: 'X25519:prime256v1:X448:secp521r1:secp384r1' },
])('$version with curves "$curves" offers $groups', ({ version, curves, groups }) => {
  const defaults = defaultSettings(version);
  const changed = curves === undefined ? defaults : { ...defaults, eecdhAutoCurves: curves };
  const offer = offerFor(demand({ protocols: '' }), changed);
  expect(offer).toMatchObject({ kind: 'offer', groups });
});

const withLibrary = (library: Settings['library'], changes: Partial<Settings> = {}): Settings => ({
  ...defaultSettings('3.11'),
  ...changes,
  ...(library === undefined ? {} : { library }),
});

test('what tls_config_file leaves open is left open by main.cf as well', () => {
  expect(offerFor(demand(), withLibrary({ closed: ['TLSv1.2'] }))).toMatchObject({ protocols: ['TLSv1', 'TLSv1.1'] });
  expect(offerFor(demand(), withLibrary({ closed: ALL }))).toMatchObject({ kind: 'impossible' });
});

test('suites of TLS 1.3 are those of tls_config_file, and without any no handshake begins that offers it', () => {
  const one = offerFor(demand(), withLibrary({ closed: [], ciphersuites: ['TLS_AES_128_GCM_SHA256'] }));
  expect(one.kind === 'offer' && one.ciphers.split(':').filter((word) => word.startsWith('TLS_'))).toEqual([
    'TLS_AES_128_GCM_SHA256',
  ]);
  expect(offerFor(demand(), withLibrary({ closed: [], ciphersuites: [] }))).toEqual({
    kind: 'impossible',
    because: 'tls_config_file leaves no cipher of TLS 1.3, which is offered',
  });
  expect(offerFor(demand({ protocols: '<=TLSv1.2' }), withLibrary({ closed: [], ciphersuites: [] }))).toMatchObject({
    kind: 'offer',
  });
});

test('of several lists of signature algorithms the last that OpenSSL takes counts', () => {
  const library = { closed: [], signatureAlgorithms: ['RSA+SHA256', 'what'], legacyServers: true } as const;
  expect(offerFor(demand(), withLibrary(library))).toMatchObject({ signatureAlgorithms: 'RSA+SHA256', legacyServers: true });
  expect(offerFor(demand(), withLibrary({ closed: [], signatureAlgorithms: ['what'] }))).not.toHaveProperty(
    'signatureAlgorithms',
  );
});

test('hybrid groups are offered where the mail host’s OpenSSL has them', () => {
  const eecdhAutoCurves = 'X25519MLKEM768 X25519';
  expect(offerFor(demand(), withLibrary(undefined, { eecdhAutoCurves }))).toMatchObject({ groups: 'X25519:ffdhe2048:ffdhe3072' });
  expect(offerFor(demand(), withLibrary(undefined, { eecdhAutoCurves, openssl: '3.5' }))).toMatchObject({
    groups: 'X25519MLKEM768:X25519:ffdhe2048:ffdhe3072',
  });
});
