/** The door that tells which of this host's addresses is used to reach another one. Sends nothing. */
import { createSocket } from 'node:dgram';

/** Undefined where there is no route to that address. */
export function sourceAddress(address: string): Promise<string | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    // What is connected by UDP is only looked up by the kernel.
    socket.connect(DISCARD, address, () => {
      const { address: own } = socket.address();
      socket.close();
      resolve(own);
    });
  });
}

const DISCARD = 9;
