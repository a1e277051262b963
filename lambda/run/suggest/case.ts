/** One destination with all that a better line for it is looked for by. */

import type { Bundle } from '../../policy/bundle.ts';
import type { Destination, Hop } from '../../policy/destinations.ts';
import type { EntryPlace } from '../../policy/entry.ts';
import { parsePolicy } from '../../policy/parse.ts';
import type { Edit } from '../../policy/rewrite/edit.ts';
import { type Shortened, shortened } from '../../policy/rewrite/shorten.ts';
import { clientOf } from '../../policy/service.ts';
import { tableName } from '../../postfix/lookup-table.ts';
import type { PaceOptions, Probe } from '../../probe/pace.ts';
import type { Memory } from '../../snapshot/caution.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { LineHeld } from '../../verdict/held.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { destinationUnder, withMet } from '../explain/trial.ts';
import type { Recollection } from '../past/recollect.ts';
import { heldOver } from '../past/replay.ts';
import type { Change, Today } from './change.ts';

export interface Case {
  readonly destination: Destination;
  readonly verdict: EntryVerdict;
  /** All that was seen; what is met for a line that is tried is added. */
  readonly seen: { evidence: Evidence };
  readonly bundle: Bundle;
  /** Epoch ms. */
  readonly at: number;
  /** Absent: nothing is remembered. */
  readonly past?: Recollection;
  readonly memory?: Memory;
  /** For commands that are printed; absent: every flag has its default. */
  readonly own?: OwnCommand;
  /** Whether a table is a text that can be edited. */
  readonly isText: (table: string) => boolean;
}

/** A line that was tried today. */
export interface Tried {
  /** Key and value. */
  readonly line: string;
  readonly changed: Destination;
  readonly verdict: EntryVerdict;
}

/** The same right-hand side with less, for this destination; undefined where it is short. */
export function shortValue(
  value: string,
  { destination, bundle }: Pick<Case, 'destination' | 'bundle'>,
): Shortened | undefined {
  const { settings } = clientOf(bundle, destination.service);
  const [hop] = destination.hops;
  // Defaults are known where they were read, and where no other service may have others.
  const isKnown = bundle.mainCf !== undefined && bundle.services === undefined;
  const policy = parsePolicy(value, settings.version);
  return shortened({ value, policy }, hop?.nextHop, settings, isKnown);
}

/** How to meet hosts that nobody met yet with what a line offers. */
export interface Meeting {
  readonly probe: Probe;
  readonly pace: PaceOptions & { readonly now: () => number };
}

/**
 * What the destination comes to with this line; undefined where Postfix would not read it as a
 * policy. It is tried as short as it can be. Hosts are met for it where `meeting` is given, else what
 * was seen has to do.
 */
export async function tryLine(
  written: string,
  one: Case,
  meeting?: Meeting,
): Promise<Tried | undefined> {
  const { seen, bundle, at } = one;
  const [key, value] = splitLine(written);
  const line = `${key} ${shortValue(value, one)?.value ?? value}`;
  const changed = destinationUnder(line, one.destination, bundle);
  const [hop] = changed?.hops ?? [];
  if (changed === undefined || hop === undefined) return undefined;
  if (meeting !== undefined) await meet(hop, one, meeting);
  return { line, changed, verdict: judgeSafely(changed, seen.evidence, bundle, at, asItIs) };
}

/** Adds to what was seen: others may meet theirs meanwhile. */
async function meet(hop: Hop, { seen, bundle }: Case, { probe, pace }: Meeting): Promise<void> {
  const { evidence } = seen;
  const { results } = await withMet(hop, { bundle, evidence }, probe, pace);
  if (results !== evidence.results)
    seen.evidence = { ...seen.evidence, results: { ...results, ...seen.evidence.results } };
}

/** No better line is looked for, for one that is tried. */
const asItIs: typeof judge = (destination, evidence, bundle, at) =>
  judge(destination, evidence, bundle, at, () => null);

export const delivers = ({ verdict }: Pick<EntryVerdict, 'verdict'>): boolean =>
  verdict === 'pass' || verdict === 'degraded';

/** Over the days that are remembered; undefined where none are. */
export const heldBy = (changed: Destination, { bundle, past }: Case): LineHeld | undefined =>
  past === undefined ? undefined : heldOver(changed, bundle, past);

/** What a verdict that delivers was reached on. */
export function todayOf({ verdict, hosts, failsFrom }: EntryVerdict): Today {
  const addresses = hosts.flatMap((host) => host.addresses);
  return {
    verdict: verdict === 'pass' ? 'pass' : 'degraded',
    hosts: hosts.length,
    met: addresses.filter(({ outcome }) => outcome !== 'unseen').length,
    addresses: addresses.length,
    failsFrom,
  };
}

/** Where the line is to be written: in place of the entry's own, or as a line of its own. */
export function placeFor(
  line: string,
  { destination, isText, bundle }: Pick<Case, 'destination' | 'isText' | 'bundle'>,
): Pick<Change, 'table' | 'line' | 'key' | 'before' | 'after' | 'edit'> {
  const entry = destination.hops[0]?.demand.entry ?? destination.entry;
  const [key = '', value = ''] = splitLine(line);
  if (entry === undefined) {
    const table = tablesAsked(destination, bundle).find(isText) ?? null;
    const edit: Edit | null = table === null ? null : { kind: 'add', text: line };
    return { table, line: null, key, before: null, after: line, edit };
  }
  const own = entry.key === key;
  const editable = entry.line > 0 && isText(entry.table);
  const edit: Edit = own
    ? { kind: 'replace', line: entry.line, value }
    : { kind: 'add', behind: entry.line, text: line };
  return {
    table: entry.table,
    line: own && standsInLine(entry) ? entry.line : null,
    key,
    before: own ? `${entry.key} ${entry.value}` : null,
    after: line,
    edit: editable ? edit : null,
  };
}

/** Those of the service that delivers there; all, where no parameter names them. */
function tablesAsked({ service }: Destination, bundle: Bundle): string[] {
  const all = bundle.policyTables.map(({ name }) => name);
  const own = clientOf(bundle, service).settings.policyMaps.map(tableName);
  const asked = own.filter((name) => all.includes(name));
  return asked.length === 0 && service === undefined ? all : asked;
}

/** An answer of a table that was asked stands in no line, and what main.cf holds in none of its own. */
export const standsInLine = ({ line, table }: Pick<EntryPlace, 'line' | 'table'>): boolean =>
  line > 0 && !/^(?:proxy:)?(?:inline|static):/.test(table);

/** Key and value of a line as we write it. */
export function splitLine(line: string): [key: string, value: string] {
  const end = line.indexOf(' ');
  return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
}
