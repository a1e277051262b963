/**
 * Whether a web server is there and its certificate is believed, without a request: what listens
 * behind it may take any request for a message.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { failureOfNetwork, type Unanswered } from './post.ts';

/** Undefined: it is. */
export function reach(
  { protocol, hostname, port }: URL,
  deadlineMs: number,
): Promise<Unanswered | undefined> {
  const { promise, resolve } = Promise.withResolvers<Unanswered | undefined>();
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = protocol === 'https:';
  const at = { host, port: port === '' ? (tls ? 443 : 80) : Number(port) };
  const socket: Socket = tls
    ? connectTls({ ...at, ...(isIP(host) > 0 ? {} : { servername: host }) })
    : connectTcp(at);
  const end = (failure?: Unanswered) => {
    clearTimeout(timer);
    socket.destroy();
    resolve(failure);
  };
  const timer = setTimeout(
    () => end({ kind: 'unanswered', why: `no connection within ${deadlineMs / 1_000} seconds` }),
    deadlineMs,
  );
  socket.on('error', (error) => end(failureOfNetwork(error)));
  socket.on(tls ? 'secureConnect' : 'connect', () => end());
  return promise;
}
