/**
 * What of the files that a bundle was made of may be stored: tables, the parameters of main.cf that
 * are read, certificates and public keys. Passwords and private keys stay on the mail host. Pure.
 */
import { resolve } from 'node:path';
import { publicPem } from '../certificate/public-pem.ts';
import { type TableName, tableType } from '../postfix/lookup-table.ts';
import { isReadParameter, onlyReadParameters } from '../postfix/read-parameters.ts';
import type { Bundle } from './bundle.ts';
import { replyTableNames } from './reply-tables.ts';
import type { Settings } from './settings.ts';

export type Files = Readonly<Record<string, Uint8Array>>;

/** What was left out of one file, or that nothing of it may be stored. */
export type LeftOut =
  | { readonly path: string; readonly kind: 'whole' }
  | {
      readonly path: string;
      readonly kind: 'parameters';
      /** Names in order of the lines; the values and all comments are left out. */
      readonly names: readonly string[];
      readonly strayLines: number;
    }
  | {
      readonly path: string;
      readonly kind: 'blocks';
      readonly privateKeys: number;
      readonly otherBlocks: number;
    };

export interface Storable {
  readonly files: Files;
  /** In order of the paths. */
  readonly leftOut: readonly LeftOut[];
}

/** By path, what may be stored of each file, and what of it may not. */
export function storableFiles(files: Files, bundle: Bundle): Storable {
  const roles = rolesIn(bundle);
  const kept: [string, Uint8Array][] = [];
  const leftOut: LeftOut[] = [];
  for (const path of Object.keys(files).toSorted()) {
    const bytes = files[path] ?? new Uint8Array();
    const storable = storableFile(path, bytes, roles.get(path));
    if (storable.bytes !== undefined) kept.push([path, storable.bytes]);
    if (storable.leftOut !== undefined) leftOut.push(storable.leftOut);
  }
  return { files: Object.fromEntries(kept), leftOut };
}

/** A bundle as it is stored: comments of tables that are no policy are nobody's to read. */
export function storableBundle(bundle: Bundle): Bundle {
  const { transportTables, routingTables, statusFilter, replyTables, mainCf } = bundle;
  const bare = (tables: Bundle['policyTables']) =>
    tables.map((table) => ({ ...table, text: withoutComments(table.text) }));
  const bareSide = (side: NonNullable<Bundle['statusFilter']>) => ({
    ...side,
    tables: bare(side.tables),
  });
  return {
    ...bundle,
    transportTables: bare(transportTables),
    ...(routingTables === undefined ? {} : { routingTables: bare(routingTables) }),
    ...(statusFilter === undefined ? {} : { statusFilter: bareSide(statusFilter) }),
    ...(replyTables === undefined ? {} : { replyTables: bareSide(replyTables) }),
    ...(mainCf === undefined ? {} : { mainCf: { ...mainCf, lines: namedLines(mainCf.lines) } }),
  };
}

type Role = 'policy' | 'table' | 'main-cf';

interface StorableFile {
  /** Undefined: nothing of it. */
  readonly bytes: Uint8Array | undefined;
  /** Undefined: nothing was left out that could be a secret. */
  readonly leftOut: LeftOut | undefined;
}

function storableFile(path: string, bytes: Uint8Array, role: Role | undefined): StorableFile {
  const text = Buffer.from(bytes).toString('latin1');
  switch (role) {
    case 'policy':
      return { bytes, leftOut: undefined };
    case 'table':
      return { bytes: Buffer.from(withoutComments(text), 'latin1'), leftOut: undefined };
    case 'main-cf': {
      const read = onlyReadParameters(text);
      const { leftOut: names, strayLines } = read;
      return {
        bytes: Buffer.from(read.text, 'latin1'),
        leftOut:
          names.length + strayLines === 0
            ? undefined
            : { path, kind: 'parameters', names, strayLines },
      };
    }
    case undefined: {
      const pem = publicPem(text);
      if (pem === undefined || pem.text === '')
        return { bytes: undefined, leftOut: { path, kind: 'whole' } };
      const { privateKeys, otherBlocks } = pem;
      return {
        bytes: Buffer.from(pem.text, 'latin1'),
        leftOut:
          privateKeys + otherBlocks === 0
            ? undefined
            : { path, kind: 'blocks', privateKeys, otherBlocks },
      };
    }
  }
}

/** What each file is for, by its path as it was opened. */
function rolesIn(bundle: Bundle): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  const services = Object.values(bundle.services ?? {}).map(({ settings }) => settings);
  const routing = bundle.routingSettings === undefined ? [] : [bundle.routingSettings];
  const all = [bundle.settings, ...services, ...routing];
  const name = (maps: readonly TableName[], settings: Settings, role: Role) => {
    for (const map of maps) {
      const { type, path } = map.type === 'proxy' ? tableType(map.path) : map;
      // How to reach a database is no table, and has its password.
      if (!TEXTS.has(type)) continue;
      for (const opened of [path, resolve(settings.queueDirectory, path)]) roles.set(opened, role);
    }
  };
  const listed = (tables: Bundle['policyTables']) => tables.map((table) => tableType(table.name));
  for (const settings of all) {
    const { transportMaps, senderRelayhostMaps, senderTransportMaps, statusFilter } = settings;
    const replies = replyTableNames(settings).map((table) => tableType(table.name));
    name(
      [
        ...transportMaps,
        ...senderRelayhostMaps,
        ...senderTransportMaps,
        ...statusFilter,
        ...replies,
      ],
      settings,
      'table',
    );
  }
  name(listed(bundle.routingTables ?? []), bundle.settings, 'table');
  if (bundle.mainCf !== undefined) roles.set(bundle.mainCf.source, 'main-cf');
  // Last: what is a policy besides is kept byte for byte.
  for (const settings of all.slice(0, 1 + services.length))
    name(settings.policyMaps, settings, 'policy');
  return roles;
}

/** A comment line keeps its number and nothing else. */
const withoutComments = (text: string): string => text.replaceAll(/^[ \t\v\f\r]*#[^\n]+/gm, '#');

/** Lines of parameters; what else stands before an equals sign is nobody's name. */
const namedLines = (lines: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(lines).filter(([name]) => isReadParameter(name)));

/** Types whose file is the table. */
const TEXTS: ReadonlySet<string> = new Set([
  'hash',
  'btree',
  'lmdb',
  'cdb',
  'dbm',
  'sdbm',
  'texthash',
  'regexp',
  'pcre',
  'cidr',
]);
