/** Started by farewell.test.ts: one conversation with a server that never answers QUIT, and the end of the process. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { openProbe } from '../../lambda/probe/connection.ts';
import { conversationWith } from './demand.ts';

let closed = false;
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true;
    });
  socket.resume().unref();
  socket.write('554 no\r\n');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const probe = openProbe({
  heloName: 'watch.example.test',
  greetingTimeoutMs: 30_000,
  stepTimeoutMs: 30_000,
  anchors: [],
  allowPrivateAddresses: true,
});
const { port } = server.address() as AddressInfo;
const result = await probe(conversationWith({ address: '127.0.0.1', port }));
server.close().unref();
process.once('exit', () => console.log(`${'reason' in result ? result.reason : result.kind}, closed: ${closed}`));
