/** Flags and environment → the mail channels; one that cannot be set up is there and tells nothing. */
import { hostname } from 'node:os';
import { type Channel, type Tries, unusable } from '../channel.ts';
import { readOwnFile, readSecret, SetupError } from '../own-file.ts';
import { domainOf, parseAddress, parseServer } from './address.ts';
import type { Login, MailServer } from './smtp.ts';

export interface MailFlags {
  /** Parsed (address.ts). */
  readonly mailTo?: readonly string[];
  readonly mailFrom?: string;
  /** As parseServer() reads it. */
  readonly smtp?: string;
  readonly smtpTls?: MailServer['tls'];
  readonly smtpCaFile?: string;
  readonly smtpLoginFile?: string;
}

export async function openMail(
  flags: MailFlags,
  env: Readonly<Record<string, string | undefined>>,
  now: () => number,
  tries: Tries = 'patient',
): Promise<readonly Channel[]> {
  const { mailTo: to = [], mailFrom } = flags;
  if (to.length === 0) return [];
  let because: string | undefined;
  let server: MailServer = { host: 'localhost', port: 25, tls: 'off' };
  try {
    server = await serverOf(flags, env);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    because = error.message;
  }
  // Most commands need no mail.
  const { mailChannels } = await import('./mail-channel.ts');
  const { MAIL_DEADLINES } = await import('./smtp.ts');
  const ways = { to, from: mailFrom ?? senderFor(to), server, near: isLoopback(server.host), now };
  const channels = mailChannels(
    ways,
    tries === 'patient' ? MAIL_DEADLINES : { ...MAIL_DEADLINES, pauses: [] },
  );
  return because === undefined ? channels : channels.map((one) => unusable(one, because));
}

async function serverOf(
  { smtp: named = 'localhost', smtpTls, smtpCaFile, smtpLoginFile }: MailFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<MailServer> {
  const smtp = parseServer(named);
  if (smtp === undefined) throw new SetupError(`--smtp ${named}: a host, or host:port, is wanted`);
  const near = isLoopback(smtp.host);
  const tls = smtpTls ?? (smtp.port === 465 ? 'wrapper' : near ? 'off' : 'starttls');
  const file = { path: smtpLoginFile, flag: '--smtp-login-file' };
  const secret = await readSecret(file, LOGIN_VARIABLE, env);
  const login = secret === undefined ? undefined : loginOf(secret, smtpLoginFile);
  if (login !== undefined && tls === 'off' && !near)
    throw new SetupError(
      `--smtp-tls off would send the password in the clear to ${smtp.host}; leave it out, or the ` +
        'login',
    );
  const ca = smtpCaFile === undefined ? undefined : await readOwnFile(smtpCaFile, '--smtp-ca-file');
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new SetupError(`--smtp-ca-file ${smtpCaFile}: it has no certificate (PEM)`);
  return {
    ...smtp,
    tls,
    ...(ca === undefined ? {} : { ca }),
    ...(login === undefined ? {} : { login }),
  };
}

function loginOf(secret: string, file: string | undefined): Login {
  const colon = secret.indexOf(':');
  if (colon < 1 || colon === secret.length - 1)
    throw new SetupError(
      `${file === undefined ? LOGIN_VARIABLE : `--smtp-login-file ${file}`}: user:password is wanted`,
    );
  return { user: secret.slice(0, colon), password: secret.slice(colon + 1) };
}

/** Where this host's name has no domain, that of who is told. */
function senderFor([first = '']: readonly string[]): string {
  const host = hostname();
  const own = parseAddress(`postfix-tls-watch@${host}`);
  return host.includes('.') && own !== undefined ? own : `postfix-tls-watch@${domainOf(first)}`;
}

const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);

const LOGIN_VARIABLE = 'POSTFIX_TLS_WATCH_SMTP_LOGIN';
