/**
 * One configuration directory to try, with the world around it: plain JSON, so that it can be drawn, printed, written by
 * hand and played again.
 */
import type { RecordSet } from '../../internet/dns-server.ts';
import type { SceneServer } from '../scene.ts';

export interface Directory {
  /** Its place among those of the seed; names its folder, its domains and its addresses. */
  readonly index: number;
  /** What is odd about it, in words, for whoever reads a disagreement. */
  readonly oddities: readonly string[];
  /** Lines on top of the reference's own. */
  readonly mainCf: readonly string[];
  /** Its smtp clients and other delivery agents; the rest of a master.cf is the reference's. */
  readonly masterCf: readonly string[];
  readonly files: readonly DirectoryFile[];
  readonly daemons: readonly TableDaemon[];
  readonly dns: readonly RecordSet[];
  readonly servers: readonly SceneServer[];
  /** Addresses that this host has, besides loopback. */
  readonly localAddresses: readonly string[];
  readonly messages: readonly Message[];
  /** What our check is asked for: domains, or the whole addresses that mail goes to. */
  readonly asked: 'domains' | 'addresses';
  /** Who runs our check: root, or a user who may not read everything. */
  readonly watcher: 'root' | 'nobody';
}

/** A file below the configuration directory, with what happens to it after it was written. */
export interface DirectoryFile {
  readonly name: string;
  readonly text: string;
  /** 0644 where absent. */
  readonly mode?: number;
  /** Of the folder it is in; 0755 where absent. */
  readonly folderMode?: number;
  /** The type that postmap builds from it. */
  readonly build?: BuiltType;
  /** After the build: what is no longer there, or the newer text that nobody built. */
  readonly later?: 'text-gone' | 'database-gone' | { readonly text: string };
  /** An SQLite database instead of a text: `text` holds `key<TAB>value` lines. */
  readonly sqlite?: true;
}

export type BuiltType = 'hash' | 'btree' | 'lmdb' | 'cdb';

/** A socketmap or tcp_table server with scripted answers. */
export interface TableDaemon {
  readonly protocol: 'socketmap' | 'tcp';
  readonly address: string;
  readonly port: number;
  /** By key, lower case. A socketmap's map name is not looked at. */
  readonly answers: Readonly<Record<string, DaemonAnswer>>;
  /** For every other key. */
  readonly otherwise: DaemonAnswer;
  /** Before each answer. */
  readonly delayMs?: number;
}

export type DaemonAnswer =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'temporary' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'permanent' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'closes' }
  | { readonly kind: 'hangs' };

/** One message: `<>` is the null sender. */
export interface Message {
  readonly sender: string;
  readonly recipient: string;
}

/** The directory that holds everything of this one, `etc` among it. */
export function placeOf({ index }: Pick<Directory, 'index'>): string {
  return `/mnt/c${index}`;
}

export const configDirectoryOf = (directory: Pick<Directory, 'index'>) => `${placeOf(directory)}/etc`;
