/**
 * A scripted mail server on one address: raw SMTP over net and tls, so that it can break every rule a real one breaks.
 *
 * It presents chains exactly as given (duplicates, aliens, leaf alone), takes mail with `250 queued`, so that a real
 * Postfix can deliver, and keeps a record of what each client said and sent.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientHello } from './client-hello.ts';
import { type Behaviour, type Script, type Step, scriptOf } from './smtp-script.ts';
import { firstRecord, handshake, type Identity, nextChunk, type TlsServing } from './tls-server.ts';

export interface SmtpOptions {
  readonly address?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly behaviour?: Behaviour;
  /** Steps that differ from the behaviour's. */
  readonly script?: Partial<Script>;
  /** PEM as sent, leaf first. Absent: every handshake fails, an anonymous one apart. */
  readonly chain?: string;
  /** The leaf's key, PEM. */
  readonly key?: string;
  /** By SNI, lower case. */
  readonly sniChains?: Readonly<Record<string, Identity>>;
  /** Clients without a known SNI are refused with an alert. */
  readonly sniOnly?: boolean;
  /** The one client address that is welcome; others are greeted with 554. */
  readonly onlyFrom?: string;
  /** For a server on 0.0.0.0, which is thousands of hosts: how each behaves, by its address. */
  readonly behaviourAt?: (address: string) => Behaviour;
  /** Told of each line that a client says, and of its end. */
  readonly listener?: {
    readonly said: (seen: SeenConversation, line: string) => void;
    readonly left: (seen: SeenConversation) => void;
  };
}

/** What one client said and sent. */
export interface SeenConversation {
  readonly from: string;
  /** The address of ours that was called. */
  readonly to: string;
  /** Commands as received, without CR LF; message content is left out. */
  readonly commands: string[];
  hello?: ClientHello;
  protocol?: string;
  cipher?: string;
  /** How the handshake died, seen from here. */
  handshakeError?: string;
  took?: 'tls' | 'plaintext';
}

export interface SmtpServer {
  readonly address: string;
  readonly port: number;
  readonly conversations: SeenConversation[];
  /** From the next connection on. `refuse` cannot be switched to or from. */
  behave(behaviour: Behaviour, script?: Partial<Script>): void;
  /** From the next connection on. */
  present(identity: Identity): void;
  close(): Promise<void>;
}

/** Starts a server. With the behaviour `refuse` nothing listens, and only the port is chosen. */
export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpServer> {
  const { address = '127.0.0.1', port = 0, chain, key, sniChains = {}, sniOnly = false } = options;
  let script = scriptOf(options.behaviour ?? 'ok', options.script);
  let identity: Identity | undefined = chain === undefined || key === undefined ? undefined : { chain, key };
  const conversations: SeenConversation[] = [];
  const open = new Set<Socket>();

  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const seen: SeenConversation = { from: socket.remoteAddress ?? '', to: socket.localAddress ?? '', commands: [] };
    conversations.push(seen);
    socket.on('close', () => options.listener?.left(seen));
    const welcome = options.onlyFrom === undefined || options.onlyFrom === seen.from;
    const own = options.behaviourAt === undefined ? script : scriptOf(options.behaviourAt(seen.to));
    const played: Script = welcome ? own : { ...own, greeting: { say: '554 5.7.1 not from there' } };
    converse(socket, seen, played, { terms: script.tls, identity, sniChains, sniOnly }, options.listener?.said).catch(() =>
      socket.destroy(),
    );
  });
  server.listen(port, address);
  await once(server, 'listening');
  const chosen = (server.address() as AddressInfo).port;
  if (!script.listens) await new Promise<void>((done) => server.close(() => done()));

  return {
    address,
    port: chosen,
    conversations,
    behave: (next, changes) => {
      script = scriptOf(next, changes);
    },
    present: (next) => {
      identity = next;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

type Hears = ((seen: SeenConversation, line: string) => void) | undefined;

async function converse(socket: Socket, seen: SeenConversation, script: Script, serving: TlsServing, said: Hears): Promise<void> {
  const inner = script.wrapper ? await secure(socket, seen, script, serving) : socket;
  if (inner !== undefined && (await step(inner, script, script.greeting)))
    await talk(inner, seen, script, serving, script.wrapper, said);
}

/** The dialogue from EHLO on; once more inside TLS. */
async function talk(
  socket: Socket,
  seen: SeenConversation,
  script: Script,
  serving: TlsServing,
  secured: boolean,
  said: Hears,
): Promise<void> {
  let inData = false;
  for await (const line of linesOf(socket)) {
    if (inData) {
      if (line !== '.') continue;
      inData = false;
      seen.took = secured ? 'tls' : 'plaintext';
      await step(socket, script, { say: '250 queued' });
      continue;
    }
    seen.commands.push(line);
    said?.(seen, line);
    const verb = line.split(' ', 1)[0]?.toUpperCase();
    if (verb === 'STARTTLS' && accepted(script.starttls)) {
      const inner = await startTls(socket, seen, script, serving);
      if (inner !== undefined) await talk(inner, seen, script, serving, true, said);
      return;
    }
    inData = verb === 'DATA';
    if (!(await step(socket, script, answerTo(verb, script, secured)))) return;
    if (verb === 'QUIT') return void socket.end();
  }
}

function answerTo(verb: string | undefined, script: Script, secured: boolean): Step {
  switch (verb) {
    case 'EHLO':
      if (secured && script.ehloAfterTls !== undefined) return script.ehloAfterTls;
      if (script.ehlo !== 'extensions') return script.ehlo;
      return { say: `250-mail server\r\n${script.offersStarttls && !secured ? '250-STARTTLS\r\n' : ''}250 8BITMIME` };
    case 'HELO':
      return (secured ? script.heloAfterTls : undefined) ?? script.helo;
    case 'STARTTLS':
      return script.starttls;
    case 'MAIL':
      return script.mail;
    case 'RCPT':
      return script.rcpt;
    case 'DATA':
      return { say: '354 go ahead' };
    case 'QUIT':
      return { say: '221 bye' };
    default:
      return { say: '250 ok' };
  }
}

const accepted = (reply: Step) => typeof reply === 'object' && reply.say.startsWith('2');

/** Says its part; false when the conversation ends here. */
async function step(socket: Socket, script: Script, what: Step): Promise<boolean> {
  if (script.delayMs > 0) await sleep(script.delayMs);
  if (what === 'silence') {
    socket.resume();
    return false;
  }
  if (what === 'close') {
    socket.end();
    return false;
  }
  if (socket.writable) socket.write(`${what.say}\r\n`);
  if (!what.say.startsWith('421') && what.leaves === undefined) return true;
  socket.end();
  return false;
}

async function startTls(
  socket: Socket,
  seen: SeenConversation,
  script: Script,
  serving: TlsServing,
): Promise<Socket | undefined> {
  if (script.delayMs > 0) await sleep(script.delayMs);
  if (typeof script.starttls === 'object') socket.write(`${script.starttls.say}\r\n${script.injected ?? ''}`);
  switch (script.behindStarttls) {
    case 'handshake':
      return secure(socket, seen, script, serving);
    case 'close':
      socket.end();
      return undefined;
    case 'garbage':
      await firstRecord(socket);
      socket.end('this is no TLS record, and never will be\r\n');
      return undefined;
    case 'silence':
      socket.resume();
      return undefined;
  }
}

async function secure(socket: Socket, seen: SeenConversation, script: Script, serving: TlsServing): Promise<Socket | undefined> {
  const result = await handshake(socket, serving, (hello) => {
    seen.hello = hello;
  });
  switch (result.kind) {
    case 'failed':
      seen.handshakeError = result.because;
      return undefined;
    case 'secured':
      seen.protocol = result.socket.getProtocol() ?? '';
      seen.cipher = result.socket.getCipher().name;
      if (script.behindHandshake === undefined) return result.socket;
      result.socket.end();
      return undefined;
  }
}

/** Lines as they arrive; what a client sends behind STARTTLS in the same packet would be lost, and a good one sends nothing. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let held = '';
  for (let chunk = await nextChunk(socket); chunk !== undefined; chunk = await nextChunk(socket)) {
    held += chunk.toString('latin1');
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      const line = held.slice(0, end).replace(/\r$/, '');
      held = held.slice(end + 1);
      yield line;
    }
  }
}
