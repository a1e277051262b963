/**
 * Some dozens of mail hosts in a few networks, on one server that stands on every address of 127.0.0.0/8: how each behaves, who is
 * there at once, and the doors of one process or of several workers to the same world.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { openWorld } from '../../../lambda/doors.ts';
import type { WorkerWorld } from '../../../lambda/fleet/messages.ts';
import { processes } from '../../../lambda/fleet/pool.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import type { CheckDoors } from '../../../lambda/run/check/check.ts';
import { lookWith } from '../../../lambda/run/fleet/look.ts';
import { createAuthority } from '../../internet/authority.ts';
import { type DnsServer, startDns } from '../../internet/dns-server.ts';
import type { Behaviour } from '../../internet/smtp-script.ts';
import { startSmtp } from '../../internet/smtp-server.ts';
import { bundleOf } from '../watching.ts';

export interface Crowd {
  readonly dns: DnsServer;
  readonly port: number;
  readonly bundle: Bundle;
  readonly anchorsPem: string;
  readonly table: string;
  /** How many conversations were had, and how many at a time in the /24 that had most: from EHLO to QUIT or the end. */
  readonly conversations: () => number;
  readonly most: () => number;
  behave(host: number, behaviour: Behaviour): void;
  /** Told of each EHLO, before it is answered. */
  onEhlo(told: () => void): void;
  /** The doors of one process, or with workers. */
  doors(workers?: { readonly count: number; readonly graceMs?: number }): CheckDoors;
  close(): Promise<void>;
}

export const NETWORKS = 6;
export const addressOf = (host: number) => `127.91.${host % NETWORKS}.${1 + Math.floor(host / NETWORKS)}`;

/** Host i is `mx.d<i>.test` in network i modulo 6; a line for each, and three for domains behind the first hosts. */
export async function startCrowd(hosts: number): Promise<Crowd> {
  const root = await createAuthority('Crowd Root');
  const names = Array.from({ length: hosts }, (_, i) => `mx.d${i}.test`);
  const issued = await root.issue({ dnsNames: names.filter((_, i) => i % 11 !== 10) });
  const dns = await startDns();
  const behaviours = new Map<string, Behaviour>();
  const underWay = new Map<string, Set<unknown>>();
  let [most, ehlo] = [0, () => {}];
  const networkOf = (address: string) => address.replace(/\.\d+$/, '');
  const server = await startSmtp({
    address: '0.0.0.0',
    chain: issued.chainPem,
    key: issued.keyPem,
    script: { delayMs: 5 },
    behaviourAt: (address) => behaviours.get(address) ?? 'ok',
    listener: {
      said: (seen, line) => {
        const there = underWay.get(networkOf(seen.to)) ?? new Set();
        underWay.set(networkOf(seen.to), there);
        if (/^(EHLO|HELO) /.test(line)) there.add(seen);
        if (line === 'QUIT') there.delete(seen);
        most = Math.max(most, there.size);
        if (line.startsWith('EHLO ')) ehlo();
      },
      left: (seen) => {
        underWay.get(networkOf(seen.to))?.delete(seen);
      },
    },
  });
  for (const [i, host] of names.entries()) {
    dns.set({ name: `d${i}.test`, type: 'MX', data: [`10 ${host}`] });
    dns.set({ name: host, type: 'A', data: [addressOf(i)] });
  }
  const shared = [0, 1, 2].map((i) => {
    dns.set({ name: `shared${i}.test`, type: 'MX', data: [`10 mx.d${i}.test`, `20 mx.d${i + 3}.test`] });
    return `shared${i}.test secure match=.d${i}.test:.d${i + 3}.test\n`;
  });
  dns.set(
    { name: 'signed.test', type: 'A', data: ['192.0.2.1'], ad: true },
    { name: 'broken.test', type: 'A', fail: 'SERVFAIL' },
    { name: 'dane.test', type: 'MX', data: ['10 mx.dane.test'], ad: true },
    { name: 'mx.dane.test', type: 'A', data: ['127.91.0.200'], ad: true },
    { name: `_${server.port}._tcp.mx.dane.test`, type: 'TLSA', data: [`3 1 1 ${keyOf(issued.chainPem)}`], ad: true },
    { name: 'failing.test', type: 'MX', fail: 'SERVFAIL' },
  );
  const others = ['dane.test dane-only\n', 'failing.test secure\n', 'nobody.test secure\n'];
  const table = [...names.map((host, i) => `d${i}.test secure match=${host}\n`), ...shared, ...others].join('');
  const bundle = bundleOf(table, root.certificate.pem);
  const settings = { ...bundle.settings, tcpPort: server.port, dnsSupportLevel: 'dnssec' as const };
  const atPort = { ...bundle, settings };
  const config = {
    resolvers: [dns.resolver],
    allowPrivateAddresses: true,
    helo: 'watch.test',
    dnssecSignedName: 'signed.test',
    dnssecBrokenName: 'broken.test',
  };
  return {
    dns,
    port: server.port,
    bundle: atPort,
    anchorsPem: root.certificate.pem,
    table,
    conversations: () => server.conversations.length,
    most: () => most,
    behave: (host, behaviour) => {
      behaviours.set(addressOf(host), behaviour);
    },
    onEhlo: (told) => {
      ehlo = told;
    },
    doors: (workers) => {
      const world: WorkerWorld = { config };
      const grace = workers?.graceMs === undefined ? {} : { graceMs: workers.graceMs };
      return {
        ...openWorld(config, atPort),
        ...(workers === undefined ? {} : { look: lookWith(processes({ workers: workers.count, world, ...grace })) }),
      };
    },
    close: async () => {
      await Promise.all([dns.close(), server.close()]);
    },
  };
}

/** SHA-256 of the key of the leaf, for a TLSA record. */
function keyOf(chainPem: string): string {
  const certificate = new X509Certificate(chainPem);
  return createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
