/** What smtp(8) makes of its own certificate and key, as deliveries by Postfix 3.7.11 showed. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { FileProblem } from '../../../lambda/policy/bundle.ts';
import { clientCertificateTrouble } from '../../../lambda/policy/gather/client-certificate.ts';
import type { FileRead, Machine } from '../../../lambda/policy/gather/machine.ts';
import { readSettings } from '../../../lambda/policy/settings.ts';
import { createAuthority, type Issued } from '../../internet/authority.ts';

let own: Issued;
let other: Issued;
let expired: Issued;
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  const root = await createAuthority();
  own = await root.issue({ dnsNames: ['client.test'] });
  other = await root.issue({ dnsNames: ['other.test'] });
  expired = await root.issue({ notBefore: Date.UTC(2010, 0), notAfter: Date.UTC(2011, 0) });
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
  files = {
    '/q/cert': own.pem,
    '/q/key': own.keyPem,
    '/q/other-key': other.keyPem,
    '/q/expired': expired.pem,
    '/q/expired-key': expired.keyPem,
    '/q/both': `${own.keyPem}${own.pem}`,
    '/q/both-turned': `${own.pem}${own.keyPem}`,
    '/q/unlike': `${other.keyPem}${own.pem}`,
    '/q/junk': 'no PEM in here\n',
    '/q/encrypted': encrypted,
    '/q/encrypted-chain': `${encrypted}${own.pem}`,
    '/q/damaged': `${own.keyPem}-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n`,
    '/q/two': `${own.keyPem}${own.pem}${other.keyPem}${other.pem}`,
    '/q/two-unlike': `${own.keyPem}${other.pem}${other.keyPem}${other.pem}`,
  };
});

const machine = (uid: number, denied: readonly string[] = []): Machine => ({
  uid,
  async read(path): Promise<FileRead> {
    if (denied.includes(path)) return { kind: 'failed', because: 'Permission denied' };
    const text = files[path];
    if (text === undefined) return { kind: 'failed', because: 'No such file or directory' };
    return { kind: 'read', bytes: Buffer.from(text), mode: 0o600, uid: 0, gid: 0, modifiedMs: 0 };
  },
  modified: async () => undefined,
  list: async () => undefined,
  run: async () => ({ kind: 'not-installed' }),
});

async function trouble(mainCf: Readonly<Record<string, string>>, door: Machine = machine(0)) {
  const { settings } = readSettings({ queue_directory: '/q', ...mainCf }, '3.7.11');
  const problems: FileProblem[] = [];
  const off = await clientCertificateTrouble(settings, door, problems);
  return { because: off?.because, parameter: off?.parameter, problems };
}

test.each([
  { mainCf: {}, because: 'none is set' },
  { mainCf: { smtp_tls_cert_file: '/q/cert', smtp_tls_key_file: '/q/key' }, because: 'a pair' },
  { mainCf: { smtp_tls_cert_file: 'cert', smtp_tls_key_file: 'key' }, because: 'a pair below queue_directory' },
  { mainCf: { smtp_tls_cert_file: '/q/both' }, because: 'key and certificate in one file' },
  { mainCf: { smtp_tls_cert_file: '/q/both-turned' }, because: 'in one file, in any order' },
  { mainCf: { smtp_tls_cert_file: '/q/expired', smtp_tls_key_file: '/q/expired-key' }, because: 'expired is no matter' },
  { mainCf: { smtp_tls_key_file: '/q/missing' }, because: 'a key without a certificate is not looked at' },
  { mainCf: { smtp_tls_eckey_file: '/q/missing' }, because: 'nor is one for the other kind' },
  { mainCf: { smtp_tls_chain_files: '/q/both' }, because: 'a chain file' },
  { mainCf: { smtp_tls_chain_files: '/q/key, /q/cert' }, because: 'a chain in two files' },
  { mainCf: { smtp_tls_chain_files: '/q/two' }, because: 'two chains' },
  { mainCf: { smtp_tls_chain_files: '/q/missing' }, because: 'a chain file that is missing is only a warning' },
  { mainCf: { smtp_tls_chain_files: '/q/both /q/missing' }, because: 'so is a second one' },
  {
    mainCf: { smtp_tls_chain_files: '/q/both', smtp_tls_cert_file: '/q/missing' },
    because: 'chain files take the place of the others',
  },
])('the engine is on: $because', async ({ mainCf }) => {
  expect(await trouble(mainCf)).toEqual({ because: undefined, parameter: undefined, problems: [] });
});

test.each([
  {
    mainCf: { smtp_tls_cert_file: '/q/missing' },
    because: '/q/missing: No such file or directory',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/missing', smtp_tls_key_file: '/q/key' },
    because: '/q/missing holds no certificate that OpenSSL can load: No such file or directory',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/junk', smtp_tls_key_file: '/q/key' },
    because: '/q/junk holds no certificate that OpenSSL can load',
  },
  { mainCf: { smtp_tls_cert_file: '/q/cert' }, because: '/q/cert holds no private key' },
  { mainCf: { smtp_tls_cert_file: '/q/key' }, because: '/q/key holds no certificate' },
  {
    mainCf: { smtp_tls_cert_file: '/q/unlike' },
    because: 'the private key in /q/unlike is not that of its first certificate',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/damaged' },
    because: `/q/damaged has a damaged block on line ${6}`,
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/cert', smtp_tls_key_file: '/q/missing' },
    because: '/q/missing holds no private key that OpenSSL can load without a passphrase: No such file or directory',
    parameter: 'smtp_tls_key_file',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/cert', smtp_tls_key_file: '/q/encrypted' },
    because: '/q/encrypted holds no private key that OpenSSL can load without a passphrase',
    parameter: 'smtp_tls_key_file',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/cert', smtp_tls_key_file: '/q/other-key' },
    because: 'the private key in /q/other-key is not that of the certificate in /q/cert',
    parameter: 'smtp_tls_key_file',
  },
  {
    mainCf: { smtp_tls_cert_file: '/q/both', smtp_tls_eccert_file: '/q/missing' },
    because: '/q/missing: No such file or directory',
    parameter: 'smtp_tls_eccert_file',
  },
  {
    mainCf: { smtp_tls_dcert_file: '/q/missing' },
    because: '/q/missing: No such file or directory',
    parameter: 'smtp_tls_dcert_file',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/both-turned' },
    because: '/q/both-turned has a certificate before its private key',
    parameter: 'smtp_tls_chain_files',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/unlike' },
    because: 'the private key in /q/unlike is not that of the certificate behind it',
    parameter: 'smtp_tls_chain_files',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/two-unlike' },
    because: 'the private key in /q/two-unlike is not that of the certificate behind it',
    parameter: 'smtp_tls_chain_files',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/junk' },
    because: '/q/junk: no private key that is not encrypted',
    parameter: 'smtp_tls_chain_files',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/encrypted-chain' },
    because: '/q/encrypted-chain has a certificate before its private key',
    parameter: 'smtp_tls_chain_files',
  },
  {
    mainCf: { smtp_tls_chain_files: '/q/key' },
    because: '/q/key has a private key without a certificate',
    parameter: 'smtp_tls_chain_files',
  },
])('the engine is off: $because', async ({ mainCf, because, parameter = 'smtp_tls_cert_file' }) => {
  expect(await trouble(mainCf)).toEqual({ because, parameter, problems: [] });
});

test('a key that only root may read is not judged, and told as ours', async () => {
  const mainCf = { smtp_tls_cert_file: '/q/cert', smtp_tls_key_file: '/q/other-key' };
  expect(await trouble(mainCf, machine(1000, ['/q/other-key']))).toEqual({
    because: undefined,
    parameter: undefined,
    problems: [
      {
        path: '/q/other-key',
        parameter: 'smtp_tls_key_file',
        kind: 'not-ours-to-read',
        because: 'uid 1000 may not read /q/other-key: Permission denied',
      },
    ],
  });
});
