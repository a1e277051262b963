/**
 * A service on the way to which something goes wrong: an HTTP proxy on loopback that hands requests on, but for those that a
 * test picks. AWS's clients are pointed at it in place of the service.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of one request. `answer-lost`: it is handed on and done, and its answer never arrives, for the connection is closed. */
export type Fault =
  | { readonly kind: 'answer-lost' }
  /** DynamoDB refuses all of it. */
  | { readonly kind: 'throttled' }
  /** Of a BatchWriteItem, DynamoDB does what is left by the filter, and sends the rest back. */
  | { readonly kind: 'unprocessed'; readonly refuses: (item: Marshalled, index: number) => boolean };

export interface Marshalled {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
}

export interface Request {
  /** Counted from 0 since the last `forget`. */
  readonly nth: number;
  /** `DynamoDB_20120810.PutItem`, or the body's Action. */
  readonly action: string;
  readonly body: string;
}

export interface FaultyProxy {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Which request fails, and how; undefined: it is handed on. */
  pick(fault: (request: Request) => Fault | undefined): void;
  /** Requests since then. */
  requests(): readonly Request[];
  /** No more faults, and counting begins anew. */
  forget(): void;
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let picks: (request: Request) => Fault | undefined = () => undefined;
  let seen: Request[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await buffer(incoming)).toString('utf8');
    const request = { nth: seen.length, action: actionOf(incoming, body), body };
    seen.push(request);
    const fault = picks(request);
    switch (fault?.kind) {
      case undefined:
        return answer(response, await handOn(target, incoming, body));
      case 'answer-lost':
        await handOn(target, incoming, body);
        return void incoming.socket.destroy();
      case 'throttled':
        return answer(response, dynamoDb(400, THROTTLED));
      case 'unprocessed':
        return answer(response, await handOnSome(target, incoming, body, fault.refuses));
    }
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pick: (fault) => {
      picks = fault;
    },
    requests: () => seen,
    forget() {
      picks = () => undefined;
      seen = [];
    },
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

async function handOn(target: string, { method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => typeof value === 'string' && !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name),
  ) as [string, string][];
  const response = await fetch(new URL(url ?? '/', target), { method: method ?? 'POST', headers: kept, body });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** A BatchWriteItem of one table's puts, of which some are done. */
async function handOnSome(
  target: string,
  incoming: IncomingMessage,
  body: string,
  refuses: Extract<Fault, { kind: 'unprocessed' }>['refuses'],
): Promise<Answer> {
  const asked = JSON.parse(body) as { RequestItems: Record<string, readonly { PutRequest: { Item: Marshalled } }[]> };
  const [table, puts] = Object.entries(asked.RequestItems)[0] ?? ['', []];
  const kept = puts.filter(({ PutRequest }, i) => !refuses(PutRequest.Item, i));
  const back = puts.filter((put) => !kept.includes(put));
  if (kept.length > 0) {
    const done = await handOn(target, incoming, JSON.stringify({ ...asked, RequestItems: { [table]: kept } }));
    if (done.status !== 200) return done;
  }
  return dynamoDb(200, { UnprocessedItems: back.length === 0 ? {} : { [table]: back } });
}

const dynamoDb = (status: number, body: object): Answer => ({
  status,
  type: 'application/x-amz-json-1.0',
  body: Buffer.from(JSON.stringify(body)),
});

const THROTTLED = {
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput was exceeded',
};

function answer(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length }).end(body);
}

function actionOf({ headers }: IncomingMessage, body: string): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.replace(/^.*\./u, '');
  return new URLSearchParams(body).get('Action') ?? '';
}
