/**
 * Whether the store is there, readable and writable, and what its runs say: of the schedule, and
 * whether it was heard lately. Creates nothing.
 */
import { greatest } from '../../extremes.ts';
import { type OpenStore, openStore, storeHindrance, tableNamed } from '../../local-doors.ts';
import { lookForSilence, type Sight } from '../../run/watch/sentinel.ts';
import { recentRuns } from '../../store/runs.ts';
import { StoreError } from '../../store/table-error.ts';
import { HOUR_MS } from '../../text/dates.ts';
import type { Place } from '../place.ts';
import { type Finding, failure, ofError, ok, warning } from './finding.ts';

/** Without a complete run for so long, runs are missing. */
export const SILENCE_MS = 26 * HOUR_MS;

export interface StoreSeen {
  readonly findings: readonly Finding[];
  /** Absent where there is no store, or it cannot be read. */
  readonly sight?: Sight;
  /** Epoch ms of what a run has recorded last, of a time to come too. */
  readonly latest?: number;
}

/**
 * @param directory where it is, if on disk
 * @param given whether systemd makes the directory and gives it to the user
 */
export async function seeStore(
  place: Place,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
  given: boolean,
): Promise<StoreSeen> {
  let open: OpenStore | undefined;
  try {
    open = await openStore(place, 'read', env);
    const sight = await lookForSilence(open.store, SILENCE_MS, now);
    const { runs } = await recentRuns(open.store, now);
    const latest = greatest(runs.map(({ value }) => value.stageAt));
    return {
      findings: ofOpen(open, place, directory, given),
      sight,
      ...(runs.length === 0 ? {} : { latest }),
    };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { findings: ofTrouble(error, directory, given) };
  } finally {
    open?.close();
  }
}

function ofOpen(open: OpenStore, place: Place, directory: string, given: boolean): Finding[] {
  if (tableNamed(place.store) !== undefined) return [ok('store', `${open.place} is read`)];
  const hindered = given ? undefined : storeHindrance(directory);
  if (hindered !== undefined)
    return [ok('store', `${directory} is read`), ofError('store', hindered, OTHER_STORE)];
  return [
    ok(
      'store',
      `${directory} is read, and ${given ? 'systemd lets the unit write it' : 'can be written'}`,
    ),
  ];
}

function ofTrouble(error: StoreError, directory: string, given: boolean): Finding[] {
  if (error.kind !== 'missing') return [ofError('store', error.message, OTHER_STORE)];
  const hindered = given ? undefined : storeHindrance(directory);
  if (hindered !== undefined) return [ofError('store', hindered, OTHER_STORE)];
  return [
    warning(
      'store',
      `there is none in ${directory} yet`,
      'the first run of watch makes it; where runs were had, --store or the user is another',
    ),
  ];
}

const OTHER_STORE = 'name another with --store';

/** What starts the runs here, as far as it can be seen. */
export interface Starters {
  /** A word for people each: the timer, the line of a crontab. */
  readonly started: readonly string[];
  /** A timer that is there and does not start anything, with what would. */
  readonly idle?: { readonly says: string; readonly cure: string };
}

export function scheduleFindings(seen: StoreSeen, { started, idle }: Starters): Finding[] {
  const by = started.map((one) => ok('schedule', one));
  const ofIdle = idle === undefined ? [] : [warning('schedule', idle.says, idle.cure)];
  const { sight } = seen;
  const none = sight?.latest === undefined;
  const starter = [...by, ...(started.length > 0 ? [] : ofIdle)];
  if (none && starter.length === 0)
    return [
      failure(
        'schedule',
        'there was no run yet, and neither a timer nor a line of cron for one was seen',
        'systemctl enable --now postfix-tls-watch.timer, or a line in /etc/cron.d ' +
          '(docs/mail-host.md)',
      ),
    ];
  if (none)
    return [
      ...starter,
      warning(
        'schedule',
        'there was no run yet',
        'start one by hand and see what it tells, or wait for the first',
      ),
    ];
  const { silent, failed, blind, sentence } = sight;
  if (silent || failed) return [...starter, failure('schedule', sentence, NO_RUN)];
  return [
    ...starter,
    blind
      ? warning('schedule', sentence, 'see "Way out to port 25" above')
      : ok('schedule', sentence),
  ];
}

const NO_RUN = 'run watch by hand as its user and see what it says; its log may say why';
