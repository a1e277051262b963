/**
 * `--mail-to ADDRESS`: each address is a channel of its own, so that what one recipient's server
 * refuses is owed to that one, and the others do not get it twice.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel } from '../channel.ts';
import { type Letter, letterOf } from './letter.ts';
import { MAIL_DEADLINES, type MailDeadlines, MailError, type MailServer, submit } from './smtp.ts';

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
  return to.map((address) => {
    const name = `mail to ${address}`;
    return {
      // Another address takes over what is owed to the only one; of several, nobody knows to whom.
      kind: to.length === 1 ? 'mail' : name,
      name,
      ...(near ? { recipient: address } : {}),
      tell: async (mail, alert) => {
        const letter = await letterOf(mail, alert, { from, to: address, now: now() });
        const error = await submitted(server, letter, deadlines);
        return error === undefined
          ? { kind: 'told' }
          : { kind: 'untold', because: `${name}: ${error.message}` };
      },
    };
  });
}

/** Undefined: taken. */
async function submitted(
  server: MailServer,
  letter: Letter,
  deadlines: MailDeadlines,
): Promise<MailError | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      await submit(server, letter, deadlines);
      return undefined;
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      const pauseMs = deadlines.pauses[attempt];
      if (!error.passing || pauseMs === undefined) return error;
      await wait(pauseMs);
    }
  }
}
