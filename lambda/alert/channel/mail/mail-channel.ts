/**
 * `--mail-to ADDRESS`: each address is a channel of its own, so that what one recipient's server
 * refuses is owed to that one, and the others do not get it twice.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel } from '../channel.ts';
import { letterOf } from './letter.ts';
import {
  greet,
  MAIL_DEADLINES,
  type MailDeadlines,
  MailError,
  type MailServer,
  submit,
} from './smtp.ts';

export interface MailWays {
  /** Parsed (address.ts), each once. */
  readonly to: readonly string[];
  readonly from: string;
  readonly server: MailServer;
  /** Whether the server is this host's. */
  readonly near: boolean;
  readonly now: () => number;
}

export function mailChannels(
  { to, from, server, near, now }: MailWays,
  deadlines: MailDeadlines = MAIL_DEADLINES,
): readonly Channel[] {
  let greeted: Promise<MailError | undefined> | undefined;
  // One server for all of them: whoever asks meanwhile waits for the same answer.
  const tried = () => {
    const within = { ...deadlines, ...shorter(deadlines) };
    greeted ??= attempted(() => greet(server, within), deadlines.pauses.slice(0, 1)).finally(() => {
      greeted = undefined;
    });
    return greeted;
  };
  return to.map((address) => {
    const name = `mail to ${address}`;
    return {
      // Another address takes over what is owed to the only one; of several, nobody knows to whom.
      kind: to.length === 1 ? 'mail' : name,
      name,
      ...(near ? { recipient: address } : {}),
      tell: async (mail, alert) => {
        const letter = await letterOf(mail, alert, { from, to: address, now: now() });
        const error = await attempted(() => submit(server, letter, deadlines), deadlines.pauses);
        return error === undefined
          ? { kind: 'told' }
          : { kind: 'untold', because: `${name}: ${error.message}` };
      },
      ready: async () => {
        const error = await tried();
        return error === undefined ? undefined : `${name}: ${error.message}`;
      },
    };
  });
}

/** Undefined: done. */
async function attempted(
  act: () => Promise<void>,
  pauses: MailDeadlines['pauses'],
): Promise<MailError | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      await act();
      return undefined;
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      const pauseMs = pauses[attempt];
      if (!error.passing || pauseMs === undefined) return error;
      await wait(pauseMs);
    }
  }
}

/** A run waits for it before it looks at anything. */
const shorter = ({ reply, whole }: MailDeadlines): Pick<MailDeadlines, 'reply' | 'whole'> => ({
  reply: Math.min(reply, 20_000),
  whole: Math.min(whole, 30_000),
});
