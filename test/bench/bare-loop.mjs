/**
 * The floor of the bench: what Node itself takes to have the same conversations, with nothing known or judged.
 *
 *   node bare-loop.mjs TARGETS CA-FILE PORT CONCURRENCY
 *
 * A target is an address a line. Each must present a certificate of that authority.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createSecureContext, connect as secure } from 'node:tls';

const [targetsFile, caFile, port, concurrency] = process.argv.slice(2);
const targets = readFileSync(targetsFile, 'utf8').trim().split('\n');
const secureContext = createSecureContext({ ca: readFileSync(caFile) });

const replyOf = (socket) =>
  new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('data', function hear(chunk) {
      text += chunk;
      if (!/^\d{3} [^\n]*\n$/m.test(text)) return;
      socket.off('data', hear).off('error', reject);
      resolve(text);
    });
  });

async function converse(host) {
  const socket = connect({ host, port: Number(port), noDelay: true });
  await replyOf(socket);
  socket.write('EHLO bench.example\r\n');
  await replyOf(socket);
  socket.write('STARTTLS\r\n');
  await replyOf(socket);
  const tls = secure({ socket, secureContext, rejectUnauthorized: true, checkServerIdentity: () => undefined });
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject));
  tls.write('EHLO bench.example\r\n');
  await replyOf(tls);
  tls.resume().end('QUIT\r\n');
}

let next = 0;
const worker = async () => {
  while (next < targets.length) await converse(targets[next++]);
};
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
