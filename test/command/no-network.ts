/**
 * Loaded into a command before it starts: whatever opens a connection, asks DNS or sends a datagram
 * ends the command at once, with status 99 and a line that says what it was.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const refuse =
  (what: string) =>
  (...args: readonly unknown[]): never => {
    process.stderr.write(`NETWORK: ${what} ${JSON.stringify(args[0])}\n`);
    process.exit(99);
  };

net.Socket.prototype.connect = refuse('connect');
dgram.createSocket = refuse('datagram');
for (const name of Object.keys(dns).filter((name) => /^(?:lookup|resolve|reverse)/.test(name)))
  Object.assign(dns, { [name]: refuse(name) });
for (const name of Object.keys(dns.promises).filter((name) => /^(?:lookup|resolve|reverse)/.test(name)))
  Object.assign(dns.promises, { [name]: refuse(name) });
for (const kind of [dns.Resolver, dns.promises.Resolver])
  for (const name of Object.getOwnPropertyNames(kind.prototype).filter((name) => /^(?:resolve|reverse)/.test(name)))
    Object.assign(kind.prototype, { [name]: refuse(name) });
syncBuiltinESMExports();
