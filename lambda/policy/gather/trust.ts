/**
 * Trust anchors from disk as smtp(8) would load them: CAfile, CApath by hash links, tafiles as
 * mail_owner.
 */

import { join, resolve } from 'node:path';
import {
  anchorFileFromPem,
  hashedName,
  type PemObjects,
  parsePem,
  type TrustAnchorFile,
  type TrustStore,
  trustStoreFromPem,
} from '../../certificate/anchors.ts';
import { isDigest } from '../../certificate/digest.ts';
import type { TrustSetting } from '../../certificate/explicit-trust.ts';
import type { Base64Der } from '../../certificate/pem.ts';
import { byName } from '../../named-record.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, FileProblem } from '../bundle.ts';
import { policyTables } from '../lookup.ts';
import { parsePolicy } from '../parse.ts';
import type { Settings } from '../settings.ts';
import { Loaded, type Objects } from './loaded-store.ts';
import type { BundleOptions, FileRead, Machine } from './machine.ts';
import type { Gathered } from './settings.ts';

/** CAfile and CApath of options or main.cf. @throws UsageError for what is named and not here. */
export async function readTrust(
  settings: Settings,
  options: BundleOptions,
  gathered: Gathered,
  machine: Machine,
  problems: FileProblem[],
): Promise<TrustStore> {
  if (!isDigest(settings.fingerprintDigest)) {
    const because = `smtp_tls_fingerprint_digest names no digest: ${settings.fingerprintDigest}`;
    return { kind: 'engine-off', because };
  }
  const byHand = options.caFile !== undefined || options.caPath !== undefined;
  const caFile = byHand ? options.caFile : absolute(settings.caFile, settings);
  const caPath = byHand ? options.caPath : settings.caPath;
  const sources: string[] = [];
  const loaded = new Loaded();
  if (caFile !== undefined) {
    const read = await machine.read(caFile);
    if (read.kind === 'failed') {
      if (byHand) throw new UsageError(`cannot read --ca-file ${caFile}: ${read.because}`);
      if (gathered.from === 'file') throw lacking('smtp_tls_CAfile', caFile, gathered);
      return { kind: 'engine-off', because: `${caFile}: ${read.because}` };
    }
    const text = textOf(read);
    const store = trustStoreFromPem(text, caFile);
    if (store.kind === 'engine-off') {
      if (byHand) throw new UsageError(`--ca-file ${store.because}`);
      return store;
    }
    loaded.add(parsePem(text));
    sources.push(caFile);
  }
  const bundle =
    (caFile ?? caPath) !== undefined && settings.appendDefaultCa && !byHand
      ? await readDefaultBundle(machine)
      : undefined;
  if (bundle !== undefined) loaded.add(bundle.objects);
  // A list of directories, as PATH is one.
  for (const listed of caPath?.split(':').filter((path) => path !== '') ?? []) {
    const directory = byHand ? listed : inJail(listed, settings);
    const links = await readHashLinks(directory, machine);
    if (links === undefined) {
      if (byHand) throw new UsageError(`cannot list --ca-path ${directory}`);
      if (gathered.from === 'file') throw lacking('smtp_tls_CApath', directory, gathered);
      problems.push({
        path: directory,
        parameter: 'smtp_tls_CApath',
        kind: 'missing',
        because: 'the directory cannot be listed',
      });
    } else {
      loaded.add(links);
      if (links.unseen > 0) {
        const files = links.unseen === 1 ? 'file' : 'files';
        const because = `${links.unseen} certificate ${files} without a hash link`;
        problems.push({
          path: directory,
          parameter: 'smtp_tls_CApath',
          kind: 'no-hash-link',
          because,
        });
      }
    }
    sources.push(directory);
  }
  if (bundle !== undefined) sources.push(bundle.path);
  const source = sources.length === 0 ? 'no CAfile and no CApath' : sources.join(' and ');
  const named = {
    ...(caFile === undefined ? {} : { caFile }),
    ...(caPath === undefined ? {} : { caPath }),
  };
  return {
    kind: 'anchors',
    ...loaded.store(),
    source,
    ...(byHand ? { byHand: named } : {}),
  };
}

async function readDefaultBundle(
  machine: Machine,
): Promise<{ readonly path: string; readonly objects: PemObjects } | undefined> {
  for (const path of DEFAULT_BUNDLES) {
    const read = await machine.read(path);
    if (read.kind === 'read') return { path, objects: parsePem(textOf(read)) };
  }
  return undefined;
}

/** Every tafile= of a table and every smtp_tls_trust_anchor_file, by the path as written. */
export async function readAnchorFiles(
  bundle: Pick<Bundle, 'settings' | 'policyTables' | 'problems' | 'answers'>,
  gathered: Gathered,
  machine: Machine,
  problems: FileProblem[],
): Promise<Record<string, TrustAnchorFile>> {
  const { settings } = bundle;
  const named = policyTables(bundle).flatMap(({ entries, everyKey, answers = {} }) => {
    const listed = [...entries, ...(everyKey === undefined ? [] : [everyKey])];
    const answered = Object.values(answers).flatMap((answer) =>
      answer.kind === 'found' ? parsePolicy(answer.value, settings.version) : [],
    );
    return [...listed.map(({ policy }) => policy), ...answered].flatMap((policy) =>
      policy.kind === 'policy' ? (policy.attributes.tafile ?? []) : [],
    );
  });
  const paths = new Set([...named, ...settings.trustAnchorFiles]);
  const owner =
    paths.size > 0 && gathered.from === 'host' ? await ownerOf(gathered, machine) : undefined;
  const files = byName<TrustAnchorFile>();
  for (const path of paths) {
    const read = await machine.read(inJail(path, settings) ?? path);
    const because =
      read.kind === 'failed'
        ? read.because
        : owner === undefined || mayRead(owner, read)
          ? undefined
          : 'Permission denied';
    if (because !== undefined || read.kind === 'failed') {
      files[path] = {
        kind: 'broken',
        because: `error opening trust anchor file: ${path}: ${because}`,
      };
      problems.push({ path, parameter: 'tafile', kind: 'unreadable', because: because ?? '' });
      continue;
    }
    const anchors = anchorFileFromPem(textOf(read), settings.version);
    files[path] =
      anchors.kind === 'broken'
        ? { kind: 'broken', because: `${path}: ${anchors.because}` }
        : anchors;
    if (anchors.kind === 'broken')
      problems.push({ path, parameter: 'tafile', kind: 'unreadable', because: anchors.because });
  }
  return files;
}

/**
 * What OpenSSL finds in a directory: files named by the hash of the subject and a number, counted
 * up from 0. Undefined where the directory cannot be listed. `unseen` counts other files that hold
 * certificates.
 */
async function readHashLinks(
  directory: string,
  machine: Machine,
): Promise<(Objects & { readonly unseen: number }) | undefined> {
  const names = await machine.list(directory);
  if (names === undefined) return undefined;
  const present = new Set(names);
  const linked = new Set<Base64Der>();
  const settings = new Map<Base64Der, TrustSetting>();
  const others: Base64Der[][] = [];
  for (const name of names) {
    const parts = /^(?<hash>[0-9a-f]{8})\.(?<number>\d+)$/.exec(name)?.groups;
    const reached =
      parts !== undefined && countsUpTo(parts.hash ?? '', Number(parts.number), present);
    if (!reached && !/\.(pem|crt|cer|cert)$/i.test(name)) continue;
    const read = await machine.read(join(directory, name));
    if (read.kind === 'failed') continue;
    const { certificates, settings: own } = parsePem(textOf(read));
    if (reached)
      for (const der of certificates.filter((one) => hashedName(one) === parts.hash)) {
        const setting = own.get(der);
        if (setting !== undefined && !linked.has(der)) settings.set(der, setting);
        linked.add(der);
      }
    else if (certificates.length > 0) others.push([...certificates]);
  }
  return {
    certificates: [...linked],
    settings,
    byName: true,
    unseen: others.filter((file) => !file.some((der) => linked.has(der))).length,
  };
}

function countsUpTo(hash: string, number: number, present: ReadonlySet<string>): boolean {
  for (let i = 0; i <= number; i++) if (!present.has(`${hash}.${i}`)) return false;
  return true;
}

export interface Owner {
  readonly uid: number;
  readonly groups: readonly number[];
}

/**
 * mail_owner of this host: the user smtp(8) runs as when it opens a tafile. Undefined where it
 * cannot be told.
 */
export async function ownerOf(gathered: Gathered, machine: Machine): Promise<Owner | undefined> {
  const config = gathered.configDirectory === undefined ? [] : ['-c', gathered.configDirectory];
  const name = await machine.run('postconf', [...config, '-h', 'mail_owner']);
  if (name.kind !== 'ended' || name.status !== 0) return undefined;
  const uid = await machine.run('id', ['-u', name.output.trim()]);
  const groups = await machine.run('id', ['-G', name.output.trim()]);
  if (uid.kind !== 'ended' || uid.status !== 0 || groups.kind !== 'ended') return undefined;
  return { uid: Number(uid.output.trim()), groups: groups.output.trim().split(' ').map(Number) };
}

export function mayRead(owner: Owner, file: Extract<FileRead, { kind: 'read' }>): boolean {
  if (file.uid === owner.uid) return (file.mode & 0o400) !== 0;
  return (file.mode & (owner.groups.includes(file.gid) ? 0o040 : 0o004)) !== 0;
}

function lacking(parameter: string, path: string, { source, lines }: Gathered): UsageError {
  const line = lines[parameter];
  const place = line === undefined ? source : `${source} line ${line}`;
  return new UsageError(
    `${place}: ${parameter} names ${path}, which this machine lacks; give the trust anchors with ` +
      '--ca-file',
  );
}

/** Relative paths are below queue_directory, where smtp(8) stands. */
function absolute<T extends string | undefined>(path: T, settings: Settings): T | string {
  return path === undefined ? path : resolve(settings.queueDirectory, path);
}

/** A chrooted smtp(8) opens these below queue_directory. */
function inJail<T extends string | undefined>(path: T, settings: Settings): T | string {
  if (path === undefined || !settings.chroot) return absolute(path, settings);
  return join(settings.queueDirectory, path);
}

function textOf(read: Extract<FileRead, { kind: 'read' }>): string {
  return Buffer.from(read.bytes).toString('latin1');
}

/** Where OpenSSL's default store is on common systems, for tls_append_default_CA. */
const DEFAULT_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];
