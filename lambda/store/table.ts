/**
 * The one door to DynamoDB: a few plain operations on one table, the same for AWS, DynamoDB Local
 * and the embedded store.
 *
 * Only single-item conditional writes: dynalite knows no transactions, and nothing here needs one.
 * The SDK is loaded at the first request, so that a command that stores nothing starts fast. Its
 * exceptions become `StoreError`.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Condition,
  conditionExpression,
  keyCondition,
  type Range,
  updateExpression,
} from './expression.ts';
import { isLostCondition, StoreError, storeError } from './table-error.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** One item as stored; `expiresAt` is epoch seconds, as DynamoDB's TTL wants it. */
export type Item = Key & Readonly<Record<string, unknown>>;

/** `lost`: the condition did not hold, nothing was written. */
export type Written = 'written' | 'lost';

/**
 * Every method may be called concurrently, throws `StoreError` where we or our table are at fault,
 * and is safe to repeat: a conditional write that was done twice reports `lost` the second time.
 */
export interface Table {
  /** As messages call it: `table NAME` or `the store in DIR`. */
  readonly title: string;
  /** Strongly consistent; undefined means that there is no such item. */
  get(key: Key): Promise<Item | undefined>;
  /** In no order; missing ones are left out. Any number of keys. */
  getMany(keys: readonly Key[]): Promise<readonly Item[]>;
  /**
   * Page after page, strongly consistent, in order of the sort key; expired items are among them.
   */
  query(pk: string, range?: Range): AsyncIterable<readonly Item[]>;
  /**
   * Page after page over everything, keys and `expiresAt` alone: housekeeping of the embedded
   * store.
   */
  scanKeys(): AsyncIterable<readonly Item[]>;
  put(item: Item, condition?: Condition): Promise<Written>;
  /** Sets some attributes of an item. */
  update(key: Key, set: Readonly<Record<string, unknown>>, condition: Condition): Promise<Written>;
  /** Deleting what is not there counts as written. */
  delete(key: Key, condition?: Condition): Promise<Written>;
  /**
   * Creates the table and waits for it; one that exists is left as it is. For the embedded store
   * and tests.
   */
  create(): Promise<void>;
  /** Requests sent so far, repeats by the SDK included. */
  requests(): number;
  close(): void;
}

export interface TableOptions {
  readonly tableName: string;
  /** Default: what the SDK finds (AWS_ENDPOINT_URL_DYNAMODB, the region's own). */
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly title?: string;
  /** What to do when nothing answers, for messages. */
  readonly whenUnreachable?: string;
  /** Tries of one request, the first included. */
  readonly maxAttempts?: number;
  readonly requestTimeoutMs?: number;
}

export function openTable(options: TableOptions): Table {
  const TableName = options.tableName;
  const title = options.title ?? `table ${TableName}`;
  let opened: ReturnType<typeof load> | undefined;
  let requests = 0;

  /** Runs one SDK call, counts its tries and translates what it throws. */
  async function send<T extends { readonly $metadata: { attempts?: number | undefined } }>(
    call: (client: DynamoDBDocumentClient, sdk: Sdk) => Promise<T>,
  ): Promise<T> {
    opened ??= load(options);
    const { client, sdk } = await opened;
    try {
      const output = await call(client, sdk);
      requests += output.$metadata.attempts ?? 1;
      return output;
    } catch (error) {
      requests += attemptsOf(error);
      throw isLostCondition(error) ? error : storeError(error, title, options);
    }
  }

  const conditionally = async (write: Promise<unknown>): Promise<Written> => {
    try {
      await write;
      return 'written';
    } catch (error) {
      if (isLostCondition(error)) return 'lost';
      throw error;
    }
  };

  return {
    title,

    async get(key) {
      const Key = { pk: key.pk, sk: key.sk };
      const output = await send((client, { GetCommand }) =>
        client.send(new GetCommand({ TableName, Key, ConsistentRead: true })),
      );
      return output.Item as Item | undefined;
    },

    async getMany(keys) {
      const items: Item[] = [];
      let left = keys.map(({ pk, sk }) => ({ pk, sk }));
      for (let pauseMs = 0; left.length > 0; ) {
        const Keys = left.slice(0, BATCH_KEYS);
        const { Responses, UnprocessedKeys } = await send((client, { BatchGetCommand }) =>
          client.send(
            new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
          ),
        );
        const got = (Responses?.[TableName] ?? []) as Item[];
        items.push(...got);
        const unprocessed = (UnprocessedKeys?.[TableName]?.Keys ?? []) as {
          pk: string;
          sk: string;
        }[];
        left = [...unprocessed, ...left.slice(BATCH_KEYS)];
        // Keys left over with nothing read is throttling that the SDK does not see.
        pauseMs = unprocessed.length === Keys.length ? Math.max(50, pauseMs * 2) : 0;
        if (pauseMs > LONGEST_PAUSE_MS) throw new StoreError('throttled', throttledSentence(title));
        if (pauseMs > 0) await wait(pauseMs);
      }
      return items;
    },

    async *query(pk, range = {}) {
      const { limit } = range;
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      let count = 0;
      do {
        const output = await send((client, { QueryCommand }) =>
          client.send(
            new QueryCommand({
              TableName,
              ...keyCondition(pk, range),
              ConsistentRead: true,
              ...(range.newestFirst === true ? { ScanIndexForward: false } : {}),
              ...(limit === undefined ? {} : { Limit: limit - count }),
              ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
            }),
          ),
        );
        const page = (output.Items ?? []) as Item[];
        count += page.length;
        ExclusiveStartKey = output.LastEvaluatedKey;
        if (page.length > 0) yield page;
      } while (ExclusiveStartKey !== undefined && (limit === undefined || count < limit));
    },

    async *scanKeys() {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const output = await send((client, { ScanCommand }) =>
          client.send(
            new ScanCommand({
              TableName,
              ProjectionExpression: 'pk, sk, expiresAt',
              ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
            }),
          ),
        );
        ExclusiveStartKey = output.LastEvaluatedKey;
        yield (output.Items ?? []) as Item[];
      } while (ExclusiveStartKey !== undefined);
    },

    put: (item, condition) =>
      conditionally(
        send((client, { PutCommand }) =>
          client.send(
            new PutCommand({ TableName, Item: { ...item }, ...conditionExpression(condition) }),
          ),
        ),
      ),

    update: (key, set, condition) =>
      conditionally(
        send((client, { UpdateCommand }) =>
          client.send(
            new UpdateCommand({
              TableName,
              Key: { pk: key.pk, sk: key.sk },
              ...updateExpression(set, condition),
            }),
          ),
        ),
      ),

    delete: (key, condition) =>
      conditionally(
        send((client, { DeleteCommand }) =>
          client.send(
            new DeleteCommand({
              TableName,
              Key: { pk: key.pk, sk: key.sk },
              ...conditionExpression(condition),
            }),
          ),
        ),
      ),

    async create() {
      try {
        await send((client, { CreateTableCommand }) =>
          client.send(new CreateTableCommand({ TableName, ...SCHEMA })),
        );
      } catch (error) {
        if (!(error instanceof StoreError && error.kind === 'table-exists')) throw error;
      }
      // The SDK's waiter sleeps for whole seconds; a local table is there after milliseconds.
      for (let tries = 0; tries < 600; tries++) {
        const { Table: described } = await send((client, { DescribeTableCommand }) =>
          client.send(new DescribeTableCommand({ TableName })),
        );
        if (described?.TableStatus === 'ACTIVE') return;
        await wait(tries < 20 ? 5 : 100);
      }
      throw new StoreError(
        'other',
        `${title}: it was created but did not become active within a minute`,
      );
    },

    requests: () => requests,

    close() {
      opened?.then(({ client }) => client.destroy()).catch(() => undefined);
    },
  };
}

type Sdk = Pick<
  typeof import('@aws-sdk/client-dynamodb'),
  'CreateTableCommand' | 'DescribeTableCommand'
> &
  Pick<
    typeof import('@aws-sdk/lib-dynamodb'),
    | 'GetCommand'
    | 'BatchGetCommand'
    | 'QueryCommand'
    | 'ScanCommand'
    | 'PutCommand'
    | 'UpdateCommand'
    | 'DeleteCommand'
  >;

async function load(
  options: TableOptions,
): Promise<{ readonly client: DynamoDBDocumentClient; readonly sdk: Sdk }> {
  const [{ DynamoDBClient, CreateTableCommand, DescribeTableCommand }, lib] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('@aws-sdk/lib-dynamodb'),
  ]);
  const config: DynamoDBClientConfig = {
    maxAttempts: options.maxAttempts ?? 8,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: options.requestTimeoutMs ?? 20_000,
      throwOnRequestTimeout: true,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
  const client = lib.DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const {
    GetCommand,
    BatchGetCommand,
    QueryCommand,
    ScanCommand,
    PutCommand,
    UpdateCommand,
    DeleteCommand,
  } = lib;
  return {
    client,
    sdk: {
      CreateTableCommand,
      DescribeTableCommand,
      GetCommand,
      BatchGetCommand,
      QueryCommand,
      ScanCommand,
      PutCommand,
      UpdateCommand,
      DeleteCommand,
    },
  };
}

function attemptsOf(error: unknown): number {
  const metadata = (error as { $metadata?: { attempts?: number } } | undefined)?.$metadata;
  return metadata?.attempts ?? 1;
}

const throttledSentence = (title: string) =>
  `${title}: DynamoDB still throttles after repeated tries; try again later`;

/** BatchGetItem takes so many keys (and answers 16 MB; the rest comes back unprocessed). */
const BATCH_KEYS = 100;
const LONGEST_PAUSE_MS = 3_200;

const SCHEMA = {
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
};
