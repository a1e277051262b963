/**
 * What stands between the function and its table: it lets through the calls that the function's role allows and refuses
 * the rest, as IAM would, so that a grant that is missing shows before a deploy. It can also fail on purpose.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** How the table behaves: as it is, out of reach for this role, too busy, or too busy for every fifth or second request. */
export type Mood = 'granted' | 'denied' | 'throttled' | 'a-fifth-throttled' | 'half-throttled';

/** One in so many requests is throttled. */
const ONE_IN: Readonly<Partial<Record<Mood, number>>> = { throttled: 1, 'a-fifth-throttled': 5, 'half-throttled': 2 };

export interface Gatekeeper {
  /** For AWS_ENDPOINT_URL_DYNAMODB. */
  readonly url: string;
  /** Actions that were asked for, each once, in order of appearance: `dynamodb:Query`. */
  readonly asked: ReadonlySet<string>;
  /** Requests so far. */
  count(): number;
  turn(mood: Mood): void;
  /** Partitions that were asked about, each once. */
  readonly partitions: ReadonlySet<string>;
  /** Which actions the role has from now on, and on which partitions where they are bounded by patterns. */
  grant(actions: readonly string[], leadingKeys?: readonly string[]): void;
  close(): Promise<void>;
}

/** `leadingKeys` is the one pattern of a condition on dynamodb:LeadingKeys; without it every partition is granted. */
export async function startGatekeeper(
  table: { readonly port: number },
  actions: readonly string[],
  leadingKeys = '*',
): Promise<Gatekeeper> {
  const asked = new Set<string>();
  const partitions = new Set<string>();
  let within = [patternOf(leadingKeys)];
  let granted = new Set(actions);
  let mood: Mood = 'granted';
  let count = 0;

  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    count++;
    const action = `dynamodb:${String(request.headers['x-amz-target']).split('.')[1]}`;
    asked.add(action);
    const about = partitionsIn(body);
    for (const pk of about) partitions.add(pk);
    const oneIn = ONE_IN[mood];
    if (oneIn !== undefined && count % oneIn === 0)
      refuse(response, 'ProvisionedThroughputExceededException', 'Rate of requests exceeds the allowed throughput.');
    else if (mood === 'denied' || !granted.has(action) || !about.every((pk) => within.some((pattern) => pattern.test(pk))))
      refuse(response, 'AccessDeniedException', `User: watch is not authorized to perform: ${action} on resource: table`);
    else passOn(request, body, response, table.port);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    partitions,
    count: () => count,
    turn: (next) => {
      mood = next;
    },
    grant: (next, keys = ['*']) => {
      granted = new Set(next);
      within = keys.map(patternOf);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** As StringLike reads one: `*` any letters, `?` one. */
const patternOf = (like: string): RegExp =>
  new RegExp(
    `^${like
      .replaceAll(/[.+^$()|{}[\]\\]/g, '\\$&')
      .replaceAll('?', '.')
      .replaceAll('*', '.*')}$`,
    's',
  );

/** Values of partition keys that a request is about; a scan, which is about all of them, is refused by its action. */
function partitionsIn(body: Buffer): readonly string[] {
  const request = JSON.parse(body.toString()) as Asked;
  const queried = /^pk = (:\w+)/.exec(request.KeyConditionExpression ?? '')?.[1];
  const batched = Object.values(request.RequestItems ?? {}).flatMap(({ Keys }) => Keys);
  return [
    ...(queried === undefined ? [] : [request.ExpressionAttributeValues?.[queried]?.S ?? '']),
    ...[request.Key, request.Item, ...batched].flatMap((keyed) => keyed?.pk.S ?? []),
  ];
}

interface Asked {
  readonly Key?: Keyed;
  readonly Item?: Keyed;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S: string }>>;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Keyed[] }>>;
}

interface Keyed {
  readonly pk: { readonly S: string };
}

function refuse(response: ServerResponse, type: string, message: string): void {
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }));
}

function passOn(request: IncomingMessage, body: Buffer, response: ServerResponse, port: number): void {
  const inner = send(
    { host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  inner.on('error', () => response.destroy());
  inner.end(body);
}
