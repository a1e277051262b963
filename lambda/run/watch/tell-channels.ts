/**
 * Tells each channel what is owed to it, then the message that is due, and writes down after each
 * what became of it.
 */
import type { Channel, Delivery } from '../../alert/channel/channel.ts';
import type { Alert } from '../../alert/message/describe.ts';
import type { Mail } from '../../alert/message/mail.ts';
import type { Store } from '../../store/keys.ts';
import { saveOwed } from '../../store/owed.ts';
import type { OwedChannel, OwedMessage } from '../../store/stored-values.ts';
import type { OpenedRun } from './open-run.ts';
import { afterFailure, catchUp, MOST_FAILURES, owedBy, readLedger, safely } from './owing.ts';

export interface Telling {
  readonly alert: Alert;
  readonly mail: Mail;
  /** As it is owed to a channel that refuses it. */
  readonly owed: OwedMessage;
}

export interface ToldChannels {
  /** `untold`: no channel took the message. Undefined: there was none. */
  readonly delivery: Delivery | undefined;
  /** What is owed to single channels from now on. */
  readonly owed: readonly OwedChannel[];
  /** Messages of earlier runs that were told now. */
  readonly late: number;
  /** Sentences. */
  readonly problems: readonly string[];
}

interface Doors {
  readonly store: Store;
  readonly channels: readonly Channel[];
  readonly now: () => number;
}

/** Notes that the message was told; `owing` names the channels that have not taken it. */
export type NoteTold = (owing: readonly string[], messageId: string | undefined) => Promise<void>;

/** In the record of the run. */
export const noteIn =
  ({ advance }: Pick<OpenedRun, 'advance'>, now: () => number): NoteTold =>
  async (owing, messageId) => {
    await advance('told', { owing, ...(messageId === undefined ? {} : { messageId }) }, now());
  };

export async function tellChannels(
  doors: Doors,
  telling: Telling | undefined,
  noteTold: NoteTold,
): Promise<ToldChannels> {
  const { store, channels, now } = doors;
  const ledger = await readLedger(store, channels, now());
  const still: OwedChannel[] = [];
  const refused: Refused[] = [];
  const doubtful: string[] = [];
  let owing = channels.map(({ name }) => name);
  let messageId: string | undefined;
  let taken = false;
  let late = 0;
  const problems = [...ledger.problems];
  for (const channel of channels) {
    const before = await catchUp(store, channel, ledger.owed.get(channel.name), now);
    late += before.told;
    problems.push(...before.problems);
    const delivery = telling === undefined ? undefined : await told(channel, telling, before);
    if (delivery?.kind === 'untold') {
      refused.push({ channel, owed: before.owed, because: delivery.because });
      continue;
    }
    if (before.owed !== undefined) still.push(before.owed);
    if (delivery === undefined) continue;
    if (delivery.doubt !== undefined) {
      doubtful.push(delivery.doubt);
      continue;
    }
    taken = true;
    owing = owing.filter((name) => name !== channel.name);
    messageId ??= delivery.messageId;
    await noteTold(owing, messageId);
  }
  if (telling === undefined || !taken) {
    const owed = [...still, ...refused.flatMap((one) => one.owed ?? [])];
    return {
      delivery: telling === undefined ? undefined : untold(refused, doubtful),
      owed,
      late,
      problems,
    };
  }
  for (const { channel, owed, because } of refused) {
    const value = afterFailure(owed ?? owedBy(channel, now()), because, now(), telling.owed);
    if ((await saveOwed(store, value, now())) === 'lost')
      problems.push(
        `what ${channel.name} did not take could not be kept, since a newer version of ` +
          'postfix-tls-watch wrote there: update this installation',
      );
    still.push(value);
  }
  if (refused.length + doubtful.length > 0) await noteTold([], messageId);
  const delivery = { kind: 'told', ...(messageId === undefined ? {} : { messageId }) } as const;
  return { delivery, owed: still, late, problems };
}

interface Refused {
  readonly channel: Channel;
  readonly owed: OwedChannel | undefined;
  readonly because: string;
}

/** One that failed twice over what it is owed is not asked a third time. */
function told(
  channel: Channel,
  { mail, alert }: Telling,
  before: Awaited<ReturnType<typeof catchUp>>,
): Promise<Delivery> | Delivery {
  return before.failures >= MOST_FAILURES && before.owed !== undefined
    ? { kind: 'untold', because: before.owed.because }
    : safely(channel, mail, alert);
}

const untold = (refused: readonly Refused[], doubtful: readonly string[]): Delivery => ({
  kind: 'untold',
  because: [
    ...refused.map(({ because }) => because),
    ...doubtful.map((doubt) => `${doubt}; name a channel that does not depend on it`),
  ].join('; '),
});
