/**
 * One description of one message, before it takes the form of a mail, a chat card or a document:
 * subject, items worst first, and what every message ends with. Undefined where nothing is due:
 * silence means health.
 */

import { least } from '../../extremes.ts';
import { calendarDays, day, moment } from '../../text/dates.ts';
import { bareCommand } from '../../text/own-command.ts';
import { plain, shortName, subject } from '../../text/strangers.ts';
import type { Item, ItemKind } from '../incident/due.ts';
import { isBlind } from '../incident/run-facts.ts';
import { isWatched } from '../incident/standing.ts';
import { alertId } from './alert-id.ts';
import type { Block } from './block.ts';
import { footer } from './footer.ts';
import { headline, type Verdicts } from './headline.ts';
import type { AlertInput } from './input.ts';
import { itemBlocks } from './item.ts';
import { stsBlocks, stsItemTitle } from './sts-item.ts';
import { entriesCount, sentence } from './wording.ts';

export interface Alert {
  /** See alert-id.ts. Absent from a test message, and from what earlier releases kept. */
  readonly id?: string;
  /** Printable ASCII, below 100 characters. */
  readonly subject: string;
  readonly intro: readonly Block[];
  readonly items: readonly AlertItem[];
  readonly footer: readonly Block[];
  readonly at: number;
  /** Shows all that is open; absent in messages of earlier releases. */
  readonly statusCommand?: string;
}

export interface AlertItem {
  readonly kind: ItemKind;
  /** The news in one line, lower case where it does not begin with a name. */
  readonly title: string;
  /** Absent for what is about the run itself. */
  readonly incident?: string;
  readonly blocks: readonly Block[];
  /** Told before in full, and beside news in one line; absent elsewhere. */
  readonly reminder?: true;
}

/** `1 new, 7 reminders`; undefined where the message has not both. */
export function newAndReminders({
  items,
}: {
  readonly items: readonly { readonly reminder?: boolean }[];
}): string | undefined {
  const reminders = items.filter(({ reminder }) => reminder === true).length;
  return reminders === 0
    ? undefined
    : `${items.length - reminders} new, ${reminders} ${reminders === 1 ? 'reminder' : 'reminders'}`;
}

/** What is new before what is told in a line, each worst first. */
export const newsFirst = ({ items }: Pick<Alert, 'items'>): readonly AlertItem[] =>
  items.toSorted((a, b) => Number(a.reminder ?? false) - Number(b.reminder ?? false));

/** Of a message of an earlier release, as it was printed then. */
export const statusOf = ({ statusCommand }: Pick<Alert, 'statusCommand'>): string =>
  statusCommand ?? 'postfix-tls-watch status';

/** The message that is due, if one is. */
export function describeAlert(input: AlertInput): Alert | undefined {
  const { decision, verdicts, now, own = bareCommand, sts } = input;
  const baseline = isBaseline(input);
  const isQuiet = decision.items.length === 0 && decision.gapSince === undefined && !baseline;
  if (isQuiet && !hasStsNews(input)) return undefined;
  const statusCommand = own('status');
  const isBrief = briefReminders(decision.items, now, hasStsNews(input));
  return {
    id: alertId(input),
    subject: subjectOf(input, baseline, isBrief),
    intro: [...memoryIntro(input), ...(baseline ? baselineIntro(input) : []), ...gapIntro(input)],
    items: [
      ...decision.items.map(
        (item): AlertItem => ({
          kind: item.kind,
          title: headline(item, verdicts, now),
          incident: item.incident.id,
          blocks: itemBlocks(item, input),
          ...(isBrief(item) ? { reminder: true } : {}),
        }),
      ),
      ...(sts?.items ?? []).map((item): AlertItem => {
        const [finding] = item.findings;
        return {
          kind: 'mta-sts',
          title: stsItemTitle(item),
          ...(finding === undefined || item.findings.length > 1 ? {} : { incident: finding.id }),
          blocks: stsBlocks(item, own),
        };
      }),
    ],
    footer: footer(input),
    at: now,
    ...(statusCommand === undefined ? {} : { statusCommand }),
  };
}

/**
 * Reminders are told in one line where there is news besides; but for what begins to fail within
 * three days, which is the last word on it.
 */
function briefReminders(
  items: readonly Item[],
  now: number,
  hasOtherNews: boolean,
): (item: Item) => boolean {
  const isBrief = ({ kind, news, members }: Item) =>
    news === 'reminder' &&
    (kind !== 'failing-soon' || members.every(({ from = now }) => calendarDays(now, from) > 3));
  return items.every(isBrief) && !hasOtherNews ? () => false : isBrief;
}

const hasStsNews = ({ sts }: AlertInput): boolean =>
  sts?.items.some(({ isNews }) => isNews) === true;

/**
 * The first run that could see, and the first complete one, send a message even where all is well:
 * then silence means health. One that goes on does so at its end.
 */
function isBaseline({ run, vantage, decision }: AlertInput): boolean {
  const again = !run.complete && (run.previousRunAt ?? run.earlierPart) !== undefined;
  return (
    run.firstRun &&
    run.scope === 'all' &&
    run.continues !== true &&
    run.earlierPart !== 'whole' &&
    !again &&
    !isBlind(vantage) &&
    !decision.items.some(({ kind }) => kind === 'blind')
  );
}

function subjectOf(
  { decision, verdicts, now, vantage, run, sts }: AlertInput,
  baseline: boolean,
  isBrief: (item: Item) => boolean,
): string {
  if (baseline) return subject(baselineSubject(verdicts, decision.items));
  const { items } = decision;
  const first = items.find((item) => !isBrief(item));
  const policies = sts?.items ?? [];
  const [policy] = policies;
  if (first === undefined && policy !== undefined) {
    const others = items.length + policies.length - 1;
    const more = others === 0 ? '' : `; ${others} more`;
    const over = `${stsItemTitle(policy)}${more}`.length - 99;
    const label = policy.findings[0]?.entries[0]?.label ?? '';
    return subject(
      `${stsItemTitle(policy, Math.max(20, label.length - Math.max(0, over)))}${more}`,
    );
  }
  if (first === undefined)
    return subject(
      `${shortName(vantage.name, 40)} did not watch since ` +
        `${day(decision.gapSince ?? run.previousCompleteAt ?? now)}`,
    );
  const counts = newAndReminders({
    items: [...items.map((item) => ({ reminder: isBrief(item) })), ...policies.map(() => ({}))],
  });
  const rest = items.length + policies.length - 1;
  const more = counts === undefined ? (rest === 0 ? '' : `; ${rest} more`) : `; ${counts}`;
  const whole = headline(first, verdicts, now);
  if (`${whole}${more}`.length < 100) return subject(`${whole}${more}`);
  // The name gives way before the news does.
  const over = `${whole}${more}`.length - 99;
  const label = (first.members[0] ?? first.ended[0])?.label ?? '';
  return subject(`${headline(first, verdicts, now, Math.max(20, label.length - over))}${more}`);
}

function baselineSubject(verdicts: Verdicts, items: readonly Item[]): string {
  const all = [...verdicts.values()];
  const parts = [
    ...counted(all.filter(({ verdict }) => verdict === 'fail').length, 'would fail'),
    ...soon(items),
    ...counted(all.filter(({ verdict }) => verdict === 'degraded').length, 'degraded'),
    ...counted(
      all.filter((entry) => isWatched(entry) && entry.verdict === 'undetermined').length,
      'not judged',
    ),
  ];
  const watched = all.filter(isWatched).length;
  if (all.length === 0) return 'Nothing is watched: there is no entry';
  if (watched === 0) return `Nothing is watched: none of ${entriesCount(all.length)} can be judged`;
  const summary = parts.length === 0 ? 'all deliver' : parts.join(', ');
  return `Now watching ${entriesCount(watched)}: ${summary}`;
}

function soon(items: readonly Item[]): readonly string[] {
  const dates = items.flatMap((item) =>
    item.members.flatMap((member) =>
      member.standing === 'failing-soon' ? (member.from ?? []) : [],
    ),
  );
  return dates.length === 0 ? [] : [`${dates.length} will from ${day(least(dates))}`];
}

function baselineIntro(input: AlertInput): readonly Block[] {
  const { decision, verdicts, vantage, run, bundle, now } = input;
  const all = [...verdicts.values()];
  const members = decision.items.flatMap((item) => item.members);
  const ending = new Set(
    members.flatMap(({ id, standing }) => (standing === 'failing-soon' ? [id] : [])),
  );
  const tables = [...new Set(bundle.policyTables.map(({ name }) => name))].join(', ');
  const counts = (
    [
      ['pass', 'delivered as asked'],
      ['ending', 'delivered as asked today, and not for long'],
      ['degraded', 'delivered, but not by every server'],
      ['fail', 'not delivered as asked'],
      ['undetermined', 'not judged'],
      ['unchecked', 'nothing to check'],
    ] as const
  ).flatMap(([verdict, words]) => {
    const count = all.filter(
      (entry) =>
        verdict === (entry.verdict === 'pass' && ending.has(entry.id) ? 'ending' : entry.verdict),
    ).length;
    return count === 0 ? [] : [`${String(count).padStart(6)}  ${words}`];
  });
  const texts: readonly Block[] = [
    {
      kind: 'text',
      text:
        `This is the first look from ${vantage.name} at ` +
        `${tables === '' ? 'the TLS policy' : tables}, at ${moment(now)}, as Postfix ` +
        `${bundle.settings.version} would deliver. What is wrong today is told below, whether ` +
        'it is new or old.',
    },
    { kind: 'list', heading: `${entriesCount(all.length)}:`, lines: counts },
    {
      kind: 'text',
      text:
        'From now on a message comes only when something changes, when a certificate in use ' +
        'comes near its end, and as a reminder of what stays open. Silence means health, as ' +
        'long as the runs themselves are watched.',
    },
  ];
  const assumed = bundle.assumed.map(
    (words): Block => ({ kind: 'text', text: sentence(`assumed: ${plain(words, 300)}`) }),
  );
  const cut: readonly Block[] = [
    {
      kind: 'text',
      text: 'This first look was cut short: what is missing follows in the next run.',
    },
  ];
  return [...texts, ...assumed, ...(run.complete ? [] : cut)];
}

/** What was remembered before, or what is not remembered now: it explains the rest. */
function memoryIntro({ run }: AlertInput): readonly Block[] {
  return (run.memory ?? []).map((note) => ({ kind: 'text', text: sentence(note) }));
}

function gapIntro({ decision, vantage, now }: AlertInput): readonly Block[] {
  if (decision.gapSince === undefined) return [];
  const text =
    `No complete run from ${vantage.name} between ${moment(decision.gapSince)} and ` +
    `${moment(now)}: nothing was watched in between. If runs are scheduled, look why they did ` +
    'not happen.';
  return [{ kind: 'text', text }];
}

const counted = (count: number, words: string) => (count === 0 ? [] : [`${count} ${words}`]);
