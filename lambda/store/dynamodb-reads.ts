/** What reads alone of the door to DynamoDB: of a known partition, and nothing else. */
import { type DynamoDbClient, type DynamoDbOptions, dynamoDbClient } from './dynamodb-client.ts';
import { keyCondition } from './expression.ts';
import type { Item, TableReader } from './table.ts';

type Sdk = typeof import('./dynamodb-read-sdk.ts');

/** A table for whoever may not write: nothing that writes is even loaded. */
export function openDynamoDbReader(options: DynamoDbOptions): TableReader {
  const title = `table ${options.tableName}`;
  const client = dynamoDbClient(options, title, () => import('./dynamodb-read-sdk.ts'));
  return { title, ...keyReads(client, options.tableName), close: client.close };
}

export function keyReads(
  { send }: DynamoDbClient<Sdk>,
  TableName: string,
): Pick<TableReader, 'get' | 'query'> {
  return {
    async get({ pk, sk }) {
      const output = await send((client, { GetCommand }) =>
        client.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true })),
      );
      return output.Item as Item | undefined;
    },

    async *query(pk, range = {}) {
      const { limit } = range;
      let count = 0;
      let ExclusiveStartKey: Record<string, unknown> | undefined;
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
  };
}
