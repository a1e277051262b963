/** A web server with the policy of MTA-STS, on loopback: it answers as scripted, and tells what it was asked. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Issued } from './authority.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** The name that the client sent in its hello; false where none. */
  readonly servername: string | false | null;
  readonly userAgent: string | undefined;
}

export interface PolicyServer {
  readonly address: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** What it does from now on. */
  answer(how: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function startPolicyServer(identity: Issued, address = '127.0.0.1', tls: TlsOptions = {}): Promise<PolicyServer> {
  const requests: SeenRequest[] = [];
  let answer: Parameters<PolicyServer['answer']>[0] = (_, response) => response.writeHead(404).end();
  const server = createServer({ cert: identity.chainPem, key: identity.keyPem, ...tls }, (request, response) => {
    response.on('error', () => {});
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      host: request.headers.host ?? '',
      servername: (request.socket as TLSSocket & { servername?: string | false }).servername ?? null,
      userAgent: request.headers['user-agent'],
    });
    answer(request, response);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address,
    port,
    requests,
    answer: (how) => {
      answer = how;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

export const sending =
  (text: string, headers: Readonly<Record<string, string>> = { 'content-type': 'text/plain' }, status = 200) =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, headers).end(text);
