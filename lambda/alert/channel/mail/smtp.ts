/**
 * The mail server that takes our letters: one connection a letter, STARTTLS and login where they
 * are wanted, and one sentence for each way in which it can fail.
 *
 * Nothing here needs a privilege, a set-group-ID program or a file of Postfix's.
 */
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { factsOf, isPassing, NoLogin, type Phase, Stopped, sentenceOf } from './failure.ts';
import type { Letter } from './letter.ts';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `starttls` and `wrapper`: with a certificate that is valid for the host, or not at all. */
  readonly tls: 'off' | 'starttls' | 'wrapper';
  /** PEM, in place of the roots that Node trusts. */
  readonly ca?: string;
  readonly login?: Login;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** In ms. */
export interface MailDeadlines {
  readonly connect: number;
  /** The greeting, and each reply. */
  readonly reply: number;
  readonly whole: number;
  /** Before each further attempt. */
  readonly pauses: readonly number[];
}

/** A letter that was not taken, in words for an operator: fact and next step. */
export class MailError extends Error {
  override readonly name = 'MailError';
  /** Nothing was taken, and another attempt may succeed soon. */
  readonly passing: boolean;
  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

export const MAIL_DEADLINES: MailDeadlines = {
  connect: 10_000,
  reply: 60_000,
  whole: 180_000,
  pauses: [2_000, 10_000],
};

/**
 * Resolves once the server took responsibility for the letter.
 *
 * @throws MailError
 */
export function submit(
  server: MailServer,
  letter: Letter,
  deadlines: MailDeadlines = MAIL_DEADLINES,
): Promise<void> {
  return inSession(server, letter.from, deadlines, async ({ session, step, reached }) => {
    reached('envelope');
    const { from, to, content } = letter;
    const stream = Readable.from([content]);
    stream.once('end', () => reached('content'));
    await step((done) => session.send({ from, to: [to], size: content.length }, stream, done));
  });
}

/**
 * As far as a letter's envelope, and no further: connection, TLS and login.
 *
 * @throws MailError
 */
export const greet = (server: MailServer, deadlines: MailDeadlines): Promise<void> =>
  inSession(server, '', deadlines, async () => undefined);

/** What a session offers that is ready for an envelope. */
interface Ready {
  readonly session: SMTPConnection;
  /** Waits for an answer, or for the end of the session. */
  readonly step: (act: (done: (error?: Error | null) => void) => void) => Promise<void>;
  readonly reached: (phase: Phase) => void;
}

async function inSession(
  server: MailServer,
  from: string,
  deadlines: MailDeadlines,
  work: (ready: Ready) => Promise<void>,
): Promise<void> {
  let phase: Phase = 'connect';
  const timer = new AbortController();
  const ended = setTimeout(() => timer.abort(), deadlines.whole);
  let connection: SMTPConnection | undefined;
  try {
    const socket = await connected(server, deadlines.connect);
    phase = 'session';
    connection = sessionOn(socket, server, deadlines);
    const ready = await converse(connection, server, timer.signal, (next) => {
      phase = next;
    });
    await work(ready);
    leave(connection);
  } catch (error) {
    connection?.close();
    const facts = factsOf(error, secretsOf(server));
    const at = `${server.host}:${server.port}`;
    const failure = { error, facts, phase, at };
    throw new MailError(sentenceOf(failure, from, deadlines.reply), isPassing(failure));
  } finally {
    clearTimeout(ended);
  }
}

/** Politely; a server that does not answer to QUIT is not waited for. */
function leave(connection: SMTPConnection): void {
  connection.quit();
  setTimeout(() => connection.close(), LEAVE_MS).unref();
}

/** Asks the system's resolver, so that /etc/hosts counts, and tries each address. */
function connected({ host, port }: MailServer, deadlineMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port });
  const timer = setTimeout(
    () => socket.destroy(new Stopped(`no connection within ${deadlineMs / 1_000} seconds`)),
    deadlineMs,
  );
  socket.on('error', (error) => {
    clearTimeout(timer);
    reject(error);
  });
  socket.on('connect', () => {
    clearTimeout(timer);
    resolve(socket);
  });
  return promise;
}

function sessionOn(
  connection: Socket,
  { host, tls, ca }: MailServer,
  { reply, whole }: MailDeadlines,
): SMTPConnection {
  return new SMTPConnection({
    connection,
    host,
    secure: tls === 'wrapper',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    connectionTimeout: whole,
    greetingTimeout: reply,
    socketTimeout: reply,
    socketCloseTimeout: 500,
    maxResponseSize: REPLY_BYTES,
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
}

async function converse(
  session: SMTPConnection,
  { login }: MailServer,
  signal: AbortSignal,
  reached: (phase: Phase) => void,
): Promise<Ready> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  session.on('error', reject);
  session.on('end', () => reject(new Closed()));
  signal.addEventListener('abort', () => reject(new Stopped('not done in time')));
  const step = (act: (done: (error?: Error | null) => void) => void) =>
    Promise.race([
      broken,
      new Promise<void>((resolve, fail) => act((error) => (error ? fail(error) : resolve()))),
    ]);
  await step((done) => session.connect(done));
  if (login !== undefined) {
    reached('login');
    if (!session.allowsAuth) throw new NoLogin();
    await step((done) => session.login({ user: login.user, pass: login.password }, done));
  }
  return { session, step, reached };
}

class Closed extends Error {}

function secretsOf({ login }: MailServer): readonly string[] {
  return login === undefined ? [] : [login.password, `\0${login.user}\0${login.password}`];
}

const LEAVE_MS = 1_000;
/** Of one reply. */
const REPLY_BYTES = 65_536;
