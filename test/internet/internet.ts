/**
 * The private internet under tests and demo: a resolver and mail servers on loopback, each host with addresses of its own
 * and all on one port, so that `--resolver` and `--smtp-port` are all a command needs.
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type DnsServer, startDns } from './dns-server.ts';
import type { Behaviour, Script } from './smtp-script.ts';
import { type SeenConversation, type SmtpOptions, type SmtpServer, startSmtp } from './smtp-server.ts';
import type { Identity } from './tls-server.ts';

export interface MailHostOptions extends Omit<SmtpOptions, 'address' | 'port'> {
  readonly host: string;
  /** How many, or which ones; one by default. Those outside 127.0.0.0/8 are published only, and nothing listens there. */
  readonly addresses?: number | readonly string[];
}

/** One mail host: its addresses are published, and all behave and present alike. */
export interface MailHost {
  readonly host: string;
  readonly addresses: readonly string[];
  /** In order of addresses; fewer where an address is not ours. */
  readonly servers: readonly SmtpServer[];
  readonly conversations: readonly SeenConversation[];
  behave(behaviour: Behaviour, script?: Partial<Script>): void;
  present(identity: Identity): void;
  /** Nothing listens any more: connections are refused. */
  shut(): Promise<void>;
}

export interface Internet {
  readonly dns: DnsServer;
  /** `IP:PORT` for `--resolver`. */
  readonly resolver: string;
  /** For `--smtp-port`. */
  readonly smtpPort: number;
  /** Options every command needs here. */
  readonly flags: readonly string[];
  /** The next free address. */
  address(): string;
  mailHost(options: MailHostOptions): Promise<MailHost>;
  /** Publishes MX records: hosts in the order given at 10, 20, …, or with a preference of their own. Replaces earlier ones. */
  domain(name: string, ...mx: readonly (MailHost | string | { readonly preference: number; readonly host: string })[]): void;
  close(): Promise<void>;
}

/**
 * Starts an internet of its own: several can run side by side in different processes. On free ports, but where a namespace has
 * those of DNS and SMTP for itself.
 */
export async function startInternet(ports?: { readonly dns: number; readonly smtp: number }): Promise<Internet> {
  const dns = await startDns([], { port: ports?.dns ?? 0 });
  const smtpPort = ports?.smtp ?? (await freePort());
  const block = `127.${randomInt(64, 128)}.${randomInt(0, 256)}`;
  const servers: SmtpServer[] = [];
  let next = 0;
  const address = () => {
    next++;
    return next < 255 ? `${block}.${next}` : `${block.replace(/^127\./, '127.1')}.${next % 255}`;
  };

  return {
    dns,
    resolver: dns.resolver,
    smtpPort,
    flags: ['--resolver', dns.resolver, '--smtp-port', String(smtpPort), '--allow-private-addresses'],
    address,
    mailHost: async ({ host, addresses = 1, ...options }) => {
      const all = typeof addresses === 'number' ? Array.from({ length: addresses }, address) : addresses;
      const own = all.filter((one) => one.startsWith('127.'));
      const started = await Promise.all(own.map((one) => startSmtp({ ...options, address: one, port: smtpPort })));
      servers.push(...started);
      const ipv6 = all.filter((one) => one.includes(':'));
      dns.set({ name: host, type: 'A', data: all.filter((one) => !one.includes(':')) });
      if (ipv6.length > 0) dns.set({ name: host, type: 'AAAA', data: ipv6 });
      return {
        host,
        addresses: all,
        servers: started,
        get conversations() {
          return started.flatMap((server) => server.conversations);
        },
        behave: (behaviour, script) => {
          for (const server of started) server.behave(behaviour, script);
        },
        present: (identity) => {
          for (const server of started) server.present(identity);
        },
        shut: async () => {
          await Promise.all(started.map((server) => server.close()));
        },
      };
    },
    domain: (name, ...mx) => {
      const data = mx.map((one, i) => {
        const preference = typeof one === 'object' && 'preference' in one ? one.preference : (i + 1) * 10;
        return `${preference} ${typeof one === 'string' ? one : one.host}`;
      });
      dns.set({ name, type: 'MX', data });
    },
    close: async () => {
      await Promise.all([dns.close(), ...servers.map((server) => server.close())]);
    },
  };
}

/** Free on every address of this machine. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '0.0.0.0');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((done) => probe.close(() => done()));
  return port;
}
