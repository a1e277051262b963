/** The private internet's resolver behind TLS (RFC 7858) and HTTPS (RFC 8484): what comes in is handed on over UDP. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import type { DnsServer } from './dns-server.ts';

export interface Credentials {
  readonly key: string;
  readonly cert: string;
}

export interface EncryptedDns {
  readonly port: number;
  /** Connections taken so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startDnsOverTls(behind: DnsServer, credentials: Credentials): Promise<EncryptedDns> {
  const open = new Set<TLSSocket>();
  let connections = 0;
  const server = createTls({ ...credentials, ALPNProtocols: ['dot'] }, (socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE()) {
        const message = held.subarray(2, 2 + held.readUInt16BE());
        held = held.subarray(2 + message.length);
        void ask(behind, message).then((answer) => {
          if (socket.destroyed) return;
          socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 0xff]), answer]));
        });
      }
    });
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** `status` other than 200: what an overloaded or mistaken server says. */
export async function startDnsOverHttps(behind: DnsServer, credentials: Credentials, status = 200): Promise<EncryptedDns> {
  let connections = 0;
  const server = createHttps(credentials, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      void ask(behind, Buffer.concat(chunks)).then((answer) => {
        response.writeHead(status, { 'content-type': 'application/dns-message' }).end(answer);
      });
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

function ask(behind: DnsServer, message: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (answer) => {
      socket.close();
      resolve(answer);
    });
    socket.send(message, behind.port, behind.address);
  });
}
