/**
 * SMTP replies: bytes as they come → whole replies, bounded, and harmless to print.
 *
 * Follows smtp_chat_resp() in src/smtp/smtp_chat.c: lines that carry no three-digit code are kept
 * as text and passed over, and the last line's code counts. Pure.
 */
import { BOUNDS } from '../limits.ts';
import { UNSHOWABLE } from '../text/strangers.ts';
import type { Reply } from './result.ts';

/** A whole reply: what a report keeps, and its lines for EHLO keywords. */
export interface FullReply extends Reply {
  readonly lines: readonly string[];
}

/**
 * `feed` bytes, then `take` replies. What is left behind a reply stays for the next one, as in
 * Postfix's stream buffer.
 */
export class ReplyReader {
  #held = Buffer.alloc(0);
  /** Past this, the rest of a line is dropped until it ends. */
  #skipping = false;
  #skipped = 0;
  #lines: string[] = [];

  feed(bytes: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, bytes]);
  }

  /**
   * Undefined: more bytes are needed. `too-long`: more lines, or more of one line, than anyone
   * should send.
   */
  take(): FullReply | 'too-long' | undefined {
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      if (this.#lines.push(line) > BOUNDS.replyLines) return 'too-long';
      const code = /^(\d{3})(?: |$)/.exec(line)?.[1];
      if (code === undefined) continue;
      const lines = this.#lines;
      this.#lines = [];
      return { code: Number(code), text: lines.join(' ').slice(0, BOUNDS.replyTextChars), lines };
    }
    return this.#skipped > BOUNDS.replyLineBytes * BOUNDS.replyLines ? 'too-long' : undefined;
  }

  /** Bytes behind the last reply taken: plaintext that would cross into TLS. */
  get pending(): number {
    return this.#held.length;
  }

  #line(): string | undefined {
    const end = this.#held.indexOf(0x0a);
    if (end >= 0) {
      const line = this.#skipping
        ? ''
        : lineText(this.#held.subarray(0, Math.min(end, BOUNDS.replyLineBytes)));
      this.#held = this.#held.subarray(end + 1);
      const continued = this.#skipping;
      this.#skipping = false;
      return continued ? this.#line() : line;
    }
    if (this.#held.length <= BOUNDS.replyLineBytes) return undefined;
    const line = this.#skipping
      ? undefined
      : lineText(this.#held.subarray(0, BOUNDS.replyLineBytes));
    this.#skipped += this.#held.length;
    this.#held = Buffer.alloc(0);
    this.#skipping = true;
    return line;
  }
}

/**
 * Whether an EHLO reply offers a keyword: `250-STARTTLS`, in any case. The first word told is the
 * server's name.
 */
export function offers(reply: FullReply, keyword: string): boolean {
  const words = reply.lines
    .map((line) => EHLO_LINE.exec(line)?.[1])
    .filter((word) => word !== undefined);
  return words.slice(1).some((word) => word.toUpperCase() === keyword);
}

/**
 * "code (SP|-) ehlo-keyword (SP|=) ehlo-param...", as smtp_helo() takes lines apart; the code may
 * be any word.
 */
const EHLO_LINE = /^[- ]*[^- ]+[- ][ \t=]*([^ \t=]+)/;

/**
 * Valid UTF-8 stays; controls, invisible and direction-changing characters become `?`, as Postfix's
 * printable() does for controls.
 */
function lineText(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes)
    .replace(/\r$/, '')
    .replace(/\uFFFD/g, '?')
    .replace(UNSHOWABLE, '?');
}
