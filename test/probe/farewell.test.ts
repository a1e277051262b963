/** QUIT: nobody waits for its answer, but who talks to the same address next. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patientDoor } from './deadlines.ts';
import { conversationWith } from './demand.ts';

/** Refuses everybody, hears QUIT, and closes when the test does. */
let server: Server;
let open: Socket[];
let said: string[];

beforeEach(async () => {
  open = [];
  said = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    const nth = open.push(socket) - 1;
    socket.on('error', () => {}).on('data', (bytes) => said.push(`${nth} ${bytes.toString().trim()}`));
    socket.write('554 no\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  await new Promise((closed) => server.close(closed));
});

const address = () => ({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
const REFUSED = { kind: 'unseen', reason: 'greeting-5xx' };

test('a result does not wait for the answer to QUIT', async () => {
  expect(await patientDoor()(conversationWith(address()))).toMatchObject(REFUSED);
  await vi.waitFor(() => expect(said).toEqual(['0 QUIT']));
  expect(open[0]?.writable).toBe(true);
});

test('the next conversation with the same address does, and no more than its first', async () => {
  const probe = patientDoor();
  await probe(conversationWith(address()));
  const second = probe(conversationWith(address()));
  await vi.waitFor(() => expect(said).toEqual(['0 QUIT']));
  // Another address is not kept waiting; by then the same one would have been connected to.
  expect(await probe(conversationWith({ ...address(), address: '127.0.0.2' }))).toMatchObject({ reason: 'refused' });
  expect(open).toHaveLength(1);
  open[0]?.end();
  expect(await second).toMatchObject(REFUSED);
  expect(open).toHaveLength(2);
});

test('a server that never closes is left after a while', async () => {
  const probe = patientDoor();
  await probe(conversationWith(address()));
  expect(await probe(conversationWith(address()))).toMatchObject(REFUSED);
  expect(open).toHaveLength(2);
});

test('a process ends without waiting for it', () => {
  const script = fileURLToPath(new URL('./leaves-without-waiting.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 60_000 });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'greeting-5xx, closed: false\n', stderr: '' });
});
