/**
 * A socketmap server (socketmap_table(5)) and a tcp_table server (tcp_table(5)) with scripted answers, which tell every
 * request they got.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonAnswer, TableDaemon } from './directory.ts';

/** What was asked: the map's name (empty in tcp_table) and the key, as sent. */
export type Told = (map: string, key: string) => void;

/** Listens until the process ends. */
export async function startTableDaemon(daemon: TableDaemon, told: Told): Promise<void> {
  const serve = daemon.protocol === 'socketmap' ? serveSocketmap : serveTcpTable;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket, daemon, told).catch(() => socket.destroy());
  });
  server.listen(daemon.port, daemon.address);
  await once(server, 'listening');
}

/** Requests and replies are netstrings: `LENGTH:TEXT,`. */
async function serveSocketmap(socket: Socket, daemon: TableDaemon, told: Told): Promise<void> {
  let held = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    held += chunk;
    for (let request = netstring(held); request !== undefined; request = netstring(held)) {
      held = held.slice(request.length);
      const space = request.text.indexOf(' ');
      const key = request.text.slice(space + 1);
      told(request.text.slice(0, space), key);
      const reply = await chosen(daemon, key);
      if (reply.kind === 'closes') return void socket.destroy();
      if (reply.kind === 'hangs') continue;
      const text = reply.kind === 'garbage' ? GARBAGE : encode(socketmapReply(reply));
      socket.write(text, 'latin1');
    }
  }
}

/** Requests are `get KEY` lines, replies `CODE TEXT` lines, both with blanks as `%20`. */
async function serveTcpTable(socket: Socket, daemon: TableDaemon, told: Told): Promise<void> {
  let held = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    held += chunk;
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      const key = decodeURIComponent(held.slice(0, end).replace(/^get /, ''));
      held = held.slice(end + 1);
      told('', key);
      const reply = await chosen(daemon, key);
      if (reply.kind === 'closes') return void socket.destroy();
      if (reply.kind === 'hangs') continue;
      socket.write(`${reply.kind === 'garbage' ? GARBAGE : tcpReply(reply)}\n`, 'latin1');
    }
  }
}

async function chosen(daemon: TableDaemon, key: string): Promise<DaemonAnswer> {
  if (daemon.delayMs !== undefined) await sleep(daemon.delayMs);
  return daemon.answers[key.toLowerCase()] ?? daemon.otherwise;
}

function netstring(held: string): { readonly text: string; readonly length: number } | undefined {
  const head = /^(\d+):/.exec(held);
  if (head === null) return undefined;
  const length = head[0].length + Number(head[1]) + 1;
  return held.length < length ? undefined : { text: held.slice(head[0].length, length - 1), length };
}

const encode = (text: string) => `${Buffer.byteLength(text, 'latin1')}:${text},`;
const GARBAGE = 'what is this, I never said that';

type Spoken = Exclude<DaemonAnswer, { readonly kind: 'garbage' | 'closes' | 'hangs' }>;

function socketmapReply(answer: Spoken): string {
  switch (answer.kind) {
    case 'found':
      return `OK ${answer.value}`;
    case 'not-found':
      return 'NOTFOUND ';
    case 'temporary':
      return 'TEMP the backend is away';
    case 'timeout':
      return 'TIMEOUT the backend is slow';
    case 'permanent':
      return 'PERM the backend knows no such map';
  }
}

function tcpReply(answer: Spoken): string {
  switch (answer.kind) {
    case 'found':
      return `200 ${answer.value.replace(/[%\s]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
    case 'not-found':
      return '500 not%20found';
    case 'temporary':
    case 'timeout':
    case 'permanent':
      return '400 the%20backend%20is%20away';
  }
}
