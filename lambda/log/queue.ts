/**
 * What waits in the queue now, as postqueue -j tells it: one JSON document a line, with the words
 * that each recipient is held up by. Pure.
 */
import { LOG_BOUNDS } from '../limits.ts';
import { causeOfWords, type OtherCause, type TlsCause } from './cause.ts';

/** Recipients of one message that wait for one reason. Times are epoch ms. */
export interface QueuedMail {
  readonly queueId: string;
  readonly arrivedAt: number;
  readonly domain: string;
  readonly recipients: number;
  readonly cause: TlsCause;
}

export interface QueueReport {
  /** For TLS. */
  readonly held: readonly QueuedMail[];
  readonly messages: number;
  /** Recipients that wait for something else; `untried` for nothing that is told. */
  readonly other: Readonly<Record<OtherCause | 'untried', number>>;
  /** Lines that are no message. */
  readonly unreadable: number;
  /** Messages beyond those that are kept. */
  readonly forgotten: number;
}

export interface QueueTally {
  take(line: string): void;
  report(): QueueReport;
}

export function openQueueTally(): QueueTally {
  const held: QueuedMail[] = [];
  const other = { connection: 0, dns: 0, reply: 0, other: 0, untried: 0 };
  let [messages, unreadable, forgotten] = [0, 0, 0];
  return {
    take(line) {
      if (line.trim() === '') return;
      const message = readMessage(line);
      if (message === undefined) {
        unreadable++;
        return;
      }
      messages++;
      const groups = new Map<string, QueuedMail>();
      for (const { domain, reason } of message.recipients) {
        if (reason === undefined) {
          other.untried++;
          continue;
        }
        const cause = causeOfWords(reason);
        if (typeof cause === 'string') {
          other[cause]++;
          continue;
        }
        const key = `${domain} ${cause.says}`;
        const { queueId, arrivedAt } = message;
        const recipients = (groups.get(key)?.recipients ?? 0) + 1;
        groups.set(key, { queueId, arrivedAt, domain, recipients, cause });
      }
      for (const one of groups.values())
        if (held.length < LOG_BOUNDS.messages) held.push(one);
        else forgotten++;
    },
    report: () => ({ held, messages, other, unreadable, forgotten }),
  };
}

interface Message {
  readonly queueId: string;
  readonly arrivedAt: number;
  readonly recipients: readonly { readonly domain: string; readonly reason: string | undefined }[];
}

/** Undefined for what postqueue does not write. */
function readMessage(line: string): Message | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(read)) return undefined;
  const { queue_id: queueId, arrival_time: arrival, recipients } = read;
  if (typeof queueId !== 'string' || typeof arrival !== 'number' || !Array.isArray(recipients))
    return undefined;
  if (!/^[0-9A-Za-z]{1,40}$/.test(queueId) || !(Math.abs(arrival) < LAST_SECOND)) return undefined;
  return {
    queueId,
    arrivedAt: arrival * 1000,
    recipients: recipients.slice(0, LOG_BOUNDS.recipientsPerMessage).flatMap((one: unknown) => {
      if (!isRecord(one) || typeof one.address !== 'string') return [];
      const { address, delay_reason: reason } = one;
      const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
      return [{ domain, reason: typeof reason === 'string' ? wordsOf(reason) : undefined }];
    }),
  };
}

/** `(Server certificate not verified)` in the log file of a message, bare in most. */
const wordsOf = (reason: string): string =>
  reason.startsWith('(') && reason.endsWith(')') ? reason.slice(1, -1) : reason;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of what a Date can be. */
const LAST_SECOND = 8_640_000_000_000;
