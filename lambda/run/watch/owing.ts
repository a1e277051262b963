/**
 * What is owed to a channel that did not take a message while another did: kept, told later to that
 * channel alone, and bounded. Telling it asks no mail server anything.
 */
import type { Channel, Delivery } from '../../alert/channel/channel.ts';
import type { Block } from '../../alert/message/block.ts';
import { type Alert, statusOf } from '../../alert/message/describe.ts';
import { type Mail, mailOf } from '../../alert/message/mail.ts';
import { describeProblems, type Held } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { forgetOwed, readMessage, readOwed, saveOwed } from '../../store/owed.ts';
import { noteOwing } from '../../store/runs.ts';
import type { OwedChannel, OwedMessage, RunRecord } from '../../store/stored-values.ts';
import { StoreError } from '../../store/table-error.ts';
import { moment } from '../../text/dates.ts';
import { plain } from '../../text/strangers.ts';
import type { WatchDoors } from './options.ts';

/** Of a channel that never failed: nothing. */
export function owedBy({ name, kind }: Pick<Channel, 'name' | 'kind'>, now: number): OwedChannel {
  return { channel: name, kind, since: now, failedAt: now, because: '', messages: [], leftOut: 0 };
}

/**
 * After it failed, and with one message more where that is owed to it alone. Of more messages than
 * are kept the worst stay, and of those alike the latest. Pure.
 */
export function afterFailure(
  before: OwedChannel,
  because: string,
  now: number,
  message?: OwedMessage,
): OwedChannel {
  const known = before.messages.filter(({ runId }) => runId !== message?.runId);
  const all = message === undefined ? known : [...known, message];
  const kept = new Set(
    all.toSorted((a, b) => b.severity - a.severity || b.at - a.at).slice(0, MESSAGES_KEPT),
  );
  return {
    ...before,
    failedAt: now,
    because: because.slice(0, BECAUSE_CHARS),
    messages: all.filter((one) => kept.has(one)),
    leftOut: before.leftOut + all.length - kept.size,
  };
}

/**
 * What runs left that died while they told: what one channel took counts as told, and the others
 * are owed it. Each is written down once. Answers the records as they are now, and sentences about
 * what could not be read back.
 */
export async function adoptOwing(
  { store, channels: present }: Pick<WatchDoors, 'store' | 'channels'>,
  recovered: readonly Held<RunRecord>[],
  now: number,
): Promise<{
  readonly recovered: readonly Held<RunRecord>[];
  readonly problems: readonly string[];
}> {
  const adopted: Held<RunRecord>[] = [];
  const problems: string[] = [];
  for (const held of recovered) {
    const { runId, owing = [], message = 0 } = held.value;
    const alert =
      owing.length === 0 ? undefined : await keptAlert(store, { runId, chunks: message });
    if (owing.length > 0 && alert === undefined)
      problems.push(
        `the message of run ${runId} cannot be read back, and will not be told by ` +
          `${owing.map((name) => plain(name, 200)).join(' and ')}; status shows what is open`,
      );
    const { channels } = alert === undefined ? { channels: [] } : await readOwed(store, now);
    for (const name of alert === undefined ? [] : owing) {
      const before = channels.find(({ value }) => value.channel === name)?.value;
      // Of one that is set up no more the kind is not known.
      const channel = present.find((one) => one.name === name) ?? { name, kind: name };
      const because = 'the run ended before it was told there';
      const owed = owedMessage(held.value, alert as Alert);
      await saveOwed(store, afterFailure(before ?? owedBy(channel, now), because, now, owed), now);
    }
    adopted.push(owing.length === 0 ? held : ((await noteOwing(store, held, [])) ?? held));
  }
  return { recovered: adopted, problems };
}

export interface Ledger {
  /** By channel's name; absent: nothing. */
  readonly owed: ReadonlyMap<string, OwedChannel>;
  /** Sentences. */
  readonly problems: readonly string[];
}

/**
 * What is owed to the channels that there are. One of another name, but of the same kind, takes
 * over what is owed: a topic whose ARN was wrong. Others that are set up no more are owed nothing
 * from now on, and a sentence says so.
 */
export async function readLedger(
  store: Store,
  channels: readonly Pick<Channel, 'name' | 'kind'>[],
  now: number,
): Promise<Ledger> {
  const read = await readOwed(store, now);
  const names = new Set(channels.map(({ name }) => name));
  const owed = new Map(
    read.channels.flatMap(({ value }) =>
      names.has(value.channel) ? [[value.channel, value]] : [],
    ),
  );
  const dropped: { readonly value: OwedChannel }[] = [];
  for (const { value } of read.channels.filter((one) => !names.has(one.value.channel))) {
    const heir = channels.find(({ kind, name }) => kind === value.kind && !owed.has(name));
    if (heir !== undefined) {
      const inherited = { ...value, channel: heir.name };
      await saveOwed(store, inherited, now);
      owed.set(heir.name, inherited);
    } else if (value.messages.length + value.leftOut > 0) dropped.push({ value });
    await forgetOwed(store, value.channel);
  }
  return {
    owed,
    problems: [
      ...describeProblems(read.problems),
      ...dropped.map(
        ({ value: { channel, messages, leftOut } }) =>
          `${plain(channel, 200)} is not set up any more: ` +
          `${messagesCount(messages.length + leftOut)} that it did not take will not be told there`,
      ),
    ],
  };
}

export interface CaughtUp {
  /** What is still owed; undefined: nothing. */
  readonly owed: OwedChannel | undefined;
  /** How often it failed just now. */
  readonly failures: number;
  readonly told: number;
  /** Sentences. */
  readonly problems: readonly string[];
}

/**
 * Tells a channel what is owed to it, oldest first. At its second failure it is left in peace: one
 * message that it never takes is not in the way of the others, and one that is dead is asked twice.
 */
export async function catchUp(
  store: Store,
  channel: Channel,
  before: OwedChannel | undefined,
  now: () => number,
): Promise<CaughtUp> {
  let owed = before;
  let failures = 0;
  let told = 0;
  const problems: string[] = [];
  for (const message of before?.messages ?? []) {
    if (owed === undefined || failures >= MOST_FAILURES) break;
    const alert = await keptAlert(store, message);
    if (alert !== undefined) {
      const late = withLateness(alert, message, owed);
      const delivery = await safely(channel, mailOf(late), late);
      if (delivery.kind === 'untold') {
        failures++;
        owed = afterFailure(owed, delivery.because, now());
        continue;
      }
      told++;
    }
    const messages: readonly OwedMessage[] = owed.messages.filter(
      ({ runId }) => runId !== message.runId,
    );
    // What cannot be read back is counted with what was left out, and that is told with the next.
    const leftOut: number = alert === undefined ? owed.leftOut + 1 : 0;
    if (messages.length === 0 && leftOut > 0)
      problems.push(
        `${messagesCount(leftOut)} that ${plain(channel.name, 200)} did not take could not be ` +
          'kept, and will not be told there; status shows what is open',
      );
    owed = messages.length === 0 ? undefined : { ...owed, messages, leftOut };
    if (owed === undefined) await forgetOwed(store, channel.name);
    else await saveOwed(store, owed, now());
  }
  if (failures > 0 && owed !== undefined) await saveOwed(store, owed, now());
  return { owed, failures, told, problems };
}

/** A channel that fails in a way it should not is no reason to leave the others out. */
export async function safely(channel: Channel, mail: Mail, alert: Alert): Promise<Delivery> {
  try {
    return await channel.tell(mail, alert);
  } catch (error) {
    const said = plain(error instanceof Error ? error.message : String(error), 300);
    return { kind: 'untold', because: `${channel.name}: ${said}; please report this` };
  }
}

/** What is kept of a message, so that it can be told later as it was. */
export function owedMessage(
  { runId, message = 0 }: Pick<RunRecord, 'runId' | 'message'>,
  { items, at, subject }: Alert,
): OwedMessage {
  const severity = Math.max(0, ...items.map(({ kind }) => SEVERITY[kind]));
  return { runId, chunks: message, at, subject, severity };
}

/** One sentence for a channel to which something is owed: since when, why, and what comes next. */
export function owedSentence({ channel, since, because, messages, leftOut }: OwedChannel): string {
  const more = leftOut === 0 ? '' : ` (${messagesCount(leftOut)} more were not kept)`;
  return (
    `${plain(channel, 200)} fails since ${moment(since)} and is owed ` +
    `${messagesCount(messages.length)}${more}: ${plain(because, 300)}; the next run tells it ` +
    'there, and nowhere else'
  );
}

const messagesCount = (count: number) => (count === 1 ? '1 message' : `${count} messages`);

/** Undefined where it cannot be read back. */
export async function keptAlert(
  store: Store,
  message: Pick<OwedMessage, 'runId' | 'chunks'>,
): Promise<Alert | undefined> {
  if (message.chunks === 0) return undefined;
  try {
    return (await readMessage(store, message)) as unknown as Alert;
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'damaged') return undefined;
    throw error;
  }
}

function withLateness(alert: Alert, message: OwedMessage, { leftOut }: OwedChannel): Alert {
  const text =
    `This message is late: it was due ${moment(message.at)}, and could not be told this way ` +
    'before now. What it says was so then.';
  const missing: readonly Block[] =
    leftOut === 0
      ? []
      : [
          {
            kind: 'text',
            text:
              `${messagesCount(leftOut)} besides ${leftOut === 1 ? 'was' : 'were'} not kept. What ` +
              'is open now:',
          },
          { kind: 'code', lines: [statusOf(alert)] },
        ];
  return { ...alert, intro: [{ kind: 'text', text }, ...missing, ...alert.intro] };
}

const SEVERITY: Readonly<Record<Alert['items'][number]['kind'], number>> = {
  failing: 6,
  'failing-soon': 5,
  blind: 4,
  degraded: 3,
  unjudged: 2,
  partial: 1,
  channel: 1,
  resolved: 1,
  'mta-sts': 1,
};
/** Of each channel: these are days of news. */
const MESSAGES_KEPT = 10;
/** After which a channel is asked no more in a run. */
export const MOST_FAILURES = 2;
const BECAUSE_CHARS = 1_000;
