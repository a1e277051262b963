/** dynalite in this process: a DynamoDB-compatible server on loopback, in memory or in a folder, for tests. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { openDynamoDb } from '../../lambda/store/dynamodb.ts';
import type { Table } from '../../lambda/store/table.ts';

export interface Dynalite {
  readonly table: Table;
  readonly endpoint: string;
  readonly credentials: typeof CREDENTIALS;
  close(): Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

export async function startDynalite(tableName: string, options: { readonly path?: string } = {}): Promise<Dynalite> {
  const server = dynalite({ createTableMs: 0, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await createTable(tableName, endpoint);
  const table = openDynamoDb({ tableName, endpoint, region: 'local', credentials: CREDENTIALS });
  return {
    table,
    endpoint,
    credentials: CREDENTIALS,
    async close() {
      table.close();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** As the stack makes it. */
export async function createTable(tableName: string, endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials: CREDENTIALS });
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  client.destroy();
}
