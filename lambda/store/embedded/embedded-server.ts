/**
 * The child process behind the embedded store: dynalite on one directory, on a random port of
 * 127.0.0.1.
 *
 * A process of its own keeps the database out of the run's memory. It holds the lock, answers only
 * requests that carry the access key it made up at start (other users of the machine can reach the
 * port too), and ends with its parent, whose end closes our stdin, however it ended. Signals of the
 * terminal are the parent's to answer.
 *
 * Started as `node embedded-server.ts DIR WAIT_MS COMMAND`; says one JSON line of `ServerWord` on
 * stdout.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import dynalite from 'dynalite';
import type { Holder } from './lock.ts';
import { lockDirectory, self } from './lock.ts';

/** What the child tells its parent, once. */
export type ServerWord =
  | { readonly kind: 'ready'; readonly port: number; readonly accessKeyId: string }
  | { readonly kind: 'held'; readonly by: Holder | null }
  | { readonly kind: 'failed'; readonly because: string };

const LAST_BREATH_MS = 2_000;

const [, , dir = '', waitMs = '0', command = ''] = process.argv;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let release: () => Promise<void> = () => Promise.resolve();
let stopping = false;

process.stdin.on('end', () => void stop(0)).resume();
process.on('uncaughtException', ({ message }) => {
  say({ kind: 'failed', because: message });
  void stop(1);
});

async function start(): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const locking = await lockDirectory(
    dir,
    await self(command, process.ppid, Date.now()),
    Number(waitMs),
  );
  if (locking.kind === 'held') {
    say({ kind: 'held', by: locking.by ?? null });
    return stop(1);
  }
  release = locking.release;

  // A service's state directory may be open to all; what we keep is not.
  await mkdir(join(dir, 'db'), { recursive: true, mode: 0o700 });
  const trouble = await tryDatabase(join(dir, 'db'));
  if (trouble !== undefined) {
    say(trouble);
    return stop(1);
  }

  const accessKeyId = randomBytes(16).toString('hex');
  const server = dynalite({ path: join(dir, 'db'), createTableMs: 0 });
  const answer = server.listeners('request')[0] as (request: unknown, response: unknown) => void;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.headers.authorization?.includes(` Credential=${accessKeyId}/`))
      return answer(request, response);
    response.writeHead(403).end();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await firstRequest(port, accessKeyId);
  say({ kind: 'ready', port, accessKeyId });
}

/**
 * Opens the database once by itself: dynalite opens it in the background, and dies at the first
 * request without a word on why. LevelDB's own lock is taken where our file was removed.
 */
async function tryDatabase(path: string): Promise<ServerWord | undefined> {
  const { Level } = createRequire(import.meta.resolve('dynalite'))('level') as {
    readonly Level: new (path: string) => { open(): Promise<void>; close(): Promise<void> };
  };
  const database = new Level(path);
  const giveUpAt = performance.now() + LAST_BREATH_MS;
  for (;;) {
    try {
      await database.open();
      await database.close();
      return undefined;
    } catch (error) {
      const trouble = troubleOf(error, path);
      // Whoever gave our file back is still about to end.
      if (trouble.kind !== 'held' || performance.now() >= giveUpAt) return trouble;
      await wait(50);
    }
  }
}

function troubleOf(error: unknown, path: string): ServerWord {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  if (cause?.code === 'LEVEL_LOCKED') return { kind: 'held', by: null };
  const hint =
    cause?.code === 'LEVEL_CORRUPTION'
      ? `; restore it from a backup, or remove ${path} to begin anew`
      : '';
  return { kind: 'failed', because: `${cause?.message ?? (error as Error).message}${hint}` };
}

/** Answers come only once it works. */
async function firstRequest(port: number, accessKeyId: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': '20260101T000000Z',
      authorization:
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/local/dynamodb/aws4_request, ` +
        'SignedHeaders=host, Signature=0',
    },
    body: '{}',
  });
  if (!response.ok) throw new Error(`the embedded store answers ${response.status}`);
  await response.arrayBuffer();
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  // What was acknowledged is in LevelDB's log already; an unfinished request has nobody left to
  // hear its answer.
  await release().catch(() => undefined);
  process.exit(code);
}

let said = false;
function say(word: ServerWord): void {
  if (!said) process.stdout.write(`${JSON.stringify(word)}\n`);
  else if (word.kind === 'failed')
    process.stderr.write(`postfix-tls-watch: embedded store: ${word.because}\n`);
  said = true;
}

start().catch((error: unknown) => {
  say({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
  void stop(1);
});
