/**
 * Destinations that no line covers: for each the strongest line that would deliver to all that is seen
 * today, and would have on each day that is remembered, by provider (by-provider.ts). The table as it
 * would then stand is judged again (prove.ts).
 */
import { named } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Candidate, type Candidates, lookingPolicy } from '../../policy/candidates.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { routeKey } from '../../policy/service.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import { inParallel } from '../../store/in-parallel.ts';
import { REASONS, type ReasonGroup } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type CheckOptions, checkBundle } from '../check/check.ts';
import type { Recollection } from '../past/recollect.ts';
import {
  byProvider,
  isMeant,
  type NewDestination,
  type ProviderGroup,
  type Whose,
  whoseHosts,
} from './by-provider.ts';
import type { Case, Meeting } from './case.ts';
import type { Change } from './change.ts';
import { provedChanges } from './prove.ts';
import { askingSts, type StsAsking } from './sts.ts';
import { type SuggestDoors, type Suggested, type SuggestOptions, tablesShown } from './suggest.ts';
import { authenticatesNobody, strongerLine, withStronger } from './upgrade.ts';

export interface NewOptions extends CheckOptions, Pick<SuggestOptions, 'keptPolicies' | 'isText'> {
  readonly pace: PaceOptions;
  /** What is remembered of one, by id; undefined where nothing is. */
  readonly pastOf: (id: string) => Recollection | undefined;
  /** Recipients by domain; absent where nobody counted. */
  readonly recipients?: ReadonlyMap<string, number>;
  /** Providers that are asked about, by name or domain; absent: all. */
  readonly providers?: readonly string[];
  /** The comment before the lines of a provider. */
  readonly headingOf: (group: ProviderGroup) => string;
}

export interface Fresh extends Suggested {
  readonly groups: readonly ProviderGroup[];
}

export async function newLines(
  bundle: Bundle,
  { candidates }: Pick<Candidates, 'candidates'>,
  doors: SuggestDoors,
  options: NewOptions,
): Promise<Fresh> {
  const policy = lookingPolicy(bundle, candidates);
  const run = await checkBundle(policy, doors, {
    ...options,
    only: new Set(candidates.map(({ id }) => id)),
  });
  const met = metOf(run.destinations, run.verdicts, candidates, options.providers, (destination) =>
    named(run.evidence.routes, keyOfFirst(destination)),
  );
  const meeting: Meeting = { probe: doors.probe, pace: { ...options.pace, now: options.now } };
  const { keptPolicies = new Map(), now, pace } = options;
  const sts = askingSts(doors, keptPolicies, now, pace.stopAt);
  const asked = met.filter(({ verdict }) => verdict.verdict !== 'undetermined');
  const evidence = await withStronger(
    asked.map(({ destination }) => destination),
    run.evidence,
    bundle,
    doors.dnssec,
    meeting,
  );
  const seen = { evidence };
  const shown = new Set(tablesShown(bundle));
  const isText = (table: string) => shown.has(table) && options.isText(table);
  const found = new Map<string, Change | undefined>();
  await inParallel(
    byMail(asked, options.recipients),
    async ({ destination, verdict, candidate: { id } }) => {
      const past = options.pastOf(id);
      const base: Case = { destination, verdict, seen, bundle, at: run.at, isText };
      const one = past === undefined ? base : { ...base, past };
      found.set(id, await lineFor(one, sts, meeting));
    },
    CASES_AT_ONCE,
  );
  const proved = provedChanges(
    [...found.values()].filter((change) => change !== undefined),
    {
      bundle,
      tidied: bundle,
      run: { destinations: destinationsOf(bundle), at: run.at },
      evidence: seen.evidence,
    },
  );
  const holding = new Set(proved);
  const groups = byProvider(
    met.map(({ candidate, verdict, whose }) => {
      const change = found.get(candidate.id);
      const isHolding = change !== undefined && holding.has(change);
      const counted = recipientsOf(candidate, options.recipients);
      return {
        candidate,
        whose,
        ...(counted === undefined ? {} : { recipients: counted }),
        ...(isHolding ? { change } : { left: whyLeft(verdict, options.pastOf(candidate.id)) }),
      };
    }),
  ).map((group) => headed(group, options));
  return {
    groups,
    changes: groups.flatMap(({ destinations }) =>
      destinations.flatMap(({ change }) => change ?? []),
    ),
    unhelped: [],
    undetermined: met.flatMap(({ verdict }) =>
      verdict.verdict === 'undetermined' ? [verdict] : [],
    ),
    run,
    unasked: sts.left(),
  };
}

interface Met {
  readonly candidate: Candidate;
  readonly destination: Destination;
  /** As it was looked at, under the level that counts now. */
  readonly verdict: EntryVerdict;
  readonly whose: Whose;
}

function metOf(
  destinations: readonly Destination[],
  verdicts: readonly EntryVerdict[],
  candidates: readonly Candidate[],
  providers: readonly string[] | undefined,
  routeOf: (destination: Destination) => Parameters<typeof whoseHosts>[0],
): Met[] {
  const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]));
  return destinations.flatMap((destination, i): Met[] => {
    const [candidate, verdict] = [byId.get(destination.id), verdicts[i]];
    if (candidate === undefined || verdict === undefined) return [];
    const route = routeOf(destination);
    const whose = whoseHosts(route);
    if (providers?.some((typed) => isMeant(whose, typed, route)) === false) return [];
    return [
      {
        candidate,
        destination: uncovered(destination, candidate),
        verdict: { ...verdict, level: candidate.level, match: [] },
        whose,
      },
    ];
  });
}

/** Without the line by which it was looked at. */
function uncovered({ entry: _, ...rest }: Destination, candidate: Candidate): Destination {
  const [hop] = rest.hops;
  if (hop?.demand.kind !== 'demand') return rest;
  const { entry: _e, ...demand } = hop.demand;
  return { ...rest, hops: [{ ...hop, demand }, ...candidate.destination.hops.slice(1)] };
}

const keyOfFirst = ({ hops: [hop] }: Destination): string =>
  hop === undefined ? '' : routeKey(hop);

/** Those with most of it have the first turn where questions are bounded. */
const byMail = (met: readonly Met[], recipients: NewOptions['recipients']): Met[] =>
  met.toSorted(
    (a, b) =>
      (recipientsOf(b.candidate, recipients) ?? 0) - (recipientsOf(a.candidate, recipients) ?? 0),
  );

function recipientsOf(
  { domains }: Candidate,
  recipients: NewOptions['recipients'],
): number | undefined {
  return recipients && domains.reduce((sum, domain) => sum + (recipients.get(domain) ?? 0), 0);
}

async function lineFor(one: Case, sts: StsAsking, meeting: Meeting): Promise<Change | undefined> {
  const { level, match } = one.verdict;
  if (!authenticatesNobody(level, match)) return undefined;
  const change = await strongerLine(one, sts, meeting);
  return change === undefined ? undefined : { ...change, kind: 'new' };
}

/** A clause for people: what is seen at a level that asks for a certificate is not what mail meets now. */
function whyLeft(verdict: EntryVerdict, past: Recollection | undefined): string {
  const { level, reason } = verdict;
  if (!authenticatesNobody(level, [])) return `the global level ${level} authenticates it`;
  const row = reason === null ? undefined : REASONS[reason];
  if (verdict.verdict === 'undetermined') return verdict.sentence;
  if (row !== undefined && ANY_LEVEL.has(row.group))
    return `its mail ${verdict.postfixWould === 'bounce' ? 'bounces' : 'waits'} whatever is asked of TLS: ${row.words}`;
  const days = past === undefined ? 'today' : 'today and would have on each day that can be told';
  return `no stronger line delivers ${days}${row === undefined ? '' : `; today: ${row.words}`}`;
}

/** What stands in the way of all mail, whatever is asked of TLS. */
const ANY_LEVEL: ReadonlySet<ReasonGroup> = new Set<ReasonGroup>(['dns', 'reach', 'ours', 'run']);

/** The first of its lines has the comment. */
function headed(group: ProviderGroup, { headingOf }: NewOptions): ProviderGroup {
  const first = group.destinations.find(({ change }) => change !== undefined);
  if (first?.change === undefined) return group;
  const change: Change = { ...first.change, heading: headingOf(group) };
  const destinations = group.destinations.map(
    (one): NewDestination => (one === first ? { ...one, change } : one),
  );
  return { ...group, destinations };
}

const CASES_AT_ONCE = 4;
