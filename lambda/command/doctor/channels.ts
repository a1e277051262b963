/**
 * Whether each channel could tell: by a test message with `--test`, else as far as it shows without
 * one; and whether a message about the queue would depend on that queue.
 */
import type { Channel } from '../../alert/channel/channel.ts';
import { mailOf } from '../../alert/message/mail.ts';
import { testMessage } from '../../alert/message/test-message.ts';
import { wouldNotArrive } from '../../run/watch/own-way.ts';
import { listed } from '../../text/listed.ts';
import type { Console } from '../terminal/console.ts';
import { type Finding, failure, ofError, ok, warning } from './finding.ts';
import type { LookedOut } from './way-out.ts';

/** Of the channels that the flags name. */
export async function channelFindings(
  channels: readonly Channel[],
  vantage: string,
  sends: boolean,
  console: Pick<Console, 'now' | 'own'>,
): Promise<Finding[]> {
  if (channels.length === 0)
    return [
      warning(
        'channels',
        'none is named, so that messages go to standard output: cron mails that, and systemd ' +
          'writes it into the journal, where nobody is told',
        'name one in the file of flags: mail-to, webhook-file, hook or topic (docs/channels.md)',
      ),
    ];
  const ways = channels.map(({ name }) => name);
  const alert = testMessage(vantage, ways, console.now(), console.own);
  return Promise.all(
    channels.map(async (channel) => {
      const { name } = channel;
      if (sends) {
        const told = await channel.tell(mailOf(alert), alert);
        return told.kind === 'told'
          ? ok('channels', `${name}: a test message was sent`)
          : ofError('channels', told.because, CHECK);
      }
      const because = await channel.ready?.();
      if (because !== undefined) return ofError('channels', because, CHECK);
      return ok(
        'channels',
        channel.ready ? `${name}: ready` : `${name}: set up; --test sends a message`,
      );
    }),
  );
}

/** Mail that this host's Postfix delivers, where no other channel is there to say so. */
export function dependenceFindings(
  channels: readonly Channel[],
  { addresses }: Pick<LookedOut, 'addresses'>,
): Finding[] {
  const near = channels.flatMap(({ recipient }) => recipient ?? []);
  const others = channels.some(({ recipient }) => recipient === undefined);
  const hindered = near.flatMap((address) => {
    const verdict = addresses.get(address);
    const would = verdict && wouldNotArrive(verdict);
    return would === undefined ? [] : [{ address, would }];
  });
  const waiting = hindered.map(({ address, would }) =>
    failure(
      'channels',
      `mail to ${address} ${would}`,
      others
        ? 'mend that; until then the other channels alone count'
        : 'mend that, and name a second channel that does without this Postfix (webhook-file, ' +
            'hook), or a mail server elsewhere with --smtp',
    ),
  );
  const leaving = near.filter(
    (address) =>
      addresses.get(address)?.nextHop != null && !hindered.some((one) => one.address === address),
  );
  if (others || leaving.length === 0) return waiting;
  return [
    ...waiting,
    warning(
      'channels',
      `mail to ${listed(leaving)} leaves by the Postfix that is watched, and there is no channel ` +
        'besides: what stops that mail is told nowhere',
      'name a second channel that does without it (webhook-file, hook), or a mail server ' +
        'elsewhere with --smtp',
    ),
  ];
}

const CHECK = 'see docs/channels.md';
