/**
 * The authorities of a scene and every flaw a chain can have. Few keys, reused: OpenSSL does not mind, and making keys
 * is what takes the time.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { type Authority, type CertificateOptions, createAuthority, keyPair, pemOf, selfSigned } from '../internet/authority.ts';
import type { Identity } from '../internet/tls-server.ts';

export interface Authorities {
  /** By name: CAfile and what tafile= may name. */
  readonly files: Readonly<Record<string, string>>;
  /** A leaf for these names, with this flaw, in the chain that goes with it. */
  present(flaw: Flaw, names: CertificateOptions): Promise<Identity>;
}

/** Makes them; needs a second of time. */
export async function createAuthorities(): Promise<Authorities> {
  const now = Date.now();
  const [key, otherKey] = [await keyPair('ec'), await keyPair('ec')];
  const shared = { key } as const;
  const past = { notBefore: now - 40 * DAY_MS, notAfter: now - DAY_MS };
  const future = { notBefore: now + DAY_MS, notAfter: now + 40 * DAY_MS };
  const rootA = await createAuthority('Root A');
  const rootB = await createAuthority('Root B');
  const rootOld = await createAuthority('Root Old', past);
  const stranger = await createAuthority('Stranger');
  const under = {
    intermediate: await rootA.intermediate('Issuing A'),
    second: await (await rootA.intermediate('Issuing A')).intermediate('Issuing A Two'),
    crossed: await rootB.intermediate('Issuing B'),
    expired: await rootA.intermediate('Issuing Expired', past),
    early: await rootA.intermediate('Issuing Early', future),
    clientOnly: await rootA.intermediate('Issuing Client', { eku: ['clientAuth'] }),
    sha1: await rootA.intermediate('Issuing Sha1', { signatureHash: 'sha1' }),
    notCa: await rootA.intermediate('Issuing Not CA', { ca: false }),
    noConstraints: await rootA.intermediate('Issuing Plain', { ca: null }),
    noCertSign: await rootA.intermediate('Issuing No Sign', { keyUsage: ['digitalSignature'] }),
    short: await (await rootA.intermediate('Issuing Short', { pathLength: 0 })).intermediate('Issuing Too Deep'),
    constrained: await rootA.intermediate('Issuing Constrained', { nameConstraints: { permitted: { dns: ['nowhere.test'] } } }),
    broken: await rootA.intermediate('Issuing Broken', { breakSignature: true }),
    deep: await deepen(rootA, 4),
  };

  const leaf = async (issuer: Authority, options: CertificateOptions, above = issuer.chain): Promise<Identity> => {
    const issued = await issuer.issue({ ...shared, ...options });
    return { chain: [issued.der, ...above].map((der) => pemOf(der)).join(''), key: issued.keyPem };
  };
  const { intermediate } = under;
  const [ca, root] = [intermediate.certificate.der, rootA.certificate.der];
  const plain = (changes: CertificateOptions) => (names: CertificateOptions) => leaf(intermediate, { ...names, ...changes });
  const from = (issuer: Authority) => (names: CertificateOptions) => leaf(issuer, names);

  const makers: Readonly<Record<Flaw, (names: CertificateOptions) => Promise<Identity>>> = {
    none: plain({}),
    direct: from(rootA),
    'two intermediates': from(under.second),
    'four intermediates': from(under.deep),
    'root sent': (names) => leaf(intermediate, names, [ca, root]),
    'duplicates sent': (names) => leaf(intermediate, names, [ca, ca, root, ca]),
    'out of order': (names) => leaf(intermediate, names, [root, stranger.certificate.der, ca]),
    'cross-signed as well': async (names) => {
      const crossed = await rootB.crossSign(intermediate);
      return leaf(intermediate, names, [crossed.certificate.der, ca]);
    },
    'server and client use': plain({ eku: ['serverAuth', 'clientAuth'] }),
    'key agreement only': plain({ keyUsage: ['keyAgreement'] }),
    'leaf is a CA': plain({ ca: true, keyUsage: ['digitalSignature', 'keyCertSign'] }),
    'rsa key': async (names) => leaf(intermediate, { ...names, key: await keyPair('rsa') }),
    'rsa 1024 key': async (names) => leaf(intermediate, { ...names, key: await keyPair('rsa1024') }),
    'p-384 key': async (names) => leaf(intermediate, { ...names, key: await keyPair('p384') }),
    'netscape server use': plain({ eku: ['nsSGC'] }),
    'intermediate missing': (names) => leaf(intermediate, names, []),
    'middle one missing': (names) => leaf(under.second, names, under.second.chain.slice(0, 1)),
    'unknown root': from(under.crossed),
    'unknown root sent': (names) => leaf(under.crossed, names, [...under.crossed.chain, rootB.certificate.der]),
    'self-signed': async (names) => {
      const made = await selfSigned({ ...shared, ...names });
      return { chain: made.pem, key: made.keyPem };
    },
    expired: plain(past),
    'not yet valid': plain(future),
    'intermediate expired': from(under.expired),
    'intermediate not yet valid': from(under.early),
    'root expired': from(rootOld),
    'client use only': plain({ eku: ['clientAuth'] }),
    'any use only': plain({ eku: ['anyExtendedKeyUsage'] }),
    'certificate signing only': plain({ keyUsage: ['keyCertSign'] }),
    'intermediate for clients': from(under.clientOnly),
    'sha-1 leaf': plain({ signatureHash: 'sha1' }),
    'sha-1 intermediate': from(under.sha1),
    'intermediate is no CA': from(under.notCa),
    'intermediate without constraints': from(under.noConstraints),
    'intermediate may not sign': from(under.noCertSign),
    'path too long': from(under.short),
    'name not permitted': from(under.constrained),
    'signature broken': plain({ breakSignature: true }),
    'intermediate signature broken': from(under.broken),
    'unknown critical extension': plain({ extensions: [{ oid: '1.2.3.4.5', critical: true, der: Uint8Array.of(5, 0) }] }),
    'wrong authority key id': plain({ authorityKeyId: Uint8Array.of(1, 2, 3, 4) }),
    'other key': plain({ key: otherKey }),
  };

  return {
    files: {
      'ca.pem': rootA.certificate.pem + rootOld.certificate.pem,
      'root-b.pem': rootB.certificate.pem,
      'issuing-a.pem': intermediate.certificate.pem,
      'issuing-a-key.pem': publicKeyPem(intermediate),
      'issuing-expired.pem': under.expired.certificate.pem,
      'root-old.pem': rootOld.certificate.pem,
      'both.pem': rootA.certificate.pem + rootB.certificate.pem,
      'empty.pem': 'nothing here\n',
      'secret-0600.pem': rootA.certificate.pem,
    },
    present: (flaw, names) => makers[flaw](names),
  };
}

export const FLAWLESS = [
  'none',
  'direct',
  'two intermediates',
  'four intermediates',
  'root sent',
  'duplicates sent',
  'out of order',
  'cross-signed as well',
  'server and client use',
  'key agreement only',
  'leaf is a CA',
  'rsa key',
  'rsa 1024 key',
  'p-384 key',
  'netscape server use',
  'other key',
] as const;

export const FLAWED = [
  'intermediate missing',
  'middle one missing',
  'unknown root',
  'unknown root sent',
  'self-signed',
  'expired',
  'not yet valid',
  'intermediate expired',
  'intermediate not yet valid',
  'root expired',
  'client use only',
  'any use only',
  'certificate signing only',
  'intermediate for clients',
  'sha-1 leaf',
  'sha-1 intermediate',
  'intermediate is no CA',
  'intermediate without constraints',
  'intermediate may not sign',
  'path too long',
  'name not permitted',
  'signature broken',
  'intermediate signature broken',
  'unknown critical extension',
  'wrong authority key id',
] as const;

/** Named by what is wrong; some of the flawless ones are so only at the default depth. */
export type Flaw = (typeof FLAWLESS)[number] | (typeof FLAWED)[number];

/** Digests of the leaf: certificate and key, upper-case hex with colons, as `fingerprint` takes them. */
export function digestsOf({ chain }: Identity, algorithm: string): { readonly certificate: string; readonly key: string } {
  const leaf = new X509Certificate(chain);
  const hex = (bytes: Uint8Array) =>
    createHash(algorithm)
      .update(bytes)
      .digest('hex')
      .toUpperCase()
      .replace(/..(?!$)/g, '$&:');
  return { certificate: hex(leaf.raw), key: hex(leaf.publicKey.export({ type: 'spki', format: 'der' })) };
}

async function deepen(root: Authority, levels: number): Promise<Authority> {
  let authority = root;
  for (let level = 1; level <= levels; level++) authority = await authority.intermediate(`Issuing Level ${level}`);
  return authority;
}

const publicKeyPem = ({ key }: Authority): string => key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const DAY_MS = 86_400_000;
