/** One port for DNS over UDP and TCP; what to answer is the caller's. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type Respond = (message: Buffer, transport: 'udp' | 'tcp') => Buffer | undefined;

export interface DnsListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Port 0 takes a free one. Undefined from `respond` is silence. */
export async function listenDns(
  respond: Respond,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<DnsListener> {
  const bound = await bind(address, port);
  bound.udp.on('message', (bytes, from) => {
    const response = respond(bytes, 'udp');
    if (response !== undefined) bound.udp.send(response, from.port, from.address);
  });
  const open = new Set<Socket>();
  bound.tcp.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    readMessages(socket, (bytes) => {
      const response = respond(bytes, 'tcp');
      if (response === undefined) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    });
  });
  return {
    port: bound.port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await Promise.all([
        new Promise<void>((done) => bound.udp.close(() => done())),
        new Promise<void>((done) => bound.tcp.close(() => done())),
      ]);
    },
  };
}

/** DNS over TCP: messages with a length of two bytes before each. */
function readMessages(socket: Socket, onMessage: (bytes: Buffer) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0);
      onMessage(held.subarray(2, end));
      held = held.subarray(end);
    }
  });
}

/** One port for both; a free UDP port may be taken for TCP, then the next one is tried. */
async function bind(address: string, port: number) {
  for (let tries = 0; ; tries++) {
    const udp: UdpSocket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    udp.bind(port, address);
    await once(udp, 'listening');
    const tcp = createServer();
    tcp.listen(udp.address().port, address);
    try {
      await once(tcp, 'listening');
      return { udp, tcp, port: (tcp.address() as AddressInfo).port };
    } catch (error) {
      udp.close();
      if (port !== 0 || tries === 20) throw error;
    }
  }
}
