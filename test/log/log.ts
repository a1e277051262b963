/** A log as the tests write it, read to its end. Times without a zone are UTC here. */
import { readLine } from '../../lambda/log/line.ts';
import type { LogReport } from '../../lambda/log/report.ts';
import { openTally } from '../../lambda/log/tally.ts';

export const CALENDAR = { notAfter: Date.UTC(2026, 10, 27), local: Date.UTC };

export function readLog(text: string): LogReport {
  const tally = openTally();
  const lines = text.split('\n');
  for (const each of lines) {
    const line = readLine(each, CALENDAR);
    if (line !== undefined) tally.take(line);
  }
  return tally.report(lines.length);
}

/** `HH:MM:SS` on 25 November 2026, by smtp(8) of that process. */
export const smtp = (time: string, pid: number, message: string, name = 'postfix/smtp') =>
  `Nov 25 ${time} mail ${name}[${pid}]: ${message}`;

/** How a delivery ended: `deferred 4.7.5 Server certificate not verified`. */
export function ended(queueId: string, to: string, end: string, relay = 'mx.a.test[192.0.2.1]:25'): string {
  const [status = '', dsn = '', ...words] = end.split(' ');
  return (
    `${queueId}: to=<${to}>, relay=${relay}, delay=60, delays=0.02/0/59/0, dsn=${dsn}, ` + `status=${status} (${words.join(' ')})`
  );
}
