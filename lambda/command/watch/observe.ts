/**
 * `watch --observe`: candidates, looked at once the run itself is done and with the time that is
 * left. Whatever becomes of it, the run and its exit status stay what they are; it is told in a line.
 */
import { firstSentences } from '../../first-within.ts';
import { BOUNDS } from '../../limits.ts';
import type { OpenStore } from '../../local-doors.ts';
import type { MailSent } from '../../log/mail-sent.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Candidate, type Candidates, candidatesOf } from '../../policy/candidates.ts';
import { readDestinationsFile } from '../../policy/gather/destinations-file.ts';
import { thisMachine } from '../../policy/gather/this-machine.ts';
import { CONSIDERED } from '../../policy/mail-destinations.ts';
import type { PaceOptions } from '../../probe/pace.ts';
import { type Observed, observe } from '../../run/watch/observe.ts';
import { digestsUnder } from '../../run/watch/run-digests.ts';
import type { Watched } from '../../run/watch/watch.ts';
import { HISTORY_DAYS } from '../../store/history.ts';
import { observedSpace } from '../../store/spaces.ts';
import { DAY_MS } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags, ProbeFlags } from '../flags.ts';
import { worldOf } from '../gather-and-check.ts';
import { domainsOf, type MailLogFlags } from '../mail-log.ts';
import type { Console } from '../terminal/console.ts';
import { progressLine } from '../terminal/progress.ts';
import type { WatchDocument } from './schema.ts';

/** What `--observe` names. */
export type Listed =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** A sentence. The run itself is not to wait until a list is put right. */
  | { readonly kind: 'unreadable'; readonly because: string };

/** Undefined where nobody asks for them. @throws UsageError where neither a list nor a log is named */
export async function readCandidates(
  { observe: from, destinationsFromLog = [] }: ObserveFlags,
  sent: MailSent | undefined,
): Promise<Listed | undefined> {
  if (from === undefined || from === false) return undefined;
  if (from === true) {
    if (destinationsFromLog.length === 0)
      throw new UsageError(
        '--observe: whom? Name a file with one destination a line, or a log with ' +
          '--destinations-from-log',
      );
    return { kind: 'names', names: domainsOf(sent) };
  }
  try {
    return { kind: 'names', names: await readDestinationsFile(from, thisMachine, '--observe') };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: 'unreadable', because: error.message };
  }
}

export interface ObserveFlags extends MailLogFlags {
  /** A file; `true`: where mail went by the log; `false`, in the file of flags: nobody. */
  readonly observe?: string | boolean;
}

/** Names that tables are to be asked about. */
export const namesIn = (list: Listed | undefined): readonly string[] =>
  list?.kind === 'names' ? list.names.slice(0, CONSIDERED) : [];

const countIn = (list: Listed): number => (list.kind === 'names' ? list.names.length : 0);

/** What the look at the candidates came to. */
export interface Observation {
  readonly observed: Observed;
  readonly covered: Candidates['covered'];
  readonly others: Candidates['others'];
  /** How many of the list are beyond the bound. */
  readonly beyond: number;
}

/** The run that is done, and what it went by. */
export interface Beside {
  readonly watched: Watched;
  readonly bundle: Bundle;
  readonly open: Pick<OpenStore, 'store' | 'holder' | 'hasEnded'>;
  readonly flags: ProbeFlags &
    Pick<BundleFlags, 'configDirectory'> & { readonly mtaSts: 'daily' | 'never' };
  /** With the end of the run, and what ends it early. */
  readonly pace: PaceOptions & { readonly signal: AbortSignal };
}

/** Looks at the candidates of the list, with the manners of the run; never throws. */
export async function observeBeside(
  list: Listed,
  beside: Beside,
  console: Console,
): Promise<Observation> {
  const skipped = (because: string) => ({ observed: { kind: 'skipped', because } as const });
  const because = list.kind === 'unreadable' ? list.because : whyNot(beside.watched);
  if (because !== undefined) return { ...skipped(because), ...NOTHING_FOUND };
  try {
    const names = namesIn(list);
    const { candidates, covered, others } = candidatesOf(beside.bundle, names);
    const looked = candidates.slice(0, BOUNDS.candidates);
    const beyond = countIn(list) - names.length + candidates.length - looked.length;
    const found = { covered, others, beyond };
    if (looked.length === 0) return { ...skipped('no candidate is left'), ...found };
    return { observed: await lookAt(looked, beside, console), ...found };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ...skipped(said), ...NOTHING_FOUND };
  }
}

const NOTHING_FOUND = { covered: [], others: [], beyond: 0 };

function lookAt(
  candidates: readonly Candidate[],
  { bundle, open: { store, holder, hasEnded }, flags, pace }: Beside,
  console: Console,
): Promise<Observed> {
  const line = progressLine(console, flags.verbose ?? false);
  return observe(
    bundle,
    candidates,
    {
      openWorld: () => worldOf(flags, bundle, console, pace, line),
      store: { table: store.table, space: observedSpace(store.space) },
      now: console.now,
    },
    {
      runId: `${new Date(console.now()).toISOString()}#manual`,
      holder,
      hasEnded,
      pace,
      signal: pace.signal,
      controlHosts: flags.controlHost ?? [],
      historyMs: HISTORY_DAYS * DAY_MS,
      asksSts: flags.mtaSts !== 'never',
      digests: digestsUnder(bundle, process.version),
    },
  ).finally(() => line?.clear());
}

/** Of a run that has more to do itself; undefined where it has not. */
function whyNot(watched: Watched): string | undefined {
  switch (watched.kind) {
    case 'busy':
      return `the store is in use by a run of ${watched.holder}`;
    case 'told-late':
    case 'already-done':
      return 'this run had looked at everything before';
    case 'done':
      if (watched.goesOn) return 'another part of the run follows';
      return watched.complete ? undefined : 'the run itself is not complete';
  }
}

/** Without a terminal only what went wrong; each line ends with a line feed. */
export function observationText(
  { observed, covered, others, beyond }: Observation,
  onTerminal: boolean,
): string {
  const wrong =
    observed.kind === 'skipped'
      ? [`candidates were not looked at: ${plain(observed.because, 1_000)}`]
      : [
          ...(observed.complete
            ? []
            : ['not every candidate could be looked at in the time that was left (--deadline)']),
          ...observed.problems.map((problem) => `candidates: ${problem}`),
        ];
  const bounded =
    beyond === 0
      ? []
      : [
          `${beyond} candidates are left out: ${BOUNDS.candidates} are looked at in one run, at most`,
        ];
  const said = onTerminal && observed.kind === 'looked' ? lookedWords(observed) : [];
  const named = onTerminal ? [...coveredWords(covered), ...otherWords(others)] : [];
  return [...[...wrong, ...bounded].map((line) => `warning: ${line}`), ...said, ...named]
    .map((line) => `${line}\n`)
    .join('');
}

function lookedWords({ candidates, unseen }: Extract<Observed, { kind: 'looked' }>): string[] {
  const seen = candidates - unseen.length;
  const who =
    unseen.length === 0 ? '' : `; nothing was seen of ${listed(unseen.map(plainName), NAMED)}`;
  return [`candidates: ${seen} of ${candidates} seen${who} (suggest --new judges lines for them)`];
}

const coveredWords = (covered: Candidates['covered']): string[] =>
  covered.length === 0
    ? []
    : [
        'candidates with a line already, not looked at once more: ' +
          listed(
            covered.map(({ name, entry }) => `${plainName(name)} (${place(entry)})`),
            NAMED,
          ),
      ];

const place = ({ line, key }: Candidates['covered'][number]['entry']): string =>
  line > 0 ? `line ${line}` : plainName(key);

const otherWords = (others: Candidates['others']): string[] =>
  others
    .slice(0, NAMED)
    .map(({ name, because }) => `${plainName(name)} is no candidate: ${plain(because, 500)}`);

/** Of `watch --json`; null where no list was named. */
export function observationDocument(
  observation: Observation | undefined,
): WatchDocument['candidates'] {
  if (observation === undefined) return null;
  const { observed, covered, others, beyond } = observation;
  const looked = observed.kind === 'looked';
  return {
    outcome: !looked ? 'skipped' : observed.complete ? 'complete' : 'incomplete',
    because: looked ? null : observed.because,
    lookedAt: looked ? observed.candidates : 0,
    unseen: looked ? [...observed.unseen] : [],
    covered: covered.map(({ name, entry: { table, line, key } }) => ({ name, table, line, key })),
    others: others.map((one) => ({ ...one })),
    beyond,
    problems: looked ? [...firstSentences(observed.problems)] : [],
  };
}

const NAMED = 10;
