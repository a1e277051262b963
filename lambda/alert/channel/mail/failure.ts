/** A letter that was not taken: how far it came, and what to say of it. Pure. */
import { plain } from '../../../text/strangers.ts';
import { withoutSecrets } from '../../../text/without-secrets.ts';

/** How far it came. */
export type Phase = 'connect' | 'session' | 'login' | 'envelope' | 'content';

/** A wait of ours that was ended. */
export class Stopped extends Error {}

/** A login was to be used, and none is offered. */
export class NoLogin extends Error {}

/** What nodemailer says of an error, or Node of a socket. */
export interface Facts {
  readonly message: string;
  readonly code?: string;
  /** Why a handshake failed. */
  readonly tls?: string;
  /** What was asked when it was refused: `RCPT TO`. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

export interface Failure {
  readonly error: unknown;
  readonly facts: Facts;
  readonly phase: Phase;
  /** `host:port`. */
  readonly at: string;
}

/**
 * A server that is being started, or is busy: what was refused for the moment, and a connection that
 * was not had or not kept. What is waited for in vain is not waited for again.
 */
export function isPassing({ error, facts, phase }: Failure): boolean {
  const { responseCode, code } = facts;
  if (responseCode !== undefined) return responseCode < 500;
  if (error instanceof Stopped || error instanceof NoLogin || facts.tls !== undefined) return false;
  return phase !== 'content' && code !== 'ETIMEDOUT' && code !== 'EPROTOCOL' && code !== 'EMESSAGE';
}

/** Fact and next step. */
export function sentenceOf(
  { error, facts, phase, at }: Failure,
  from: string,
  replyMs: number,
): string {
  if (facts.responseCode !== undefined) return refusal(facts, phase, at, from);
  if (error instanceof NoLogin)
    return `${at} offers no login (AUTH); leave the login out, or name another server with --smtp`;
  if (phase === 'connect') return `${noConnection(error, facts)}: ${at}; ${LOOK_AT_SMTP}`;
  if (facts.tls !== undefined)
    return (
      `TLS with ${at} failed (${plain(facts.tls, 200)}); --smtp-ca-file names the CA that signed ` +
      'its certificate, --smtp-tls off sends without'
    );
  if (facts.code === 'EMESSAGE')
    return (
      `${at} takes no message of this size (${plain(facts.message, 100)}); raise its limit, or ` +
      'name another server with --smtp'
    );
  const fact =
    facts.code === 'ETIMEDOUT'
      ? `said nothing for ${replyMs / 1_000} seconds`
      : error instanceof Stopped
        ? 'took too long'
        : facts.code === 'EPROTOCOL'
          ? 'answered what is no SMTP'
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

/** Secrets are taken out before anything is cut. */
export function factsOf(error: unknown, secrets: readonly string[]): Facts {
  const { code, originalCode, reason, command, response, responseCode } = error as Partial<
    Record<string, unknown>
  >;
  const hide = (text: string) => withoutSecrets(text, secrets);
  const message = hide(error instanceof Error ? error.message : String(error));
  // Codes of sockets are words such as ECONNRESET; OpenSSL's have an underscore.
  const tls = code === 'ESOCKET' && `${originalCode}`.includes('_');
  return {
    message,
    ...(tls ? { tls: typeof reason === 'string' ? reason : message.split(';', 1).join() } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof response === 'string' ? { response: hide(response) } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
  };
}

const WHEN: Readonly<Record<Phase, string>> = {
  connect: 'at once',
  session: 'before the session was ready',
  login: 'at the login',
  envelope: 'before it took the message',
  content: 'after the message',
};
const LOOK_AT_SMTP = 'start the mail server there, or name another with --smtp';
