/**
 * What is not well, grouped by cause: as a message would group it on a first run, and what was not
 * judged by the reason why. Pure.
 */
import { decide } from '../../alert/incident/decide.ts';
import { headline } from '../../alert/message/headline.ts';
import { ourSideWords } from '../../alert/message/item.ts';
import { reasonWords } from '../../alert/message/wording.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { DAY_MS } from '../../text/dates.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { failsSoon, inTableOrder, worstFirst } from '../summary.ts';

export interface Group {
  /** `12 entries would defer: mailhub.net certificate lacks the name asked for`. */
  readonly title: string;
  /** What is to be considered before any of them; '' where there is nothing. */
  readonly advice: string;
  /** In the order of the table; at least one. */
  readonly entries: readonly EntryVerdict[];
}

/** Worst first. Each entry that needs attention is in one at least. */
export function problemGroups({ verdicts, at, vantage }: Looked): readonly Group[] {
  const groups = [
    ...causeGroups({ verdicts, at, vantage }),
    ...unjudgedGroups(verdicts.filter(({ verdict }) => verdict === 'undetermined')),
  ];
  const grouped = new Set(groups.flatMap(({ entries }) => entries));
  // A forecast on the very edge of its horizon.
  const others = worstFirst(verdicts, at).filter(
    (entry) => needsAttention(entry, at) && !grouped.has(entry),
  );
  return [
    ...groups,
    ...others.map((entry) => ({ title: entry.destination, advice: '', entries: [entry] })),
  ];
}

type Looked = Pick<CheckRun, 'verdicts' | 'at' | 'vantage'>;

/** Whether an entry is not well, now or before long. `at` is the moment of judgement, epoch ms. */
export function needsAttention(entry: EntryVerdict, at: number): boolean {
  switch (entry.verdict) {
    case 'fail':
    case 'degraded':
    case 'undetermined':
      return true;
    case 'pass':
    case 'unchecked':
      return failsSoon(entry, at);
  }
}

/** The items of the message that a first run would send of these verdicts. */
function causeGroups({ verdicts, at, vantage }: Looked): Group[] {
  const run = {
    firstRun: true,
    complete: true,
    scope: 'all',
    intervalMs: DAY_MS,
    confirmAfterMs: 0,
  } as const;
  const { items } = decide({
    at,
    now: at,
    verdicts,
    before: { entries: {}, incidents: {} },
    changes: [],
    mutes: [],
    vantage: { name: '', ...vantage },
    run,
  });
  const byId = new Map(verdicts.map((verdict) => [verdict.id, verdict]));
  return items.flatMap((item) => {
    const entries = item.members.flatMap(({ id }) => byId.get(id) ?? []).sort(inTableOrder);
    const advice = ourSideWords(item, { verdicts: byId, run });
    return entries.length === 0 ? [] : [{ title: headline(item, byId, at), advice, entries }];
  });
}

/** By their reason, and by what befell their addresses. */
function unjudgedGroups(verdicts: readonly EntryVerdict[]): Group[] {
  const reasonsAt = ({ hosts }: EntryVerdict) =>
    hosts.flatMap(({ addresses }) => addresses.flatMap(({ reason }) => reason ?? []));
  const alike = Map.groupBy(verdicts, (entry) =>
    [entry.reason ?? '', ...new Set(reasonsAt(entry).sort())].join(' '),
  );
  return [...alike.values()].map((entries) => {
    const [first, ...others] = entries.sort(inTableOrder);
    const why = first?.reason == null ? '' : `: ${reasonWords(first.reason)}`;
    const who = others.length === 0 ? `${first?.destination} is` : `${entries.length} entries are`;
    return { title: `${who} not judged${why}`, advice: '', entries };
  });
}
