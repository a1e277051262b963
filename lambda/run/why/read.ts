/** Logs and the queue, read to their end into what they tell. Doors are arguments. */

import { type LogLine, readLine } from '../../log/line.ts';
import { openQueueTally, type QueueReport } from '../../log/queue.ts';
import type { LogSource } from '../../log/read-log.ts';
import type { LogReport } from '../../log/report.ts';
import { openTally } from '../../log/tally.ts';
import type { Calendar } from '../../log/timestamp.ts';

/** Several sources as one log, in the order given. `local`: the zone of times without one. */
export async function readLogs(
  sources: readonly LogSource[],
  local: Calendar['local'],
): Promise<LogReport> {
  const tally = openTally();
  return tally.report(await eachLine(sources, local, tally.take));
}

/** Gives each line that Postfix wrote to `take`; answers how many lines there were at all. */
export async function eachLine(
  sources: readonly LogSource[],
  local: Calendar['local'],
  take: (line: LogLine) => void,
): Promise<number> {
  let lines = 0;
  for (const source of sources) {
    const calendar = { notAfter: source.notAfter, local };
    for await (const block of source.lines())
      for (const text of block) {
        lines++;
        const line = readLine(text, calendar);
        if (line !== undefined) take({ ...line, message: utf8(line.message) });
      }
  }
  return lines;
}

export async function readQueue(source: LogSource): Promise<QueueReport> {
  const tally = openQueueTally();
  for await (const block of source.lines()) for (const line of block) tally.take(utf8(line));
  return tally.report();
}

/** Lines come as Latin-1; what is beyond ASCII in them is UTF-8, or else cannot be told. */
function utf8(text: string): string {
  const bare = text.endsWith('\r') ? text.slice(0, -1) : text;
  return /[\x80-\xff]/.test(bare) ? Buffer.from(bare, 'latin1').toString() : bare;
}
