/** What the SDK throws, as sentences; and tries that have an end. A tiny HTTP stub stands for a DynamoDB in trouble. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openDynamoDb } from '../../lambda/store/dynamodb.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const amazon = (type: string, message: string, status = 400): Answer => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message },
});
const throttled = amazon('ProvisionedThroughputExceededException', 'The level of configured provisioned throughput was exceeded');

/** Answers each request with the next answer, the last one for good. */
async function stub(answers: readonly Answer[]) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[Math.min(requests, answers.length - 1)];
    requests++;
    response.writeHead(answer?.status ?? 500, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer?.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, requests: () => requests };
}

const options = { tableName: 'watch-prod', region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const key = { pk: 'p', sk: 's' };

test.each([
  {
    because: 'the table is missing',
    answer: amazon('ResourceNotFoundException', 'Requested resource not found'),
    kind: 'table-missing',
    says: 'table watch-prod: no such table at ENDPOINT; check the name and the region, or deploy the stack that creates it',
  },
  {
    because: 'access is denied',
    answer: amazon('AccessDeniedException', 'User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:GetItem'),
    kind: 'access-denied',
    says: 'table watch-prod: AWS denied access: User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:GetItem; check the credentials and their permissions',
  },
  {
    because: 'credentials have expired',
    answer: amazon('ExpiredTokenException', 'The security token included in the request is expired'),
    kind: 'access-denied',
    says: 'table watch-prod: AWS denied access: The security token included in the request is expired; check the credentials and their permissions',
  },
  {
    because: 'credentials are unknown',
    answer: amazon('UnrecognizedClientException', 'The security token included\nin the request is invalid.'),
    kind: 'access-denied',
    says: 'table watch-prod: AWS denied access: The security token included in the request is invalid.; check the credentials and their permissions',
  },
  {
    because: 'the request makes no sense',
    answer: amazon('ValidationException', 'One or more parameter values were invalid'),
    kind: 'other',
    says: 'table watch-prod: One or more parameter values were invalid',
  },
])('$because: $kind', async ({ answer, kind, says }) => {
  const { endpoint } = await stub([answer]);
  const table = openDynamoDb({ ...options, endpoint });
  onTestFinished(() => table.close());
  const error = { name: 'StoreError', kind, message: says.replace('ENDPOINT', endpoint) };
  await expect(table.get(key)).rejects.toMatchObject(error);
  await expect(table.put({ ...key, v: 1 }, { kind: 'absent' })).rejects.toMatchObject(error);
});

test('throttling is borne for some tries, and each is counted', async () => {
  const { endpoint, requests } = await stub([
    throttled,
    throttled,
    { status: 200, body: { Item: { pk: { S: 'p' }, sk: { S: 's' } } } },
  ]);
  const table = openDynamoDb({ ...options, endpoint });
  onTestFinished(() => table.close());
  expect(await table.get(key)).toEqual(key);
  expect([requests(), table.requests()]).toEqual([3, 3]);
});

test('throttling without end is an error after bounded tries', async () => {
  const { endpoint, requests } = await stub([throttled]);
  const table = openDynamoDb({ ...options, endpoint, maxAttempts: 4 });
  onTestFinished(() => table.close());
  await expect(table.put({ ...key, v: 1 })).rejects.toMatchObject({
    kind: 'throttled',
    message: 'table watch-prod: DynamoDB still throttles after repeated tries; try again later',
  });
  expect([requests(), table.requests()]).toEqual([4, 4]);
});

test('a batch of which nothing is processed is throttling too', async () => {
  const nothing = { Responses: {}, UnprocessedKeys: { 'watch-prod': { Keys: [{ pk: { S: 'p' }, sk: { S: 's' } }] } } };
  const something = { Responses: { 'watch-prod': [{ pk: { S: 'p' }, sk: { S: 's' } }] }, UnprocessedKeys: {} };
  const { endpoint, requests } = await stub([
    { status: 200, body: nothing },
    { status: 200, body: something },
  ]);
  const table = openDynamoDb({ ...options, endpoint });
  onTestFinished(() => table.close());
  expect(await table.getMany([key])).toEqual([key]);
  expect(requests()).toBe(2);
});

test('an error of the service is tried again', async () => {
  const { endpoint, requests } = await stub([amazon('InternalServerError', 'oops', 500), { status: 200, body: {} }]);
  const table = openDynamoDb({ ...options, endpoint });
  onTestFinished(() => table.close());
  expect(await table.get(key)).toBeUndefined();
  expect(requests()).toBe(2);
});

test('an endpoint where nobody listens is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const endpoint = `http://127.0.0.1:${port}`;
  const table = openDynamoDb({ ...options, endpoint, maxAttempts: 2 });
  onTestFinished(() => table.close());
  await expect(table.get(key)).rejects.toMatchObject({
    kind: 'unreachable',
    message: `table watch-prod: cannot reach DynamoDB at ${endpoint} (ECONNREFUSED); check the network and the endpoint`,
  });
});

test('an endpoint that never answers is given up', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const table = openDynamoDb({ ...options, endpoint, maxAttempts: 2, requestTimeoutMs: 50 });
  onTestFinished(() => table.close());
  await expect(table.get(key)).rejects.toMatchObject({
    kind: 'unreachable',
    message: `table watch-prod: cannot reach DynamoDB at ${endpoint} (ETIMEDOUT); check the network and the endpoint`,
  });
});
