/**
 * The bundled function under the runtime interface client that Lambda itself runs, as a process of its own: what is
 * deployed, started as it is started there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, ENTRIES, type FunctionName } from '../../infra/bundle.ts';
import { type Invoked, startRuntimeApi } from './runtime-api.ts';

export interface RunningFunction {
  /** Epoch ms of the start of the process and of its first poll. */
  readonly spawnedAt: number;
  readonly polledAt: number;
  /** One invocation; `deadlineMs` is the time limit, by default a quarter of an hour. */
  invoke(event: unknown, deadlineMs?: number): Promise<Invoked>;
  /** What it wrote to standard output, line by line, JSON parsed. */
  summaries(): readonly Readonly<Record<string, unknown>>[];
  /** All it wrote, for a failed assertion. */
  output(): string;
  /** Bytes of memory at the peak so far. */
  peakMemory(): number;
  stop(): Promise<void>;
}

const CLIENT = fileURLToPath(new URL('node_modules/aws-lambda-ric/index.mjs', import.meta.url));

const CLOCK = new URL('clock.mjs', import.meta.url).href;

/** Why these tests cannot run here; undefined where they can. */
export const missingClient = existsSync(CLIENT)
  ? undefined
  : 'the runtime interface client is not installed: npm ci --prefix test/runtime (needs cmake and g++)';

/** Bundles a handler, once per process. */
const bundled = new Map<FunctionName, Promise<Uint8Array>>();
function codeOf(name: FunctionName): Promise<Uint8Array> {
  const made = bundled.get(name) ?? bundle(ENTRIES[name]).then(({ code }) => code);
  bundled.set(name, made);
  return made;
}

/**
 * Starts the function with these environment variables and waits for its first poll; throws what it reports at start.
 * `later` sets its clock forward by so many ms.
 */
export async function startFunction(
  variables: Readonly<Record<string, string>>,
  later = 0,
  name: FunctionName = 'function',
): Promise<RunningFunction> {
  const root = mkdtempSync(join(tmpdir(), 'tls-watch-function-'));
  writeFileSync(join(root, 'index.mjs'), await codeOf(name));
  const api = await startRuntimeApi(later);
  const spawnedAt = Date.now();
  const child = spawn(process.execPath, [CLIENT, 'index.handler'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // As Lambda sets them; nothing of this process's own environment reaches the function.
    env: {
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: 'watch',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_GROUP_NAME: 'watch',
      AWS_LAMBDA_LOG_STREAM_NAME: 'test',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      LAMBDA_TASK_ROOT: root,
      _HANDLER: 'index.handler',
      TZ: ':UTC',
      ...(later === 0 ? {} : { NODE_OPTIONS: `--import=${CLOCK}`, TEST_CLOCK_OFFSET_MS: String(later) }),
      ...variables,
    },
  });
  const written = collect(child);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await api.close();
    rmSync(root, { recursive: true, force: true });
  };
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the function ended at start with status ${code}:\n${written()}`);
  });
  died.catch(() => undefined);
  let polledAt: number;
  try {
    polledAt = await Promise.race([api.polled, died]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    spawnedAt,
    polledAt,
    invoke: (event, deadlineMs = 900_000) => Promise.race([api.invoke(event, deadlineMs), died]),
    summaries: () =>
      written()
        .split('\n')
        .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [])),
    output: written,
    peakMemory: () => {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      return Number(kilobytes) * 1_024;
    },
    stop,
  };
}

function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
