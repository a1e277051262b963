/** A message is counted once for each domain, whatever its recipients; what was not delivered elsewhere is none. */
import { expect, test } from 'vitest';
import { readLine } from '../../lambda/log/line.ts';
import { openMessagesTally } from '../../lambda/log/messages-sent.ts';
import { CALENDAR, ended, smtp } from './log.ts';

const NOW = Date.UTC(2026, 10, 26);

function sentIn(lines: readonly string[], now = NOW): [string, number][] {
  const tally = openMessagesTally(now);
  for (const text of lines) {
    const line = readLine(text, CALENDAR);
    if (line !== undefined) tally.take(line);
  }
  return [...tally.sent()];
}

const to = (id: string, recipient: string, end = 'sent 2.0.0 250 ok', relay?: string) =>
  smtp('10:00:00', 1, ended(id, recipient, end, relay));

test.each<{
  readonly because: string;
  readonly lines: readonly string[];
  readonly says: [string, number][];
  readonly now?: number;
}>([
  {
    because: 'two recipients of a domain are one message',
    lines: [to('A1', 'a@b.test'), to('A1', 'c@B.test')],
    says: [['b.test', 1]],
  },
  {
    because: 'two domains are one each',
    lines: [to('A1', 'a@b.test'), to('A1', 'a@c.test')],
    says: [
      ['b.test', 1],
      ['c.test', 1],
    ],
  },
  { because: 'two messages are two', lines: [to('A1', 'a@b.test'), to('A2', 'a@b.test')], says: [['b.test', 2]] },
  { because: 'a name is ASCII', lines: [to('A1', 'a@bücher.test')], says: [['xn--bcher-kva.test', 1]] },
  { because: 'what waits was not sent', lines: [to('A1', 'a@b.test', 'deferred 4.7.5 not verified')], says: [] },
  { because: 'what stays here went nowhere', lines: [to('A1', 'a@b.test', 'sent 2.0.0 ok', 'local')], says: [] },
  { because: 'a domain is a host name', lines: [to('A1', 'a@<b>.test')], says: [] },
  { because: 'thirty days count', lines: [to('A1', 'a@b.test')], says: [], now: NOW + 31 * 86_400_000 },
  { because: 'tomorrow does not', lines: [to('A1', 'a@b.test')], says: [], now: NOW - 3 * 86_400_000 },
  {
    because: 'smtp(8) delivers to others',
    lines: [smtp('10:00:00', 1, ended('A1', 'a@b.test', 'sent 2.0.0 ok'), 'postfix/lmtp')],
    says: [],
  },
])('$because', ({ lines, says, now }) => {
  expect(sentIn(lines, now)).toEqual(says);
});
