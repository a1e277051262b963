/**
 * Signatures and keys of today by the rules of the OpenSSL inside Node, which are those of a mail host with 3.5: its own
 * handshake is the judge. By the rules of 3.0 the same chains are not trusted; openssl-signatures.test.ts asks 3.0 itself.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { OWN_OPENSSL } from '../../lambda/certificate/openssl-version.ts';
import { judgePath } from '../../lambda/certificate/trust/path.ts';
import { createAuthority, pemOf } from '../internet/authority.ts';
import { element, objectIdentifier, remint } from '../internet/remint.ts';

const ML_DSA_44 = '2.16.840.1.101.3.4.3.17';
const SLH_DSA_SHA2_128S = '2.16.840.1.101.3.4.3.20';
const algorithm = (dotted: string) => element(0x30, objectIdentifier(dotted));
const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const bare = { authorityKeyId: null, subjectKeyId: null } as const;

interface Made {
  readonly root: string;
  readonly leaf: string;
  readonly key: KeyObject;
}

/** A leaf with an EC key, signed so by the root's own key. */
async function signedWith(keyType: 'rsa' | 'ec', dotted: string, digest: string): Promise<Made> {
  const root = await createAuthority('Root', { ...bare, keyType });
  const leaf = await root.issue({ ...bare, dnsNames: ['mail.example.com'] });
  return {
    root: root.certificate.der,
    leaf: remint(leaf.der, root.key, { signature: algorithm(dotted) }, digest),
    key: leaf.key.privateKey,
  };
}

/** A leaf with a key of that kind, below an EC root. */
async function keyOf(kind: 'ml-dsa-44'): Promise<Made> {
  const root = await createAuthority('Root', bare);
  const leaf = await root.issue({ ...bare, dnsNames: ['mail.example.com'] });
  const pair = generateKeyPairSync(kind);
  return { root: root.certificate.der, leaf: remint(leaf.der, root.key, { spki: spkiOf(pair.publicKey) }), key: pair.privateKey };
}

/** An EC leaf below a root with a key of that kind. */
async function below(pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }, dotted: string): Promise<Made> {
  const root = await createAuthority('Root', bare);
  const leaf = await root.issue({ ...bare, dnsNames: ['mail.example.com'] });
  const signature = algorithm(dotted);
  return {
    root: remint(root.certificate.der, pair, { spki: spkiOf(pair.publicKey), signature }, null),
    leaf: remint(leaf.der, pair, { signature }, null),
    key: leaf.key.privateKey,
  };
}

const SHA3_ECDSA = ['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512'].map((digest, i) => ({
  what: `ECDSA with ${digest}`,
  make: () => signedWith('ec', `2.16.840.1.101.3.4.3.${9 + i}`, digest),
  own: true,
}));

test.each<{ what: string; make: () => Promise<Made>; own: boolean }>([
  ...SHA3_ECDSA,
  { what: 'RSA with SHA-512/256', make: () => signedWith('rsa', '1.2.840.113549.1.1.16', 'sha512-256'), own: false },
  { what: 'RSA with SHA-512/224', make: () => signedWith('rsa', '1.2.840.113549.1.1.15', 'sha512-224'), own: false },
  { what: 'a leaf with an ML-DSA key', make: () => keyOf('ml-dsa-44'), own: true },
  { what: 'a root with an ML-DSA key', make: () => below(generateKeyPairSync('ml-dsa-44'), ML_DSA_44), own: true },
  {
    what: 'a root with an SLH-DSA key',
    make: () => below(generateKeyPairSync('slh-dsa-sha2-128s'), SLH_DSA_SHA2_128S),
    own: true,
  },
])('$what: 3.5 trusts it: $own, 3.0 does not', async ({ make, own }) => {
  const made = await make();
  expect(await handshakeTrusts(made)).toBe(own);
  expect(judged(made, OWN_OPENSSL)).toBe(own);
  expect(judged(made, undefined)).toBe(false);
});

const judged = ({ root, leaf }: Made, openssl: string | undefined): boolean =>
  judgePath({
    chain: [leaf],
    anchors: { certificates: [root], publicKeys: [] },
    anchorKind: 'store',
    at: Date.now(),
    version: '3.11',
    verifyDepth: 9,
    securityLevel: 1,
    openssl,
  }).kind === 'trusted';

async function handshakeTrusts({ root, leaf, key }: Made): Promise<boolean> {
  const server = createServer({ cert: pemOf(leaf), key: key.export({ type: 'pkcs8', format: 'pem' }) });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: pemOf(root),
    ciphers: 'TLS_AES_256_GCM_SHA384:ALL@SECLEVEL=1',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    return socket.authorized;
  } finally {
    socket.destroy();
    server.close();
  }
}
