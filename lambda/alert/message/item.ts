/**
 * The body of one item: what Postfix would do and why, since when, what changed on whose side, what
 * to do. Pure.
 */

import { greatest, least } from '../../extremes.ts';
import { named } from '../../named-record.ts';
import { daysLong, deadline, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { bareCommand, type OwnCommand } from '../../text/own-command.ts';
import { plain } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { isOfRun, OUR_SIDE } from '../incident/cause.ts';
import type { Item } from '../incident/due.ts';
import type { Member } from '../incident/incident-today.ts';
import { overdueRenewal, rank } from '../incident/standing.ts';
import { type Block, ENTRIES_SHOWN, text } from './block.ts';
import { changeClauses } from './changes.ts';
import { cureBlocks } from './cure.ts';
import { departedBlocks, endedBlocks } from './ended.ts';
import type { Verdicts } from './headline.ts';
import type { AlertInput } from './input.ts';
import { postTlsFinger } from './posttls-finger.ts';
import { runBlocks } from './run.ts';
import { testimonyWords } from './testimony-words.ts';
import { below, entriesCount, OWN_CHANGES, sentence } from './wording.ts';

export function itemBlocks(item: Item, input: AlertInput): readonly Block[] {
  if (isOfRun(item.incident.cause)) return runBlocks(item, item.incident.cause.reason, input);
  if (item.news === 'resolved') return [...endedBlocks(item, input), ...departedBlocks(item)];
  const shown = tellingFirst(item, input.verdicts);
  const [first] = shown;
  return [
    ...text(ourSideWords(item, input)),
    ...(first === undefined ? [] : text(storyOf(item, first.member, first.verdict, input))),
    ...witnessBlock(first, input),
    ...text(sinceWords(item, input)),
    ...text(changeSentence(item, input)),
    ...entriesBlock(item, shown, input),
    ...cureBlocks(
      shown.flatMap(({ verdict }) => verdict ?? []),
      input.now,
    ),
    ...commandBlock(first?.verdict, input),
    ...(item.ended.length === 0
      ? []
      : text(
          `No longer part of it: ${listed(
            item.ended.map(({ label }) => plain(label)),
            10,
          )}.`,
        )),
    ...departedBlocks(item),
    ...closing(item, first?.verdict, input),
  ];
}

/** What the mail host's own log says of the entry whose story is told. */
function witnessBlock(first: Shown | undefined, { run }: AlertInput): readonly Block[] {
  if (first?.verdict === undefined) return [];
  return text(testimonyWords(named(run.log ?? {}, first.member.id), first.verdict));
}

interface Shown {
  readonly member: Member;
  readonly verdict: EntryVerdict | undefined;
}

/**
 * The entry whose story is told comes first: of those that are new where some joined, one that is
 * seen to be in trouble today.
 */
function tellingFirst(item: Item, verdicts: Verdicts): readonly Shown[] {
  const joined = item.news === 'joined';
  const weight = ({ member, verdict }: Shown) =>
    (joined && !member.fresh ? 4 : 0) +
    (member.recovering ? 2 : 0) +
    (verdict === undefined || verdict.verdict === 'undetermined' ? 1 : 0);
  return item.members
    .map((member) => ({ member, verdict: verdicts.get(member.id) }))
    .sort(
      (a, b) =>
        weight(a) - weight(b) ||
        rank(b.member.standing) - rank(a.member.standing) ||
        (a.member.from ?? 0) - (b.member.from ?? 0) ||
        (a.verdict?.line ?? 0) - (b.verdict?.line ?? 0),
    );
}

/** The story of the incident, told of its first entry: the cause is the same for all. */
function storyOf(
  item: Item,
  member: Member,
  verdict: EntryVerdict | undefined,
  input: AlertInput,
): string {
  const place =
    item.members.length > 1 ? `For instance ${plain(member.label)}${lineWords(verdict)}: ` : '';
  if (verdict === undefined)
    return `${place}${sentence(`${plain(member.label)} was not looked at in this run`)}`;
  if (member.standing === 'failing-soon' && (member.from ?? input.now) <= input.now) {
    return (
      `${place}Mail to ${plain(verdict.destination)} was delivered when it was last looked at, ` +
      `and was to be deferred from ${moment(member.from ?? input.now)}; ` +
      `nobody could look since. ${sentence(plain(verdict.sentence))}`
    );
  }
  if (member.standing === 'failing-soon' && verdict.failsFrom !== null) {
    const because = verdict.failsBecause === null ? '' : `: ${plain(verdict.failsBecause)}`;
    const line = place === '' ? `${lineSentence(verdict)}` : place;
    return (
      `${line}Mail to ${plain(verdict.destination)} is delivered today and will be deferred ` +
      `from ${deadline(Date.parse(verdict.failsFrom), input.now)}${because}.`
    );
  }
  if (verdict.verdict === 'undetermined' && member.standing !== 'unjudged') {
    const unjudged = sentence(
      `${plain(member.label)} could not be judged in this run; what was known of it still stands`,
    );
    return `${place}${unjudged} ${sentence(plain(verdict.sentence))}`;
  }
  const own =
    verdict.suggestion === null
      ? verdict.sentence
      : verdict.sentence.replace(`. This line would deliver: ${verdict.suggestion.line}`, '');
  return `${place === '' ? lineSentence(verdict) : place}${sentence(plain(own, 1_500))}`;
}

function lineSentence(verdict: EntryVerdict): string {
  if (verdict.line === null)
    return (
      `No line covers ${plain(verdict.destination)}: ` +
      `the global level ${verdict.level} counts. `
    );
  const line = `Line ${verdict.line} of ${plain(verdict.table ?? 'the table')}`;
  return verdict.level === 'invalid'
    ? `${line} is broken. `
    : `${line} asks for ${asked(verdict)}. `;
}

function asked({ level, match }: EntryVerdict): string {
  const names = match.map((name) => plain(name)).join(', ');
  return match.length === 0 ? level : `${level} (match ${names})`;
}

const lineWords = (verdict: EntryVerdict | undefined) =>
  verdict?.line == null ? '' : ` (line ${verdict.line})`;

function sinceWords(item: Item, { now }: AlertInput): string {
  const fresh =
    item.news === 'joined' ? item.members.filter((member) => member.fresh) : item.members;
  const since = least(fresh.map((member) => member.since));
  const others = item.members.length - fresh.length;
  const wavered = greatest(item.members.map((member) => member.wavered));
  const unjudged = item.members.filter(
    (member) => member.unjudgedSince !== undefined && member.standing !== 'unjudged',
  );
  return [
    ...(item.kind === 'unjudged' ? [unjudgedSentence(item, since)] : [firstSeen(since, now)]),
    ...(others === 0 ? [] : [othersSentence(others, item.incident.openedAt)]),
    ...(item.incident.reopened === 0
      ? []
      : [`It ended and came back ${times(item.incident.reopened)}.`]),
    ...(wavered === 0 ? [] : [`It is on and off: ${times(wavered)} it passed in between.`]),
    ...(unjudged.length === 0 ? [] : [notSeenSince(unjudged, item, now)]),
  ].join(' ');
}

function firstSeen(since: number, now: number): string {
  const ago = now - since < 86_400_000 ? '' : `, ${daysLong(now - since)} ago`;
  return `First seen ${moment(since)}${ago}.`;
}

function othersSentence(others: number, openedAt: number): string {
  const who = others === 1 ? 'one other entry has' : `${others} other entries have`;
  return sentence(`${who} failed for the same cause since ${moment(openedAt)}`);
}

function notSeenSince(unjudged: readonly Member[], { members }: Item, now: number): string {
  const since = least(unjudged.map((member) => member.unjudgedSince ?? now));
  const who = listed(unjudged.map(({ label }) => plain(label)));
  return `Not seen since ${moment(since)}${unjudged.length === members.length ? '' : `: ${who}`}.`;
}

const times = (n: number): string => (n === 1 ? 'once' : `${n} times`);

function unjudgedSentence({ members }: Item, since: number): string {
  if (members.every(({ neverJudged }) => neverJudged))
    return `Not judged once since the first attempt, ${moment(since)}.`;
  return `Last judged ${moment(since)}.`;
}

/** Changes on both sides, since a run cannot always tell which of them was the cause. */
function changeSentence(item: Item, input: AlertInput): string {
  const { run } = input;
  const theirs = changeClauses(item.incident.theirs);
  const ours = item.incident.ours.map((change) => OWN_CHANGES[change]);
  if (theirs.length > 0) {
    const also =
      ours.length === 0 ? '' : ` Changed at the same time, on your side: ${listed(ours)}.`;
    return `What changed on their side: ${theirs.join('; ')}.${also}`;
  }
  if (ours.length > 0) return `What changed on your side: ${listed(ours)}.`;
  if (item.kind === 'failing-soon') return renewalSentence(item, input);
  if (item.incident.cause.reason === 'expired')
    return 'Nothing changed: the certificate was not renewed in time.';
  // The first run has nothing to compare with, and a reminder repeats no changes.
  if (item.kind === 'unjudged' || run.firstRun || item.news === 'reminder' || item.news === 'eased')
    return '';
  return 'No change was seen on either side that would explain it.';
}

/** Why a forecast is told: the renewal is later than their last one was, or the end is near. */
function renewalSentence({ members, incident }: Item, { verdicts, run }: AlertInput): string {
  if (incident.cause.reason === 'dns-bogus') {
    return (
      'Nothing changed: the signatures in their DNS are coming to their end, and were not made ' +
      'anew yet.'
    );
  }
  const late = members.flatMap(({ id }) => {
    const verdict = verdicts.get(id);
    return verdict === undefined ? [] : (overdueRenewal(verdict, run.overdue ?? []) ?? []);
  })[0];
  if (late === undefined)
    return 'Nothing changed: the certificate in use is coming to its end and was not renewed yet.';
  const usual = late.usuallyRenewedDaysBefore;
  return (
    `The renewal is late: ${plain(late.host)} had its last certificate renewed ` +
    `${usual === 1 ? '1 day' : `${usual} days`} before the end, and this one was not.`
  );
}

function entriesBlock(
  item: Item,
  shown: readonly { readonly member: Member; readonly verdict: EntryVerdict | undefined }[],
  { own = bareCommand }: Pick<AlertInput, 'own'>,
): readonly Block[] {
  if (shown.length < 2) return [];
  const joined = item.news === 'joined';
  const lines = shown.slice(0, ENTRIES_SHOWN).map(({ member, verdict }) => {
    const line = verdict?.line == null ? '' : `line ${verdict.line}`;
    const remark =
      joined && member.fresh ? '  (new)' : member.recovering ? '  (delivered at this look)' : '';
    const from = member.from === undefined ? '' : `  from ${moment(member.from)}`;
    const unlike =
      member.standing === item.kind || member.standing === 'failing-soon'
        ? ''
        : `  ${member.standing}`;
    return `${line.padEnd(11)}${plain(member.label)}${below(verdict)}${from}${unlike}${remark}`;
  });
  const rest = shown.length - lines.length;
  return [
    {
      kind: 'list',
      heading: `The ${entriesCount(shown.length)}:`,
      lines: rest === 0 ? lines : [...lines, `and ${rest} more: see ${own('status') ?? 'status'}`],
    },
  ];
}

function commandBlock(verdict: EntryVerdict | undefined, { bundle }: AlertInput): readonly Block[] {
  const command = verdict === undefined ? null : postTlsFinger(verdict, bundle);
  return command === null
    ? []
    : [...text('To see it with Postfix itself:'), { kind: 'code', lines: [command] }];
}

/** Where many fail alike, why to look on this side first; '' elsewhere. */
export function ourSideWords(
  { incident, members }: Pick<Item, 'incident' | 'members'>,
  { verdicts, run }: Pick<AlertInput, 'verdicts' | 'run'>,
): string {
  if (incident.cause.provider !== OUR_SIDE) return '';
  const providers = new Set(members.flatMap(({ id }) => verdicts.get(id)?.hosts[0]?.host ?? []));
  const who = `${entriesCount(members.length)} over ${providers.size} mail hosts`;
  const alike = run.firstRun
    ? `${who} of unrelated providers fail alike at this first look. ` +
      'It is unlikely that all of them are at fault.'
    : `${who} of unrelated providers turned to the same failure in one run. ` +
      'It is unlikely that all of them changed something on one day.';
  const kept = run.firstRun ? '' : ' What was known of these hosts is kept as it was.';
  return (
    `${alike} Look on this side first: the CA bundle and main.cf, the resolver, the network ` +
    `and whatever on it touches port 25, an update of this program.${kept}`
  );
}

/** What can be done from here, as commands to copy. */
function closing(
  item: Item,
  verdict: EntryVerdict | undefined,
  { now, own = bareCommand }: AlertInput,
): readonly Block[] {
  const { incident, members, muted } = item;
  const label = verdict?.destination ?? '';
  const key = members.length === 1 ? (members[0]?.label ?? incident.id) : incident.id;
  const until = new Date(now + 30 * 86_400_000).toISOString().slice(0, 10);
  const lines = [
    ...(label === '' || item.kind === 'unjudged'
      ? []
      : explainLines(label, incident.cause.provider, own)),
    [own('mute', [key, '--until', until], '--reason "..."'), 'known and accepted'] as const,
  ].flatMap(([command, comment]) => (command === undefined ? [] : [[command, comment] as const]));
  const width = greatest(lines.map(([command]) => command.length));
  return [
    ...(muted.length === 0
      ? []
      : text(`${entriesCount(muted.length)} of it ${muted.length === 1 ? 'is' : 'are'} muted.`)),
    ...(lines.length === 0 ? [] : text('To go on:')),
    {
      kind: 'code',
      lines: lines.map(([command, comment]) => `${command.padEnd(width)}  # ${comment}`),
    },
  ];
}

function explainLines(label: string, provider: string, own: OwnCommand) {
  const story = [own('explain', [label]), 'the whole story'] as const;
  if (provider === '' || provider === OUR_SIDE) return [story];
  return [story, [own('explain', [label, '--for-partner']), 'a text to send to them'] as const];
}
