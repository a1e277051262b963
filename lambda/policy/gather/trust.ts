/**
 * Trust anchors from disk as smtp(8) would load them: CAfile, CApath by hash links, tafiles as
 * mail_owner.
 */

import { join, resolve } from 'node:path';
import {
  anchorFileFromPem,
  type PemObjects,
  parsePem,
  type TrustAnchorFile,
  type TrustStore,
  trustStoreFromPem,
} from '../../certificate/anchors.ts';
import { isDigest } from '../../certificate/digest.ts';
import { byName } from '../../named-record.ts';
import { UsageError } from '../../usage-error.ts';
import type { Bundle, FileProblem } from '../bundle.ts';
import { policyTables } from '../lookup.ts';
import { parsePolicy } from '../parse.ts';
import type { Settings } from '../settings.ts';
import { readHashLinks } from './hash-links.ts';
import { Loaded, type Objects } from './loaded-store.ts';
import type { BundleOptions, FileRead, Machine, Permissions } from './machine.ts';
import { textOf } from './pem-text.ts';
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
  const named = namedAnchors(settings, options);
  const { byHand, caFile, caPath, directories } = named;
  const loaded = new Loaded();
  if (caFile !== undefined) {
    const file = await readCaFile(caFile, byHand, gathered, machine);
    if (file.kind === 'engine-off') return file;
    loaded.add(file.objects);
  }
  const appended =
    (caFile ?? caPath) !== undefined && settings.appendDefaultCa && !byHand
      ? await readDefaultBundle(machine)
      : undefined;
  if (appended !== undefined) loaded.add(appended.objects);
  for (const directory of directories) {
    const links = await readCaDirectory(directory, byHand, gathered, machine, problems);
    if (links !== undefined) loaded.add(links);
  }
  return {
    kind: 'anchors',
    ...loaded.store(),
    source: sourceOf(named, appended?.path),
    ...(byHand ? { byHand: onlyPaths(named) } : {}),
  };
}

/** Where anchors are to be read from, as paths that this machine can open. */
interface NamedAnchors {
  /** By --ca-file or --ca-path, which replace what main.cf names. */
  readonly byHand: boolean;
  readonly caFile: string | undefined;
  /** As written: a list of directories with colons, as in PATH. */
  readonly caPath: string | undefined;
  /** Those of `caPath`. */
  readonly directories: readonly string[];
}

function namedAnchors(settings: Settings, options: BundleOptions): NamedAnchors {
  const byHand = options.caFile !== undefined || options.caPath !== undefined;
  const caPath = byHand ? options.caPath : settings.caPath;
  const listed = caPath?.split(':').filter((path) => path !== '') ?? [];
  return {
    byHand,
    caFile: byHand ? options.caFile : absolute(settings.caFile, settings),
    caPath,
    directories: byHand ? listed : listed.map((path) => inJail(path, settings)),
  };
}

const onlyPaths = ({ caFile, caPath }: NamedAnchors) => ({
  ...(caFile === undefined ? {} : { caFile }),
  ...(caPath === undefined ? {} : { caPath }),
});

/** For people: the files and directories in the order asked for; `appended` is OpenSSL's own. */
function sourceOf({ caFile, directories }: NamedAnchors, appended: string | undefined): string {
  const sources = [caFile ?? [], directories, appended ?? []].flat();
  return sources.length === 0 ? 'no CAfile and no CApath' : sources.join(' and ');
}

/** A CAfile of this host that is missing, or without PEM, turns TLS off. @throws UsageError */
async function readCaFile(
  path: string,
  byHand: boolean,
  gathered: Gathered,
  machine: Machine,
): Promise<
  | { readonly kind: 'read'; readonly objects: PemObjects }
  | Extract<TrustStore, { readonly kind: 'engine-off' }>
> {
  const read = await machine.read(path);
  if (read.kind === 'failed') {
    if (byHand) throw new UsageError(`cannot read --ca-file ${path}: ${read.because}`);
    if (gathered.from === 'file') throw lacking('smtp_tls_CAfile', path, gathered, read);
    return { kind: 'engine-off', because: `${path}: ${read.because}` };
  }
  const text = textOf(read);
  const store = trustStoreFromPem(text, path);
  if (store.kind === 'anchors') return { kind: 'read', objects: parsePem(text) };
  if (byHand) throw new UsageError(`--ca-file ${store.because}`);
  return store;
}

/**
 * One directory of a CApath; undefined where it cannot be listed, which Postfix does not mind.
 *
 * @throws UsageError where it was named by hand, or by another host's main.cf
 */
async function readCaDirectory(
  path: string,
  byHand: boolean,
  gathered: Gathered,
  machine: Machine,
  problems: FileProblem[],
): Promise<Objects | undefined> {
  const parameter = 'smtp_tls_CApath';
  const links = await readHashLinks(path, machine);
  if (links === undefined) {
    if (byHand) throw new UsageError(`cannot list --ca-path ${path}`);
    if (gathered.from === 'file') throw lacking(parameter, path, gathered);
    const because = 'the directory cannot be listed';
    problems.push({ path, parameter, kind: 'missing', because });
    return undefined;
  }
  if (links.unseen > 0) {
    const files = links.unseen === 1 ? 'file' : 'files';
    const because = `${links.unseen} certificate ${files} without a hash link`;
    problems.push({ path, parameter, kind: 'no-hash-link', because });
  }
  return links;
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
    const opened = inJail(path, settings) ?? path;
    const read = await machine.read(opened);
    const because =
      read.kind === 'failed'
        ? read.because
        : owner === undefined || (await mayRead(owner, opened, read, machine))
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

export interface Owner {
  readonly uid: number;
  readonly gid: number;
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
  // set_ugid() leaves a process the group of its user alone.
  const gid = await machine.run('id', ['-g', name.output.trim()]);
  if (uid.kind !== 'ended' || uid.status !== 0 || gid.kind !== 'ended') return undefined;
  return { uid: Number(uid.output.trim()), gid: Number(gid.output.trim()) };
}

/** Whether that user may read the file, and pass the folders on the way to it. */
export async function mayRead(
  owner: Owner,
  path: string,
  file: Permissions,
  machine: Machine,
): Promise<boolean> {
  const folders = (await machine.folders?.(path)) ?? [];
  return allows(file, owner, 4) && folders.every((folder) => allows(folder, owner, 1));
}

/** @param bits of `rwx` */
function allows({ mode, uid, gid }: Permissions, owner: Owner, bits: number): boolean {
  const place = uid === owner.uid ? 6 : gid === owner.gid ? 3 : 0;
  return ((mode >> place) & bits) === bits;
}

function lacking(
  parameter: string,
  path: string,
  { source, lines }: Gathered,
  read?: Extract<FileRead, { readonly kind: 'failed' }>,
): UsageError {
  const line = lines[parameter];
  const place = line === undefined ? source : `${source} line ${line}`;
  const why = read?.outside === true ? `: ${read.because}` : ', which this machine lacks';
  return new UsageError(
    `${place}: ${parameter} names ${path}${why}; give the trust anchors with --ca-file`,
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

/** Where OpenSSL's default store is on common systems, for tls_append_default_CA. */
const DEFAULT_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];
