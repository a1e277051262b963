/**
 * The sentinel: looks at the run records of a vantage that judges elsewhere, for silence, failure,
 * blindness and runs cut short. It probes nothing and writes nothing.
 */
import { isBlind, type VantageState } from '../../alert/incident/run-facts.ts';
import type { Reader } from '../../store/keys.ts';
import { readOwed } from '../../store/owed.ts';
import { lastComplete, recentRuns } from '../../store/runs.ts';
import type { OwedChannel, RunRecord } from '../../store/stored-values.ts';
import { HOUR_MS, moment } from '../../text/dates.ts';
import { owedSentence } from './owing.ts';

export interface Sight {
  /** The newest run over everything, at whatever stage; absent where there never was one. */
  readonly latest?: RunRecord;
  readonly complete?: RunRecord;
  /** No complete run within `silenceMs`. */
  readonly silent: boolean;
  /** The latest run could not tell what was due, or died, or a channel is owed what others took. */
  readonly failed: boolean;
  readonly blind: boolean;
  /** By channel. */
  readonly owed: readonly OwedChannel[];
  /** What was found, for the log: one sentence. */
  readonly sentence: string;
}

/** @param silenceMs how old the last complete run may be */
export async function lookForSilence(
  store: Reader,
  silenceMs: number,
  now: number,
): Promise<Sight> {
  const recent = await recentRuns(store, now);
  // Records dated in the future, by a clock that ran ahead, would hide missed runs until then.
  const runs = recent.runs.filter(({ value }) => value.stageAt <= now + CLOCK_SKEW_MS);
  const complete = lastComplete(runs);
  const latest = runs
    .map(({ value }) => value)
    .filter(({ scope }) => scope === 'all')
    .reduce<RunRecord | undefined>(
      (last, run) => (last === undefined || run.startedAt > last.startedAt ? run : last),
      undefined,
    );

  const silent = complete === undefined || now - complete.stageAt > silenceMs;
  const { channels } = await readOwed(store, now);
  const owed = channels.flatMap(({ value }) => (value.messages.length > 0 ? [value] : []));
  const ended = latest !== undefined && (latest.stage === 'untold' || isDead(latest, now));
  const failed = ended || owed.length > 0;
  const blind = latest !== undefined && isBlind(vantageOf(latest, store.space.vantage));
  return {
    ...(latest === undefined ? {} : { latest }),
    ...(complete === undefined ? {} : { complete }),
    silent,
    failed,
    blind,
    owed,
    sentence: describe(store.space.vantage, { latest, complete, silent, ended, blind, owed }, now),
  };
}

/**
 * A run renews its lease every minute and ends within hours: one that has not moved for longer has
 * died.
 */
function isDead({ stage, stageAt }: RunRecord, now: number): boolean {
  return stage !== 'complete' && stage !== 'untold' && now - stageAt > LONGEST_RUN_MS;
}

function vantageOf({ vantage }: RunRecord, name: string): VantageState {
  const family = (of: 'ipv4' | 'ipv6'): VantageState['ipv4'] => {
    const seen = vantage[of];
    return seen === 'clear' || seen === 'blind' ? seen : 'untried';
  };
  return { name, ipv4: family('ipv4'), ipv6: family('ipv6') };
}

function describe(
  vantage: string,
  sight: {
    latest: RunRecord | undefined;
    complete: RunRecord | undefined;
    silent: boolean;
    ended: boolean;
    blind: boolean;
    owed: readonly OwedChannel[];
  },
  now: number,
): string {
  const { latest, complete, silent, ended, blind, owed } = sight;
  if (latest === undefined)
    return (
      `no run from ${vantage} is on record: is its timer enabled, ` + `and is --vantage ${vantage}?`
    );
  if (ended && latest.stage === 'untold')
    return (
      `the run of ${moment(latest.startedAt)} from ${vantage} could not tell what was due: ` +
      `${latest.exceptions.at(-1) ?? 'no reason on record'}`
    );
  if (ended)
    return (
      `the run of ${moment(latest.startedAt)} from ${vantage} ended at stage ` +
      `"${latest.stage}": look at its log there`
    );
  if (complete === undefined)
    return `no run from ${vantage} was ever complete: the last began ${moment(latest.startedAt)}`;
  if (silent)
    return (
      `no complete run from ${vantage} for ${Math.floor((now - complete.stageAt) / HOUR_MS)} ` +
      `hours: the last was ${moment(complete.stageAt)}`
    );
  if (blind)
    return (
      `the run of ${moment(latest.startedAt)} from ${vantage} was blind: port 25 could not be ` +
      'reached from there'
    );
  const [first] = owed;
  if (first !== undefined) return owedSentence(first);
  return `all is well: the last complete run from ${vantage} was ${moment(complete.stageAt)}`;
}

/** How far the clock of the mail host may be ahead of the sentinel's. */
const CLOCK_SKEW_MS = HOUR_MS;
const LONGEST_RUN_MS = 3 * HOUR_MS;
