/**
 * Workers as processes of this host. Each has its own memory; one that is killed, runs out of
 * memory or does not end in time loses its shard and is replaced, and the others go on.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../policy/bundle.ts';
import type { Fleet, Job, OpenFleet, ShardOutcome } from '../run/fleet/fleet.ts';
import type { Objects } from '../run/fleet/objects.ts';
import type { Shard, ShardProgress, ShardResult } from '../run/fleet/stages.ts';
import type { Json } from '../store/value-schemas.ts';
import { plain } from '../text/strangers.ts';
import { makeFolder, objectsIn } from './folder.ts';
import type { FromWorker, ToWorker, WorkerWorld } from './messages.ts';

export interface PoolOptions {
  readonly workers: number;
  readonly world: WorkerWorld;
  /** How long a worker may take beyond its time, before it is ended. */
  readonly graceMs?: number;
}

/** Nothing is started before there is something to do. */
export const processes =
  ({ workers, world, graceMs = GRACE_MS }: PoolOptions): OpenFleet =>
  (bundle, askForMs) =>
    new Pool(workers, graceMs, (folder) => ({
      kind: 'begin',
      bundle: withoutTables(bundle),
      askForMs,
      folder,
      ...world,
      config: { ...world.config, askingTogether: workers },
    }));

/** To resolve and to probe takes settings and trust, and none of the lines. */
const withoutTables = (bundle: Bundle): Bundle => ({
  ...bundle,
  policyTables: [],
  transportTables: [],
  routingTables: [],
  destinations: [],
});

class Pool implements Fleet {
  readonly size: number;
  readonly #graceMs: number;
  readonly #folder = makeFolder();
  readonly #objects: Objects;
  readonly #begin: ToWorker;
  /** One for each that works at a time; undefined where none was needed yet, or it ended. */
  readonly #workers: (Worker | undefined)[];
  #named = 0;

  constructor(size: number, graceMs: number, begin: (folder: string) => ToWorker) {
    this.size = size;
    this.#graceMs = graceMs;
    this.#objects = objectsIn(this.#folder.path);
    this.#begin = begin(this.#folder.path);
    this.#workers = Array.from({ length: size }, () => undefined);
  }

  async work(shards: readonly Shard[], job: Job): Promise<readonly ShardOutcome[]> {
    const until = performance.now() + job.forMs;
    const outcomes: ShardOutcome[] = [];
    const left = [...shards.entries()];
    await Promise.all(
      this.#workers.map(async (_, seat) => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const [place, shard] = next;
          const tell = (progress: ShardProgress) => job.onProgress?.(place, progress);
          outcomes[place] = await this.#do(seat, shard, until, job.signal, tell);
        }
      }),
    );
    return outcomes;
  }

  async #do(
    seat: number,
    shard: Shard,
    until: number,
    signal: AbortSignal | undefined,
    tell: (progress: ShardProgress) => void,
  ): Promise<ShardOutcome> {
    const name = `${shard.kind}-${++this.#named}`;
    const known = this.#workers[seat];
    const worker = known?.isThere === true ? known : new Worker(this.#begin);
    this.#workers[seat] = worker;
    try {
      await this.#objects.put(name, shard as unknown as Json);
      const forMs = Math.max(0, until - performance.now());
      const said = await worker.do({ name, forMs, graceMs: this.#graceMs, signal, tell });
      switch (said.kind) {
        case 'ended':
          await worker.end();
          return { kind: 'lost', because: said.because };
        case 'failed':
          return { kind: 'lost', because: `failed (${plain(said.because, 300)})` };
        case 'done': {
          const result = (await this.#objects.read(said.name)) as unknown as ShardResult;
          await this.#objects.remove(said.name);
          await this.#objects.remove(name);
          return { kind: 'done', result };
        }
      }
    } catch (error) {
      // The folder took nothing, or gave nothing back.
      const because = error instanceof Error ? error.message : String(error);
      return { kind: 'lost', because: `failed (${plain(because, 300)})` };
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker?.leave()));
    this.#folder.removeAll();
  }
}

interface Order {
  readonly name: string;
  readonly forMs: number;
  readonly graceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly tell: (progress: ShardProgress) => void;
}

/** What comes of an order; `because` as in a lost shard. */
type Said =
  | Exclude<FromWorker, { readonly kind: 'progress' }>
  | { readonly kind: 'ended'; readonly because: string };

class Worker {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  constructor(begin: ToWorker) {
    // What V8 says at its end is for people: standard error is that of the parent.
    this.#child = fork(PROGRAM, [], {
      execArgv: [...process.execArgv, ...LITTLE_MEMORY],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) =>
        resolve(signal === null ? `ended with status ${code}` : `was ended by ${signal}`),
      );
      this.#child.on('error', (error) => resolve(`could not be started (${error.message})`));
    });
    this.#say(begin);
  }

  /** Whether it has not ended yet. */
  get isThere(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** `ended`: it did, or does not in time; it is to be ended then. */
  async do({ name, forMs, graceMs, signal, tell }: Order): Promise<Said> {
    const answered = Promise.withResolvers<Said>();
    const hear = (message: FromWorker): void => {
      if (message.kind === 'progress') tell(message.progress);
      else answered.resolve(message);
    };
    const giveUp = () => answered.resolve({ kind: 'ended', because: 'did not end in time' });
    let patience = setTimeout(giveUp, forMs + graceMs);
    const stop = (): void => {
      this.#say({ kind: 'stop' });
      clearTimeout(patience);
      patience = setTimeout(giveUp, graceMs);
    };
    this.#child.on('message', hear);
    signal?.addEventListener('abort', stop);
    this.#say({ kind: 'work', name, forMs });
    if (signal?.aborted === true) stop();
    const died = this.#ended.then((because): Said => ({ kind: 'ended', because }));
    const said = await Promise.race([answered.promise, died]);
    clearTimeout(patience);
    signal?.removeEventListener('abort', stop);
    this.#child.off('message', hear);
    return said;
  }

  /** Nothing more is wanted of one that does nothing. */
  async leave(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), LEAVING_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  /** At once: what it was about to say is not waited for. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** To one that has ended nothing is said. */
  #say(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

const LEAVING_MS = 5_000;
/** Of Node, as for one process over a long table (launcher.cjs). */
const LITTLE_MEMORY = ['--optimize-for-size', '--max-semi-space-size=2', '--no-memory-reducer'];
/** For what is under way to be broken off, and the results to be written. */
const GRACE_MS = 30_000;
/** Bundled, it lies beside the file that this one became part of. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
);
