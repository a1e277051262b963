/** Flags → doors and one check: what `check`, `explain`, `why` and `watch` have in common. */
import { openWorld, paceFor, type WorldConfig } from '../doors.ts';
import { processes } from '../fleet/pool.ts';
import type { Bundle } from '../policy/bundle.ts';
import { askHost } from '../policy/gather/this-machine.ts';
import type { PaceOptions } from '../probe/pace.ts';
import { type CheckDoors, type CheckRun, checkBundle } from '../run/check/check.ts';
import { SERVERNAME } from '../run/check/servername.ts';
import type { AskTable } from '../run/check/status-filter.ts';
import { lookWith } from '../run/fleet/look.ts';
import type { BundleFlags, DnssecFlags, PatienceFlags, ProbeFlags, WorkerFlags } from './flags.ts';
import { memoryFor } from './memory.ts';
import type { Console } from './terminal/console.ts';
import { type ProgressLine, progressLine } from './terminal/progress.ts';

/** @param only ids of the destinations to judge; undefined: all */
export async function checkNow(
  bundle: Bundle,
  flags: ProbeFlags & PatienceFlags & WorkerFlags & Pick<BundleFlags, 'configDirectory'>,
  console: Console,
  only?: ReadonlySet<string>,
): Promise<CheckRun> {
  memoryFor(linesOf(bundle));
  const pace = { ...paceOf(bundle, flags, console), patienceMs: flags.patience * 1000 };
  const line = progressLine(console, flags.verbose ?? false);
  try {
    return await console.interruption.during(() =>
      checkBundle(bundle, worldOf(flags, bundle, console, pace, line), {
        at: flags.at ?? console.now(),
        now: console.now,
        pace,
        servername: SERVERNAME,
        ...(only === undefined ? {} : { only }),
        ...(flags.controlHost === undefined ? {} : { controlHosts: flags.controlHost }),
      }),
    );
  } finally {
    line?.clear();
  }
}

/** The doors to the world, with workers and a progress line where they are wanted. */
export function worldOf(
  flags: ProbeFlags & WorkerFlags & Pick<BundleFlags, 'configDirectory'>,
  bundle: Bundle,
  console: Pick<Console, 'now'>,
  { stopAt, signal }: PaceOptions,
  line?: ProgressLine,
): CheckDoors {
  const config = {
    ...(flags.resolver === undefined ? {} : { resolvers: flags.resolver }),
    ...dnssecConfig(flags),
    ...(flags.helo === undefined ? {} : { helo: flags.helo }),
    ...(flags.timeout === undefined ? {} : { stepTimeoutMs: flags.timeout * 1000 }),
    allowPrivateAddresses: flags.allowPrivateAddresses ?? false,
    onMailHost: flags.configDirectory !== undefined,
  };
  const clock = { stopAt, now: console.now, ...(signal === undefined ? {} : { signal }) };
  const { configDirectory } = flags;
  const ask: AskTable | undefined =
    configDirectory === undefined
      ? undefined
      : (table, keys) => askHost(table, keys, configDirectory);
  const asked = configDirectory === undefined ? {} : { configDirectory };
  // Fewer conversations at a time than workers: some would have none.
  const workers = Math.min(flags.workers ?? 1, flags.concurrency);
  return {
    ...openWorld({ ...config, ...clock }, bundle, ask),
    ...(workers > 1 ? { look: lookWith(processes({ workers, world: { config, ...asked } })) } : {}),
    ...(line === undefined ? {} : { progress: line.show }),
  };
}

/** The flags that name a validating resolver and what proves it. */
export function dnssecConfig(flags: DnssecFlags): WorldConfig {
  const { dnssecResolver, dnssecSignedName, dnssecBrokenName } = flags;
  return {
    ...(dnssecResolver === undefined ? {} : { dnssecResolver }),
    ...(dnssecSignedName === undefined ? {} : { dnssecSignedName }),
    ...(dnssecBrokenName === undefined ? {} : { dnssecBrokenName }),
  };
}

/**
 * `--deadline` counts from the start of the command, reading policy and tables included. Looking
 * ends so long before it as judging and printing take, by the number of lines.
 */
export function paceOf(
  bundle: Pick<Bundle, 'policyTables' | 'destinations'>,
  flags: Pick<ProbeFlags, 'concurrency' | 'perNetwork' | 'deadline'>,
  { started, now }: Pick<Console, 'started' | 'now'>,
): PaceOptions {
  const lines = linesOf(bundle);
  const deadlineMs = flags.deadline * 1000;
  return paceFor({
    concurrency: flags.concurrency,
    perNetwork: flags.perNetwork,
    stopAt: started + deadlineMs - Math.min(lines * COMPUTING_MS_PER_LINE, deadlineMs / 2),
    now,
  });
}

/** How much there may be to judge: destinations that are given, and lines of the tables. */
export function linesOf({
  policyTables,
  destinations,
}: Pick<Bundle, 'policyTables' | 'destinations'>): number {
  const inTables = policyTables.map(({ text }) => text.match(/\n/g)?.length ?? 0);
  return inTables.reduce((sum, lines) => sum + lines, destinations.length);
}

/** Measured over tables of 20,000 and 100,000 lines. */
const COMPUTING_MS_PER_LINE = 0.15;
