/** Flags → the ways to tell: topics, a program, or the terminal where none is named. */

import type { Channel } from '../../alert/channel/channel.ts';
import { mailOf } from '../../alert/message/mail.ts';
import { testMessage } from '../../alert/message/test-message.ts';
import { openTopics } from '../../doors.ts';
import { openHook } from '../../local-doors.ts';
import type { Console } from '../terminal/console.ts';

export interface TellFlags {
  readonly topic?: string;
  readonly chatTopic?: string;
  readonly hook?: string;
}

/** The channels that the flags name; standard output where they name none. */
export function waysToTell(flags: TellFlags, console: Console): readonly Channel[] {
  const ways = [...openTopics(flags), ...(flags.hook === undefined ? [] : [openHook(flags.hook)])];
  return ways.length > 0 ? ways : [onTerminal(console)];
}

const onTerminal = (console: Console): Channel => ({
  kind: 'terminal',
  name: 'the terminal',
  tell: async ({ subject, text }) => {
    const because = await console.deliver(`Subject: ${subject}\n\n${text}\n`);
    return because === undefined
      ? { kind: 'told' }
      : { kind: 'untold', because: `nobody takes what is written: ${because}` };
  },
});

/** Topics as named; an environment's own where none is. */
export function topicsOf(flags: TellFlags, place: TellFlags): TellFlags {
  const { topic, chatTopic } =
    flags.topic === undefined && flags.chatTopic === undefined ? place : flags;
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(chatTopic === undefined ? {} : { chatTopic }),
  };
}

/** `--test-message`: through every way that is set up, and nothing else. 0 told, 3 not. */
export async function tellTest(
  flags: TellFlags,
  vantage: string,
  console: Console,
): Promise<number> {
  const named = flags.topic ?? flags.chatTopic ?? flags.hook;
  const channels = waysToTell(flags, console);
  const ways = named === undefined ? [] : channels.map(({ name }) => name);
  const alert = testMessage(vantage, ways, console.now());
  const untold: string[] = [];
  for (const channel of channels) {
    const told = await channel.tell(mailOf(alert), alert);
    if (told.kind === 'untold') untold.push(told.because);
    else if (console.progress && ways.length > 0) console.err(`told: ${channel.name}\n`);
  }
  for (const because of untold) console.err(`error: the test message was not told: ${because}\n`);
  return untold.length === 0 ? 0 : 3;
}
