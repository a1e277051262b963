/**
 * The client certificate and key that smtp(8) loads before it drops its privileges: where it cannot
 * load them, its TLS engine is off.
 *
 * Follows tls_set_my_certificate_key_info() in src/tls/tls_certkey.c, shown by delivery: dates are
 * no matter; a chain file that is missing ends the list, and what came before it is not judged.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { TrustStore } from '../../certificate/anchors.ts';
import { type PemBlock, printPem, readPem } from '../../certificate/pem.ts';
import type { FileProblem } from '../bundle.ts';
import type { CertificatePair, Settings } from '../settings.ts';
import type { Machine } from './machine.ts';
import { textOf } from './pem-text.ts';
import { isOurs, ours } from './tables.ts';

type EngineOff = Extract<TrustStore, { readonly kind: 'engine-off' }>;

/**
 * Why the engine is off; undefined where it is not, or where the watcher may not read what
 * decides: that is noted as a problem of ours.
 */
export async function clientCertificateTrouble(
  settings: Settings,
  machine: Machine,
  problems: FileProblem[],
): Promise<EngineOff | undefined> {
  const work: Work = { settings, machine, problems };
  // Chain files take the place of all the others.
  if (settings.chainFiles.length > 0) return chainFiles(settings.chainFiles, work);
  for (const pair of settings.certificatePairs) {
    const off = await pairTrouble(pair, work);
    if (off !== undefined) return off;
  }
  return undefined;
}

interface Work {
  readonly settings: Settings;
  readonly machine: Machine;
  readonly problems: FileProblem[];
}

type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly because: string }
  /** The watcher may not read it; smtp(8) opens it as root. */
  | { readonly kind: 'ours' };

async function read(path: string, parameter: Parameter, work: Work): Promise<Read> {
  const { machine, problems, settings } = work;
  const absolute = resolve(settings.queueDirectory, path);
  const file = await machine.read(absolute);
  if (file.kind === 'read') return { kind: 'text', text: textOf(file) };
  if (!isOurs(file.because, machine)) return { kind: 'failed', because: file.because };
  problems.push({
    path: absolute,
    parameter,
    kind: 'not-ours-to-read',
    because: ours(absolute, file.because, machine),
  });
  return { kind: 'ours' };
}

type Parameter = FileProblem['parameter'];

async function pairTrouble(
  { kind, certificate, key, parameter, keyParameter }: CertificatePair,
  work: Work,
): Promise<EngineOff | undefined> {
  if (certificate === key) return mixedFile(certificate, parameter, work);
  const certificateFile = await read(certificate, parameter, work);
  if (certificateFile.kind === 'ours') return undefined;
  const leaf = certificateFile.kind === 'text' ? firstCertificate(certificateFile.text) : undefined;
  if (leaf === undefined) {
    const why = certificateFile.kind === 'failed' ? `: ${certificateFile.because}` : '';
    return off(
      parameter,
      `cannot get ${kind} certificate from file "${certificate}": disabling TLS support`,
      `${certificate} holds no certificate that OpenSSL can load${why}`,
    );
  }
  const keyFile = await read(key, keyParameter, work);
  if (keyFile.kind === 'ours') return undefined;
  const privateKey = keyFile.kind === 'text' ? firstKey(keyFile.text) : undefined;
  if (privateKey === undefined) {
    const why = keyFile.kind === 'failed' ? `: ${keyFile.because}` : '';
    return off(
      keyParameter,
      `cannot get ${kind} private key from file "${key}": disabling TLS support`,
      `${key} holds no private key that OpenSSL can load without a passphrase${why}`,
    );
  }
  if (isPair(leaf, privateKey)) return undefined;
  return off(
    keyParameter,
    `cannot get ${kind} private key from file "${key}": disabling TLS support`,
    `the private key in ${key} is not that of the certificate in ${certificate}`,
  );
}

/** Certificate and key in one file, in any order; the first of each counts. */
async function mixedFile(
  path: string,
  parameter: Parameter,
  work: Work,
): Promise<EngineOff | undefined> {
  const file = await read(path, parameter, work);
  if (file.kind === 'ours') return undefined;
  const says = `error loading private keys and certificates from: ${path}: disabling TLS support`;
  if (file.kind === 'failed')
    return off(
      parameter,
      `error opening chain file: ${path}: ${file.because}`,
      `${path}: ${file.because}`,
    );
  const { blocks, broken } = readPem(file.text);
  const key = blocks.find(isPlainKey);
  const certificate = blocks.find(isCertificate);
  if (broken !== undefined)
    return off(parameter, says, `${path} has a damaged block on line ${broken.line}`);
  if (certificate === undefined || key === undefined) {
    const what = certificate === undefined ? 'certificate' : 'private key';
    return off(parameter, says, `${path} holds no ${what}`);
  }
  return isPair(leafOf(certificate), keyOf(key))
    ? undefined
    : off(parameter, says, `the private key in ${path} is not that of its first certificate`);
}

/** Each key before its certificate and chain, over all files as if they were one. */
async function chainFiles(files: readonly string[], work: Work): Promise<EngineOff | undefined> {
  const parameter = 'smtp_tls_chain_files';
  const fail = (because: string) =>
    off(
      parameter,
      `error loading private keys and certificates from: ${files.join(', ')}: disabling TLS ` +
        'support',
      because,
    );
  let key: { readonly block: PemBlock; readonly path: string } | undefined;
  let leaf: PemBlock | undefined;
  const unpaired = () =>
    key !== undefined && leaf !== undefined && !isPair(leafOf(leaf), keyOf(key.block))
      ? fail(`the private key in ${key.path} is not that of the certificate behind it`)
      : undefined;
  for (const path of files) {
    const file = await read(path, parameter, work);
    // smtp(8) warns of a file that is missing, and goes on without what it has not completed.
    if (file.kind !== 'text') return undefined;
    const { blocks, broken } = readPem(file.text);
    for (const block of blocks) {
      if (isCertificate(block)) {
        if (key === undefined) return fail(`${path} has a certificate before its private key`);
        leaf ??= block;
      } else if (isPlainKey(block)) {
        if (key !== undefined && leaf === undefined)
          return fail(`${key.path} has a private key without a certificate`);
        const off = unpaired();
        if (off !== undefined) return off;
        key = { block, path };
        leaf = undefined;
      }
    }
    if (broken !== undefined) return fail(`${path} has a damaged block on line ${broken.line}`);
  }
  if (key === undefined) return fail(`${files.join(', ')}: no private key that is not encrypted`);
  return leaf === undefined
    ? fail(`${key.path} has a private key without a certificate`)
    : unpaired();
}

const off = (parameter: string, says: string, because: string): EngineOff => ({
  kind: 'engine-off',
  because,
  parameter,
  says,
});

function firstCertificate(text: string): X509Certificate | undefined {
  const block = readPem(text).blocks.find(isCertificate);
  return block === undefined ? undefined : leafOf(block);
}

function leafOf(block: PemBlock): X509Certificate | undefined {
  try {
    return new X509Certificate(block.bytes);
  } catch {
    return undefined;
  }
}

/** Undefined for one that is encrypted: smtp(8) knows no passphrase. */
function firstKey(text: string): KeyObject | undefined {
  const block = readPem(text).blocks.find(({ label }) => /(?:^| )PRIVATE KEY$/.test(label));
  return block === undefined || !isPlainKey(block) ? undefined : keyOf(block);
}

function keyOf({ label, bytes, hasHeader }: PemBlock): KeyObject | undefined {
  if (hasHeader) return undefined;
  try {
    return createPrivateKey(printPem(label, bytes.toString('base64')));
  } catch {
    return undefined;
  }
}

function isPair(leaf: X509Certificate | undefined, key: KeyObject | undefined): boolean {
  try {
    return leaf !== undefined && key !== undefined && leaf.checkPrivateKey(key);
  } catch {
    return false;
  }
}

const isCertificate = ({ label }: PemBlock): boolean =>
  label === 'CERTIFICATE' || label === 'X509 CERTIFICATE' || label === 'TRUSTED CERTIFICATE';

const isPlainKey = ({ label }: PemBlock): boolean => KEYS.has(label);

const KEYS: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
]);
