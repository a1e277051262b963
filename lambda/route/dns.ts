/**
 * The door to DNS: asks recursive resolvers over UDP, and over TCP where an answer is truncated.
 *
 * The system's resolver library shows neither the AD bit nor the aliases followed, and does not
 * reliably tell SERVFAIL from a time-out. Answers count only from the address asked and for the
 * question asked.
 */
import { randomInt } from 'node:crypto';
import { getServers } from 'node:dns';
import { connect } from 'node:net';
import { BOUNDS } from '../limits.ts';
import { UsageError } from '../usage-error.ts';
import { parseAddress, type ServerAddress } from './dns-address.ts';
import type { Dns, DnsAnswer, DnsType } from './dns-answer.ts';
import { type Exchange, encryptedExchange } from './dns-encrypted.ts';
import { type Question, type Reading, readAnswer, writeQuery } from './dns-message.ts';
import { type AskOverUdp, openUdp } from './dns-udp.ts';
import type { QuestionPace } from './question-pace.ts';
import { QuestionTurns, type Task } from './question-turns.ts';
import type { DnsFailure } from './route.ts';

export interface DnsOptions {
  /**
   * `ip`, `ip:port` or `[ip]:port`, `tls://…`, `https://…` (dns-encrypted.ts); none: those of the
   * system (/etc/resolv.conf).
   */
  readonly servers?: readonly string[];
  /** For one attempt with one server. */
  readonly timeoutMs: number;
  /** Of the first attempts, where they are to be shorter: most answers that come, come at once. */
  readonly firstTimeoutsMs?: readonly number[];
  /** Attempts in all, taken by the servers in turn; each server gets at least one. */
  readonly tries: number;
  /** Questions under way at once: resolvers drop what comes in floods. */
  readonly concurrency: number;
  /** Shared by doors that ask the same resolvers; absent: as they come. */
  readonly pace?: QuestionPace;
  /**
   * Asks once more without validation where a validating resolver fails, and so tells `bogus` from
   * `servfail`.
   */
  readonly tellsBogus?: boolean;
  /** Epoch ms after which nothing more is asked, and what is open has timed out. */
  readonly stopAt?: number;
  /** Epoch ms, for `stopAt`; the machine's clock where absent. */
  readonly now?: () => number;
  /** The same, at once for what was not asked yet. */
  readonly signal?: AbortSignal;
}

/** Opens the door. It holds no socket between questions, so that there is nothing to close. */
export function openDns(options: DnsOptions): Dns {
  const servers = (options.servers?.length ? options.servers : systemResolvers()).map(parseServer);
  if (servers.length === 0)
    throw new Error('resolv.conf: no name server; name one with --resolver');
  const turns = new QuestionTurns(options.concurrency);
  const overUdp = openUdp();
  const asked = new Map<string, Asked>();
  const silent = new Map<string, number>();

  /** Without an owner each question has its own turn. */
  const doorOf = (owner?: string): Dns => ({
    query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> {
      const key = `${type} ${name.toLowerCase()}`;
      const whose = owner ?? key;
      const known = asked.get(key);
      if (known !== undefined) {
        if (!known.task.begun) turns.take(whose, known.task);
        // The key holds the type, so the answer under it is of that type.
        return known.answer as Promise<DnsAnswer<T>>;
      }
      const { promise, resolve } = Promise.withResolvers<DnsAnswer<T>>();
      const task: Task = {
        begun: false,
        run: async () => {
          const silence = silent.get(whose) ?? 0;
          const patience =
            silence < BOUNDS.silentQuestions
              ? { ...options, overUdp }
              : { ...options, overUdp, tries: 1, firstTimeoutsMs: [] };
          const answering = follow({ name, type }, servers, patience);
          resolve(answering);
          const answer = await answering;
          if (answer.kind === 'failed' && answer.failure === 'timeout')
            silent.set(whose, (silent.get(whose) ?? 0) + 1);
        },
      };
      asked.set(key, { task, answer: promise });
      turns.take(whose, task);
      return promise;
    },
    inTurnOf: doorOf,
  });
  return doorOf();
}

/** How one question is asked. */
type Asking = DnsOptions & { readonly overUdp: AskOverUdp };

interface Asked {
  readonly task: Task;
  readonly answer: Promise<DnsAnswer>;
}

/** Those of /etc/resolv.conf. */
export const systemResolvers = (): readonly string[] => getServers();

/**
 * Asks again for the target of an alias that the resolver left open, as dns_lookup_x() does, up to
 * ten times.
 */
async function follow<T extends DnsType>(
  question: Question<T>,
  servers: readonly Server[],
  options: Asking,
): Promise<DnsAnswer<T>> {
  const aliases: string[] = [];
  let authentic = true;
  let { name } = question;
  for (let count = 0; count < 10; count++) {
    const answer = await askInTurn({ name, type: question.type }, servers, options);
    if (answer.kind === 'failed') return answer;
    authentic &&= answer.ad;
    if (answer.kind !== 'alias') {
      if (aliases.length === 0) return answer;
      if (answer.kind !== 'found') return { ...answer, name, ad: authentic };
      aliases.push(...answer.aliases);
      return { ...answer, aliases, canonical: aliases.at(-1) ?? name, ad: authentic };
    }
    aliases.push(...answer.aliases);
    name = answer.canonical;
  }
  return { kind: 'nodata', name, ad: false, loop: true };
}

type Settled<T extends DnsType> = Exclude<
  Reading<T>,
  { readonly kind: 'unrelated' | 'truncated' | 'no-edns' }
>;

/**
 * The servers in turn until one says something definite. Of several failures, one that is an answer
 * is the better reason.
 */
async function askInTurn<T extends DnsType>(
  question: Question<T>,
  servers: readonly Server[],
  options: Asking,
): Promise<Settled<T>> {
  let failure: DnsFailure = 'timeout';
  for (let attempt = 0; attempt < Math.max(options.tries, servers.length); attempt++) {
    const server = servers[attempt % servers.length];
    // Whose time is over waits for no turn, either.
    if (server === undefined || timeLeft(options) <= 0) break;
    // A connection that TLS protects takes some time to be made.
    const shorter = server.kind === 'plain' ? options.firstTimeoutsMs?.[attempt] : undefined;
    const answer = await askServer(question, server, shorter ?? options.timeoutMs, options);
    if (answer.kind !== 'failed') return answer;
    if (
      answer.failure === 'servfail' &&
      options.tellsBogus === true &&
      (await answersUnchecked(question, server, options))
    ) {
      return { kind: 'failed', failure: 'bogus' };
    }
    if (answer.failure !== 'timeout') failure = answer.failure;
  }
  return { kind: 'failed', failure };
}

function timeLeft({
  stopAt = Number.POSITIVE_INFINITY,
  now = Date.now,
  signal,
}: DnsOptions): number {
  return signal?.aborted ? 0 : stopAt - now();
}

/** Whether the name has an answer with validation switched off (CD, RFC 4035 §3.2.2). */
async function answersUnchecked<T extends DnsType>(
  question: Question<T>,
  server: Server,
  options: Asking,
): Promise<boolean> {
  const withoutValidation = { ...question, checkingDisabled: true } as const;
  const unchecked = await askServer(withoutValidation, server, options.timeoutMs, options);
  return unchecked.kind !== 'failed';
}

/** @param patienceMs for each packet, unless the run's time is over before */
async function askServer<T extends DnsType>(
  question: Question<T>,
  server: Server,
  patienceMs: number,
  options: Asking,
): Promise<Settled<T>> {
  const inTurn = async (ask: (timeoutMs: number) => Promise<Reading<T>>): Promise<Reading<T>> => {
    await options.pace?.next();
    const left = timeLeft(options);
    // A timer counts whole milliseconds: cut off, it would come before the end of the run has.
    return left > 0
      ? ask(Math.min(patienceMs, Math.ceil(left)))
      : { kind: 'failed', failure: 'timeout' };
  };
  let answer: Reading<T>;
  if (server.kind === 'encrypted') {
    answer = await inTurn((timeoutMs) => overLink(question, server.exchange, timeoutMs));
  } else {
    answer = await inTurn((timeoutMs) => options.overUdp(question, server, timeoutMs, true));
    if (answer.kind === 'no-edns')
      answer = await inTurn((timeoutMs) => options.overUdp(question, server, timeoutMs, false));
    if (answer.kind === 'truncated')
      answer = await inTurn((timeoutMs) => overTcp(question, server, timeoutMs));
  }
  switch (answer.kind) {
    case 'unrelated':
    case 'truncated':
    case 'no-edns':
      return { kind: 'failed', failure: 'malformed' };
    case 'found':
    case 'nodata':
    case 'nxdomain':
    case 'alias':
    case 'failed':
      return answer;
  }
}

async function overLink<T extends DnsType>(
  question: Question<T>,
  exchange: Exchange,
  timeoutMs: number,
): Promise<Reading<T>> {
  const id = randomInt(0x1_0000);
  const bytes = await exchange(writeQuery(question, id, true), timeoutMs);
  return bytes === undefined
    ? { kind: 'failed', failure: 'timeout' }
    : readAnswer(bytes, question, id);
}

function overTcp<T extends DnsType>(
  question: Question<T>,
  server: ServerAddress,
  timeoutMs: number,
): Promise<Reading<T>> {
  const id = randomInt(0x1_0000);
  return new Promise((resolve) => {
    const socket = connect({ host: server.address, port: server.port });
    const chunks: Buffer[] = [];
    const finish = (reading: Reading<T>): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on('error', () => {});
      socket.destroy();
      resolve(reading);
    };
    const timer = setTimeout(() => finish({ kind: 'failed', failure: 'timeout' }), timeoutMs);
    socket.on('connect', () => {
      const query = writeQuery(question, id, true);
      socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
    });
    socket.on('error', () => finish({ kind: 'failed', failure: 'timeout' }));
    socket.on('close', () => finish({ kind: 'failed', failure: 'malformed' }));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const received = Buffer.concat(chunks);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return;
      const reading = readAnswer(received.subarray(2, 2 + received.readUInt16BE()), question, id);
      finish(reading.kind === 'unrelated' ? { kind: 'failed', failure: 'malformed' } : reading);
    });
  });
}

type Server =
  | (ServerAddress & { readonly kind: 'plain' })
  | { readonly kind: 'encrypted'; readonly exchange: Exchange };

/** @throws UsageError for text that is no address, with or without port */
function parseServer(text: string): Server {
  const exchange = encryptedExchange(text);
  if (exchange !== undefined) return { kind: 'encrypted', exchange };
  const server = parseAddress(text);
  if (server === undefined) {
    throw new UsageError(
      `resolver "${text}": not an address; write 192.0.2.53, 192.0.2.53:5353 or ` +
        '[2001:db8::53]:5353',
    );
  }
  return { kind: 'plain', ...server };
}
