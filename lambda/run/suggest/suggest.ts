/**
 * A table rewritten where that helps: duplicates out, everything judged today, a better line for
 * each entry that has one, and the table as it would then be judged again (prove.ts).
 */
import type { KeptPolicy } from '../../alert/sts/memory.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { policyTables } from '../../policy/lookup.ts';
import { clientOf } from '../../policy/service.ts';
import { isStsAnswer } from '../../policy/sts-answer.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import { type Around, memoryOf } from '../../snapshot/caution.ts';
import { inParallel } from '../../store/in-parallel.ts';
import type { OwnCommand } from '../../text/own-command.ts';
import type { Evidence } from '../../verdict/judge.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import { type CheckDoors, type CheckOptions, type CheckRun, checkBundle } from '../check/check.ts';
import type { SourceDoors } from '../explain/name-sources.ts';
import { beyondThisVersion } from '../explain/with-servername.ts';
import { type Recollection, wasAt } from '../past/recollect.ts';
import type { Case, Meeting } from './case.ts';
import type { Change, Unhelped } from './change.ts';
import { type Cure, cureFor } from './cure.ts';
import { withoutDuplicates } from './duplicates.ts';
import { deadLine, shorterLine, steadierLine } from './entry-change.ts';
import { exemptionFor } from './exempt.ts';
import { keyPinLine } from './key-pin.ts';
import { provedChanges } from './prove.ts';
import { askingSts, type StsAsking } from './sts.ts';
import { isUpgradable, strongerLine, withStronger } from './upgrade.ts';

export interface SuggestDoors extends CheckDoors, Pick<SourceDoors, 'fetchPolicy'> {}

export interface SuggestOptions extends CheckOptions {
  readonly pace: PaceOptions;
  /** Entries at may, encrypt, dane and verify: stronger lines, and those alone. */
  readonly upgrade: boolean;
  /** Absent: nothing is remembered. */
  readonly past?: Recollection;
  readonly around?: Omit<Around, 'queueLifetimeMs'>;
  /** For commands that are printed; absent: every flag has its default. */
  readonly own?: OwnCommand;
  /** MTA-STS policies that runs keep, by domain. */
  readonly keptPolicies?: ReadonlyMap<string, KeptPolicy>;
  /** Whether the text of a table is that of a file that can be written anew. */
  readonly isText: (table: string) => boolean;
}

export interface Suggested {
  /** In the order of the tables and lines; those that are new behind them. */
  readonly changes: readonly Change[];
  readonly unhelped: readonly Unhelped[];
  /** Entries of which nothing could be told today. */
  readonly undetermined: readonly EntryVerdict[];
  readonly run: CheckRun;
  /** Domains whose MTA-STS policy was not asked for, since so many were. */
  readonly unasked: readonly string[];
}

export async function suggestChanges(
  bundle: Bundle,
  doors: SuggestDoors,
  options: SuggestOptions,
): Promise<Suggested> {
  const shown = new Set(tablesShown(bundle));
  const isText = (table: string) => shown.has(table) && options.isText(table);
  const tidied = withoutDuplicates(bundle, isText);
  const run = await checkBundle(tidied.bundle, doors, options);
  const { keptPolicies = new Map(), now, pace } = options;
  const meeting: Meeting = { probe: doors.probe, pace: { ...pace, now } };
  const sts = askingSts(doors, keptPolicies, now, pace.stopAt);
  const seen = { evidence: run.wider ?? run.evidence };
  const judged = run.destinations.flatMap((destination, i) => {
    const verdict = run.verdicts[i];
    return verdict === undefined ? [] : [{ destination, verdict }];
  });
  if (options.upgrade) {
    const wanted = judged.filter(({ verdict }) => isUpgradable(verdict));
    seen.evidence = await withStronger(
      wanted.map(({ destination }) => destination),
      seen.evidence,
      tidied.bundle,
      doors.dnssec,
      meeting,
    );
  }
  const changes: Change[] = options.upgrade ? [] : [...tidied.changes];
  const unhelped: Unhelped[] = [];
  await inParallel(
    judged,
    async ({ destination, verdict }) => {
      const one = caseOf(destination, verdict, seen, tidied.bundle, run.at, isText, options);
      const found = options.upgrade
        ? await upgradeOf(one, sts, meeting)
        : await changeOf(one, sts, meeting);
      if (found === undefined) return;
      if ('sentence' in found) unhelped.push(found);
      else changes.push(found);
    },
    CASES_AT_ONCE,
  );
  const wanted = inOrder(changes.filter(isChange), bundle);
  const proved = provedChanges(wanted, {
    bundle,
    tidied: tidied.bundle,
    run,
    evidence: seen.evidence,
  });
  return {
    changes: proved,
    unhelped: inOrder(unhelped, bundle),
    undetermined: run.verdicts.filter(({ verdict }) => verdict === 'undetermined'),
    run,
    unasked: sts.left(),
  };
}

/** What cannot be a policy may be passwords: nothing of it is shown, nor edited. */
export const tablesShown = (bundle: Bundle): string[] =>
  policyTables(bundle).flatMap(({ name, noPolicy }) =>
    noPolicy !== undefined || /^(?:inline|static):/.test(name) ? [] : [name],
  );

function caseOf(
  destination: Case['destination'],
  verdict: EntryVerdict,
  seen: { evidence: Evidence },
  bundle: Bundle,
  at: number,
  isText: Case['isText'],
  { past, around, own }: SuggestOptions,
): Case {
  const before = wasAt(past?.entries.get(destination.id), Number.POSITIVE_INFINITY);
  const { queueLifetimeMs } = bundle.settings;
  return {
    destination,
    verdict,
    seen,
    bundle,
    at,
    isText,
    ...(own === undefined ? {} : { own }),
    ...(past === undefined ? {} : { past }),
    ...(around === undefined ? {} : { memory: memoryOf(before, { ...around, queueLifetimeMs }) }),
  };
}

async function changeOf(
  one: Case,
  sts: StsAsking,
  meeting: Meeting,
): Promise<Change | Unhelped | undefined> {
  const { verdict, destination } = one;
  switch (verdict.verdict) {
    case 'unchecked':
      return deadLine(one) ?? shorterLine(one);
    case 'undetermined':
      return shorterLine(one);
    case 'pass':
      return (await steadierLine(one)) ?? (await keyPinLine(one)) ?? shorterLine(one);
    case 'degraded':
    case 'fail': {
      const cure = await cureOf(one, sts, meeting);
      if (cure.kind === 'line' && isChange(cure.change)) return cure.change;
      if (verdict.verdict === 'degraded' && cure.kind !== 'withheld')
        return (await steadierLine(one)) ?? shorterLine(one);
      const exemption = await exemptionFor(one, meeting);
      const { table, line, sentence } = verdict;
      return {
        table,
        line,
        destination: destination.name,
        sentence,
        ...(cure.kind === 'withheld' ? { caution: cure.caution } : {}),
        ...versionWithoutNames(one),
        ...(exemption === undefined ? {} : { exemption }),
      };
    }
  }
}

/** Where a name that is sent (SNI) would help, and the version cannot send one. */
function versionWithoutNames({ destination, verdict, seen, bundle, at }: Case) {
  const sent = beyondThisVersion(destination, verdict, seen.evidence, bundle, at);
  const { version } = clientOf(bundle, destination.hops[0]?.service).settings;
  return sent?.verdict === 'pass' ? { cannotSendName: version } : {};
}

/** Nobody edits what a daemon makes of the receiver's own policy. */
const cureOf = async (one: Case, sts: StsAsking, meeting: Meeting): Promise<Cure> =>
  isStsAnswer(one.destination.hops[0]?.demand.entry)
    ? { kind: 'none' }
    : cureFor(one, sts, meeting);

async function upgradeOf(one: Case, sts: StsAsking, meeting: Meeting): Promise<Change | undefined> {
  return isUpgradable(one.verdict) ? strongerLine(one, sts, meeting) : undefined;
}

/** A line that is proposed for itself is none. */
const isChange = ({ before, after, kind }: Change): boolean => kind === 'dead' || before !== after;

/** As the tables stand, and what has no line behind them, by name. */
function inOrder<Told extends Pick<Unhelped, 'table' | 'line'> & { readonly destination?: string }>(
  all: readonly Told[],
  { policyTables: tables }: Bundle,
): Told[] {
  const places = new Map(tables.map(({ name }, i) => [name, i] as const));
  const table = (one: Told) => places.get(one.table ?? '') ?? tables.length;
  const line = (one: Told) => one.line ?? Number.MAX_SAFE_INTEGER;
  const name = ({ destination = '' }: Told) => destination;
  const byName = (a: Told, b: Told) => Number(name(a) > name(b)) - Number(name(a) < name(b));
  return all.toSorted((a, b) => table(a) - table(b) || line(a) - line(b) || byName(a, b));
}

const CASES_AT_ONCE = 4;
