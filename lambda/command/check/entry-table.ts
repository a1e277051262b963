/**
 * The entries as a table no wider than the terminal: columns that matter less go first, then names
 * lose their middle. Pure.
 */
import type { MailSeen } from '../../alert/incident/run-facts.ts';
import { named } from '../../named-record.ts';
import { daysLeft, shortDay } from '../../text/dates.ts';
import { cut, plain, shortName } from '../../text/strangers.ts';
import { columns } from '../../text/wrap.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { failsSoon } from '../summary.ts';
import { type Paint, VERDICT_STYLE } from '../terminal/colour.ts';

/** One line for each, in the order given. `at` is the moment of judgement, epoch ms. */
export function entryTable(
  verdicts: readonly EntryVerdict[],
  at: number,
  paint: Paint,
  width: number,
  mail?: MailSeen,
): string[] {
  const rows = verdicts.map((entry) => rowOf(entry, at, mail));
  return fitted(rows, width).map((line, i) => {
    const { word, verdict } = rows[i] ?? NO_ROW;
    const style = verdict === 'pass' && word !== verdict ? 'yellow' : VERDICT_STYLE[verdict];
    return `${paint(style, line.slice(0, word.length))}${line.slice(word.length)}`;
  });
}

interface Row {
  readonly verdict: EntryVerdict['verdict'];
  readonly word: string;
  readonly line: string;
  readonly destination: string;
  readonly level: string;
  readonly hosts: string;
  /** Recipients of the mail of 30 days; no cell where no log was named. */
  readonly mail: readonly string[];
  /** The same in fewer and fewer words. */
  readonly notes: readonly [whole: string, short: string, brief: string];
}

function rowOf(entry: EntryVerdict, at: number, mail: MailSeen | undefined): Row {
  const { verdict, line, destination, level } = entry;
  const soon = failsSoon(entry, at);
  const note = noteOf(entry);
  const from = `from ${fromDay(entry, at)}`;
  return {
    verdict,
    word: soon ? 'will fail' : verdict,
    line: line === null ? '' : `line ${line}`,
    // As it will be shown: what is escaped later would make the line too long.
    destination: plain(destination),
    level,
    hosts: seen(entry),
    mail: mail === undefined ? [] : [recipients(named(mail.byDestination, entry.id))],
    notes: soon
      ? [`delivered today, deferred ${from}`, `deferred ${from}`, from]
      : [note, note, note],
  };
}

/** The layouts by what they show, widest first. */
function fitted(rows: readonly Row[], width: number): string[] {
  const layouts: ((row: Row) => string[])[] = [
    (row) => [row.word, row.line, row.destination, row.level, row.hosts, ...row.mail, row.notes[0]],
    (row) => [row.word, row.line, row.destination, row.level, row.hosts, ...row.mail, row.notes[1]],
    (row) => [row.word, row.line, row.destination, row.level, ...row.mail, row.notes[1]],
    (row) => [row.word, row.line, row.destination, row.level, row.notes[2]],
    (row) => [row.word, row.line, row.destination, row.notes[2]],
    (row) => [row.word, row.destination, row.notes[2]],
  ];
  for (const layout of layouts) {
    const lines = columns(rows.map(layout));
    if (lines.every((line) => line.length <= width)) return lines;
  }
  const longest = (cell: (row: Row) => string) =>
    rows.reduce((most, row) => Math.max(most, cell(row).length), 0);
  const left = width - longest(({ word }) => word) - 2 * GAP;
  const name = Math.max(left - longest(({ notes }) => notes[2]), left - LEAST_NOTE);
  const note =
    left -
    Math.min(
      name,
      longest(({ destination }) => destination),
    );
  return columns(
    rows.map((row) => [row.word, shortName(row.destination, name), cut(row.notes[2], note)]),
  );
}

const recipients = (count = 0): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? 'recipient' : 'recipients'}`;

/** `2 hosts`, or `2 hosts, 1 unseen`, which counts addresses: those are what Postfix walks. */
function seen(entry: EntryVerdict): string {
  const addresses = entry.hosts.flatMap((host) => host.addresses);
  if (addresses.length === 0) return '';
  const unseen = addresses.filter((address) => address.outcome === 'unseen').length;
  const hosts = `${entry.hosts.length} ${entry.hosts.length === 1 ? 'host' : 'hosts'}`;
  return unseen === 0
    ? hosts
    : `${hosts}, ${unseen === addresses.length ? 'none seen' : `${unseen} unseen`}`;
}

function noteOf(entry: EntryVerdict): string {
  if (entry.verdict === 'pass')
    return entry.protection === 'none' ? 'not encrypted' : entry.protection;
  return entry.reason === null ? '' : entry.reason.replaceAll('-', ' ');
}

/** `Sat 5 Dec (9 days)`. */
function fromDay({ failsFrom }: EntryVerdict, at: number): string {
  const from = Date.parse(failsFrom ?? '');
  return `${shortDay(from)} (${daysLeft(at, from)})`;
}

const NO_ROW = { word: '', verdict: 'pass' } as const;
const GAP = 2;
/** Characters: the stories below say more. */
const LEAST_NOTE = 10;
