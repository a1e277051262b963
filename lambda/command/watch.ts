/** `watch [TABLE]`: the main job once: check, compare with what was seen before, alert, store. */
import { setTimeout as wait } from 'node:timers/promises';
import { isBlind } from '../alert/run-facts.ts';
import { DAY_MS, HOUR_MS } from '../alert/when.ts';
import { type OpenStore, openStore, type StoreFlags } from '../local-doors.ts';
import type { Bundle } from '../policy/bundle.ts';
import { digestsUnder } from '../run/digests.ts';
import { type Watched, watch } from '../run/watch.ts';
import { exitCode } from '../show/summary.ts';
import { watchDocument, watchText } from '../show/watched.ts';
import { HISTORY_DAYS } from '../store/history.ts';
import type { Console } from './console.ts';
import type { BundleFlags, ProbeFlags } from './flags.ts';
import { bundleOf, CLEAR_LINE, paceOf, worldOf } from './look.ts';
import { type TellFlags, waysToTell } from './tell.ts';

export interface WatchFlags extends BundleFlags, ProbeFlags, StoreFlags, TellFlags {
  /** Seconds; 0 trusts the first look. */
  readonly confirmAfter: number;
  /** Hours between two runs. */
  readonly interval: number;
  readonly exitVerdict?: boolean;
  readonly tolerate: number;
  readonly json?: boolean;
}

/** 0 when the run is complete and what was due was told, 3 otherwise; with --exit-verdict, check's codes. */
export async function watchCommand(table: string | undefined, flags: WatchFlags, console: Console): Promise<number> {
  const bundle = await bundleOf(table, flags);
  const open = await openStore(flags, 'watch', console.env);
  try {
    const watched = await watchOnce(bundle, open, flags, console);
    if (flags.json) console.out(`${JSON.stringify(watchDocument(watched, bundle, open.place), null, 2)}\n`);
    else console.err(watchText(watched, open.place, console.progress));
    return codeOf(watched, flags);
  } finally {
    await open.close();
  }
}

function watchOnce(bundle: Bundle, open: OpenStore, flags: WatchFlags, console: Console): Promise<Watched> {
  const started = console.now();
  return watch(
    bundle,
    {
      openWorld: () => worldOf(flags, bundle, console),
      store: open.store,
      tell: waysToTell(flags, { ...console, out: (text) => console.out(console.progress ? `${CLEAR_LINE}${text}` : text) }),
      now: console.now,
      sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    },
    {
      runId: `${new Date(started).toISOString()}#manual`,
      holder: open.holder,
      intervalMs: flags.interval * HOUR_MS,
      confirm: { kind: 'same-run', afterMs: flags.confirmAfter * 1000 },
      pace: paceOf(flags, started),
      controlHosts: flags.controlHost ?? [],
      historyMs: HISTORY_DAYS * DAY_MS,
      digests: digestsUnder(bundle, process.version),
    },
  );
}

function codeOf(watched: Watched, flags: WatchFlags): number {
  switch (watched.kind) {
    case 'already-done':
      return 0;
    case 'busy':
      return watched.sameRun ? 0 : 3;
    case 'done': {
      if (!watched.complete) return 3;
      const { check, verdicts } = watched;
      const blind = isBlind({ name: '', ...check.vantage });
      return flags.exitVerdict ? exitCode(verdicts, { tolerate: flags.tolerate, complete: true, blind, at: check.at }) : 0;
    }
  }
}
