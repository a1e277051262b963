/**
 * The catalogue's world: one hostile peer, one hostile zone, and a control host that proves port 25
 * open. A row is judged by the whole line from entry to verdict, through the real doors.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { trustStoreFromPem } from '../../lambda/certificate/anchors.ts';
import { openProbe } from '../../lambda/probe/connection.ts';
import type { Probe } from '../../lambda/probe/pace.ts';
import type { Phase } from '../../lambda/probe/result.ts';
import { openDns } from '../../lambda/route/dns.ts';
import { checkBundle } from '../../lambda/run/check/check.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { type Authority, createAuthority } from '../internet/authority.ts';
import { listenDns } from '../internet/dns-listener.ts';
import { startSmtp } from '../internet/smtp-server.ts';
import { bundleOf } from '../policy/bundle-of.ts';
import { PATIENCE_MS, runsOut } from '../probe/deadlines.ts';
import type { Peer } from './peers.ts';
import { answerFor, type Fault, type Zone, zoneOf } from './zones.ts';

/** What a row comes to. */
export interface Told {
  /** Verdict and reason. */
  readonly outcome: string;
  /** Of the address that was met; null where it was none, or it passed. */
  readonly phase: Phase | null;
  /** The whole sentence; the port is `PORT`, digests of what was minted are `DIGEST`. */
  readonly sentence: string;
}

export interface Row extends Told {
  readonly row: string;
  /** Level and attributes of the entry for `row.test`; secure by default. */
  readonly policy?: string;
  /** Absent: it must not be met. */
  readonly peer?: Peer;
  /** The same where it needs certificates. */
  readonly minted?: (root: Authority) => Promise<Peer>;
  /** What is answered for TLSA, in a zone that is signed. */
  readonly tlsa?: Fault;
  /** False: private addresses are left alone, as everywhere but in tests. */
  readonly privates?: false;
  /** What DNS says; by default the peer's address and nothing odd. */
  readonly zone?: Zone;
  /** Where a reset overtakes the connect: what else the phase may be. */
  readonly orPhase?: Phase;
  /** The wait for this is what comes to its end, and no other. */
  readonly runsOut?: Phase;
}

export interface Catalogue {
  readonly root: Authority;
  /** Judges one row. */
  meet(row: Omit<Row, keyof Told | 'row'>): Promise<{ readonly told: Told; readonly verdict: EntryVerdict }>;
  close(): Promise<void>;
}

const CONTROL = '127.0.0.9';
/** Where the peer listens. */
export const PEER = '127.0.0.8';

export async function openCatalogue(): Promise<Catalogue> {
  const root = await createAuthority('Catalogue Root');
  const good = await root.issue({ dnsNames: ['control.test'] });
  const control = await startSmtp({ address: CONTROL, chain: good.chainPem, key: good.keyPem });
  let peer: Peer | undefined;
  let zone: Zone = {};
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    if (peer === undefined) return void socket.destroy();
    peer(socket);
  });
  await listenOn(server, PEER, control.port);
  const dns = await listenDns((bytes, transport) => answerFor(bytes, transport, zone), { address: '127.0.0.1', port: 0 });
  const resolver = `127.0.0.1:${dns.port}`;

  const probeWith = (ms: number, allowPrivateAddresses = true) =>
    openProbe({
      heloName: 'watch.test',
      greetingTimeoutMs: ms,
      stepTimeoutMs: ms,
      anchors: [root.certificate.der],
      allowPrivateAddresses,
    });
  // Another number, so that `runsOut` counts the peer's waits alone.
  const [patient, calm] = [probeWith(PATIENCE_MS), probeWith(2 * PATIENCE_MS)];
  const cautious = probeWith(PATIENCE_MS, false);

  const probeOf = (address: string, { privates }: Pick<Row, 'privates'>): Probe => {
    if (address === CONTROL) return calm;
    return privates === false ? cautious : patient;
  };
  const meet: Catalogue['meet'] = async (row) => {
    peer = row.minted === undefined ? row.peer : await row.minted(root);
    zone = {
      ...zoneOf(PEER),
      ...row.zone,
      ...(row.tlsa === undefined ? {} : { signed: true, faults: { [`_${control.port}._tcp.mx.row.test TLSA`]: row.tlsa } }),
    };
    if (row.runsOut !== undefined) runsOut(row.runsOut);
    const asks = (patience: { timeoutMs: number; tries: number }) =>
      openDns({ servers: [resolver], concurrency: 20, tellsBogus: true, ...patience });
    const bundle = bundleOf(`row.test ${row.policy ?? 'secure'}\n`, {
      mainCf: 'smtp_dns_support_level = dnssec',
      trust: trustStoreFromPem(root.certificate.pem, '/ca.pem'),
      settings: { tcpPort: control.port },
    });
    const patience = zone.silent === true ? { timeoutMs: 150, tries: 1 } : { timeoutMs: PATIENCE_MS + 1, tries: 1 };
    const run = await checkBundle(
      bundle,
      {
        dns: asks(patience),
        dnssec: {
          kind: 'resolver',
          dns: asks(patience),
          name: resolver,
          proof: { signed: 'signed.test', broken: 'broken.test' },
        },
        probe: (conversation, signal) => probeOf(conversation.address, row)(conversation, signal),
      },
      {
        at: NOON,
        now: () => NOON + performance.now(),
        controlHosts: [`[control.test]:${control.port}`],
        pace: { concurrency: 4, perAddress: 1, perNetwork: 4, restAfter421Ms: 1, stopAt: NOON + 24 * 3_600_000 },
      },
    );
    const [verdict] = run.verdicts;
    if (verdict === undefined) throw new Error('the entry has no verdict');
    const [address] = verdict.hosts.flatMap(({ addresses }) => addresses);
    const neutral = (text: string) =>
      text.replaceAll(String(control.port), 'PORT').replace(/(sha256|its key) [0-9a-f]{64}/g, '$1 DIGEST');
    return {
      verdict,
      told: {
        outcome: verdict.reason === null ? verdict.verdict : `${verdict.verdict} ${verdict.reason}`,
        phase: address?.phase ?? null,
        sentence: neutral(verdict.sentence),
      },
    };
  };

  return {
    root,
    meet,
    close: async () => {
      for (const socket of open) socket.destroy();
      await Promise.all([control.close(), dns.close(), new Promise<void>((done) => server.close(() => done()))]);
    },
  };
}

async function listenOn(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address);
  await once(server, 'listening');
}

/** Within every validity of the tests' certificates. */
const NOON = Date.UTC(2026, 10, 24, 12);
