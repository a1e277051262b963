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
  const numbers = new Map(all.map((member, i) => [member, i]));
  const ends = { taken: new Set<M>(), bounced: new Set<M>(), left: new Set<M>() };
  let passages: readonly Passage<M>[] = [{ sessions: 0, spoke: [] }];
  for (const group of plan) {
    const passed = new Map<string, Passage<M>>();
    for (const way of waysThrough(group)) walkGroup(way, passed);
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

  function walkGroup(way: Way<M>, passed: Map<string, Passage<M>>): void {
    const { kinds } = way;
    const open = passages.map((passage): Path<M> => ({ ...passage, visited: kinds.map(() => 0) }));
    const known = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { sessions, spoke, visited } = at;
      if (mayBeOver(visited, way)) passed.set(`${sessions} ${nameOf(spoke)}`, { sessions, spoke });
      for (const kind of kinds.filter((one) => mayBeNext(one, visited, way))) {
        const spent = sessions + (kind.step === 'spends' ? 1 : 0);
        const over = overWith(kind.step, spent === sessionLimit);
        if (over !== undefined) for (const member of kind.members) ends[over].add(member);
        else {
          const further: Path<M> = {
            sessions: spent,
            spoke: kind.members,
            visited: visited.map((count, i) => (kinds[i] === kind ? count + 1 : count)),
          };
          const key = `${spent} ${nameOf(further.spoke)} ${further.visited.join(' ')}`;
          if (!known.has(key)) open.push(further);
          known.add(key);
        }
      }
    }
  }

  /** A set of members by a number of its own. */
  function nameOf(members: readonly M[]): number {
    const [first] = members;
    return first === undefined ? -1 : (numbers.get(first) ?? -1);
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

/**
 * A group without those that are skipped: there may be thousands, and all that matters is how many
 * of the others are visited in their place.
 */
interface Way<M> {
  readonly kinds: readonly Kind<M>[];
  /** How many that are not skipped are visited of each share, at least and at most. */
  readonly bounds: ReadonlyMap<Share<M>, { readonly least: number; readonly most: number }>;
  readonly startsWith: Share<M> | undefined;
}

function waysThrough<M extends { readonly step: Step }>({
  shares,
  startsWith,
}: Group<M>): Way<M>[] {
  const kinds = shares.flatMap((share) => {
    const byStep = Map.groupBy(share.members, ({ step }) => step);
    byStep.delete('skipped');
    return [...byStep].map(([step, members]) => ({ share, step, members }));
  });
  const skipped = (share: Share<M>) =>
    share.members.filter(({ step }) => step === 'skipped').length;
  /** `gone` of them are behind us. */
  const boundsOf = (share: Share<M>, gone = 0) => ({
    least: Math.max(0, share.take - skipped(share)),
    most: share.take - gone,
  });
  const bounds = new Map(shares.map((share) => [share, boundsOf(share)]));
  const straight = { kinds, bounds, startsWith };
  if (startsWith === undefined || skipped(startsWith) === 0 || startsWith.take === 0)
    return [straight];
  // Or one that is skipped comes first.
  const behind = new Map(bounds).set(startsWith, boundsOf(startsWith, 1));
  return [straight, { kinds, bounds: behind, startsWith: undefined }];
}

function mayBeNext<M>(kind: Kind<M>, visited: readonly number[], way: Way<M>): boolean {
  const { kinds, bounds, startsWith } = way;
  const own = visited[kinds.indexOf(kind)] ?? 0;
  const comesFirst =
    startsWith === undefined || startsWith === kind.share || visited.some((count) => count > 0);
  const most = bounds.get(kind.share)?.most ?? 0;
  return comesFirst && own < kind.members.length && inShare(kind.share, visited, kinds) < most;
}

function mayBeOver<M>(visited: readonly number[], { kinds, bounds }: Way<M>): boolean {
  return [...bounds].every(([share, { least }]) => inShare(share, visited, kinds) >= least);
}

const inShare = <M>(share: Share<M>, visited: readonly number[], kinds: readonly Kind<M>[]) =>
  visited.reduce((sum, count, i) => (kinds[i]?.share === share ? sum + count : sum), 0);

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
