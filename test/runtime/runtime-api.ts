/**
 * The Runtime API that Lambda offers a function (AWS manual, "Using the Lambda runtime API"): the next event to whoever
 * polls, and what came of it back to the test.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an invocation came to. */
export type Invoked =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly errorMessage: string };

export interface RuntimeApi {
  /** `HOST:PORT`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Settles with the first poll, epoch ms, or rejects with what the function reported at start. */
  readonly polled: Promise<number>;
  /** Hands over one event; `deadlineMs` is what the function has, counted from now. */
  invoke(event: unknown, deadlineMs: number): Promise<Invoked>;
  close(): Promise<void>;
}

/** `later` is by how much the function's clock is ahead of ours, in ms. */
export async function startRuntimeApi(later = 0): Promise<RuntimeApi> {
  const waiting: { readonly id: string; readonly event: unknown; readonly deadlineMs: number }[] = [];
  const settle = new Map<string, (invoked: Invoked) => void>();
  const polled = Promise.withResolvers<number>();
  let poll: ServerResponse | undefined;

  const handOver = () => {
    const next = poll === undefined ? undefined : waiting.shift();
    if (poll === undefined || next === undefined) return;
    poll.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(Date.now() + later + next.deadlineMs),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:watch',
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    });
    poll.end(JSON.stringify(next.event));
    poll = undefined;
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? '';
    if (path === 'invocation/next') {
      polled.resolve(Date.now());
      poll = response;
      handOver();
      return;
    }
    const body = await readBody(request);
    const [, id, what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (id !== undefined) {
      settle.get(id)?.(what === 'response' ? { kind: 'returned', value: parsed(body) } : failure(body));
      settle.delete(id);
    } else if (path === 'init/error') {
      polled.reject(new Error(failure(body).errorMessage));
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // A function that never starts rejects for those who wait for it, and is no unhandled rejection for those who do not.
  polled.promise.catch(() => undefined);

  return {
    address: `127.0.0.1:${port}`,
    polled: polled.promise,
    invoke: (event, deadlineMs) =>
      new Promise((resolve) => {
        const id = randomUUID();
        settle.set(id, resolve);
        waiting.push({ id, event, deadlineMs });
        handOver();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const parsed = (body: string): unknown => (body === '' ? undefined : JSON.parse(body));

function failure(body: string): Extract<Invoked, { kind: 'failed' }> {
  const { errorType, errorMessage } = JSON.parse(body) as { errorType: string; errorMessage: string };
  return { kind: 'failed', errorType, errorMessage };
}
