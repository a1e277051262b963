/**
 * A mail server on loopback that takes letters and keeps them: `smtp-server` speaks SMTP, and what is no good letter (RFC 5322)
 * is refused. It fails as real ones do, at each step.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface Taken {
  readonly from: string;
  readonly to: string;
  /** As sent, header and body. */
  readonly raw: string;
  /** Names in lower case, unfolded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded; lines ended by LF. */
  readonly text: string;
  readonly tls: boolean;
  readonly user: string | undefined;
}

/** At each step a reply, a connection that is dropped, or silence; `answer-lost`: taken, and dropped before the answer. */
export interface MailFault {
  readonly at: 'greeting' | 'sender' | 'recipient' | 'content';
  readonly how: number | 'drop' | 'hang' | 'answer-lost';
}

export interface MailSink {
  readonly port: number;
  readonly letters: readonly Taken[];
  /** Why letters were refused as no good ones. */
  readonly faults: readonly string[];
  /** For letters to that address, or to all; for so many of them, or all from now on; undefined ends it. */
  fail(fault: MailFault | undefined, to?: string, times?: number): void;
  forget(): void;
  close(): Promise<void>;
}

export interface MailSinkOptions {
  /** TLS from byte 0; else STARTTLS. PEM. */
  readonly wrapper?: boolean;
  readonly key?: string;
  readonly cert?: string;
  /** The largest letter, as EHLO says it. */
  readonly size?: number;
  /** Without it, nobody need log in. */
  readonly login?: { readonly user: string; readonly password: string };
}

export async function startMailSink({ wrapper = false, key, cert, login, size }: MailSinkOptions = {}): Promise<MailSink> {
  const letters: Taken[] = [];
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  let fault: MailFault | undefined;
  let only: string | undefined;
  let left = 0;

  /** True where a fault is played and nothing more is to be said. */
  function play(at: MailFault['at'], to: string | undefined, callback: (error?: Error | null) => void): boolean {
    if (fault === undefined || fault.at !== at || (only !== undefined && to !== undefined && to !== only)) return false;
    if (left-- <= 0) return false;
    if (fault.how === 'hang') return true;
    if (fault.how === 'drop' || fault.how === 'answer-lost') for (const socket of sockets) socket.destroy();
    else callback(Object.assign(new Error(`not taken, ${fault.how}`), { responseCode: fault.how }));
    return true;
  }

  const server = new SMTPServer({
    secure: wrapper,
    ...(size === undefined ? {} : { size }),
    ...(key === undefined ? { disabledCommands: ['STARTTLS', ...(login === undefined ? ['AUTH'] : [])] } : { key, cert }),
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onConnect: (_, callback) => void (play('greeting', undefined, callback) || callback()),
    onAuth: ({ username, password }, _, callback) =>
      username === login?.user && password === login?.password
        ? callback(null, { user: username })
        : callback(Object.assign(new Error(`authentication failed for ${password ?? ''}`), { responseCode: 535 })),
    onMailFrom: (_, __, callback) => void (play('sender', undefined, callback) || callback()),
    onRcptTo: ({ address }, _, callback) => void (play('recipient', address, callback) || callback()),
    onData: (stream, session, callback) => {
      void buffer(stream).then((content) => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join(' ');
        const take = () => {
          const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
          letters.push({ from, to, ...read(content), tls: session.secure, user: session.user });
        };
        const wrong = wrongIn(content);
        if (wrong !== undefined) {
          faults.push(wrong);
          return callback(Object.assign(new Error(wrong), { responseCode: 550 }));
        }
        if (fault?.how === 'answer-lost' && (only === undefined || only === to)) take();
        if (play('content', to, callback)) return;
        take();
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');

  return {
    port: (server.server.address() as AddressInfo).port,
    letters,
    faults,
    fail(next, to, times = Number.POSITIVE_INFINITY) {
      fault = next;
      only = to;
      left = times;
    },
    forget() {
      letters.length = 0;
      faults.length = 0;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

/** What a strict server minds. */
function wrongIn(content: Buffer): string | undefined {
  const text = content.toString('latin1');
  const lines = text.split('\r\n');
  if (/[\x80-\xff\0]/.test(text)) return 'a letter has 7 bits';
  if (/\r(?!\n)|(?<!\r)\n/.test(text)) return 'lines end with CR LF';
  if (lines.some((line) => line.length > 998)) return 'a line has more than 998 characters';
  const { headers } = read(content);
  const missing = ['from', 'to', 'date', 'message-id', 'subject', 'mime-version', 'content-type'].filter(
    (name) => headers[name] === undefined,
  );
  if (missing.length > 0) return `no ${missing.join(', ')}`;
  const ids = [headers['message-id'], headers['in-reply-to'], ...(headers.references ?? '').split(' ')];
  if (ids.some((id) => id !== undefined && id !== '' && !/^<[\w.-]+@[\w.-]+>$/.test(id))) return 'no message id';
  return undefined;
}

function read(content: Buffer): Pick<Taken, 'raw' | 'headers' | 'text'> {
  const raw = content.toString('latin1');
  const end = raw.indexOf('\r\n\r\n');
  const fields = raw
    .slice(0, end)
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .split('\r\n');
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    if (!/^[a-z-]+$/.test(name) || headers[name] !== undefined) throw new Error(`odd header: ${field}`);
    headers[name] = field.slice(colon + 1).trim();
  }
  const body = raw.slice(end + 4);
  const bytes =
    headers['content-transfer-encoding'] === 'quoted-printable'
      ? body
          .replaceAll('=\r\n', '')
          .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : body;
  return { raw, headers, text: Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n') };
}
