/**
 * A look by several workers: plan → resolve → who is met → distinct conversations, whole networks to
 * one worker → probe. What they find is the same as one process would find (run/check/look), and what
 * a worker lost counts as not looked at.
 *
 * All routes are known before the first host is met: only then is it known whose networks are the
 * same. So that a zone that is slow to answer takes nobody's time, DNS has half of it at most.
 */
import { byName, named } from '../../named-record.ts';
import type { Hop } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import { type AddressFamily, familyOf } from '../../postfix/hostname.ts';
import type { Contact } from '../../probe/contact.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import type { ProbeResult } from '../../probe/result.ts';
import { turnAt } from '../../probe/turn.ts';
import { answeredIn, wasGivenUp } from '../../probe/way-out.ts';
import type { DaneRoute, Found } from '../../route/dane-route.ts';
import type { Route } from '../../route/route.ts';
import type { Dnssec } from '../check/dnssec.ts';
import type { Look, LookOptions } from '../check/look.ts';
import { Meeting, type Wanted } from '../check/meeting.ts';
import type { Fleet, OpenFleet, ShardOutcome } from './fleet.ts';
import { shardsOfHops, shardsOfNetworks } from './plan.ts';
import { Tally } from './progress.ts';
import { unpacked } from './stages.ts';

/** A look as `lookAt`, by workers that are opened for it and ended with it. */
export const lookWith =
  (openFleet: OpenFleet): Look =>
  async (plan, control, bundle, doors, options, dnssec) => {
    const probedAt = options.now();
    const { pace, unseen, turn = turnAt(probedAt) } = options;
    const tally = doors.progress === undefined ? undefined : new Tally(doors.progress);
    const onMet = tally && ((contacts: readonly Contact[]) => tally.met(contacts));
    const meeting = new Meeting(plan, control, bundle, { turn, unseen, onMet });
    const askForMs = Math.max(0, pace.stopAt - probedAt) / 2;
    const fleet = openFleet(bundle, askForMs);
    const problems: string[] = [];
    try {
      const asked = await resolve(fleet, meeting.hops, { askForMs, signal: pace.signal, dnssec });
      problems.push(...asked.problems);
      const { found } = asked;
      const wanted = Object.keys(found.routes).flatMap((key) => meeting.meet(key, found));
      const had = await converse(fleet, wanted, options, tally);
      problems.push(...had.problems);
      const { results } = had;
      return { ...found, ...meeting.end(), results, probedAt, resolved: asked.whole, problems };
    } finally {
      await fleet.close();
    }
  };

interface Asking {
  readonly askForMs: number;
  readonly signal: AbortSignal | undefined;
  readonly dnssec: Dnssec | undefined;
}

/** Routes of all hops, in their order. What was lost has none. */
async function resolve(
  fleet: Fleet,
  hops: readonly Hop[],
  { askForMs, signal, dnssec }: Asking,
): Promise<{
  readonly found: Found;
  readonly whole: boolean;
  readonly problems: readonly string[];
}> {
  const believed = dnssec?.kind === 'proved' || dnssec?.kind === 'unsigned';
  const shards = shardsOfHops(hops, fleet.size);
  const outcomes = await fleet.work(
    shards.map((own) => ({ kind: 'resolve', hops: own, believed })),
    { forMs: askForMs, signal },
  );
  const routes = byName<Route>();
  const tlsa = byName<DaneRoute>();
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.kind === 'lost' || outcome.result.kind !== 'resolve') continue;
    const { found } = outcome.result;
    // In the order of the plan, not in that of the answers.
    for (const key of (shards[i] ?? []).map(routeKey)) {
      const [route, dane] = [named(found.routes, key), found.tlsa && named(found.tlsa, key)];
      if (route !== undefined) routes[key] = route;
      if (dane !== undefined) tlsa[key] = dane;
    }
  }
  const lost = outcomes.flatMap((outcome, i) =>
    outcome.kind === 'lost'
      ? [lossOf(outcome, shards[i]?.length ?? 0, 'asked DNS about', 'next hop')]
      : [],
  );
  const whole = outcomes.every(
    (outcome) =>
      outcome.kind === 'done' && outcome.result.kind === 'resolve' && outcome.result.whole,
  );
  return { found: { routes, ...(believed ? { tlsa } : {}) }, whole, problems: lost };
}

interface Had {
  readonly results: Readonly<Record<string, ProbeResult>>;
  readonly problems: readonly string[];
}

/**
 * All conversations; those of a worker that was lost as not attempted.
 *
 * A worker gives up an address family in which nobody answers it. Where somebody answers another
 * worker in that family, those that were given up are had after all.
 */
async function converse(
  fleet: Fleet,
  wanted: readonly Wanted[],
  options: LookOptions,
  tally: Tally | undefined,
): Promise<Had> {
  const known = new Map<string, string>();
  const first = await probe(fleet, wanted, options, [], known, tally);
  const answered = answeredIn(
    wanted.flatMap(({ conversation }) => {
      const result = first.results[conversation.id];
      return result === undefined ? [] : [{ conversation, result }];
    }),
  );
  const again = wanted.filter(({ conversation: { id, address } }) => {
    const family = familyOf(address);
    return family !== undefined && answered.includes(family) && wasGivenUp(first.results[id]);
  });
  if (again.length === 0) return first;
  const second = await probe(fleet, again, options, answered, known, tally);
  return {
    results: { ...first.results, ...second.results },
    problems: [...first.problems, ...second.problems],
  };
}

async function probe(
  fleet: Fleet,
  wanted: readonly Wanted[],
  { pace, now }: LookOptions,
  answered: readonly AddressFamily[],
  known: Map<string, string>,
  tally: Tally | undefined,
): Promise<Had> {
  const shards = shardsOfNetworks(wanted, fleet.size);
  const own = shareOf(pace, Math.min(fleet.size, shards.length));
  tally?.begin(shards.reduce((sum, { conversations }) => sum + conversations.length, 0));
  const outcomes = await fleet.work(
    shards.map((shard) => ({ kind: 'probe', pace: { ...own, answered }, ...shard })),
    {
      forMs: Math.max(0, pace.stopAt - now()),
      signal: pace.signal,
      onProgress: tally && ((shard, progress) => tally.note(shard, progress)),
    },
  );
  const results: Record<string, ProbeResult> = {};
  const problems: string[] = [];
  for (const [i, { conversations }] of shards.entries()) {
    const outcome = outcomes[i];
    if (outcome?.kind === 'done' && outcome.result.kind === 'probe') {
      Object.assign(results, unpacked(outcome.result, known));
      continue;
    }
    for (const { id } of conversations) results[id] = NOT_LOOKED_AT;
    if (outcome?.kind === 'lost')
      problems.push(lossOf(outcome, conversations.length, 'had', 'conversation'));
  }
  return { results, problems };
}

/** What one of so many workers may do, so that all together do no more than one process. */
function shareOf(pace: PaceOptions, workers: number) {
  const { stopAt, signal, now, onProgress, ...rest } = pace;
  return { ...rest, concurrency: Math.max(1, Math.floor(pace.concurrency / Math.max(1, workers))) };
}

function lossOf(
  { because }: Extract<ShardOutcome, { readonly kind: 'lost' }>,
  count: number,
  did: string,
  what: string,
): string {
  return (
    `a worker that ${did} ${count} ${what}${count === 1 ? '' : 's'} ${because}: what rests on ` +
    `${count === 1 ? 'it' : 'them'} is not judged in this run`
  );
}

const NOT_LOOKED_AT: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' };
