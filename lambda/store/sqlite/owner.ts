/**
 * Who works on a store: the user who owns its directory, also where root runs the command.
 *
 * So whatever is made there belongs to that user, whoever ran first; and a link that this user put
 * there leads root nowhere that the user could not have gone.
 *
 * Under systemd's DynamicUser=yes the directory is /var/lib/private/NAME, and `private` lets nobody
 * in but root: the service sees it by a mount of its own. There root stays root, and changes the
 * owner of what it makes.
 */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../table-error.ts';

/** Runs something synchronous as that user. */
export type Acting = <T>(work: () => T) => T;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * What root does in a directory, it does as its owner, or as root where only root gets there.
 *
 * @throws StoreError `forbidden` where the owner does not get there and somebody else could lead
 * root elsewhere
 */
export function actingIn(directory: string, owner: Owner): Acting {
  const act = actingAs(owner);
  if (act === asOurselves || act(() => isReached(directory))) return act;
  const foreign = foreignAbove(realpathSync(directory));
  if (foreign === undefined) return asOurselves;
  throw notForRoot(directory, owner, foreign);
}

/** The same to make `directory` in the one above it, of that owner. @throws StoreError as above */
export function actingToMake(directory: string, above: string, owner: Owner): Acting {
  const act = actingAs(owner);
  if (act === asOurselves || act(() => isReached(above))) return act;
  throw notForRoot(directory, owner, above);
}

const notForRoot = (directory: string, owner: Owner, foreign: string): StoreError =>
  new StoreError(
    'forbidden',
    `the store in ${directory}: its owner, user ${owner.uid}, does not get there, and ` +
      `${foreign} is not root's alone; let the owner in, or name another directory with --store`,
  );

const asOurselves: Acting = (work) => work();

/** Effective user and group for the time of `work`; anybody but root stays who they are. */
function actingAs({ uid, gid }: Owner): Acting {
  if (uid === 0 || process.geteuid?.() !== 0) return asOurselves;
  return (work) => {
    // Within another such call already.
    if (process.geteuid?.() !== 0) return work();
    const back = become(uid, gid);
    try {
      return work();
    } finally {
      back();
    }
  };
}

/**
 * Root in a container may lack the right to change, and then stays root. Returns what changes it
 * back.
 */
function become(uid: number, gid: number): () => void {
  const groups = process.getgroups?.() ?? [];
  const group = process.getegid?.() ?? 0;
  const steps: (() => void)[] = [];
  const back = () => {
    for (const step of steps.reverse()) step();
  };
  try {
    process.setgroups?.([gid]);
    steps.push(() => process.setgroups?.(groups));
    process.setegid?.(gid);
    steps.push(() => process.setegid?.(group));
    process.seteuid?.(uid);
    steps.push(() => process.seteuid?.(0));
  } catch (error) {
    back();
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return () => undefined;
  }
  return back;
}

/** Whether this user, as it is now, may search that directory and all above it. */
function isReached(directory: string): boolean {
  try {
    // With a dot behind it, for a directory is found without being searched.
    statSync(`${directory}/.`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}

/** The nearest directory above in which somebody but root could put another one in its place. */
function foreignAbove(path: string): string | undefined {
  const above = dirname(path);
  if (above === path) return undefined;
  const { uid, mode } = lstatSync(above);
  const sticky = (mode & 0o1000) !== 0;
  return uid !== 0 || ((mode & 0o022) !== 0 && !sticky) ? above : foreignAbove(above);
}
