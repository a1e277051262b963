/**
 * SMTP replies: bytes as they come → whole replies, bounded, and harmless to print.
 *
 * Follows smtp_chat_resp() in src/smtp/smtp_chat.c: lines that carry no three-digit code are kept
 * as text and passed over, and the last line's code and status count. Pure.
 */
import { BOUNDS } from '../limits.ts';
import { UNSHOWABLE } from '../text/strangers.ts';
import type { Reply } from './result.ts';

/** A whole reply: what a report keeps, and its lines for EHLO keywords. */
export interface FullReply extends Reply {
  /** Of the last line. */
  readonly dsn: string;
  readonly lines: readonly string[];
  /** The lines as the server wrote them, where smtp_reply_filter replaced any. */
  readonly written?: readonly string[];
}

/** A line that smtp_reply_filter is to be asked about, before it counts. */
export interface LineToFilter {
  readonly toFilter: string;
}

/**
 * `feed` bytes, then `take` replies. What is left behind a reply stays for the next one, as in
 * Postfix's stream buffer.
 */
export class ReplyReader {
  readonly #stopsAt: number;
  readonly #filters: boolean;
  #stopped = false;
  #held = Buffer.alloc(0);
  /** Past the bound, the rest of a line is dropped until it ends. */
  #skipping = false;
  #skipped = 0;
  #lines: string[] = [];
  #written: string[] = [];
  #replaced = false;
  #heard = 0;
  #kept = 0;
  /** The line that a filter is asked about. */
  #asked: string | undefined;
  /** What it gave. */
  #filtered: string | undefined;

  /**
   * `stopsAt`: octets of one line at which nothing more is read (conversation.ts). `filters`: each
   * line is given out first, and `filtered` has it back.
   */
  constructor(stopsAt = Number.POSITIVE_INFINITY, filters = false) {
    this.#stopsAt = stopsAt;
    this.#filters = filters;
  }

  feed(bytes: Uint8Array): void {
    if (!this.#stopped) this.#held = Buffer.concat([this.#held, bytes]);
  }

  /**
   * Undefined: more bytes are needed. `too-long`: more lines, or more of one line, than anyone
   * should send. `stopped`: a line was so long that nothing behind it is read.
   */
  take(): FullReply | LineToFilter | 'too-long' | 'stopped' | undefined {
    if (this.asking) return undefined;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (this.#filters && next.line === undefined) return { toFilter: next.written };
      const line = next.line ?? next.written;
      if (++this.#heard > BOUNDS.replyLines) return 'too-long';
      this.#replaced ||= line !== next.written;
      this.#keep(line, next.written);
      const code = /^(\d{3})(?: |$)/.exec(line)?.[1];
      if (code === undefined) continue;
      const lines = this.#lines;
      const written = this.#replaced ? { written: this.#written } : {};
      this.#lines = [];
      this.#written = [];
      this.#replaced = false;
      this.#heard = 0;
      this.#kept = 0;
      const text = lines.join(' ').slice(0, BOUNDS.replyTextChars);
      return {
        code: Number(code),
        text,
        dsn: replyDsn({ code: Number(code), text: line }),
        lines,
        ...written,
      };
    }
    if (this.#stopped) return 'stopped';
    return this.#skipped > BOUNDS.replyLineBytes * BOUNDS.replyLines ? 'too-long' : undefined;
  }

  /** Whether a line was given out to the filter and is not back. */
  get asking(): boolean {
    return this.#asked !== undefined && this.#filtered === undefined;
  }

  /** The line that was given out, as the filter has it. */
  filtered(line: string): void {
    this.#filtered = line;
  }

  /** The next line as written, and as a filter has it where one is asked and has answered. */
  #next(): { readonly written: string; readonly line?: string } | undefined {
    const written = this.#asked;
    const line = this.#filtered;
    if (written !== undefined && line !== undefined) {
      this.#asked = undefined;
      this.#filtered = undefined;
      return { written, line };
    }
    const heard = this.#line();
    if (this.#filters) this.#asked = heard;
    return heard === undefined ? undefined : { written: heard };
  }

  /** Bytes behind the last reply taken: plaintext that would cross into TLS. */
  get pending(): number {
    return this.#held.length;
  }

  /** Once 2,048 octets of a reply are kept, its further lines are read and forgotten. */
  #keep(line: string, written: string): void {
    if (this.#kept >= BOUNDS.replyBytes) return;
    this.#kept += Buffer.byteLength(line) + (this.#lines.length > 0 ? 1 : 0);
    this.#lines.push(line);
    this.#written.push(written);
  }

  #line(): string | undefined {
    const end = this.#held.indexOf(0x0a);
    const here = end < 0 ? this.#held.length : end;
    const ends = this.#skipped + here >= this.#stopsAt;
    if (!ends && end < 0 && here <= BOUNDS.replyLineBytes) return undefined;
    const line = this.#skipping
      ? undefined
      : lineText(this.#held.subarray(0, Math.min(here, BOUNDS.replyLineBytes)));
    const whole = ends || end >= 0;
    this.#held = end < 0 || ends ? Buffer.alloc(0) : this.#held.subarray(end + 1);
    this.#skipping = !whole;
    this.#skipped = whole ? 0 : this.#skipped + here;
    this.#stopped ||= ends;
    return line ?? (whole && !ends ? this.#line() : undefined);
  }
}

/**
 * The enhanced status code of a reply (RFC 3463), or its class alone where it gives none of that
 * class; 5.5.0 for a reply of a class that has none.
 */
export function replyDsn({ code, text, dsn }: Reply): string {
  if (dsn !== undefined) return dsn;
  const group = String(code).padStart(3, '0')[0] ?? '0';
  if (!'245'.includes(group)) return '5.5.0';
  const given = /^\d{3}[- ] *(\d\.\d{1,3}\.\d{1,3})(?!\S)/.exec(text)?.[1];
  return given?.startsWith(group) ? given : `${group}.0.0`;
}

/** What a report keeps: the status code of the last line only where the text does not tell it. */
export function kept({ code, text, dsn }: FullReply): Reply {
  return replyDsn({ code, text }) === dsn ? { code, text } : { code, text, dsn };
}

/**
 * Whether an EHLO reply offers a keyword: `250-STARTTLS`, in any case. The first word told is the
 * server's name.
 */
export function offers({ lines }: Pick<FullReply, 'lines'>, keyword: string): boolean {
  const words = lines.map((line) => EHLO_LINE.exec(line)?.[1]).filter((word) => word !== undefined);
  return words.slice(1).some((word) => word.toUpperCase() === keyword);
}

/**
 * "code (SP|-) ehlo-keyword (SP|=) ehlo-param...", as smtp_helo() takes lines apart; the code may
 * be any word.
 */
const EHLO_LINE = /^[- ]*[^- ]+[- ][ \t=]*([^ \t=]+)/;

/**
 * Valid UTF-8 stays; controls, invisible and direction-changing characters become `?`, as Postfix's
 * printable() does for controls. A line ends at a NUL, as text does in C.
 */
function lineText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder()
    .decode(end < 0 ? bytes : bytes.subarray(0, end))
    .replace(/\r+$/, '')
    .replace(/\uFFFD/g, '?')
    .replace(UNSHOWABLE, '?');
}
