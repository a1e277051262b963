/**
 * One connection as replies and lines, in plaintext and, after `adopt`, inside TLS. Only
 * connection.ts uses it.
 */
import type { Socket } from 'node:net';
import { type FullReply, type LineToFilter, ReplyReader } from './reply.ts';
import type { UnseenReason } from './result.ts';

/** Why there will be no reply. */
export interface Loss {
  readonly reason: UnseenReason;
  readonly detail?: string;
}

/** What smtp_reply_filter makes of a line, or why the conversation ends over it. */
export type LineFilter = (line: string) => Promise<{ readonly line: string } | Loss>;

export interface WireOptions {
  readonly signal?: AbortSignal | undefined;
  /** Octets of one line at which nothing more is read. */
  readonly stopsAt?: number | undefined;
  /** Absent: lines count as they are written. */
  readonly filter?: LineFilter | undefined;
}

export class Wire {
  readonly signal: AbortSignal | undefined;
  #socket: Socket;
  readonly #stopsAt: number | undefined;
  readonly #filter: LineFilter | undefined;
  #reader: ReplyReader;
  #loss: Loss | undefined;
  /** Whoever waits for a reply; told when bytes came, or nothing more will. */
  #wake: (() => void) | undefined;

  constructor(socket: Socket, { signal, stopsAt, filter }: WireOptions = {}) {
    this.#socket = socket;
    this.#stopsAt = stopsAt;
    this.#filter = filter;
    this.#reader = this.#newReader();
    this.signal = signal;
    this.#attach();
    const abort = (): void => this.#lose({ reason: 'not-attempted' });
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', abort));
  }

  say(line: string): void {
    if (this.#loss === undefined) this.#socket.write(`${line}\r\n`);
  }

  /**
   * The next reply. The deadline is for the whole of it: a server that drips bytes gains nothing.
   */
  hear(timeoutMs: number): Promise<FullReply | Loss> {
    return new Promise((resolve) => {
      const expire = (): void => this.#lose({ reason: 'timed-out' });
      let timer = setTimeout(expire, timeoutMs);
      let left = timeoutMs;
      let since = performance.now();
      // The time that our own tables take is not the server's.
      const goOn = (): void => {
        since = performance.now();
        timer = setTimeout(expire, Math.max(0, left));
        look();
      };
      const look = (): void => {
        const heard = this.#heard();
        if (heard === undefined) return;
        clearTimeout(timer);
        if ('toFilter' in heard) {
          left -= performance.now() - since;
          return void this.#ask(heard, goOn);
        }
        this.#wake = undefined;
        this.#socket.pause();
        resolve(heard);
      };
      this.#wake = look;
      this.#socket.resume();
      look();
    });
  }

  /** A whole reply goes before whatever happened to the connection behind it. */
  #heard(): FullReply | LineToFilter | Loss | undefined {
    // What was said before a close still counts, once the filter has answered.
    if (this.#reader.asking && (this.#loss === undefined || this.#loss === LOST)) return undefined;
    const reply = this.#reader.take();
    if (reply !== 'too-long' && reply !== 'stopped') return reply ?? this.#loss;
    this.#socket.destroy();
    this.#loss =
      reply === 'stopped' ? LOST : { reason: 'protocol-error', detail: 'a reply without end' };
    return this.#loss;
  }

  /** Has a line filtered, and looks again. */
  #ask({ toFilter }: LineToFilter, goOn: () => void): void {
    const reader = this.#reader;
    void this.#filter?.(toFilter).then((answer) => {
      if ('line' in answer) {
        reader.filtered(answer.line);
        goOn();
      } else this.#lose(answer);
    });
  }

  #newReader(): ReplyReader {
    return new ReplyReader(this.#stopsAt, this.#filter !== undefined);
  }

  /** Whether bytes are left behind the last reply. */
  get pending(): boolean {
    return this.#reader.pending > 0;
  }

  /** Hands the bare socket over, for a handshake. */
  release(): Socket {
    this.#socket
      .off('data', this.#onData)
      .off('error', this.#onError)
      .off('end', this.#onEnd)
      .off('close', this.#onEnd);
    return this.#socket;
  }

  /** Goes on inside TLS, where nothing of the plaintext counts any more. */
  adopt(socket: Socket): void {
    this.#socket = socket;
    this.#reader = this.#newReader();
    this.#attach();
  }

  /**
   * Says QUIT where the connection still stands. What the server answers is of no interest, as for
   * Postfix (smtp_skip_quit_response): resolves when the connection is closed, which need not be
   * waited for and keeps no process alive.
   */
  async quit(): Promise<void> {
    const socket = this.#socket;
    if (this.#loss !== undefined || !socket.writable) return void socket.destroy();
    this.#socket.off('data', this.#onData);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      let left = FAREWELL_BYTES;
      socket.on('data', (bytes: Buffer) => {
        left -= bytes.length;
        if (left < 0) socket.destroy();
      });
      socket.resume();
      socket.end('QUIT\r\n');
      socket.unref();
    });
  }

  #attach(): void {
    this.#socket
      .on('data', this.#onData)
      .on('error', this.#onError)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd);
    this.#socket.pause();
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#reader.feed(bytes);
    this.#wake?.();
  };

  readonly #onError = (error: NodeJS.ErrnoException): void =>
    this.#lose(error.code === 'ETIMEDOUT' ? { reason: 'timed-out' } : LOST);

  readonly #onEnd = (): void => this.#lose(LOST);

  #lose(loss: Loss): void {
    this.#loss ??= loss;
    if (loss !== LOST) this.#socket.destroy();
    this.#wake?.();
  }
}

const LOST: Loss = { reason: 'connection-lost' };

const FAREWELL_MS = 2_000;
const FAREWELL_BYTES = 10_000;
