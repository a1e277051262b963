/**
 * What `status` prints: the state in one line, what is open worst first, then what is muted, not
 * judged and not watched. Pure.
 */

import { shareSentence } from '../../alert/message/mail-share.ts';
import { entriesCount } from '../../alert/message/wording.ts';
import { owedSentence } from '../../run/watch/owing.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import { day, deadline, HOUR_MS, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import { heldWords } from '../../verdict/held.ts';
import { summarySentence } from '../summary.ts';
import type { Paint } from '../terminal/colour.ts';
import { firstLine, runSentence, STANDINGS } from './first-line.ts';
import {
  type OpenEntry,
  type OpenIncident,
  type OpenPolicyFinding,
  type Status,
  statusCode,
} from './read.ts';
import type { StatusDocument } from './schema.ts';

/** Whose status: where it is kept, under which name, seen from where. */
export interface StatusOf {
  readonly place: string;
  readonly policy: string;
  readonly vantage: string;
}

export function statusText(status: Status, of: StatusOf, paint: Paint, width: number): string {
  const lines = [
    ...wrap(paint(STATE_STYLE[stateOf(status)], firstLine(status)), width, '  '),
    ...wrap(`  ${runSentence(status)}`, width, '  '),
    ...section('Runs are on record of:', othersLines(status, of, width)),
    ...status.incidents.flatMap((incident) => [
      '',
      ...incidentLines(incident, status.at, paint, width),
    ]),
    ...section(
      'MTA-STS, where lines rest on a policy or could:',
      status.policies.flatMap((one) => wrap(`  ${policyLine(one)}`, width, '    ')),
    ),
    ...section(
      'Seen worse once, to be confirmed by the next look:',
      status.pending.flatMap(({ name, at, sentence }) =>
        wrap(`  ${plain(name)}, ${moment(at)}: ${sentence}`, width, '    '),
      ),
    ),
    ...mutedLines(status, width),
    ...confirmedLines(status, width),
    ...section(
      `Not judged when last looked at (${entriesCount(status.undetermined.length)}):`,
      grouped(
        status.undetermined.map(({ name, since, because }) => ({
          because,
          name: `${plain(name)} since ${day(since)}`,
        })),
        width,
      ),
    ),
    ...section(
      `Not watched (${entriesCount(status.notWatchedCount)}):`,
      notWatchedLines(status, width),
    ),
    ...section(
      'Not told everywhere:',
      status.sight.owed.flatMap((one) => wrap(`  ${owedSentence(one)}`, width, '    ')),
    ),
    ...section(
      'Could not be read:',
      status.problems.flatMap((problem) => wrap(`  ${problem}`, width, '    ')),
    ),
    '',
    ...(status.mail === undefined ? [] : wrap(shareSentence(status.mail, status.at), width, '  ')),
    ...wrap(
      `${summarySentence(status.counts)}, as last seen from ${of.vantage}; policy ` +
        `"${of.policy}", kept in ${of.place}`,
      width,
      '  ',
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function policyLine({ title, since, toldAt, muted, id }: OpenPolicyFinding): string {
  const told = toldAt === undefined ? 'not told yet' : `told ${moment(toldAt)}`;
  return `${title} (since ${moment(since)}, ${muted ? 'muted' : told}; ${id})`;
}

/** With the flags that ask for them. */
function othersLines({ others }: Status, of: StatusOf, width: number): string[] {
  const shown = others.slice(0, OTHERS_SHOWN);
  return [
    ...shown.flatMap(({ policy, vantage, lastRunAt }) => {
      const flags = [
        ...(policy === of.policy ? [] : [`--policy ${policy}`]),
        ...(vantage === of.vantage ? [] : [`--vantage ${vantage}`]),
      ];
      const last = `the last began ${moment(lastRunAt)}`;
      return wrap(
        `  policy "${policy}" from ${vantage}, ${last}: ${flags.join(' ')}`,
        width,
        '    ',
      );
    }),
    ...(others.length > shown.length ? [`  and ${others.length - shown.length} more`] : []),
  ];
}

function mutedLines({ mutes }: Status, width: number): string[] {
  return section(
    'Muted:',
    mutes.flatMap(({ key, until, reason, by }) =>
      wrap(
        `  ${plain(key)} until ${moment(until)}: ${plain(reason, 200)} (${plain(by, 60)})`,
        width,
        '    ',
      ),
    ),
  );
}

function confirmedLines({ confirmations }: Status, width: number): string[] {
  return section(
    'Confirmed:',
    confirmations.flatMap(({ destination, hosts, how, by, until }) =>
      wrap(
        `  mail to ${plain(destination)} goes to ${listed(hosts.map((host) => plain(host)))}: ` +
          `${plain(how, 200)} (${plain(by, 60)}; until ${moment(until)}, for these hosts alone)`,
        width,
        '    ',
      ),
    ),
  );
}

/** `status --json`. */
export function statusDocument(status: Status, of: StatusOf): StatusDocument {
  const { sight, incidents, pending, mutes, undetermined, notWatched, at } = status;
  return {
    version: 1,
    at: iso(at),
    store: of.place,
    policy: of.policy,
    vantage: of.vantage,
    state: stateOf(status),
    runs: {
      sentence: sight.sentence,
      latest: sight.latest === undefined ? null : runDocument(sight.latest),
      lastComplete:
        sight.complete === undefined
          ? null
          : {
              id: sight.complete.runId,
              at: iso(sight.complete.stageAt),
              ageHours: Math.round(((at - sight.complete.stageAt) / HOUR_MS) * 10) / 10,
            },
      silent: sight.silent,
      failed: sight.failed,
      blind: sight.blind,
    },
    summary: { ...status.counts },
    incidents: incidents.map(({ since, toldAt, entries, ...incident }) => ({
      ...incident,
      since: iso(since),
      toldAt: toldAt === undefined ? null : iso(toldAt),
      entries: entries.map((entry) => ({
        name: entry.name,
        standing: entry.standing,
        since: iso(entry.since),
        from: entry.from === undefined ? null : iso(entry.from),
        sentence: entry.sentence,
        suggestion: entry.suggestion,
        caution: entry.caution,
        held: entry.held === null ? null : { ...entry.held },
        mutedUntil: entry.mutedUntil === undefined ? null : iso(entry.mutedUntil),
      })),
    })),
    mtaSts: status.policies.map(({ id, kind, domain, labels, title, since, toldAt, muted }) => ({
      ...{ id, kind, domain, title, muted },
      entries: [...labels],
      since: iso(since),
      toldAt: toldAt === undefined ? null : iso(toldAt),
    })),
    pending: pending.map((one) => ({ ...one, at: iso(one.at) })),
    mutes: mutes.map(({ key, until, reason, by, at: setAt }) => ({
      key,
      until: iso(until),
      reason,
      by,
      at: iso(setAt),
    })),
    confirmations: confirmationsOf(status),
    notJudged: undetermined.map((one) => ({ ...one, since: iso(one.since) })),
    notWatched: {
      count: status.notWatchedCount,
      entries:
        notWatched === undefined
          ? null
          : notWatched.map(({ name, line, because }) => ({ name, line, because })),
    },
    mail:
      status.mail === undefined
        ? null
        : {
            since: iso(status.mail.since),
            recipients: status.mail.recipients,
            watched: status.mail.watched,
            unasked: status.mail.unasked,
            elsewhere: status.mail.elsewhere.map((one) => ({ ...one })),
          },
    owed: sight.owed.map(({ channel, since, because, messages, leftOut }) => ({
      ...{ channel, since: iso(since), because, leftOut },
      messages: messages.map((one) => ({ at: iso(one.at), subject: one.subject })),
    })),
    others: status.others.map(({ policy, vantage, lastRunAt }) => ({
      policy,
      vantage,
      lastRunAt: iso(lastRunAt),
    })),
    problems: [...status.problems],
  };
}

const confirmationsOf = ({ confirmations }: Status): StatusDocument['confirmations'] =>
  confirmations.map(({ destination, hosts, how, by, at, until }) => ({
    destination,
    hosts: [...hosts],
    how,
    by,
    at: iso(at),
    until: iso(until),
  }));

export type State = StatusDocument['state'];

/** As of the exit status. */
export const stateOf = (status: Status): State =>
  (['well', 'attention', 'failing', 'unknown'] as const)[statusCode(status)];

const STATE_STYLE: Readonly<Record<State, Parameters<Paint>[0]>> = {
  failing: ['red', 'bold'],
  attention: 'yellow',
  unknown: 'magenta',
  well: 'green',
};

function incidentLines(incident: OpenIncident, at: number, paint: Paint, width: number): string[] {
  const { entries, toldAt, muted } = incident;
  const told = toldAt === undefined ? 'not told yet' : `told ${moment(toldAt)}`;
  const label = `${muted ? 'MUTED, ' : ''}${STANDINGS[incident.standing]}`;
  const shown = entries.slice(0, ENTRIES_SHOWN);
  return [
    ...wrap(`${paint('bold', OF_RUNS[incident.kind] ?? label)}: ${incident.headline}`, width, '  '),
    ...wrap(
      `  since ${moment(incident.since)}, ${muted ? 'muted' : told}; incident ${incident.id}`,
      width,
      '  ',
    ),
    ...(entries.length === 1
      ? entryLines(entries, at, width)
      : shown.flatMap((entry) => entryLine(entry, at, width))),
    ...(entries.length > shown.length && entries.length > 1
      ? [`  and ${entries.length - shown.length} more`]
      : []),
  ];
}

/** The only entry of an incident is named in its headline. */
function entryLines([entry]: readonly OpenEntry[], at: number, width: number): string[] {
  if (entry === undefined) return [];
  const words = heldWords(entry.held ?? undefined);
  return [
    ...(entry.from === undefined ? [] : [`  fails from ${deadline(entry.from, at)}`]),
    ...wrap(`  ${entry.sentence}`, width, '  '),
    ...(entry.caution === null ? [] : wrap(`  caution: ${entry.caution}`, width, '  ')),
    ...(entry.suggestion === null ? [] : [`  use instead: ${entry.suggestion}`]),
    ...(words === undefined ? [] : wrap(`  it ${words}`, width, '  ')),
  ];
}

function entryLine(entry: OpenEntry, at: number, width: number): string[] {
  const from = entry.from === undefined ? '' : `, fails from ${deadline(entry.from, at)}`;
  const muted = entry.mutedUntil === undefined ? '' : ', muted';
  const caution = entry.caution === null ? '' : `; caution: ${entry.caution}`;
  const line = entry.suggestion === null ? '' : `; use instead: ${entry.suggestion}`;
  const instead = `${caution}${line}`;
  return wrap(
    `  ${plain(entry.name)}: since ${moment(entry.since)}${from}${muted}${instead}`,
    width,
    '    ',
  );
}

function notWatchedLines({ notWatched, notWatchedCount }: Status, width: number): string[] {
  if (notWatched !== undefined)
    return grouped(
      notWatched.map(({ name, line, because }) => ({
        because,
        name: `${plain(name)}${line === null ? '' : ` (line ${line})`}`,
      })),
      width,
    );
  return notWatchedCount === 0
    ? []
    : ['  counted by the last run; name the table, as for watch, to see which they are'];
}

/** By reason, names cut at twenty. */
function grouped(
  all: readonly { readonly because: string; readonly name: string }[],
  width: number,
): string[] {
  const groups = Map.groupBy(all, ({ because }) => because);
  return [...groups].flatMap(([because, members]) =>
    wrap(
      `  ${because}: ${listed(
        members.map(({ name }) => name),
        NAMES_SHOWN,
      )}`,
      width,
      '    ',
    ),
  );
}

const section = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', heading, ...lines];

function runDocument({
  runId,
  startedAt,
  stage,
  vantage,
  exceptions,
}: RunRecord): StatusDocument['runs']['latest'] {
  const family = (word: string | undefined) =>
    word === 'clear' || word === 'blind' ? word : 'untried';
  return {
    id: runId,
    startedAt: iso(startedAt),
    stage,
    ipv4: family(vantage.ipv4),
    ipv6: family(vantage.ipv6),
    exceptions: [...exceptions],
  };
}

const iso = (at: number): string => new Date(at).toISOString();

const OF_RUNS: Readonly<Partial<Record<OpenIncident['kind'], string>>> = {
  blind: 'BLIND',
  channel: 'CANNOT TELL',
};
const ENTRIES_SHOWN = 20;
const OTHERS_SHOWN = 20;
const NAMES_SHOWN = 20;
