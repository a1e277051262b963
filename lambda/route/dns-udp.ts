/**
 * Questions over UDP: each over a socket of its own, but for a resolver on this host, whose questions
 * share some while any is open.
 *
 * A random port beside the random id is what a forger elsewhere has to guess. Nobody elsewhere can
 * send from a loopback address, so there the id is enough, and hundreds of sockets are not made. A
 * few questions alone share one: the kernel keeps some hundred answers for a socket while this process
 * is busy, and drops what comes behind them.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import type { ServerAddress } from './dns-address.ts';
import type { DnsType } from './dns-answer.ts';
import { type Question, type Reading, readAnswer, writeQuery } from './dns-message.ts';

export type AskOverUdp = <T extends DnsType>(
  question: Question<T>,
  server: ServerAddress,
  timeoutMs: number,
  edns: boolean,
) => Promise<Reading<T>>;

/**
 * Unrelated datagrams are passed over until the time is up. Nothing is open between questions.
 * @param shares whether the questions to this address share a socket
 */
export function openUdp(shares: (address: string) => boolean = isOnThisHost): AskOverUdp {
  const local = new Map<string, Line>();
  const shared = (server: ServerAddress): Line => {
    const key = `${server.address} ${server.port}`;
    const known = local.get(key);
    if (known !== undefined && known.open() < SHARING) return known;
    const line = openLine(server, () => {
      if (local.get(key) === line) local.delete(key);
    });
    local.set(key, line);
    return line;
  };
  return (question, server, timeoutMs, edns) =>
    (shares(server.address) ? shared(server) : openLine(server)).ask(question, timeoutMs, edns);
}

/** Whether nobody on another host can answer in this address's name. */
export const isOnThisHost = (address: string): boolean =>
  (isIPv4(address) && address.startsWith('127.')) || address === '::1';

/** A socket and the questions that are open on it; it is closed with the last of them. */
interface Line {
  readonly ask: <T extends DnsType>(
    question: Question<T>,
    timeoutMs: number,
    edns: boolean,
  ) => Promise<Reading<T>>;
  /** How many questions are open on it. */
  readonly open: () => number;
}

interface Open {
  readonly hear: (bytes: Buffer) => void;
  readonly fail: () => void;
  readonly send: () => void;
}

/** @param onClose told when no more may be asked here */
function openLine(server: ServerAddress, onClose: () => void = () => undefined): Line {
  const open = new Map<number, Open>();
  let state: 'connecting' | 'connected' | 'closed' = 'connecting';
  const socket: Socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const close = (): void => {
    if (state === 'closed') return;
    state = 'closed';
    onClose();
    socket.removeAllListeners().on('error', () => {});
    socket.close();
  };
  const failAll = (): void => {
    for (const { fail } of [...open.values()]) fail();
  };
  socket.on('error', failAll);
  socket.on('message', (bytes) => {
    if (bytes.length >= 2) open.get(bytes.readUInt16BE())?.hear(bytes);
  });
  // Connected, so that the kernel drops what other addresses send, and tells when nobody listens. A
  // network that cannot be reached is told to the callback, in place of the event.
  socket.connect(server.port, server.address, (error?: Error) => {
    if (error != null) return failAll();
    if (state === 'closed') return;
    state = 'connected';
    for (const { send } of open.values()) send();
  });

  return {
    open: () => open.size,
    ask: <T extends DnsType>(question: Question<T>, timeoutMs: number, edns: boolean) =>
      new Promise<Reading<T>>((resolve) => {
        const id = freeId(open);
        const finish = (reading: Reading<T>): void => {
          if (!open.delete(id)) return;
          clearTimeout(timer);
          if (open.size === 0) close();
          resolve(reading);
        };
        const fail = (): void => finish({ kind: 'failed', failure: 'timeout' });
        const timer = setTimeout(fail, timeoutMs);
        // That nobody listens is told to whichever question is sent next.
        const send = (): void =>
          socket.send(writeQuery(question, id, edns), (error) => {
            if (error) failAll();
          });
        open.set(id, {
          hear: (bytes) => {
            const reading = readAnswer(bytes, question, id);
            if (reading.kind !== 'unrelated') finish(reading);
          },
          fail,
          send,
        });
        if (state === 'connected') send();
      }),
  };
}

/** Random, and not the id of another question that is open. */
function freeId(open: ReadonlyMap<number, unknown>): number {
  for (;;) {
    const id = randomInt(IDS);
    if (!open.has(id)) return id;
  }
}

const IDS = 0x1_0000;
/** 212,992 bytes for a socket, as Linux has it, hold as many answers of 4,096 with what the kernel adds. */
const SHARING = 24;
