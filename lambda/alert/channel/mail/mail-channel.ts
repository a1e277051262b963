/**
 * `--mail-to ADDRESS`: each address is a channel of its own, so that what one recipient's server
 * refuses is owed to that one, and the others do not get it twice.
 */
import type { Channel } from '../channel.ts';
import { letterOf } from './letter.ts';
import { MAIL_DEADLINES, MailError, type MailServer, submit } from './smtp.ts';

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
  deadlines = MAIL_DEADLINES,
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
        try {
          await submit(server, letter, deadlines);
          return { kind: 'told' };
        } catch (error) {
          if (error instanceof MailError)
            return { kind: 'untold', because: `${name}: ${error.message}` };
          throw error;
        }
      },
    };
  });
}
