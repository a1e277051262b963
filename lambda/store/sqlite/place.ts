/**
 * A directory and the store in it: where they are, whose they are, and whether they may be used.
 *
 * The directory says who owns the store. A store is never used through a link that somebody else
 * could have put there, nor in a directory where anybody could put another one.
 */
import { existsSync, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { shellWord } from '../../text/strangers.ts';
import { StoreError } from '../table-error.ts';
import { adopt, makeDirectory } from './files.ts';
import { type Acting, actingIn, type Owner } from './owner.ts';
import { making, storeErrorOf } from './sqlite-error.ts';

export interface Place {
  readonly directory: string;
  /** Of the store's file, whether it is there or not. */
  readonly file: string;
  /** As messages call it. */
  readonly title: string;
  readonly owner: Owner;
  /** Everything that touches directory or file goes through it. */
  readonly act: Acting;
}

export const FILE_NAME = 'store.sqlite';
export const titleOf = (directory: string): string => `the store in ${directory}`;

/** Whether a store is there; false where that cannot be seen. */
export const isStore = (directory: string): boolean => existsSync(join(directory, FILE_NAME));

/**
 * The store that is there, to be read by whoever may.
 *
 * @throws StoreError `missing`, `old-folder`, `forbidden`, or `other` where it is not to be trusted
 */
export function placeToRead(directory: string): Place {
  const title = titleOf(directory);
  return told(title, () => {
    refuseForeignLink(directory);
    const found = look(directory);
    if (found === undefined) throw missing(directory);
    const { file } = found;
    if (file === undefined) throw missingFile(directory);
    // Root reads as the file's owner, who may be another than the directory's after a restore.
    return place(directory, { uid: file.uid, gid: file.gid });
  });
}

/**
 * What a writer wants of the place: `change` what is there, `create` it where nothing is, or
 * `import` into it, beside a folder of release 0.1 too.
 */
export type Wanted = 'change' | 'create' | 'import';

/**
 * The store that is there, or is to be, to be written; makes the directory, never the file.
 *
 * @throws StoreError as above
 */
export function placeToWrite(directory: string, wanted: Wanted): Place {
  const title = titleOf(directory);
  return told(title, () => {
    refuseForeignLink(directory);
    if (wanted !== 'change') making(title, () => makeDirectory(directory));
    const found = look(directory);
    if (found === undefined) throw missing(directory);
    const { folder, file } = found;
    const me = process.geteuid?.() ?? folder.uid;
    if ((folder.mode & 0o002) !== 0)
      throw new StoreError(
        'other',
        `${title}: anybody may write in that directory (mode ${octal(folder)}); name one ` +
          'below it with --store, it will be made',
      );
    if (me !== 0 && folder.uid !== 0 && folder.uid !== me)
      throw new StoreError(
        'forbidden',
        `${title}: the directory belongs to user ${folder.uid} and this is user ${me}; run ` +
          `it as the directory's owner or as root`,
      );
    const at = place(directory, folder);
    if (file === undefined) {
      if (wanted !== 'import' && isOldFolder(directory)) throw oldFolder(directory);
      if (wanted === 'change') throw missing(directory);
    } else if (me === 0 && file.uid !== folder.uid) {
      adopt(at.file, file, folder);
    }
    return at;
  });
}

function place(directory: string, owner: Owner): Place {
  return {
    directory,
    file: join(resolve(directory), FILE_NAME),
    title: titleOf(directory),
    owner: { uid: owner.uid, gid: owner.gid },
    act: actingIn(directory, owner),
  };
}

interface Found {
  readonly folder: Stats;
  readonly file: Stats | undefined;
}

/** @throws StoreError where a link or a foreign file stands in the way */
function look(directory: string): Found | undefined {
  const title = titleOf(directory);
  const entry = lstatSync(directory, { throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  const me = process.geteuid?.() ?? entry.uid;
  const folder = statSync(directory);
  if (!folder.isDirectory())
    throw new StoreError('other', `${title}: it is no directory; name one with --store`);
  const file = lstatSync(join(directory, FILE_NAME), { throwIfNoEntry: false });
  if (file === undefined) return { folder, file };
  const path = join(directory, FILE_NAME);
  if (!file.isFile() || file.nlink > 1)
    throw new StoreError(
      'other',
      `${title}: ${path} is ${kindOf(file)}, and a store is not used through one; put the file ` +
        'itself there',
    );
  if (folder.uid !== 0 && ![folder.uid, 0, me].includes(file.uid))
    throw new StoreError(
      'other',
      `${title}: ${path} belongs to user ${file.uid} and the directory to user ` +
        `${folder.uid}; see who put it there, and give it to the directory's owner`,
    );
  return { folder, file };
}

function kindOf(entry: Stats): string {
  if (entry.isFile()) return 'a file of several names';
  return entry.isSymbolicLink() ? 'a link' : 'no file';
}

/** @throws StoreError where a link on the way is neither root's nor this user's */
function refuseForeignLink(directory: string): void {
  const path = resolve(directory);
  const link = foreignLink(path, process.geteuid?.() ?? 0);
  if (link !== undefined)
    throw new StoreError(
      'other',
      `${titleOf(directory)}: ${link.path === path ? 'it' : link.path} is a link of user ` +
        `${link.uid}; name the directory that it leads to`,
    );
}

interface Link {
  readonly path: string;
  readonly uid: number;
}

/** Follows links as the system does, which gives up at the fortieth. */
function foreignLink(path: string, me: number, followed = 0): Link | undefined {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  for (let i = 1; i <= parts.length; i++) {
    const at = join(root, ...parts.slice(0, i));
    const entry = lstatSync(at, { throwIfNoEntry: false });
    if (entry === undefined || followed > 40) return undefined;
    if (entry.isDirectory()) continue;
    if (!entry.isSymbolicLink()) return undefined;
    if (entry.uid !== 0 && entry.uid !== me) return { path: at, uid: entry.uid };
    return foreignLink(resolve(dirname(at), readlinkSync(at), ...parts.slice(i)), me, followed + 1);
  }
  return undefined;
}

function told<T>(title: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeErrorOf(error, title);
  }
}

const missing = (directory: string): StoreError =>
  new StoreError(
    'missing',
    `there is no store in ${directory}: nothing was kept there yet; "watch" makes one, ` +
      '--store names another place',
  );

const missingFile = (directory: string): StoreError =>
  isOldFolder(directory) ? oldFolder(directory) : missing(directory);

const oldFolder = (directory: string): StoreError =>
  new StoreError(
    'old-folder',
    `${titleOf(directory)} is a folder of release 0.1, which this release does not open: ` +
      `bring it over with "postfix-tls-watch store import ${shellWord(directory) ?? 'DIR'}", which leaves the ` +
      'folder as it was',
  );

/** LevelDB's first file. */
export const isOldFolder = (directory: string): boolean =>
  existsSync(join(directory, 'db', 'CURRENT'));

const octal = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, '0');
