/**
 * The mail server that takes our letters: one connection a letter, STARTTLS and login where they
 * are wanted, and one sentence for each way in which it can fail.
 *
 * Nothing here needs a privilege, a set-group-ID program or a file of Postfix's.
 */
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { plain } from '../../../text/strangers.ts';
import { withoutSecrets } from '../../../text/without-secrets.ts';
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
}

/** A letter that was not taken, in words for an operator: fact and next step. */
export class MailError extends Error {
  override readonly name = 'MailError';
}

export const MAIL_DEADLINES: MailDeadlines = { connect: 10_000, reply: 60_000, whole: 180_000 };

/** How far it came. */
type Phase = 'connect' | 'session' | 'login' | 'envelope' | 'content';

/**
 * Resolves once the server took responsibility for the letter.
 *
 * @throws MailError
 */
export async function submit(
  server: MailServer,
  letter: Letter,
  deadlines: MailDeadlines = MAIL_DEADLINES,
): Promise<void> {
  let phase: Phase = 'connect';
  const timer = new AbortController();
  const ended = setTimeout(() => timer.abort(), deadlines.whole);
  let connection: SMTPConnection | undefined;
  try {
    const socket = await connected(server, deadlines.connect);
    phase = 'session';
    connection = sessionOn(socket, server, deadlines);
    await converse(connection, server, letter, timer.signal, (next) => {
      phase = next;
    });
  } catch (error) {
    const [at, secrets] = [`${server.host}:${server.port}`, secretsOf(server)];
    throw new MailError(withoutSecrets(sentenceOf(error, phase, at, letter, deadlines), secrets));
  } finally {
    clearTimeout(ended);
    connection?.close();
  }
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

/** A wait of ours that was ended. */
class Stopped extends Error {}

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
  { from, to, content }: Letter,
  signal: AbortSignal,
  reached: (phase: Phase) => void,
): Promise<void> {
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
  reached('envelope');
  const stream = Readable.from([content]);
  stream.once('end', () => reached('content'));
  await step((done) => session.send({ from, to: [to], size: content.length }, stream, done));
}

class Closed extends Error {}
class NoLogin extends Error {}

/** What nodemailer says of an error, or Node of a socket. */
interface Facts {
  readonly message: string;
  readonly code?: string;
  /** Why a handshake failed. */
  readonly tls?: string;
  /** What was asked when it was refused: `RCPT TO`. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

function sentenceOf(
  error: unknown,
  phase: Phase,
  at: string,
  { from }: Letter,
  { reply }: MailDeadlines,
): string {
  const facts = factsOf(error);
  if (facts.responseCode !== undefined) return refusal(facts, phase, at, from);
  if (error instanceof NoLogin)
    return `${at} offers no login (AUTH); leave the login out, or name another server with --smtp`;
  if (phase === 'connect') return `${noConnection(error, facts)}: ${at}; ${LOOK_AT_SMTP}`;
  if (facts.tls !== undefined)
    return (
      `TLS with ${at} failed (${plain(facts.tls, 200)}); --smtp-ca-file names the CA that signed ` +
      'its certificate, --smtp-tls off sends without'
    );
  const fact =
    facts.code === 'ETIMEDOUT'
      ? `said nothing for ${reply / 1_000} seconds`
      : error instanceof Stopped
        ? 'took too long'
        : facts.code === 'EPROTOCOL'
          ? 'answered what is no SMTP'
          : facts.code === 'EMESSAGE'
            ? `takes no message of this size (${plain(facts.message, 100)})`
            : 'closed the connection';
  return phase === 'content'
    ? `${at} ${fact} after the whole message was sent: it may have arrived; the next run sends it ` +
        'again, under the same Message-ID'
    : `${at} ${fact} ${WHEN[phase]}; the next run tries again, and its log may say why`;
}

function noConnection(error: unknown, { code, message }: Facts): string {
  if (error instanceof Stopped) return message;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens';
    case 'ENOTFOUND':
      return 'no such host';
    case 'EAI_AGAIN':
      return 'DNS does not answer';
    default:
      return `no connection (${plain(message, 200)})`;
  }
}

function refusal(facts: Facts, phase: Phase, at: string, from: string): string {
  const reply = plain(facts.response ?? '', 200);
  const [what, next] =
    facts.responseCode === 530
      ? ['mail without a login', 'give one with --smtp-login-file']
      : refused(facts.command ?? '', phase, from);
  const later = `${facts.responseCode}`.startsWith('4') ? 'the next run tries again' : next;
  return `${at} refuses ${what} (${reply}); ${later}`;
}

/** What was refused for good, and what to do about it. */
function refused(command: string, phase: Phase, from: string): readonly [string, string] {
  if (command.startsWith('AUTH')) return ['the login', 'check user and password'];
  switch (command) {
    case 'STARTTLS':
      return ['STARTTLS', '--smtp-tls off sends without TLS'];
    case 'MAIL FROM':
      return [`the sender ${from}`, '--mail-from names another'];
    case 'RCPT TO':
      return ['the recipient', 'check --mail-to'];
    case 'DATA':
      return ['the message', 'its log says why'];
    default:
      return phase === 'login'
        ? ['the login', 'check user and password']
        : ['this host', 'its log says why, --smtp names another'];
  }
}

function factsOf(error: unknown): Facts {
  const { code, originalCode, reason, command, response, responseCode } = error as Partial<
    Record<string, unknown>
  >;
  const message = error instanceof Error ? error.message : String(error);
  // Codes of sockets are words such as ECONNRESET; OpenSSL's have an underscore.
  const tls = code === 'ESOCKET' && `${originalCode}`.includes('_');
  return {
    message,
    ...(tls ? { tls: typeof reason === 'string' ? reason : message.split(';', 1).join() } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof response === 'string' ? { response } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
  };
}

function secretsOf({ login }: MailServer): readonly string[] {
  return login === undefined ? [] : [login.password, `\0${login.user}\0${login.password}`];
}

const WHEN: Readonly<Record<Phase, string>> = {
  connect: 'at once',
  session: 'before the session was ready',
  login: 'at the login',
  envelope: 'before it took the message',
  content: 'after the message',
};
const LOOK_AT_SMTP = 'start the mail server there, or name another with --smtp';
/** Of one reply. */
const REPLY_BYTES = 65_536;
