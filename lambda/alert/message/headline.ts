/**
 * The news of one item in one line: who, what becomes of the mail, why. Used for subject, title and
 * chat card.
 *
 *     fastmail.fm would defer: certificate lacks the name asked for
 *     75 entries would defer: outlook.com certificate lost a name
 *     fastmail.fm will defer from Sun 2027-01-03: certificate expires
 */

import { least } from '../../extremes.ts';
import { calendarDays, day, daysLong } from '../../text/dates.ts';
import { plain, shortName } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { isOfRun, OUR_SIDE, type RunReason } from '../incident/cause.ts';
import type { Item } from '../incident/due.ts';
import type { Member } from '../incident/incident-today.ts';
import { causeWords, entriesCount, reasonWords } from './wording.ts';

export type Verdicts = ReadonlyMap<string, EntryVerdict>;

/** @param nameChars how much of a single entry's name fits */
export function headline(item: Item, verdicts: Verdicts, now: number, nameChars = 100): string {
  const { incident, members } = item;
  if (isOfRun(incident.cause)) return runHeadline(item, incident.cause.reason, now);
  if (item.news === 'resolved') return resolvedHeadline(item, verdicts, nameChars);
  if (members.length > 0 && members.every(({ recovering }) => recovering))
    return recoveringHeadline(item, verdicts, nameChars);
  const subject = who(item, nameChars);
  const many =
    item.news === 'joined' ? members.filter(({ fresh }) => fresh).length > 1 : members.length > 1;
  const where = many && incident.cause.provider !== OUR_SIDE;
  const why =
    item.kind === 'unjudged'
      ? unjudgedWords(item, verdicts, where)
      : causeWords(incident, { where, soon: item.kind === 'failing-soon' });
  const line = `${subject} ${doing(item, many, verdicts, now)}: ${why}`;
  return incident.cause.provider === OUR_SIDE ? `Probably on our side: ${line}` : line;
}

/**
 * What Postfix would do with the mail: `defer`, `bounce`, `defer or bounce`, `leave by a weaker
 * way`.
 */
function wouldDo(members: readonly Member[], verdicts: Verdicts): string {
  const words = members
    .filter(({ standing }) => standing === 'failing')
    .flatMap(({ id }) => {
      const verdict = verdicts.get(id);
      if (verdict?.verdict !== 'fail') return [];
      return [verdict.postfixWould ?? 'defer'];
    });
  if (words.includes('depends')) return 'defer or bounce';
  const [defer, bounce] = [words.includes('defer'), words.includes('bounce')];
  if (bounce) return defer ? 'defer or bounce' : 'bounce';
  return words.length > 0 && words.every((word) => word === 'deliver')
    ? 'leave less protected'
    : 'defer';
}

function who(item: Item, nameChars: number): string {
  const fresh = item.members.filter((member) => member.fresh);
  if (item.news === 'joined' && fresh.length > 0) {
    return fresh.length === 1 ? name(fresh[0]?.label, nameChars) : `${fresh.length} more entries`;
  }
  return item.members.length === 1
    ? name(item.members[0]?.label, nameChars)
    : entriesCount(item.members.length);
}

function doing(item: Item, many: boolean, verdicts: Verdicts, now: number): string {
  const again = item.news === 'reopened' ? ' again' : '';
  const still = item.news === 'reminder' ? 'still ' : '';
  switch (item.kind) {
    case 'failing':
      return `${still}would ${wouldDo(item.members, verdicts)}${again}`;
    case 'failing-soon': {
      const from = earliest(item.members) ?? now;
      return `${forecastWords(from, item.news === 'reminder', now)}${again}`;
    }
    case 'degraded':
      return `${many ? 'are' : 'is'} ${item.news === 'eased' ? 'only ' : still}degraded${again}`;
    case 'unjudged': {
      const since = least(item.members.map((member) => member.since));
      return `${still}not judged for ${daysLong(now - since)}`;
    }
    case 'resolved':
    case 'blind':
    case 'partial':
    case 'channel':
    case 'mta-sts':
      return '';
  }
}

/** `will defer from Sun 2027-01-03`; in a reminder `will defer in 3 days, Sun 2027-01-03`. */
function forecastWords(from: number, reminder: boolean, now: number): string {
  const left = calendarDays(now, from);
  if (from <= now) return `was to defer from ${day(from)}`;
  if (left <= 1) return `will defer ${left === 0 ? 'today' : 'tomorrow'}, ${day(from)}`;
  return reminder ? `will defer in ${left} days, ${day(from)}` : `will defer from ${day(from)}`;
}

/**
 * What passed once is neither in trouble nor over. One that could not be looked at today passed
 * when it was seen last.
 */
function recoveringHeadline(item: Item, verdicts: Verdicts, nameChars: number): string {
  const { incident, members } = item;
  const one = members.length === 1;
  const subject = one ? name(members[0]?.label, nameChars) : entriesCount(members.length);
  const seen = members.some(({ id }) => verdicts.get(id)?.verdict !== 'undetermined');
  const look = seen ? 'at this look' : 'when last seen';
  const why = causeWords(incident, { where: !one, soon: item.kind === 'failing-soon' });
  return `${subject} ${betterWords(item, one)} ${look}; told as over after a second one: ${why}`;
}

const betterWords = ({ kind }: Item, one: boolean): string =>
  kind === 'failing-soon'
    ? `${one ? 'was' : 'were'} renewed`
    : kind === 'degraded'
      ? `${one ? 'was' : 'were'} not degraded`
      : 'delivered';

/** What ended, named by what it was; an entry may have another problem by now. */
function resolvedHeadline(
  { ended, incident }: Item,
  verdicts: Verdicts,
  nameChars: number,
): string {
  const one = ended.length === 1;
  const subject = one ? name(ended[0]?.label, nameChars) : entriesCount(ended.length);
  const worst = ended.some(({ was }) => was === 'failing')
    ? 'failing'
    : (ended[0]?.was ?? 'failing');
  const elsewhere = ended.some(
    ({ id, moved }) => moved === true || verdicts.get(id)?.verdict === 'fail',
  );
  const why = causeWords(incident, { where: !one, soon: worst === 'failing-soon' });
  if (elsewhere && worst !== 'unjudged')
    return worst === 'failing-soon'
      ? `${subject} will not fail for this reason any more: ${why}`
      : `${subject} no longer ${one ? 'fails' : 'fail'} for this reason: ${why}`;
  switch (worst) {
    case 'failing':
      return `${subject} ${one ? 'delivers' : 'deliver'} again`;
    case 'failing-soon':
      return (
        `${subject} will not fail after all: ` +
        `${incident.cause.reason === 'dns-bogus' ? 'signed again in DNS' : 'certificate renewed'}`
      );
    case 'degraded':
      return `${subject} ${one ? 'is' : 'are'} no longer degraded`;
    case 'unjudged':
    case 'well':
      return `${subject} ${one ? 'is' : 'are'} judged again`;
  }
}

function runHeadline({ news, incident }: Item, reason: RunReason, now: number): string {
  const words = RUN_WORDS[reason];
  const vantage = plain(incident.vantage, 40);
  const channel = plain(incident.cause.detail ?? '', 60);
  if (news === 'resolved' && words.over !== undefined) return words.over(vantage);
  const again = news === 'reopened' ? ' again' : '';
  const still = news === 'reminder' ? 'still ' : '';
  const since =
    news === 'opened' || incident.openedAt > now ? '' : `, since ${day(incident.openedAt)}`;
  return `${words.open(vantage, { still, again }, channel)}${since}`;
}

interface RunWords {
  readonly open: (
    vantage: string,
    how: { readonly still: string; readonly again: string },
    channel: string,
  ) => string;
  /** Absent where no message is made of its end. */
  readonly over?: (vantage: string) => string;
}

const RUN_WORDS: Readonly<Record<RunReason, RunWords>> = {
  blind: {
    open: (vantage, { still, again }) =>
      `${vantage} is ${still}blind${again}: no way out to port 25`,
    over: (vantage) => `${vantage} sees again: port 25 is open`,
  },
  partial: {
    open: (vantage, { still, again }) => `runs on ${vantage} are ${still}cut short${again}`,
    over: (vantage) => `runs on ${vantage} are complete again`,
  },
  channel: {
    open: (vantage, { still, again }, channel) =>
      `${vantage} ${still}cannot tell by ${channel}${again}`,
  },
};

/** Why an entry could not be judged today; that may change from run to run. */
function unjudgedWords({ incident, members }: Item, verdicts: Verdicts, where: boolean): string {
  const reasons = new Set(members.flatMap(({ id }) => verdicts.get(id)?.reason ?? []));
  const [reason] = reasons;
  if (reason === undefined || reasons.size > 1) return causeWords(incident, { where, soon: false });
  return `${reasonWords(reason)}${where ? ` at ${plain(incident.cause.provider, 60)}` : ''}`;
}

const name = (label: string | undefined, limit: number) =>
  shortName(plain(label ?? 'an entry', 300), limit);

function earliest(members: readonly Member[]): number | undefined {
  const dates = members.flatMap((member) => member.from ?? []);
  return dates.length === 0 ? undefined : least(dates);
}
