/**
 * Asks a running trivial-rewrite(8) itself where a message goes, as qmgr(8) does: resolve_clnt() in
 * src/global/resolve_clnt.c, attributes as in src/util/attr_print0.c.
 */
import { connect } from 'node:net';

/** What trivial-rewrite makes of one recipient of one sender. */
export type Route =
  | { readonly kind: 'routed'; readonly transport: string; readonly nextHop: string }
  /** A lookup failed (`fail`), or the address makes no sense (`error`). */
  | { readonly kind: 'unroutable'; readonly because: 'fail' | 'error' }
  | { readonly kind: 'silent' };

/** `socketPath` is private/rewrite below the queue directory; `silent` where nothing comes in time. */
export async function askRoute(
  socketPath: string,
  { sender, recipient }: { readonly sender: string; readonly recipient: string },
): Promise<Route> {
  const socket = connect(socketPath);
  try {
    return await new Promise<Route>((resolve) => {
      const silent = () => resolve({ kind: 'silent' });
      let held = '';
      socket.setTimeout(PATIENCE_MS, silent);
      socket.on('error', silent).on('close', silent);
      socket.on('connect', () => socket.write(message({ request: 'resolve', sender, address: recipient })));
      socket.on('data', (chunk) => {
        held += chunk.toString('latin1');
        const attributes = /flags\0\d+\0transport\0(.*?)\0nexthop\0(.*?)\0recipient\0.*?\0flags\0(\d+)\0\0/.exec(held);
        if (attributes !== null) resolve(read(attributes[1] ?? '', attributes[2] ?? '', Number(attributes[3])));
      });
    });
  } finally {
    socket.destroy();
  }
}

function read(transport: string, nextHop: string, flags: number): Route {
  if ((flags & FLAG_FAIL) !== 0) return { kind: 'unroutable', because: 'fail' };
  if ((flags & FLAG_ERROR) !== 0) return { kind: 'unroutable', because: 'error' };
  return { kind: 'routed', transport, nextHop };
}

function message(attributes: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(attributes).map(([name, value]) => `${name}\0${value}\0`);
  return `${pairs.join('')}\0`;
}

/** RESOLVE_FLAG_ERROR and RESOLVE_FLAG_FAIL of src/global/resolve_clnt.h. */
const FLAG_ERROR = 1 << 2;
const FLAG_FAIL = 1 << 3;
const PATIENCE_MS = 20_000;
