/** The type of every medium of `--webhook-format`: how a message is put there, and when it counts. */
import type { Alert } from '../../message/describe.ts';
import type { Mail } from '../../message/mail.ts';

export const WEBHOOK_FORMATS = ['json', 'slack', 'ntfy', 'matrix', 'teams'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

export interface Medium {
  /** In front of ` at HOST`, for people. */
  readonly label: string;
  /** What is wrong with an address; undefined: nothing. */
  readonly mistake: (url: URL) => string | undefined;
  readonly outgoing: (url: URL, mail: Mail, alert: Alert) => Outgoing;
  /** Whether an answer says that the message is there. */
  readonly taken: (answer: Answer) => boolean;
  /** What such an answer is, for people. */
  readonly expects: string;
  /** The same message twice is shown once. */
  readonly repeatable: boolean;
  /** An address is a secret by itself. */
  readonly secretAddress: boolean;
  readonly needsToken: boolean;
}

export interface Outgoing {
  readonly method: 'POST' | 'PUT';
  readonly url: URL;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  /** Cut at `BODY_BYTES`. */
  readonly body: string;
  readonly whole: boolean;
  readonly retryAfter: string | null;
  readonly location: string | null;
}

/** Undefined where the body is no JSON object. */
export function jsonOf({ body, whole }: Answer): Readonly<Record<string, unknown>> | undefined {
  if (!whole) return undefined;
  try {
    const read = JSON.parse(body) as unknown;
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? (read as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** For media in which `<…>` may be a mention: quotation marks that look alike. */
export const withoutAngles = (text: string): string =>
  text.replaceAll('<', '\u2039').replaceAll('>', '\u203a');

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
