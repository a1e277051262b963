/** Flags → the ways to tell: mail, a webhook, topics, a program, or the terminal where none is named. */

import type { Channel, Tries } from '../../alert/channel/channel.ts';
import {
  WEBHOOK_DEADLINES,
  type WebhookDeadlines,
} from '../../alert/channel/webhook/webhook-channel.ts';
import type { Alert } from '../../alert/message/describe.ts';
import { mailOf } from '../../alert/message/mail.ts';
import { testMessage } from '../../alert/message/test-message.ts';
import { failedUnitOf, unitFailedMessage } from '../../alert/message/unit-failed.ts';
import { openTopics } from '../../doors.ts';
import { openHook, openMail, openWebhook } from '../../local-doors.ts';
import type { TellFlags } from '../tell-flags.ts';
import type { Console } from '../terminal/console.ts';

/** The channels that the flags name; standard output where they name none. */
export async function waysToTell(
  flags: TellFlags,
  console: Console,
  tries: Tries = 'patient',
): Promise<readonly Channel[]> {
  const ways = await channelsNamed(flags, console, tries);
  return ways.length > 0 ? ways : [onTerminal(console)];
}

/** Those that the flags and the environment name, and no terminal. */
export async function channelsNamed(
  flags: TellFlags,
  { env, now }: Pick<Console, 'env' | 'now'>,
  tries: Tries,
): Promise<readonly Channel[]> {
  return [
    ...(await openMail(flags, env, now, tries)),
    ...(await openWebhook(flags, env, now, DEADLINES[tries])),
    ...openTopics(flags),
    ...(flags.hook === undefined ? [] : [openHook(flags.hook)]),
  ];
}

const DEADLINES: Readonly<Record<Tries, WebhookDeadlines>> = {
  patient: WEBHOOK_DEADLINES,
  once: { ...WEBHOOK_DEADLINES, pauses: [] },
};

const TERMINAL = 'terminal';

const onTerminal = (console: Console): Channel => ({
  kind: TERMINAL,
  name: 'the terminal',
  tell: async ({ subject, text }) => {
    const because = await console.deliver(`Subject: ${subject}\n\n${text}\n`);
    return because === undefined
      ? { kind: 'told' }
      : { kind: 'untold', because: `nobody takes what is written: ${because}` };
  },
});

/** Topics as named; an environment's own where none is. */
export function topicsOf(
  flags: TellFlags,
  place: Pick<TellFlags, 'topic' | 'chatTopic'>,
): Pick<TellFlags, 'topic' | 'chatTopic'> {
  const { topic, chatTopic } =
    flags.topic === undefined && flags.chatTopic === undefined ? place : flags;
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(chatTopic === undefined ? {} : { chatTopic }),
  };
}

/** `--test-message`: through every way that is set up, and nothing else. 0 told, 3 not. */
export const tellTest = (flags: TellFlags, vantage: string, console: Console): Promise<number> =>
  tellAlone(flags, console, 'the test message', (ways) =>
    testMessage(vantage, ways, console.now(), console.own),
  );

/** `--tell-failure`: likewise, that the unit of the daily run failed. */
export const tellFailure = (flags: TellFlags, vantage: string, console: Console): Promise<number> =>
  tellAlone(flags, console, 'the failure', () =>
    unitFailedMessage(vantage, failedUnitOf(console.env), console.now()),
  );

/** @param what names the message where it is not told */
async function tellAlone(
  flags: TellFlags,
  console: Console,
  what: string,
  alertBy: (ways: readonly string[]) => Alert,
): Promise<number> {
  const channels = await waysToTell(flags, console, 'once');
  const ways = channels.flatMap(({ kind, name }) => (kind === TERMINAL ? [] : [name]));
  const alert = alertBy(ways);
  const untold: string[] = [];
  for (const channel of channels) {
    const told = await channel.tell(mailOf(alert), alert);
    if (told.kind === 'untold') untold.push(told.because);
    else if (console.progress && ways.length > 0) console.err(`told: ${channel.name}\n`);
  }
  for (const because of untold) console.err(`error: ${what} was not told: ${because}\n`);
  return untold.length === 0 ? 0 : 3;
}
