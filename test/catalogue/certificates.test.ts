/** The catalogue of hostile peers: what they present. */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  type Issued,
  pemOf,
  selfSigned,
} from '../internet/authority.ts';
import { element, remint, utcTime } from '../internet/remint.ts';
import { type Peer, wellBehaved } from './peers.ts';
import { holdsAgainst } from './rows.ts';

const NASTY = '\u001b[2J\u001b]0;t\u0007 \u202eevil\u202c\r\nInjected: yes\u0085\u009b2J <!channel> @everyone \u200b';
const names = ['mx.row.test'];

const issues =
  (options: CertificateOptions) =>
  async (root: Authority): Promise<Peer> =>
    wellBehaved(await root.issue({ dnsNames: names, ...options }));
/** The alternative names alone, as DER. */
const alternativeNames = (der: Uint8Array) => issues({ dnsNames: [], commonName: null, extensions: [{ oid: '2.5.29.17', der }] });
const keyed = (pair: KeyPairKeyObjectResult) => issues({ key: { type: 'ec', ...pair } });
/** Fields replaced, signed again. */
const reminted =
  (changes: Parameters<typeof remint>[2]) =>
  async (root: Authority): Promise<Peer> => {
    const issued = await root.issue({ dnsNames: names });
    return wellBehaved({ ...issued, chainPem: pemOf(remint(issued.der, root.key, changes)) });
  };
const until = (time: Buffer) => reminted({ validity: element(0x30, utcTime('200101000000Z'), time) });
/** Another list of certificates behind the leaf. */
const behind =
  (more: (root: Authority, own: Issued) => Promise<string>) =>
  async (root: Authority): Promise<Peer> => {
    const issued = await root.issue({ dnsNames: names });
    return wellBehaved({ ...issued, chainPem: issued.pem + (await more(root, issued)) });
  };
const under =
  (options: CertificateOptions, leaf: CertificateOptions = {}) =>
  async (root: Authority): Promise<Peer> =>
    wellBehaved(await (await root.intermediate('Middle', options)).issue({ dnsNames: names, ...leaf }));
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

holdsAgainst([
  {
    row: 'names with what a terminal obeys',
    minted: issues({ dnsNames: [NASTY], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers \\u{1b}[2J\\u{1b}]0;t\\u{7} .evil,  Injected: yes\\u{85}\\u{9b}2J <!channel> @everyo…. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a common name with what a terminal obeys',
    minted: issues({ subject: [['CN', NASTY]], dnsNames: [] }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers \\u{1b}[2J\\u{1b}]0;t\\u{7} \\u{202e}evil\\u{202c}  Injected: yes\\u{85}\\u{9b}2J <!ch…. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'an issuer with what a terminal obeys',
    minted: async () => wellBehaved(await (await createAuthority(NASTY)).issue({ dnsNames: names })),
    outcome: 'fail missing-intermediate',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the intermediate certificate is missing: issuer /O=Test Authority/CN=\\x1B[2J\\x1B]0;t\\x07 \\xE2\\x80\\xAEevil\\xE2\\x80\\xAC\\x0D\\x0AInjected: yes\\xC2\\x85\\xC2\\x9B2J <!channel> @everyone \\xE2\\x80\\x8B was not sent and is not among the trust anchors. The cure is theirs: the server must send the intermediate certificates with its own',
  },
  {
    row: 'a NUL in a name',
    minted: issues({ dnsNames: ['mx.row.test\0.evil.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.row.test\\u{0}.evil.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a NUL in the common name',
    minted: issues({ subject: [['CN', 'mx.row.test\0.evil.test']], dnsNames: [] }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.row.test\\u{0}.evil.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name in U-labels',
    minted: issues({ dnsNames: ['mx.röw.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.röw.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name in A-labels that are none',
    minted: issues({ dnsNames: ['xn--\u00fc.test', 'xn--.test', 'xn--zz-.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers xn--ü.test, xn--.test and xn--zz-.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name in A-labels of what looks alike',
    minted: issues({ dnsNames: ['mx.xn--rw-lka.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.xn--rw-lka.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name of nothing',
    minted: alternativeNames(element(0x30, element(0x82))),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers "". The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name of a dot',
    minted: issues({ dnsNames: ['.'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers .. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name with a dot at its end',
    minted: issues({ dnsNames: ['mx.row.test.'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.row.test.. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a star for everything',
    minted: issues({ dnsNames: ['*'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers *. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a star for all of test',
    minted: issues({ dnsNames: ['*.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers *.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a star in the middle',
    minted: issues({ dnsNames: ['mx.*.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers mx.*.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a star inside a label',
    minted: issues({ dnsNames: ['m*.row.test'], commonName: null }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'two stars',
    minted: issues({ dnsNames: ['*.*.test'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers *.*.test. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a name in capitals',
    policy: 'secure match=mx.row.test',
    minted: issues({ dnsNames: ['MX.ROW.TEST'], commonName: null }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a name of 60,000 characters that matches',
    minted: issues({ dnsNames: [`${'a'.repeat(60_000)}.row.test`], commonName: null }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a name of 60,000 characters',
    minted: issues({ dnsNames: [`${'a'.repeat(60_000)}.test`], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: '3,000 names',
    minted: issues({ dnsNames: times(3_000, (i) => `h${i}.test`) }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers h0.test, h1.test and 2998 more. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: '3,000 common names',
    minted: issues({ subject: times(3_000, (i) => ['CN', `h${i}.test`] as const), dnsNames: [] }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers h0.test, h1.test and 2998 more. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'a subject of 50,000 characters',
    minted: issues({ subject: [['O', 'x'.repeat(50_000)]] }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'an address as a name',
    minted: issues({ dnsNames: ['127.0.0.8'], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers 127.0.0.8. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'an address of five octets',
    minted: alternativeNames(element(0x30, element(0x87, Buffer.of(1, 2, 3, 4, 5)))),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers no name at all. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'no names at all',
    minted: issues({ dnsNames: [], commonName: null }),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers no name at all. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'names that are no text',
    minted: alternativeNames(element(0x30, element(0x82, Buffer.from('ff1b9b80', 'hex')))),
    outcome: 'fail name-mismatch',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants row.test or a name below it and the certificate of mx.row.test offers ÿ\\u{1b}\\u{9b}\\u{80}. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
  },
  {
    row: 'names that are no list',
    minted: alternativeNames(element(0x02, Buffer.of(1))),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'names cut short',
    minted: alternativeNames(Buffer.from('3082ffff', 'hex')),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'names of indefinite length',
    minted: alternativeNames(Buffer.from('30808203616263', 'hex')),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'names nested 1,000 deep',
    minted: alternativeNames(times(1_000, () => 0).reduce<Buffer>((inner) => element(0x30, inner), Buffer.alloc(0))),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'a serial of 5,000 octets',
    minted: issues({ serial: new Uint8Array(5_000).fill(0x7f) }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a negative serial',
    minted: issues({ serial: Uint8Array.of(0x80, 1) }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a serial of zero',
    minted: issues({ serial: Uint8Array.of(0) }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'an extension that does not exist',
    minted: issues({ extensions: [{ oid: '1.2.3.4', der: Buffer.alloc(100) }] }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a critical extension that does not exist',
    minted: issues({ extensions: [{ oid: '1.2.3.4', critical: true, der: Buffer.of(5, 0) }] }),
    outcome: 'fail wrong-purpose',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has a critical extension that OpenSSL does not know (1.2.3.4). The cure is theirs: a certificate for TLS servers is needed (extended key usage serverAuth)',
  },
  {
    row: '1,000 extensions',
    minted: issues({ extensions: times(1_000, (i) => ({ oid: `1.2.3.${i}`, der: Buffer.of(5, 0) })) }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'the same extension twice',
    minted: issues({ extensions: [{ oid: '2.5.29.17', der: element(0x30, element(0x82, Buffer.from('x.test'))) }] }),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'a key usage of no bits',
    minted: issues({ keyUsage: [] }),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has an extension that is malformed or occurs twice, and OpenSSL takes it for issued by nobody. The cure is theirs: the chain is damaged',
  },
  {
    row: 'for clients alone',
    minted: issues({ eku: ['clientAuth'] }),
    outcome: 'fail wrong-purpose',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is not designated for use as a server certificate (extended key usage). The cure is theirs: a certificate for TLS servers is needed (extended key usage serverAuth)',
  },
  {
    row: 'an RSA key of 1,024 bits',
    minted: async (root) =>
      wellBehaved(await root.issue({ dnsNames: names, keyType: 'rsa1024' }), { ciphers: 'DEFAULT:@SECLEVEL=0' }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'an RSA key of 4,096 bits',
    minted: issues({ keyType: 'rsa4096' }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a key on a curve of no browser',
    minted: keyed(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })),
    outcome: 'fail handshake-failed',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
  },
  {
    row: 'a key on the curve of coins',
    minted: keyed(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
    outcome: 'fail handshake-failed',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
  },
  {
    row: 'an Ed25519 key',
    minted: issues({ keyType: 'ed25519' }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'an Ed448 key',
    minted: keyed(generateKeyPairSync('ed448')),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'signed with MD5',
    minted: under({ keyType: 'rsa' }, { signatureHash: 'md5', keyType: 'rsa' }),
    outcome: 'fail weak-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is signed with MD5, which is too weak. The cure is theirs: the chain must be signed with SHA-2',
  },
  {
    row: 'signed with SHA-1',
    minted: under({ keyType: 'rsa' }, { signatureHash: 'sha1', keyType: 'rsa' }),
    outcome: 'fail weak-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is signed with SHA-1, which is too weak. The cure is theirs: the chain must be signed with SHA-2',
  },
  {
    row: 'a signature with a bit changed',
    minted: issues({ breakSignature: true }),
    outcome: 'fail bad-signature',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate does not carry the signature of its issuer. The cure is theirs: the chain is damaged',
  },
  {
    row: 'of version 1',
    minted: issues({ version: 1 }),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'self-signed',
    minted: async () => wellBehaved(await selfSigned({ dnsNames: names })),
    outcome: 'fail self-signed',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is self-signed. Either they get a certificate from a CA, or the entry pins it once they told you its digest: fingerprint match=, or tafile= with the certificate',
  },
  {
    row: 'self-signed under the name of our root',
    minted: async () =>
      wellBehaved(
        await selfSigned({
          subject: [
            ['O', 'Test Authority'],
            ['CN', 'Catalogue Root'],
          ],
          dnsNames: names,
        }),
      ),
    outcome: 'fail self-signed',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is self-signed. Either they get a certificate from a CA, or the entry pins it once they told you its digest: fingerprint match=, or tafile= with the certificate',
  },
  {
    row: 'ends in the year 9999',
    minted: until(element(0x18, Buffer.from('99991231235959Z'))),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'ends in 1950',
    minted: until(utcTime('500101000000Z')),
    outcome: 'fail expired',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has expired (1950-01-01 00:00Z). The cure is theirs: the certificate must be renewed',
  },
  {
    row: 'ends on a day that does not exist',
    minted: until(utcTime('300230000000Z')),
    outcome: 'fail expired',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has a malformed date. The cure is theirs: the certificate must be renewed',
  },
  {
    row: 'ends at a time of letters',
    minted: until(utcTime('soonsoonsoonZ')),
    outcome: 'fail expired',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has a malformed date. The cure is theirs: the certificate must be renewed',
  },
  {
    row: 'begins tomorrow',
    minted: issues({ notBefore: Date.UTC(2079, 0) }),
    outcome: 'fail not-yet-valid',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate is not valid before 2079-01-01 00:00Z. The cure is theirs, unless the clock here is wrong',
  },
  {
    row: 'ended',
    minted: issues({ notAfter: Date.UTC(2020, 0) }),
    outcome: 'fail expired',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has expired (2020-01-01 00:00Z). The cure is theirs: the certificate must be renewed',
  },
  {
    row: 'an issuer that ended',
    minted: under({ notAfter: Date.UTC(2020, 0) }),
    outcome: 'fail issuer-expired',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the issuer certificate /O=Test Authority/CN=Middle has expired (2020-01-01 00:00Z). The cure is theirs: the chain must lead over certificates that are in date',
  },
  {
    row: 'an issuer that may not issue',
    minted: under({ ca: false }),
    outcome: 'fail invalid-ca',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the issuer certificate /O=Test Authority/CN=Middle is not a certification authority. The cure is theirs: an issuer in the chain may not issue',
  },
  {
    row: 'an issuer with a path of none over another',
    minted: async (root) =>
      wellBehaved(
        await (await (await root.intermediate('One', { pathLength: 0 })).intermediate('Two')).issue({ dnsNames: names }),
      ),
    outcome: 'fail invalid-ca',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the issuer certificate /O=Test Authority/CN=One allows at most 0 authorities below it. The cure is theirs: an issuer in the chain may not issue',
  },
  {
    row: 'an issuer that may not issue this name',
    minted: under({ nameConstraints: { permitted: { dns: ['other.test'] } } }),
    outcome: 'fail not-permitted-name',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate has a name that its issuers may not certify (mx.row.test). The cure is theirs: the issuer may not issue for this name',
  },
  {
    row: 'an issuer left out',
    minted: async (root) => {
      const issued = await (await root.intermediate()).issue({ dnsNames: names });
      return wellBehaved({ ...issued, chainPem: issued.pem });
    },
    outcome: 'fail missing-intermediate',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the intermediate certificate is missing: issuer /O=Test Authority/CN=Test Intermediate was not sent and is not among the trust anchors. The cure is theirs: the server must send the intermediate certificates with its own',
  },
  {
    row: 'the leaf 50 times',
    minted: behind(async (_, { pem }) => pem.repeat(50)),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: '120 issuers of somebody else',
    minted: behind(async () =>
      (await Promise.all(times(120, (i) => createAuthority(`Other ${i}`)))).map(({ certificate }) => certificate.pem).join(''),
    ),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'a chain of 20 issuers',
    minted: async (root) => wellBehaved(await (await deep(root, 20)).issue({ dnsNames: names })),
    outcome: 'fail chain-too-long',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Server certificate not verified". At mx.row.test (127.0.0.8) the certificate chain is longer than the limit (smtp_tls_scert_verifydepth). The cure is yours: a larger smtp_tls_scert_verifydepth',
  },
  {
    row: 'a list of 150 KB',
    minted: behind(async (root) =>
      (await root.issue({ subject: [['O', 'y'.repeat(30_000)]], dnsNames: ['y.test'] })).pem.repeat(4),
    ),
    outcome: 'fail handshake-failed',
    phase: 'handshake',
    sentence:
      'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: excessive message size',
  },
  {
    row: 'the root as well',
    minted: behind(async (root) => root.certificate.pem),
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
  {
    row: 'an unrelated certificate first',
    minted: async (root) => {
      const [own, other] = [await root.issue({ dnsNames: names }), await selfSigned({ dnsNames: ['other.test'] })];
      return wellBehaved({ ...own, chainPem: own.pem + other.pem + own.pem });
    },
    outcome: 'pass',
    phase: null,
    sentence: 'mail to row.test is delivered encrypted and authenticated',
  },
]);

/** An issuer below so many. */
async function deep(root: Authority, count: number): Promise<Authority> {
  let issuer = root;
  for (let i = 0; i < count; i++) issuer = await issuer.intermediate(`Middle ${i}`);
  return issuer;
}
