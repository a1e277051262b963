/**
 * `check --by-root`: the trust anchors that entries lean on, those first that are to go. Pure.
 */
import type { MailSeen } from '../../alert/incident/run-facts.ts';
import type { Bundle } from '../../policy/bundle.ts';
import {
  isWorse,
  type Leaning,
  type Leaving,
  type Root,
  type Roots,
} from '../../run/check/roots.ts';
import { calendarDays, day, daysLeft } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { wrap } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { Paint } from '../terminal/colour.ts';
import { footer, type Looked, placed } from './overview.ts';
import type { CheckDocument } from './verdict-schema.ts';

export interface RootsShown {
  readonly roots: Roots;
  /** Every entry of an anchor, instead of the first few. */
  readonly all?: boolean | undefined;
  readonly mail?: MailSeen;
}

export function byRootText(
  run: Looked,
  bundle: Bundle,
  paint: Paint,
  width: number,
  { roots, all = false, mail }: RootsShown,
): string {
  const say = { paint, width, at: run.at, most: all ? Number.POSITIVE_INFINITY : NAMES_SHOWN };
  const lines = [
    ...(roots.roots.length === 0 ? ['no entry leans on a trust anchor', ''] : []),
    ...roots.roots.flatMap((root) => [...block(root, say), '']),
    ...others(run.verdicts, roots).flatMap((words) => wrap(words, width, '  ')),
    ...(roots.notTrusted === null ? [] : wrap(listSentence(roots, roots.notTrusted), width, '  ')),
    ...footer(run, bundle, width, mail),
  ];
  return `${lines.join('\n')}\n`;
}

interface Saying {
  readonly paint: Paint;
  readonly width: number;
  readonly at: number;
  /** How many entries are named at a time. */
  readonly most: number;
}

function block(root: Root, say: Saying): string[] {
  const { subject, notAfter, sha256, leaving, inStore, entries } = root;
  const { paint, width, at } = say;
  const end = notAfter === null ? '' : `; it ${endWords(notAfter, at)}`;
  const head = `${plain(subject)}: ${count(entries.length)}${end}`;
  const mark = leaving === undefined ? [] : [paint('yellow', leavingWords(leaving, inStore, at))];
  return [
    ...wrap(paint('bold', head), width, '  '),
    `  SHA-256 ${sha256}`,
    ...(inStore ? [] : ['  of a trust anchor file of yours (tafile)']),
    ...mark.flatMap((text) => wrap(`  ${text}`, width, '  ')),
    ...byFate(entries, say),
  ];
}

/** Those that do worse first, each kind on a line of its own; without a list, all on one. */
function byFate(entries: readonly Leaning[], { paint, width, most }: Saying): string[] {
  const fates = Map.groupBy(entries, fateOf);
  return FATES.flatMap(({ fate, words, colour }) => {
    const those = (fates.get(fate) ?? []).map(({ entry }) => placed(entry));
    if (those.length === 0) return [];
    const names = listed(those, most);
    const text = words === '' ? names : `${paint(colour, words)}: ${names}`;
    return wrap(`  ${text}`, width, '    ');
  });
}

type Fate = 'fails' | 'loses-hosts' | 'unknown' | 'as-today' | 'stays';

function fateOf({ entry, without }: Leaning): Fate {
  if (without === undefined) return 'stays';
  if (isWorse(without, entry.verdict)) return without === 'fail' ? 'fails' : 'loses-hosts';
  return without === 'undetermined' && entry.verdict !== 'undetermined' ? 'unknown' : 'as-today';
}

const FATES = [
  { fate: 'fails', words: 'would fail without it', colour: 'red' },
  {
    fate: 'loses-hosts',
    words: 'would be delivered to some of their hosts alone',
    colour: 'yellow',
  },
  { fate: 'unknown', words: 'cannot be told, for what was not seen', colour: 'magenta' },
  { fate: 'as-today', words: 'fare as today without it', colour: 'green' },
  { fate: 'stays', words: '', colour: 'gray' },
] as const satisfies readonly { fate: Fate; words: string; colour: Parameters<Paint>[0] }[];

/** `ends on Mon 2035-06-04`; near its end with the days that are left. */
function endWords(notAfter: number, at: number): string {
  if (notAfter < at) return `ended on ${day(notAfter)}`;
  const left = calendarDays(at, notAfter) > NEAR_DAYS ? '' : ` (${daysLeft(at, notAfter)})`;
  return `ends on ${day(notAfter)}${left}`;
}

function leavingWords({ from }: Leaving, inStore: boolean, at: number): string {
  const when =
    from === null
      ? ''
      : from <= at
        ? `, gone since ${day(from)}`
        : `, to go from ${day(from)} on (${daysLeft(at, from)})`;
  return inStore
    ? `ON THE LIST${when}`
    : `on the list${when}: your file trusts it for as long as it stands there`;
}

/** Entries that are named nowhere above, and why that may be. */
function others(verdicts: readonly EntryVerdict[], { roots }: Roots): string[] {
  const leaning = new Set(roots.flatMap(({ entries }) => entries.map(({ entry }) => entry)));
  const rest = verdicts.length - leaning.size;
  if (rest === 0) return [];
  return [
    `${count(rest)} ${rest === 1 ? 'leans' : 'lean'} on none: below verify and at fingerprint ` +
      'and dane no authority is asked for, or no chain was accepted today',
  ];
}

function listSentence({ roots, worse }: Roots, notTrusted: number): string {
  const gone = roots.filter(({ leaving, inStore }) => leaving !== undefined && inStore).length;
  const outcome =
    gone === 0
      ? 'no entry leans on an anchor of the list that could go'
      : worse.length === 0
        ? 'once all anchors of the list are gone, no entry does worse'
        : `once all anchors of the list are gone, ${count(worse.length)} ` +
          `${worse.length === 1 ? 'does' : 'do'} worse`;
  return notTrusted === 0
    ? outcome
    : `${outcome}; ${notTrusted} of the list ${notTrusted === 1 ? 'is' : 'are'} not trusted here ` +
        'anyway';
}

const count = (entries: number): string => `${entries} ${entries === 1 ? 'entry' : 'entries'}`;

const NAMES_SHOWN = 8;
/** Browsers and Debian tell what they drop about as long before. */
const NEAR_DAYS = 400;

/** The same for `--json`. */
export const rootsDocument = ({
  roots,
  notTrusted,
}: Roots): NonNullable<CheckDocument['byRoot']> => ({
  anchors: roots.map(({ sha256, subject, notAfter, inStore, leaving, entries }) => ({
    sha256,
    subject,
    notAfter: isoOf(notAfter),
    inStore,
    distrusted: leaving === undefined ? null : { from: isoOf(leaving.from) },
    entries: entries.map(({ entry, without = null }) => ({ id: entry.id, without })),
  })),
  distrustedNotTrusted: notTrusted,
});

const isoOf = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString();
