/**
 * How a walk over planned addresses can end, whatever order chance gives those of equal rank.
 *
 * Follows the loop of smtp_connect_inet() in src/smtp/smtp_connect.c. Instead of trying all n!
 * orders, members of one share and one step are taken for the same: what matters is how many of
 * them were visited, how many sessions were used up, and who spoke last. Pure.
 */

/**
 * What one address does to the walk: take the mail, refuse for good, fail so that the next is
 * tried, fail in a session that counts (smtp_mx_session_limit), or not be tried at all.
 */
export type Step = 'takes' | 'bounces' | 'fails' | 'spends' | 'skipped';

/** `take` of `members` are visited, any of them. */
export interface Share<M> {
  readonly members: readonly M[];
  readonly take: number;
}

/** Addresses that are visited in any order among themselves, after those of the group before. */
export interface Group<M> {
  readonly shares: readonly Share<M>[];
  /** The balance was struck for a list that starts with a member of this share. */
  readonly startsWith?: Share<M>;
}

export type Plan<M> = readonly Group<M>[];

export interface PlanEnds<M> {
  readonly takenBy: readonly M[];
  readonly bouncedBy: readonly M[];
  /** Nothing took it, and one of these spoke last. */
  readonly leftBy: readonly M[];
  /** In some order every address was skipped without a word. */
  readonly leftUntried: boolean;
}

/** `sessionLimit`: 0 is none. */
export function endsOf<M extends { readonly step: Step }>(
  plan: Plan<M>,
  sessionLimit: number,
): PlanEnds<M> {
  const all = plan.flatMap(membersOf);
  const ends = { taken: new Set<M>(), bounced: new Set<M>(), left: new Set<M>() };
  let passages: readonly Passage<M>[] = [{ sessions: 0, spoke: [] }];
  for (const group of plan) {
    const passed = new Map<string, Passage<M>>();
    const kinds = kindsOf(group);
    const path = (passage: Passage<M>): Path<M> => ({ ...passage, visited: kinds.map(() => 0) });
    const open = passages.map(path);
    const known = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { sessions, spoke, visited } = at;
      const next = kinds.filter((kind) => mayBeNext(kind, visited, kinds, group));
      if (next.length === 0) passed.set(`${sessions} ${nameOf(spoke)}`, { sessions, spoke });
      for (const kind of next) {
        const spent = sessions + (kind.step === 'spends' ? 1 : 0);
        const over = overWith(kind.step, spent === sessionLimit);
        if (over !== undefined) for (const member of kind.members) ends[over].add(member);
        else {
          const further: Path<M> = {
            sessions: spent,
            spoke: kind.step === 'skipped' ? spoke : kind.members,
            visited: visited.map((count, i) => (kinds[i] === kind ? count + 1 : count)),
          };
          const key = `${spent} ${nameOf(further.spoke)} ${further.visited.join(' ')}`;
          if (!known.has(key)) open.push(further);
          known.add(key);
        }
      }
    }
    passages = [...passed.values()];
  }
  for (const member of passages.flatMap(({ spoke }) => spoke)) ends.left.add(member);
  const inOrder = (some: ReadonlySet<M>) => all.filter((member) => some.has(member));
  return {
    takenBy: inOrder(ends.taken),
    bouncedBy: inOrder(ends.bounced),
    leftBy: inOrder(ends.left),
    leftUntried: passages.some(({ spoke }) => spoke.length === 0),
  };

  /** A set of members by a number of its own. */
  function nameOf(members: readonly M[]): number {
    const first = members[0];
    return first === undefined ? -1 : all.indexOf(first);
  }
}

/** What is behind us: sessions used up, and whoever may have spoken last; nobody yet. */
interface Passage<M> {
  readonly sessions: number;
  readonly spoke: readonly M[];
}

interface Path<M> extends Passage<M> {
  /** How many of each kind of this group. */
  readonly visited: readonly number[];
}

/** Members of one share that do the same. */
interface Kind<M> {
  readonly share: Share<M>;
  readonly step: Step;
  readonly members: readonly M[];
}

function kindsOf<M extends { readonly step: Step }>({ shares }: Group<M>): Kind<M>[] {
  return shares.flatMap((share) => {
    const byStep = Map.groupBy(share.members, ({ step }) => step);
    return [...byStep].map(([step, members]) => ({ share, step, members }));
  });
}

function mayBeNext<M>(
  kind: Kind<M>,
  visited: readonly number[],
  kinds: readonly Kind<M>[],
  { startsWith }: Group<M>,
): boolean {
  const own = visited[kinds.indexOf(kind)] ?? 0;
  let [inShare, inAll] = [0, 0];
  for (const [i, count] of visited.entries()) {
    inAll += count;
    if (kinds[i]?.share === kind.share) inShare += count;
  }
  const comesFirst = inAll > 0 || startsWith === undefined || startsWith === kind.share;
  return comesFirst && own < kind.members.length && inShare < kind.share.take;
}

function overWith(step: Step, lastSession: boolean): 'taken' | 'bounced' | 'left' | undefined {
  switch (step) {
    case 'takes':
      return 'taken';
    case 'bounces':
      return 'bounced';
    case 'spends':
      return lastSession ? 'left' : undefined;
    case 'fails':
    case 'skipped':
      return undefined;
  }
}

const membersOf = <M>({ shares }: Group<M>): readonly M[] =>
  shares.flatMap(({ members }) => members);
