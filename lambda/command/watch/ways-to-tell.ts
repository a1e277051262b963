/** Flags → the ways to tell: topics, a program, or the terminal where none is named. */

import type { Channel } from '../../alert/channel/channel.ts';
import { tellAll } from '../../alert/channel/tell-all.ts';
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
export function waysToTell(flags: TellFlags, console: Console): Channel {
  const ways: Channel[] = [];
  if (flags.topic !== undefined || flags.chatTopic !== undefined) ways.push(openTopics(flags));
  if (flags.hook !== undefined) ways.push(openHook(flags.hook));
  if (ways.length > 0) return tellAll(ways);
  return async ({ subject, text }) => {
    const because = await console.deliver(`Subject: ${subject}\n\n${text}\n`);
    return because === undefined
      ? { kind: 'told' }
      : { kind: 'untold', because: `nobody takes what is written: ${because}` };
  };
}

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
  const ways = [
    ...(flags.topic === undefined ? [] : [`mail by the topic ${flags.topic}`]),
    ...(flags.chatTopic === undefined ? [] : [`a chat card by the topic ${flags.chatTopic}`]),
    ...(flags.hook === undefined ? [] : [`the program ${flags.hook}`]),
  ];
  const alert = testMessage(vantage, ways, console.now());
  const told = await waysToTell(flags, console)(mailOf(alert), alert);
  if (told.kind === 'untold') {
    console.err(`error: the test message was not told: ${told.because}\n`);
    return 3;
  }
  if (console.progress && ways.length > 0) console.err(`told: ${ways.join(', ')}\n`);
  return 0;
}
