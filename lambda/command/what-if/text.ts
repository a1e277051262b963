/** What `what-if` prints: only what turns, worst first, and what cannot be told. Pure. */
import { entriesCount, reasonWords } from '../../alert/message/wording.ts';
import { moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import { REASONS, type Reason } from '../../verdict/reason.ts';
import type { StatusOf } from '../status/text.ts';
import type { Paint } from '../terminal/colour.ts';
import type { InForce } from './baseline.ts';
import type { IfSame, UntoldCause } from './fate.ts';
import type { WhatIfDocument } from './schema.ts';
import type { Compared, Group, Side, Turn, Turned } from './turns.ts';

export interface Shown {
  readonly compared: Compared;
  readonly inForce: InForce;
  readonly of: StatusOf;
  /** Epoch ms. */
  readonly at: number;
  /** Epoch ms. */
  readonly lastRunAt: number | undefined;
  readonly assumed: readonly string[];
  readonly problems: readonly string[];
}

/** 2 where something would newly fail, 1 where it is worse or cannot be told, else 0. */
export function exitStatus({ groups }: Compared): 0 | 1 | 2 {
  const has = (turn: Turn) => groups.some((group) => group.turn === turn);
  return has('fails') ? 2 : has('untold') || has('worse') ? 1 : 0;
}

export function whatIfText(shown: Shown, paint: Paint, width: number): string {
  const { compared, inForce, of, lastRunAt, assumed, problems } = shown;
  const said = (text: string) => wrap(text, width, '  ');
  const lines = [
    ...said(paint('bold', firstLine(compared))),
    ...compared.groups.flatMap((group) => ['', ...groupLines(group, paint, width)]),
    ...(compared.neither.length === 0
      ? []
      : [
          '',
          ...said(
            `not to be told by either policy, for the same reason: ` +
              listed(compared.neither.map(plainName), ENTRIES_SHOWN),
          ),
        ]),
    '',
    ...said(`compared with the policy in force, ${inForceWords(inForce)}`),
    ...said(
      `both judged, with no network, on what was last seen from ${of.vantage}` +
        (lastRunAt === undefined ? '' : `, by the run of ${moment(lastRunAt)}`) +
        `; policy "${of.policy}", kept in ${of.place}`,
    ),
    ...assumed.flatMap((sentence) => said(`assumed: ${sentence}`)),
    ...problems.flatMap((problem) => said(`could not be read: ${problem}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function firstLine({ groups, compared }: Compared): string {
  const counts = (['fails', 'untold', 'worse', 'other', 'better'] as const).flatMap((turn) => {
    const count = countOf(groups, turn);
    return count === 0 ? [] : `${count} ${SHORT[turn]}`;
  });
  return counts.length === 0
    ? `nothing turns: ${entriesCount(compared)} would come to what they come to now`
    : `of ${entriesCount(compared)}, ${counts.join(', ')}`;
}

function groupLines(group: Group, paint: Paint, width: number): string[] {
  const { turn, turned } = group;
  const head = `${HEADS[turn]}, ${entriesCount(turned.length)}${causeWords(group)}`;
  const shown = turned.length > ENTRIES_SHOWN + 1 ? turned.slice(0, ENTRIES_SHOWN) : turned;
  const rest = turned.length - shown.length;
  return [
    ...wrap(paint(STYLES[turn], head), width, '  '),
    ...(group.asNow
      ? [
          ...wrap(
            '  if what was presented to another offer is presented to this one too, they come to ' +
              `what they come to now: ${listed(
                turned.map((one) => plainName(one.destination)),
                ENTRIES_SHOWN,
              )}`,
            width,
            '    ',
          ),
        ]
      : shown.flatMap((one) => entryLines(one, width))),
    ...(rest === 0 || group.asNow ? [] : [`  and ${rest} more, which --json names`]),
  ];
}

const DELIVERED: Readonly<Record<Turn, string>> = {
  fails: 'not delivered',
  untold: 'not to be told',
  worse: 'delivered with less protection',
  other: 'delivered, with no less than is asked for now',
  better: 'delivered with more protection',
};

function causeWords({ turn, cause, anchor }: Group): string {
  if (cause === null) return `: ${DELIVERED[turn]}`;
  const words =
    turn === 'untold' ? UNTOLD_WORDS[cause as UntoldCause] : reasonWords(cause as Reason);
  const now = anchor === null ? '' : `; the chains end at ${plain(anchor, 200)} now`;
  return `${turn === 'better' ? ', now' : ''}: ${words}${now}`;
}

function entryLines(one: Turned, width: number): string[] {
  const { destination, before, after, untold, ifSame, sentence, turn } = one;
  const about = (untold?.about ?? []).filter((name) => name !== plainName(destination));
  return [
    ...wrap(
      `  ${plainName(destination)}${placeWords(one)}: ${wayWords(before, after)}`,
      width,
      '    ',
    ),
    ...(about.length === 0 ? [] : wrap(`    ${listed(about)}`, width, '    ')),
    ...(ifSame === undefined
      ? []
      : wrap(
          `    if what was presented to another offer is presented to this one: ${fateWords(ifSame)}`,
          width,
          '    ',
        )),
    ...(turn === 'fails' && sentence !== null ? wrap(`    ${sentence}`, width, '    ') : []),
  ];
}

function placeWords({ line, after, before }: Turned): string {
  switch (line) {
    case 'kept':
      return after.line === null ? '' : ` (line ${after.line})`;
    case 'added':
      return after.line === null ? ' (added)' : ` (line ${after.line}, added)`;
    case 'removed':
      return before.line === null ? ' (removed)' : ` (line ${before.line} in force, removed)`;
  }
}

const wayWords = (before: Side, after: Side): string =>
  `${sideWords(before)} → ${sideWords(after)}`;

const sideWords = (side: Side): string => `${side.level} ${fateWords(side)}`;

function fateWords({ verdict, reason, protection }: IfSame): string {
  const why =
    reason === null || verdict === 'undetermined' || reason === 'level-none'
      ? ''
      : `, ${REASONS[reason].words}`;
  const delivered = verdict === 'pass' || verdict === 'degraded';
  const how = delivered ? ` (${protection === 'none' ? 'not encrypted' : protection})` : '';
  return `${verdict}${how}${why}`;
}

function inForceWords(inForce: InForce): string {
  switch (inForce.kind) {
    case 'pushed':
      return (
        `version ${inForce.version.slice(0, 12)} pushed by ${plainName(inForce.by)} on ` +
        moment(inForce.at)
      );
    case 'host':
      return `this host's Postfix, ${inForce.configDirectory}`;
  }
}

const countOf = (groups: readonly Group[], turn: Turn): number =>
  groups.reduce((sum, group) => sum + (group.turn === turn ? group.turned.length : 0), 0);

/** `what-if --json`. */
export function whatIfDocument(shown: Shown): WhatIfDocument {
  const { compared, inForce, of, at, lastRunAt, assumed, problems } = shown;
  const { groups, neither } = compared;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    version: 1,
    store: of.place,
    policy: of.policy,
    vantage: of.vantage,
    at: iso(at),
    lastRunAt: lastRunAt === undefined ? null : iso(lastRunAt),
    inForce: inForce.kind === 'pushed' ? { ...inForce, at: iso(inForce.at) } : inForce,
    exitStatus: exitStatus(compared),
    counts: {
      compared: compared.compared,
      fails: countOf(groups, 'fails'),
      untold: countOf(groups, 'untold'),
      worse: countOf(groups, 'worse'),
      other: countOf(groups, 'other'),
      better: countOf(groups, 'better'),
      neither: neither.length,
    },
    groups: groups.map(({ turned, ...group }) => ({
      ...group,
      destinations: turned.map(({ turn: _, untold, ...one }) => ({
        ...one,
        ...(untold === undefined ? {} : { untold: { ...untold, about: [...untold.about] } }),
      })),
    })),
    neither: [...neither],
    assumed: [...assumed],
    problems: [...problems],
  };
}

const HEADS: Readonly<Record<Turn, string>> = {
  fails: 'Would fail',
  untold: 'Cannot be told',
  worse: 'Would be worse',
  other: 'Would be otherwise',
  better: 'Would be better',
};

const SHORT: Readonly<Record<Turn, string>> = {
  fails: 'would newly fail',
  untold: 'cannot be told',
  worse: 'would be worse',
  other: 'would be otherwise',
  better: 'would be better',
};

const STYLES: Readonly<Record<Turn, Parameters<Paint>[0]>> = {
  fails: ['red', 'bold'],
  untold: 'magenta',
  worse: 'yellow',
  other: 'bold',
  better: 'green',
};

const UNTOLD_WORDS: Readonly<Record<UntoldCause, string>> = {
  'table-not-read': 'a table that decides cannot be listed, or was not read',
  'anchors-not-read': 'the file of trust anchors was not read',
  'other-routing': 'DNS would be asked otherwise than it was',
  'never-seen': 'the next hop was never looked at',
  'other-sni': 'the hosts were never asked with this SNI, or never without one',
  'other-offer':
    'protocols, ciphers or groups would be offered that these hosts were never offered, and what ' +
    'they would present is not known',
  'dnssec-not-asked': 'DNSSEC was not asked about the hosts',
  'address-not-seen': 'not every address was seen when they were last looked at',
  'not-judged': 'the judge gives no verdict',
};

const ENTRIES_SHOWN = 20;
