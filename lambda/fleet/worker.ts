/**
 * A worker: a process that does one shard after another with doors of its own, as its parent says, and
 * ends with it. A terminal's signals are its parent's affair.
 */
import { openWorld } from '../doors.ts';
import type { Bundle } from '../policy/bundle.ts';
import { askHost } from '../policy/gather/this-machine.ts';
import type { CheckDoors } from '../run/check/check.ts';
import type { Objects } from '../run/fleet/objects.ts';
import { doShard, type Shard, type ShardProgress } from '../run/fleet/stages.ts';
import { steadyClock } from '../steady-clock.ts';
import type { Json } from '../store/value-schemas.ts';
import { objectsIn } from './folder.ts';
import type { FromWorker, ToWorker } from './messages.ts';

interface Begun {
  readonly bundle: Bundle;
  readonly doors: CheckDoors;
  readonly objects: Objects;
}

const now = steadyClock();
const stop = new AbortController();
let begun: Begun | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'begin':
      begun = begin(message);
      break;
    case 'work':
      void work(message);
      break;
    case 'stop':
      stop.abort();
      break;
  }
});

function begin({
  bundle,
  config,
  configDirectory,
  askForMs,
  folder,
}: Extract<ToWorker, { readonly kind: 'begin' }>): Begun {
  const world = { ...config, now, stopAt: now() + askForMs, signal: stop.signal };
  const ask =
    configDirectory === undefined
      ? undefined
      : (table: string, keys: readonly string[]) => askHost(table, keys, configDirectory);
  return { bundle, doors: openWorld(world, bundle, ask), objects: objectsIn(folder) };
}

async function work({ name, forMs }: Extract<ToWorker, { readonly kind: 'work' }>): Promise<void> {
  try {
    if (begun === undefined) throw new Error('it was not begun');
    const { bundle, doors, objects } = begun;
    const time = { now, stopAt: now() + forMs, signal: stop.signal };
    const shard = (await objects.read(name)) as unknown as Shard;
    const result = await doShard(shard, bundle, doors, time, tellProgress);
    await objects.put(resultOf(name), result as unknown as Json);
    say({ kind: 'done', name: resultOf(name) });
  } catch (error) {
    say({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
  }
}

const resultOf = (name: string) => `${name}-result`;

let told = Number.NEGATIVE_INFINITY;

/** Now and then: a line on a terminal is drawn once a second. */
function tellProgress(progress: ShardProgress): void {
  if (now() - told < TOLD_EVERY_MS) return;
  told = now();
  say({ kind: 'progress', progress });
}

const TOLD_EVERY_MS = 500;

/** Where the parent has gone, so does this process. */
function say(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
