/**
 * What stands between the function and its table: it lets through the calls that the function's role allows and refuses
 * the rest, as IAM would, so that a grant that is missing shows before a deploy. It can also fail on purpose.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the table behaves: as it is, out of reach for this role, or too busy. */
export type Mood = 'granted' | 'denied' | 'throttled';

export interface Gatekeeper {
  /** For AWS_ENDPOINT_URL_DYNAMODB. */
  readonly url: string;
  /** Actions that were asked for, each once, in order of appearance: `dynamodb:Query`. */
  readonly asked: ReadonlySet<string>;
  /** Requests so far. */
  count(): number;
  turn(mood: Mood): void;
  /** Which actions the role has from now on. */
  grant(actions: readonly string[]): void;
  close(): Promise<void>;
}

export async function startGatekeeper(table: { readonly port: number }, actions: readonly string[]): Promise<Gatekeeper> {
  const asked = new Set<string>();
  let granted = new Set(actions);
  let mood: Mood = 'granted';
  let count = 0;

  const server = createServer((request, response) => {
    count++;
    const action = `dynamodb:${String(request.headers['x-amz-target']).split('.')[1]}`;
    asked.add(action);
    if (mood === 'throttled')
      refuse(request, response, 'ProvisionedThroughputExceededException', 'Rate of requests exceeds the allowed throughput.');
    else if (mood === 'denied' || !granted.has(action))
      refuse(
        request,
        response,
        'AccessDeniedException',
        `User: watch is not authorized to perform: ${action} on resource: table`,
      );
    else passOn(request, response, table.port);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    count: () => count,
    turn: (next) => {
      mood = next;
    },
    grant: (next) => {
      granted = new Set(next);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, type: string, message: string): void {
  request.resume();
  request.on('end', () => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }));
  });
}

function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
  const inner = send(
    { host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  inner.on('error', () => response.destroy());
  request.pipe(inner);
}
