/**
 * Candidates: destinations that no line of the policy covers, looked at so that a line for them can
 * be judged on what was seen, day by day.
 *
 *     open (lease, run record) → recall → check, and what DNSSEC says → compare → keep → complete
 *
 * The small path of a run: in a space of its own, with nothing decided and nobody told. Whatever a
 * candidate comes to is no verdict on anybody's mail.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { type Candidate, lookingPolicy } from '../../policy/candidates.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import { hasServername, withServername } from '../../policy/other-servername.ts';
import { clientOf } from '../../policy/service.ts';
import { toAscii } from '../../postfix/hostname.ts';
import { contactsByHop } from '../../probe/contact.ts';
import { type PaceOptions, probeBatch } from '../../probe/pace.ts';
import { conversationsInTurn, turnAt } from '../../probe/turn.ts';
import { findStsRecord } from '../../route/mta-sts/find.ts';
import { type HostConversation, observeHosts } from '../../snapshot/host-snapshot.ts';
import { inParallel } from '../../store/in-parallel.ts';
import { describeProblems } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { type Latest, readLatest } from '../../store/latest.ts';
import { LEASE_RENEWAL_MS } from '../../store/lease.ts';
import { lastComplete, recentRuns } from '../../store/runs.ts';
import { type CheckDoors, type CheckRun, checkBundle } from '../check/check.ts';
import { tlsaOf } from '../check/dane-proof.ts';
import { certificatesFor } from './assess.ts';
import { compare, type HostUpdate, updateHosts } from './compare.ts';
import { countsOf } from './figures.ts';
import { hostConversations } from './host-conversations.ts';
import { keep } from './keep.ts';
import { orderIn } from './look.ts';
import { type OpenedRun, openRun } from './open-run.ts';
import type { WatchDoors, WatchOptions } from './options.ts';

export type Observed =
  | {
      readonly kind: 'looked';
      readonly runId: string;
      /** How many were to be looked at. */
      readonly candidates: number;
      /** Ids of those of which nothing was seen. */
      readonly unseen: readonly string[];
      /** All were tried, and what was seen is kept: it counts as a day. */
      readonly complete: boolean;
      /** Sentences about what could not be read or written. */
      readonly problems: readonly string[];
    }
  /** A clause for people. */
  | { readonly kind: 'skipped'; readonly because: string };

export type ObserveDoors = Pick<WatchDoors, 'openWorld' | 'now'> & {
  /** Of the candidates, beside that of the policy. */
  readonly store: Store;
};

export type ObserveOptions = Pick<
  WatchOptions,
  'runId' | 'holder' | 'hasEnded' | 'pace' | 'controlHosts' | 'historyMs' | 'digests' | 'signal'
> & {
  /** Whether domains are asked for a record of MTA-STS: lines by one send the host's name. */
  readonly asksSts: boolean;
};

/**
 * Looks at each candidate once and keeps what was seen. @throws Error where the store cannot be used,
 * the lease was lost, or the process was asked to end
 */
export async function observe(
  bundle: Bundle,
  candidates: readonly Candidate[],
  doors: ObserveDoors,
  options: ObserveOptions,
): Promise<Observed> {
  const opened = await openRun(
    doors.store,
    { ...options, intervalMs: 0, confirm: { kind: 'next-run' } },
    doors.now(),
    async () => false,
  );
  if (opened.kind !== 'opened')
    return {
      kind: 'skipped',
      because:
        opened.kind === 'busy'
          ? `a run of ${opened.holder} is looking at them`
          : `run ${options.runId} looked at them already`,
    };
  const lost = new AbortController();
  const renewal = setInterval(
    () =>
      opened.renew(doors.now()).then(
        (held) => held || lost.abort(new Error('another run took the lease while this one looked')),
        () => undefined,
      ),
    LEASE_RENEWAL_MS,
  );
  const signal =
    options.signal === undefined ? lost.signal : AbortSignal.any([lost.signal, options.signal]);
  try {
    return await look(bundle, candidates, doors, options, opened, signal);
  } finally {
    clearInterval(renewal);
    await opened.release();
  }
}

async function look(
  bundle: Bundle,
  candidates: readonly Candidate[],
  { openWorld, store, now }: ObserveDoors,
  options: ObserveOptions,
  opened: OpenedRun,
  signal: AbortSignal,
): Promise<Observed> {
  const at = now();
  const { runId } = opened.run.value;
  const latest = await readLatest(store, at);
  const { runs, problems: unread } = await recentRuns(store, at);
  const previous = lastComplete(runs);
  const world = openWorld();
  const policy = lookingPolicy(bundle, candidates);
  const pace = { ...options.pace, signal };
  const looked = await checkBundle(policy, world, {
    at,
    now,
    pace,
    controlHosts: options.controlHosts,
    only: new Set(candidates.map(({ id }) => id)),
    ...orderIn({ latest }, at),
  });
  const run = await withDane(looked, policy, world);
  signal.throwIfAborted();
  const times = { at, ...(previous === undefined ? {} : { previousAt: previous.startedAt }) };
  const byName = options.asksSts ? await metByName(run, policy, world, pace, now) : [];
  signal.throwIfAborted();
  const met = observeHosts([...hostConversations(run), ...byName]);
  const updates = updateHosts(met, latest, times);
  const kept = await keepSeen(run, updates, { store, latest, runId, at, times, options });
  const unseen = run.verdicts.filter(({ verdict }) => verdict === 'undetermined');
  const complete = run.complete && kept.whole;
  await opened.advance(
    'judged',
    {
      counts: { ...countsOf(run.verdicts, run.conversations.length, at) },
      vantage: { ipv4: run.vantage.ipv4, ipv6: run.vantage.ipv6 },
      // One that comes back was not seen on the days on which it was no candidate.
      unseen: [...unseen.map(({ id }) => id), ...goneFrom(latest, run)],
    },
    now(),
  );
  if (complete) await opened.complete(now());
  return {
    kind: 'looked',
    runId,
    candidates: candidates.length,
    unseen: unseen.map(({ id }) => id),
    complete,
    problems: [...describeProblems([...latest.problems, ...unread]), ...kept.problems],
  };
}

/** With what DNSSEC says of their hosts, so that `dane-only` can be judged on it, too. */
async function withDane(run: CheckRun, policy: Bundle, { dnssec }: CheckDoors): Promise<CheckRun> {
  const hops = run.destinations.flatMap(({ hops: [hop] }) => hop ?? []);
  const tlsa = await tlsaOf(hops, policy, dnssec);
  return { ...run, evidence: { ...run.evidence, tlsa: { ...tlsa, ...run.evidence.tlsa } } };
}

/**
 * The hosts of domains that announce an MTA-STS policy once more, with their name sent (SNI), as the
 * line by such a policy does: they may present something else then. Not those for which time is up.
 */
async function metByName(
  { destinations, evidence }: CheckRun,
  policy: Bundle,
  { dns, probe }: CheckDoors,
  pace: PaceOptions,
  now: () => number,
): Promise<HostConversation[]> {
  const settingsOf = ({ service }: Hop) => clientOf(policy, service).settings;
  const announcing: Destination[] = [];
  await inParallel(destinations, async (destination) => {
    const [hop] = destination.hops;
    if (hop?.nextHop.mx !== true || !hasServername(settingsOf(hop).version)) return;
    if (now() >= pace.stopAt) return;
    const record = await findStsRecord(toAscii(hop.nextHop.host).toLowerCase(), dns);
    const other = record.kind === 'announced' ? withServername(destination, 'hostname') : undefined;
    if (other !== undefined) announcing.push(other);
  });
  const contacts = contactsByHop(
    announcing.flatMap(({ hops: [hop] }) => hop ?? []),
    evidence,
    settingsOf,
  );
  const turn = turnAt(evidence.probedAt ?? now());
  const wanted = [...contacts].flatMap(
    ([hop, own]) => conversationsInTurn(own, settingsOf(hop), turn).conversations,
  );
  if (wanted.length === 0) return [];
  const results = await probeBatch([...new Set(wanted)], probe, { ...pace, now });
  const seen = { ...evidence, results };
  return hostConversations({ destinations: announcing, contacts, evidence: seen, verdicts: [] });
}

interface Keeping {
  readonly store: Store;
  readonly latest: Latest;
  readonly runId: string;
  readonly at: number;
  readonly times: Parameters<typeof updateHosts>[2];
  readonly options: Pick<ObserveOptions, 'historyMs'>;
}

/** Those that are candidates no more expire. */
async function keepSeen(
  run: CheckRun,
  updates: readonly HostUpdate[],
  { store, latest, runId, at, times, options: { historyMs } }: Keeping,
): ReturnType<typeof keep> {
  const verdicts = new Map(run.verdicts.map((verdict) => [verdict.id, verdict]));
  const find = await certificatesFor({ doors: { store } }, updates);
  return keep(store, {
    runId,
    at,
    historyMs,
    recalled: { latest, incidents: { incidents: new Map(), problems: [] } },
    comparison: compare(run, verdicts, updates, latest, find, times),
    updates,
    decision: {
      keepSnapshots: [],
      retired: goneFrom(latest, run),
    },
    spareHosts: new Set(),
    state: NOTHING_TOLD,
    whole: run.complete,
  });
}

/** Ids of those that are candidates no more. */
function goneFrom({ entries }: Latest, { verdicts }: CheckRun): string[] {
  const looked = new Set(verdicts.map(({ id }) => id));
  return [...entries.keys()].filter((id) => !looked.has(id));
}

const NOTHING_TOLD = { entries: {}, incidents: {} };
