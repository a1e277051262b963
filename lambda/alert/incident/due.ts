/**
 * Which incidents are due in this run's message, and as what: news, a reminder, an end.
 *
 * An incident is compared with what was told of it and of each of its entries. Entries that are
 * muted are counted and listed but make nothing due. Pure.
 */

import { DAY_MS } from '../../text/dates.ts';
import { isOfRun, type RunReason } from './cause.ts';
import {
  BEFORE_HORIZON,
  type Incident,
  type IncidentTold,
  isStale,
  reminderDue,
  SHARED_REMINDER_DAYS,
} from './incident.ts';
import {
  blindnessToday,
  channelsToday,
  cutShortToday,
  type DueInput,
  type Ended,
  earliest,
  type IncidentToday,
  incidentsToday,
  type Member,
  worstOf,
} from './incident-today.ts';
import { gapSince } from './run-facts.ts';
import { rank } from './standing.ts';
import type { News, Telling } from './telling.ts';

/** What an item is about; `ITEM_ORDER` says which comes first. */
export type ItemKind =
  | 'failing'
  | 'failing-soon'
  | 'degraded'
  | 'resolved'
  | 'unjudged'
  /** What a domain's MTA-STS policy came to: no failure (alert/sts). */
  | 'mta-sts'
  | RunReason;

export interface Item {
  readonly kind: ItemKind;
  readonly news: News;
  readonly incident: Incident;
  /** Worst and earliest first, muted ones apart. */
  readonly members: readonly Member[];
  readonly muted: readonly Member[];
  readonly ended: readonly Ended[];
}

export interface Due {
  /** Worst first; one per incident. Nothing due: empty, and no message (but for the baseline). */
  readonly items: readonly Item[];
  /** One per item, in the same order. */
  readonly tellings: readonly Telling[];
  /** Open, told before, and not due today. */
  readonly open: readonly Item[];
  /**
   * Entries left the policy while an incident of theirs was open: mentioned once, when a message
   * goes out.
   */
  readonly mentions: readonly Telling[];
  /** There should have been a complete run since then (epoch ms), and there was none. */
  readonly gapSince?: number;
  readonly incidents: Readonly<Record<string, Incident>>;
}

export function dueIncidents(input: DueInput): Due {
  const all = [...incidentsToday(input), ...runsToday(input)];
  const news = new Map(all.map((today) => [today, newsOf(today, input)]));
  const anyDue = [...news.values()].some((one) => one !== undefined);
  if (anyDue)
    for (const today of all)
      if (news.get(today) === undefined && sharesReminder(today, input.now))
        news.set(today, 'reminder');

  const due = all.flatMap((today) => {
    const one = news.get(today);
    return one === undefined
      ? []
      : [{ item: itemOf(today, one), telling: tellingOf(today, one, input.now) }];
  });
  due.sort((a, b) => inOrder(a.item, b.item));
  const isDue = new Set(due.map(({ item }) => item.incident.id));
  const quiet = all.filter(({ incident }) => !isDue.has(incident.id));
  // Such a gap is told by the item about runs that were cut short.
  const wasPartial = all.some(
    ({ incident }) => incident.cause.reason === 'partial' && incident.resolvedAt === input.now,
  );
  const gap = wasPartial ? undefined : gapSince(input.run, input.now);
  return {
    items: due.map(({ item }) => item),
    tellings: due.map(({ telling }) => telling),
    open: quiet
      .filter(
        ({ incident, audible }) =>
          incident.state === 'open' && incident.told !== undefined && audible.length > 0,
      )
      .map((today) => itemOf(today, 'reminder')),
    mentions: quiet
      .filter(({ incident }) => incident.departed.length > 0)
      .map((today) => tellingOf(today, 'mention', input.now)),
    ...(gap === undefined ? {} : { gapSince: gap }),
    incidents: Object.fromEntries(
      all
        .map(({ incident }) => [incident.id, incident] as const)
        .filter(([, incident]) => !isStale(incident, input.now)),
    ),
  };
}

/** Those of the runs themselves, which have no entries. */
const runsToday = (input: DueInput): readonly IncidentToday[] => [
  ...blindnessToday(input),
  ...cutShortToday(input),
  ...channelsToday(input),
];

function newsOf(today: IncidentToday, input: DueInput): News | undefined {
  const { incident, audible, muted, ended, believedBetter } = today;
  if (isOfRun(incident.cause)) return runNews(incident, input.now);
  const worst = worstOf(audible);
  if (audible.length === 0) return ended.length > 0 ? 'resolved' : undefined;
  const told = incident.told ?? {
    at: input.now,
    believed: worst,
    reminders: 3,
    entries: audible.length,
  };
  if (audible.some((member) => member.fresh)) {
    if (incident.told === undefined) return 'opened';
    if (told.believed === 'well') return 'reopened';
    return rank(worst) > rank(told.believed) ? 'worse' : 'joined';
  }
  if (rank(worstOf([...audible, ...muted])) < rank(told.believed)) return 'eased';
  // None while every entry passed once: the next run settles whether it is over.
  if (audible.every((member) => member.recovering)) return undefined;
  const due = worst === 'failing-soon' ? forecastDue(told, today) : reminderDue(told, input.now);
  return due ? (believedBetter ? 'reopened' : 'reminder') : undefined;
}

/**
 * Whether the step is nearer than the one told, or the date moved nearer by more than a day. A date
 * that moved away by more than a day starts at its first step again.
 */
function forecastDue(told: IncidentTold, { audible, step }: IncidentToday): boolean {
  const from = earliest(audible);
  if (step === undefined || from === undefined) return false;
  if (told.from === undefined || from < told.from - DAY_MS) return true;
  const last = from > told.from + DAY_MS ? step.first : (told.step ?? BEFORE_HORIZON);
  return step.current < last;
}

function sharesReminder({ incident, audible }: IncidentToday, now: number): boolean {
  if (incident.state !== 'open' || incident.told === undefined || incident.told.believed === 'well')
    return false;
  if (audible.length > 0 && audible.every((member) => member.recovering)) return false;
  const worst = isOfRun(incident.cause) ? 'unjudged' : worstOf(audible);
  return (
    worst !== 'failing-soon' &&
    worst !== 'well' &&
    reminderDue(incident.told, now, SHARED_REMINDER_DAYS)
  );
}

/** These end with one run in which they are not, without a second look. */
function runNews(incident: Incident, now: number): News | undefined {
  const told = incident.told;
  if (incident.state === 'resolved')
    return told === undefined || told.believed === 'well' ? undefined : 'resolved';
  if (told === undefined) return 'opened';
  if (!reminderDue(told, now)) return undefined;
  return told.believed === 'well' ? 'reopened' : 'reminder';
}

function itemOf({ incident, audible, muted, ended }: IncidentToday, news: News): Item {
  return { kind: kindOf(incident, news, audible), news, incident, members: audible, muted, ended };
}

function kindOf(incident: Incident, news: News, audible: readonly Member[]): ItemKind {
  if (news === 'resolved') return 'resolved';
  if (isOfRun(incident.cause)) return incident.cause.reason;
  const worst = worstOf(audible);
  return worst === 'well' ? 'resolved' : worst;
}

function tellingOf(
  { incident, audible, ended, step }: IncidentToday,
  news: News,
  now: number,
): Telling {
  if (news === 'mention') return { incident, news, members: [], ended: [], at: now };
  const from = earliest(audible);
  return {
    incident,
    news,
    members: audible.map(({ id, label, standing, since }) => ({ id, label, standing, since })),
    ended: ended.map(({ id }) => id),
    ...(from === undefined ? {} : { from }),
    ...(step === undefined ? {} : { step: step.current }),
    at: now,
  };
}

/** Worst first: by kind, then the earliest date, then many entries before few. */
function inOrder(a: Item, b: Item): number {
  return (
    ITEM_ORDER.indexOf(a.kind) - ITEM_ORDER.indexOf(b.kind) ||
    (earliest(a.members) ?? 0) - (earliest(b.members) ?? 0) ||
    b.members.length - a.members.length ||
    a.incident.id.localeCompare(b.incident.id, 'en')
  );
}

/** In the order of a message. */
export const ITEM_ORDER = [
  'failing',
  'failing-soon',
  'degraded',
  'resolved',
  'unjudged',
  'blind',
  'partial',
  'channel',
  'mta-sts',
] as const satisfies readonly ItemKind[];
