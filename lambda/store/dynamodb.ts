/** The door to DynamoDB: `Table` on AWS, and on whatever else speaks its protocol. */
import { setTimeout as wait } from 'node:timers/promises';
import { type DynamoDbClient, type DynamoDbOptions, dynamoDbClient } from './dynamodb-client.ts';
import { keyReads } from './dynamodb-reads.ts';
import { pauseMs } from './dynamodb-retries.ts';
import { type Condition, conditionExpression, updateExpression } from './expression.ts';
import { inParallel } from './in-parallel.ts';
import { refuseTooLarge } from './item-size.ts';
import { fitting, inBatches } from './put-many.ts';
import type { Item, Key, NotPut, Table, Written } from './table.ts';
import { isLostCondition, StoreError } from './table-error.ts';

export function openDynamoDb(options: DynamoDbOptions): Table {
  const title = `table ${options.tableName}`;
  const client = dynamoDbClient(options, title, () => import('./dynamodb-sdk.ts'));
  return {
    title,
    ...keyReads(client, options.tableName),
    ...wholesaleReads(client, options.tableName, title),
    ...writes(client, options.tableName, title),
    putMany: (items) => putMany(client, options.tableName, title, items),
    requests: client.requests,
    close: client.close,
  };
}

/** Each reads everything, or any number of keys: more than a reader of single partitions may. */
function wholesaleReads(
  client: DynamoDbClient<Sdk>,
  TableName: string,
  title: string,
): Pick<Table, 'getMany' | 'scan'> {
  const { send } = client;
  return {
    getMany: (keys) => getMany(client, TableName, title, keys),

    async *scan() {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const output = await send((client, { ScanCommand }) =>
          client.send(
            new ScanCommand({
              TableName,
              ConsistentRead: true,
              ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
            }),
          ),
        );
        ExclusiveStartKey = output.LastEvaluatedKey;
        const page = (output.Items ?? []) as Item[];
        if (page.length > 0) yield page;
      } while (ExclusiveStartKey !== undefined);
    },
  };
}

async function getMany(
  { send }: DynamoDbClient<Sdk>,
  TableName: string,
  title: string,
  keys: readonly Key[],
): Promise<Item[]> {
  const items: Item[] = [];
  let left = keys.map(({ pk, sk }) => ({ pk, sk }));
  for (let pauseMs = 0; left.length > 0; ) {
    const Keys = left.slice(0, BATCH_KEYS);
    const { Responses, UnprocessedKeys } = await send((client, { BatchGetCommand }) =>
      client.send(
        new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
      ),
    );
    items.push(...((Responses?.[TableName] ?? []) as Item[]));
    const unprocessed = (UnprocessedKeys?.[TableName]?.Keys ?? []) as typeof left;
    left = [...unprocessed, ...left.slice(BATCH_KEYS)];
    // Keys left over with nothing read is throttling that the SDK does not see.
    pauseMs = unprocessed.length === Keys.length ? Math.max(50, pauseMs * 2) : 0;
    if (pauseMs > LONGEST_PAUSE_MS) throw new StoreError('throttled', throttledSentence(title));
    if (pauseMs > 0) await wait(pauseMs);
  }
  return items;
}

/** What is not processed goes again by itself, so that one busy partition holds up no other. */
async function putMany(
  client: DynamoDbClient<Sdk>,
  TableName: string,
  title: string,
  items: Iterable<Item>,
): Promise<readonly NotPut[]> {
  const notPut: NotPut[] = [];
  let rounds = BATCH_ROUNDS;
  await inParallel(
    inBatches(fitting(items, title, notPut), BATCH_ITEMS),
    async (batch) => {
      let left = batch;
      for (let round = 1; left.length > 0 && round <= rounds; round++) {
        if (round > 1) await wait(Math.random() * pauseMs(round - 1));
        left = await putBatch(client, TableName, left);
      }
      // A table that is too busy for one is so for the rest, and the run has an end.
      if (left.length > 0) rounds = BATCH_ROUNDS_AFTER_REFUSAL;
      for (const item of left)
        notPut.push({ item, kind: 'refused', because: refused(item, title) });
    },
    BATCHES_AT_ONCE,
  );
  return notPut;
}

/** Answers those that DynamoDB did not process. */
async function putBatch(
  { send }: DynamoDbClient<Sdk>,
  TableName: string,
  items: readonly Item[],
): Promise<readonly Item[]> {
  const { UnprocessedItems } = await send((client, { BatchWriteCommand }) =>
    client.send(
      new BatchWriteCommand({
        RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item: { ...Item } } })) },
      }),
    ),
  );
  const unprocessed = new Set(
    (UnprocessedItems?.[TableName] ?? []).map(({ PutRequest }) =>
      keyText(PutRequest?.Item as unknown as Key),
    ),
  );
  return items.filter((item) => unprocessed.has(keyText(item)));
}

type Sdk = typeof import('./dynamodb-sdk.ts');

const keyText = ({ pk, sk }: Key): string => JSON.stringify([pk, sk]);

function writes(
  { send }: DynamoDbClient<Sdk>,
  TableName: string,
  title: string,
): Pick<Table, 'put' | 'update' | 'delete'> {
  return {
    async put(item: Item, condition?: Condition) {
      refuseTooLarge(item, title);
      return conditionally(
        send((client, { PutCommand }) =>
          client.send(
            new PutCommand({ TableName, Item: { ...item }, ...conditionExpression(condition) }),
          ),
        ),
      );
    },

    update: ({ pk, sk }: Key, set, condition) =>
      conditionally(
        send((client, { UpdateCommand }) =>
          client.send(
            new UpdateCommand({ TableName, Key: { pk, sk }, ...updateExpression(set, condition) }),
          ),
        ),
      ),

    delete: ({ pk, sk }: Key, condition) =>
      conditionally(
        send((client, { DeleteCommand }) =>
          client.send(
            new DeleteCommand({ TableName, Key: { pk, sk }, ...conditionExpression(condition) }),
          ),
        ),
      ),
  };
}

async function conditionally(write: Promise<unknown>): Promise<Written> {
  try {
    await write;
    return 'written';
  } catch (error) {
    if (isLostCondition(error)) return 'lost';
    throw error;
  }
}

const throttledSentence = (title: string) =>
  `${title}: DynamoDB still throttles after repeated tries; try again later`;

const refused = ({ pk, sk }: Item, title: string) =>
  `${title}: item ${pk} / ${sk} was not stored: DynamoDB still throttles after repeated tries; ` +
  'this run is not complete, and the next one stores what it sees';

/** BatchWriteItem takes so many items (and 16 MB, which are more than so many can have). */
const BATCH_ITEMS = 25;
const BATCHES_AT_ONCE = 8;
const BATCH_ROUNDS = 16;
const BATCH_ROUNDS_AFTER_REFUSAL = 3;
/** BatchGetItem takes so many keys (and answers 16 MB; the rest comes back unprocessed). */
const BATCH_KEYS = 100;
const LONGEST_PAUSE_MS = 3_200;
