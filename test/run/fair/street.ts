/**
 * A street of mail hosts for tests of the fair share: one server that stands on every address of
 * 127.0.0.0/8, a resolver, five good neighbours, and strangers who behave as a test likes.
 *
 * The doors are the real ones. How long is waited depends on who is asked: good neighbours may take
 * their time on a busy machine, and strangers of whom nothing will ever come are given up at once.
 */
import { openProbe } from '../../../lambda/probe/connection.ts';
import type { Conversation } from '../../../lambda/probe/conversation.ts';
import type { Probe } from '../../../lambda/probe/pace.ts';
import { openDns } from '../../../lambda/route/dns.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type DnsServer, startDns } from '../../internet/dns-server.ts';
import type { Behaviour } from '../../internet/smtp-script.ts';
import { type SmtpServer, startSmtp } from '../../internet/smtp-server.ts';

export const NEIGHBOURS = ['a.good.test', 'b.good.test', 'c.good.test', 'd.good.test', 'e.good.test'];

export interface Stranger {
  readonly name: string;
  readonly hosts: readonly { readonly host: string; readonly addresses: readonly string[] }[];
  readonly behaves: Behaviour;
  /** 10 for all by default. */
  readonly preferences?: 'equal' | 'distinct';
  /** Names whose addresses DNS never tells; of these the hosts above have none. */
  readonly silentDns?: boolean;
}

export interface Street {
  readonly anchorsPem: string;
  readonly port: number;
  readonly dns: DnsServer;
  /** Whoever was called, in order of the calls. */
  readonly called: () => readonly string[];
  settle(...strangers: readonly Stranger[]): void;
  /** Doors with fresh DNS; `begun` is told of each conversation as it begins. */
  doors(begun?: (conversation: Conversation) => void, dnsConcurrency?: number): CheckDoors;
  close(): Promise<void>;
}

export async function openStreet(): Promise<Street> {
  const root = await createAuthority('Street Root');
  const issued = await root.issue({
    dnsNames: [...NEIGHBOURS.map((name) => `mail.${name}`), '*.large.test'],
  });
  const dns = await startDns();
  const behaviours = new Map<string, Behaviour>();
  const server: SmtpServer = await startSmtp({
    address: '0.0.0.0',
    chain: issued.chainPem,
    key: issued.keyPem,
    behaviourAt: (address) => behaviours.get(address) ?? 'ok',
  });
  const settle = (...strangers: readonly Stranger[]): void => {
    behaviours.clear();
    dns.replace([]);
    server.conversations.length = 0;
    dns.queries.length = 0;
    for (const [i, name] of NEIGHBOURS.entries()) {
      dns.set({ name, type: 'MX', data: [`10 mail.${name}`] });
      // The first two live beside strangers (`besideNeighbours`), the others each in a network of their own.
      dns.set({ name: `mail.${name}`, type: 'A', data: i < 2 ? [`127.77.0.${i + 1}`] : [`127.78.${i}.1`, `127.79.${i}.1`] });
    }
    for (const stranger of strangers) {
      const { name, hosts, behaves, preferences = 'equal', silentDns = false } = stranger;
      const data = hosts.map(({ host }, i) => `${preferences === 'equal' ? 10 : 10 + i} ${host}`);
      dns.set({ name, type: 'MX', data });
      for (const { host, addresses } of hosts) {
        dns.set({ name: host, type: 'A', ...(silentDns ? { fail: 'TIMEOUT' as const } : { data: addresses }) });
        if (silentDns) dns.set({ name: host, type: 'AAAA', fail: 'TIMEOUT' });
        for (const address of addresses) behaviours.set(address, behaves);
      }
    }
  };
  const openAt = (waitMs: number): Probe =>
    openProbe({
      heloName: 'watch.test',
      greetingTimeoutMs: waitMs,
      stepTimeoutMs: waitMs,
      anchors: [root.certificate.der],
      allowPrivateAddresses: true,
    });
  const [patient, impatient] = [openAt(60_000), openAt(120)];
  const givesNothing = (address: string) => SILENT.has(behaviours.get(address) ?? 'ok');

  return {
    anchorsPem: root.certificate.pem,
    port: server.port,
    dns,
    called: () => server.conversations.map(({ to }) => to),
    settle,
    doors: (begun = () => {}, dnsConcurrency = 100) => ({
      dns: openDns({ servers: [dns.resolver], timeoutMs: 400, tries: 4, concurrency: dnsConcurrency }),
      probe: (conversation, signal) => {
        begun(conversation);
        return (givesNothing(conversation.address) ? impatient : patient)(conversation, signal);
      },
    }),
    close: async () => {
      await Promise.all([dns.close(), server.close()]);
    },
  };
}

/** So many hosts of so many addresses each, each host in a /24 of its own. */
export const hostsOf = (name: string, count: number, each: number, second = 130) =>
  Array.from({ length: count }, (_, h) => ({
    host: `mx${h}.${name}`,
    addresses: Array.from({ length: each }, (_, a) => `127.${second}.${h}.${a + 1}`),
  }));

/** In the /24 of two neighbours. */
export const besideNeighbours = (name: string, count: number, from = 10) => [
  { host: `mx1.${name}`, addresses: Array.from({ length: Math.ceil(count / 2) }, (_, i) => `127.77.0.${from + i}`) },
  {
    host: `mx2.${name}`,
    addresses: Array.from({ length: Math.floor(count / 2) }, (_, i) => `127.77.0.${from + Math.ceil(count / 2) + i}`),
  },
];

const SILENT: ReadonlySet<Behaviour> = new Set([
  'silent',
  'ehlo-silent',
  'starttls-silent',
  'handshake-silent',
  'ehlo-after-tls-silent',
]);
