/** Flags → the ways to tell: topics, a program, or the terminal where none is named. */
import { openTopics } from '../doors.ts';
import { openHook } from '../local-doors.ts';
import { tellAll } from '../run/telling.ts';
import type { Tell } from '../run/watch.ts';
import type { Console } from './console.ts';

export interface TellFlags {
  readonly topic?: string;
  readonly chatTopic?: string;
  readonly hook?: string;
}

export function waysToTell(flags: TellFlags, console: Console): Tell {
  const ways: Tell[] = [];
  if (flags.topic !== undefined || flags.chatTopic !== undefined) ways.push(openTopics(flags));
  if (flags.hook !== undefined) ways.push(openHook(flags.hook));
  if (ways.length > 0) return tellAll(ways);
  return async ({ subject, text }) => {
    console.out(`Subject: ${subject}\n\n${text}\n`);
    return { kind: 'told' };
  };
}
