/**
 * DNS messages over TLS (RFC 7858) and over HTTPS (RFC 8484): the way to a validating resolver that
 * is not on this host, so that nobody on the way can set the AD bit. The resolver must prove its
 * name, or its address, by certificate.
 */
import { randomInt } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { UsageError } from '../usage-error.ts';
import { parseAddress } from './dns-address.ts';

/**
 * Sends one message and resolves to the answer; undefined where none came in time, or where the
 * server does not prove its name or address.
 */
export type Exchange = (query: Uint8Array, timeoutMs: number) => Promise<Uint8Array | undefined>;

/**
 * Undefined for an address of any other kind. @throws UsageError for a text that is neither whole
 */
export function encryptedExchange(resolver: string): Exchange | undefined {
  if (/^tls:\/\//i.test(resolver)) return overTls(resolver);
  return /^https:\/\//i.test(resolver) ? overHttps(resolver) : undefined;
}

/**
 * `tls://ip[:port][#name]`: the certificate must carry the name, or else the address. Queries under
 * way share a connection, which closes when there are none, so that callers have nothing to close.
 */
function overTls(resolver: string): Exchange {
  const [, place = '', name = ''] = /^tls:\/\/([^#/]*)(?:#(.+))?$/i.exec(resolver) ?? [];
  const server = parseAddress(place, 853);
  if (server === undefined) {
    throw new UsageError(
      `resolver "${resolver}": write tls://192.0.2.53, tls://192.0.2.53:8853#dns.example.net or ` +
        'tls://[2001:db8::53]',
    );
  }
  let link: TlsLink | undefined;
  return (query, timeoutMs) => {
    if (link === undefined || link.closed) {
      link = new TlsLink(
        connect({
          host: server.address,
          port: server.port,
          // Without a name the certificate is held against the address itself.
          ...(name === '' ? {} : { servername: name }),
          ALPNProtocols: ['dot'],
        }),
      );
    }
    return link.ask(query, timeoutMs);
  };
}

/** One connection: messages with two bytes of length before each, answers in any order. */
class TlsLink {
  closed = false;
  readonly #socket: TLSSocket;
  /**
   * By the id that a query has on this connection, since the ids of the queries themselves may be
   * equal.
   */
  readonly #waiting = new Map<number, (answer: Uint8Array | undefined) => void>();
  #held = Buffer.alloc(0);
  #next = randomInt(0x1_0000);

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  ask(query: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined> {
    const id = this.#next;
    this.#next = (id + 1) & 0xffff;
    return new Promise((resolve) => {
      const finish = (answer: Uint8Array | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(
          answer === undefined
            ? undefined
            : Buffer.concat([query.subarray(0, 2), answer.subarray(2)]),
        );
        if (this.#waiting.size === 0 && !this.closed) this.#end();
      };
      const timer = setTimeout(() => finish(undefined), timeoutMs);
      this.#waiting.set(id, finish);
      const head = Buffer.from([query.length >> 8, query.length & 0xff, id >> 8, id & 0xff]);
      this.#socket.write(Buffer.concat([head, query.subarray(2)]));
    });
  }

  #receive(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#held.length >= 2 && this.#held.length >= 2 + this.#held.readUInt16BE()) {
      const end = 2 + this.#held.readUInt16BE();
      const message = this.#held.subarray(2, end);
      this.#held = this.#held.subarray(end);
      if (message.length >= 2) this.#waiting.get(message.readUInt16BE())?.(message);
    }
  }

  #end(): void {
    if (this.closed) return;
    this.closed = true;
    this.#socket.destroy();
    for (const finish of this.#waiting.values()) finish(undefined);
  }
}

/** `https://…`: a POST for each query. The host in the URL is looked up by the system. */
function overHttps(resolver: string): Exchange {
  const url = URL.canParse(resolver) ? new URL(resolver) : undefined;
  if (url === undefined || url.hash !== '' || url.username !== '') {
    throw new UsageError(`resolver "${resolver}": write https://dns.example.net/dns-query`);
  }
  return async (query, timeoutMs) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': MESSAGE, accept: MESSAGE },
        body: Buffer.from(query),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (
        response.status !== 200 ||
        response.headers.get('content-type') !== MESSAGE ||
        response.body === null
      ) {
        await response.body?.cancel();
        return undefined;
      }
      return await firstBytes(response.body, LONGEST_MESSAGE);
    } catch {
      return undefined;
    }
  };
}

/** Undefined for a body that is longer than any DNS message. */
async function firstBytes(
  body: ReadableStream<Uint8Array>,
  most: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const MESSAGE = 'application/dns-message';
const LONGEST_MESSAGE = 65_535;
