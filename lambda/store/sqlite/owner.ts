/**
 * Who works on a store: the user who owns its directory, also where root runs the command.
 *
 * So whatever is made there belongs to that user, whoever ran first; and a link that this user put
 * there leads root nowhere that the user could not have gone.
 */

/** Runs something synchronous as that user. */
export type Acting = <T>(work: () => T) => T;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export const asOurselves: Acting = (work) => work();

/** Effective user and group for the time of `work`; anybody but root stays who they are. */
export function actingAs({ uid, gid }: Owner): Acting {
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

/** Root in a container may lack the right to change, and then stays root. Answers the way back. */
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
