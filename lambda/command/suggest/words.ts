/** One change, and one entry that no line helps, in words. Pure. */

import type { PostfixVersion } from '../../postfix/version.ts';
import type { Change, ChangeKind, Exemption, Today, Unhelped } from '../../run/suggest/change.ts';
import { calendarDays, DAY_MS, day, daysLeft } from '../../text/dates.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { LineHeld } from '../../verdict/held.ts';
import { cureLines } from '../check/cure-lines.ts';
import { NAME_HELPS, withoutServername } from '../explain/advice.ts';
import type { Paint } from '../terminal/colour.ts';

export interface Saying {
  readonly paint: Paint;
  readonly width: number;
  /** The moment of judgement, epoch ms. */
  readonly at: number;
}

const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  cure: 'does not deliver as it is',
  stronger: 'would deliver at a stronger level',
  new: 'could have a line',
  steadier: 'could hold longer',
  shorter: 'can be shorter',
  dead: 'is never used',
};

/** Where it stands, what is wrong, and what the line that is proposed was judged on. */
export function changeLines(change: Change, saying: Saying): string[] {
  const { kind, before, after, because, ground, today, held, heldBefore } = change;
  const { paint, width } = saying;
  const say = (words: string) => wrap(`  ${words}`, width, '  ');
  const told = change.edit === null && after !== null ? lineToTell(change, saying) : [];
  return [
    ...wrap(`${paint('bold', placeOf(change))} ${KIND_WORDS[kind]}`, width, '  '),
    ...say(because),
    ...told,
    ...(today === undefined ? [] : say(todayWords(today, saying.at))),
    ...(held === undefined ? [] : say(heldWords(held, heldBefore, before !== null))),
    ...(change.renewedBeforeMs === undefined ? [] : say(renewedWords(change.renewedBeforeMs))),
    ...(ground === undefined || ground.because === ''
      ? []
      : say(`${ground.kind === 'dns' ? 'before you use it' : 'names'}: ${ground.because}`)),
    ...(change.kind === 'dead' && change.edit?.kind === 'remove' ? say('it is taken out') : []),
  ];
}

/** The line itself, where it stands in no diff; never broken, since it is to be copied. */
function lineToTell({ table, line, key, after }: Change, { paint, width }: Saying): string[] {
  const where =
    table === null
      ? 'main.cf names no table; in one that smtp_tls_policy_maps names:'
      : line === null
        ? `${tableWords(table)} is not edited as a text; let it answer ${plainName(key)} with:`
        : `${plain(table)} cannot be written from here; line ${line} becomes:`;
  return [...wrap(`  ${where}`, width, '  '), `    ${paint('bold', after ?? '')}`];
}

const tableWords = (table: string): string =>
  /^(?:proxy:)?(?:inline|static):/.test(table) ? 'the table within main.cf' : plain(table);

function placeOf({ line, key, table, destination }: Change): string {
  const name = plainName(destination ?? key);
  if (line !== null) return `line ${line} (${name})`;
  return table === null ? name : `${name}, which has no line of its own,`;
}

function todayWords({ verdict, hosts, met, addresses, failsFrom }: Today, at: number): string {
  const all = met === addresses ? `all ${addresses}` : `${met} of ${addresses}`;
  const looked =
    `${hosts === 1 ? 'its MX host' : `${hosts} MX hosts`}, ` +
    (addresses === 1 ? 'one address met' : `${all} addresses met`);
  const delivers = verdict === 'pass' ? 'delivers' : 'delivers, though not by every host';
  const end = failsFrom === null ? undefined : Date.parse(failsFrom);
  const until =
    end === undefined ? '' : `; by the certificates of today until ${day(end)}${left(at, end)}`;
  return `today: ${delivers} (${looked})${until}`;
}

/** Where that is not for years. */
export const left = (at: number, end: number): string =>
  calendarDays(at, end) > 1_000 ? '' : ` (${daysLeft(at, end)})`;

/** `would have held on 90 of 90 days`, and what the line as it is would have. */
function heldWords(
  { days, of, untold, lastFailedAt, from }: LineHeld,
  before: LineHeld | undefined,
  isOther: boolean,
): string {
  if (of === 0)
    return untold === 0
      ? 'history: none of this destination'
      : `history: ${untold === 1 ? 'the one day that is' : `none of the ${untold} days that are`} remembered ${untold === 1 ? 'does not tell' : 'tells'}`;
  const since = from === null ? '' : ` since ${day(Date.parse(from))}`;
  const missed =
    lastFailedAt === null ? '' : `, the last time not on ${day(Date.parse(lastFailedAt))}`;
  const was =
    before === undefined || before.of === 0 || !isOther
      ? ''
      : ` (the line as it is: ${before.days})`;
  const rest = untold === 0 ? '' : `; ${daysCount(untold)} cannot be told`;
  return `history: would have held on ${days} of ${daysCount(of)}${since}${missed}${was}${rest}`;
}

export const daysCount = (n: number): string => (n === 1 ? '1 day' : `${n} days`);

export const renewedWords = (leftMs: number): string =>
  `the last renewal came ${daysCount(Math.max(0, Math.floor(leftMs / DAY_MS)))} before the end`;

export function unhelpedLines(
  { line, destination, sentence, caution, cannotSendName, exemption }: Unhelped,
  { paint, width }: Saying,
): string[] {
  const say = (words: string) => wrap(`  ${words}`, width, '  ');
  const place = line === null ? plainName(destination) : `line ${line} (${plainName(destination)})`;
  return [
    ...wrap(
      caution === undefined
        ? `${paint('bold', place)} fails, and no line helps`
        : `${paint('bold', place)} has a line that waits to be confirmed`,
      width,
      '  ',
    ),
    ...say(sentence),
    ...(cannotSendName === undefined ? [] : say(nameWords(cannotSendName))),
    ...cureLines({ suggestion: null, ...(caution === undefined ? {} : { caution }) }, paint, width),
    ...(exemption === undefined ? [] : exemptionLines(exemption, { paint, width })),
  ];
}

/** The same without the answer to a question that nobody asked here. */
export const nameWords = (version: PostfixVersion): string =>
  `it would help to send the name (SNI): ${NAME_HELPS} ${withoutServername(version)}`;

function exemptionLines(
  { line, table, parameter, before }: Exemption,
  { paint, width }: Pick<Saying, 'paint' | 'width'>,
): string[] {
  const decides = before === null ? 'the global level decides' : `${plain(before)} decides`;
  const where =
    table === null
      ? `in a table that main.cf must name${before === null ? '' : ` before ${plain(before)}`}`
      : `in ${plain(table)}${before === null ? '' : `, which is asked before ${plain(before)}`}`;
  return [
    ...wrap(`  ${decides}; this exempts the domain, ${where}:`, width, '  '),
    `    ${paint('bold', line)}`,
    ...(parameter === null ? [] : [`    ${plain(parameter, 1_000)}`]),
    ...wrap('  its mail then goes to whoever takes it, authenticated by nothing', width, '  '),
  ];
}
