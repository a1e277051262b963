/** Flags → bundle, doors and one check: what `check`, `explain` and `watch` have in common. */
import { openWorld, paceFor } from '../doors.ts';
import type { Bundle } from '../policy/bundle.ts';
import { readBundle } from '../policy/files.ts';
import { type CheckRun, checkBundle, type Progress } from '../run/check.ts';
import type { Console } from './console.ts';
import type { BundleFlags, ProbeFlags } from './flags.ts';

export interface Look {
  readonly bundle: Bundle;
  readonly run: CheckRun;
}

export async function look(table: string | undefined, flags: BundleFlags & ProbeFlags, console: Console): Promise<Look> {
  const bundle = await readBundle({ ...flags, ...(table === undefined ? {} : { table }) });
  return { bundle, run: await lookAt(bundle, flags, console) };
}

export async function lookAt(bundle: Bundle, flags: ProbeFlags, console: Console): Promise<CheckRun> {
  const started = console.now();
  const world = openWorld(
    {
      ...(flags.resolver === undefined ? {} : { resolvers: flags.resolver }),
      ...(flags.helo === undefined ? {} : { helo: flags.helo }),
      ...(flags.timeout === undefined ? {} : { stepTimeoutMs: flags.timeout * 1000 }),
      allowPrivateAddresses: flags.allowPrivateAddresses ?? false,
    },
    bundle,
  );
  const run = await checkBundle(bundle, console.progress ? { ...world, progress: (p) => console.err(progressLine(p)) } : world, {
    at: flags.at ?? started,
    now: console.now,
    ...(flags.controlHost === undefined ? {} : { controlHosts: flags.controlHost }),
    pace: paceFor({ concurrency: flags.concurrency, perNetwork: flags.perNetwork, stopAt: started + flags.deadline * 1000 }),
  });
  if (console.progress) console.err(CLEAR_LINE);
  return run;
}

const CLEAR_LINE = '\r\u001b[K';

function progressLine(progress: Progress): string {
  switch (progress.kind) {
    case 'resolving':
      return `${CLEAR_LINE}asking DNS about ${progress.nextHops} next hops`;
    case 'probing':
      return `${CLEAR_LINE}${progress.done} of ${progress.conversations} conversations`;
  }
}
