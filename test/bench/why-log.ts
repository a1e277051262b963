/**
 * `why` over a log of many MB, in MB/s beside grep and how much memory it takes: with
 * few causes, and with as many domains and messages as a stranger can bring about.
 */
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Cost, cost, each } from './cost.ts';
import { printRow } from './table.ts';

export async function benchWhy({ command, dir, megabytes, rounds }: Bench): Promise<void> {
  const log = join(dir, 'mail.log');
  writeLog(log, megabytes, usual);
  const mb = statSync(log).size / 1_000_000;
  const why = [process.execPath, command, 'why', log, '--json', '--no-config'];
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(await cost(why));
    theirs.push(await cost(['grep', '-cE', 'status=(deferred|bounced)', log]));
  }
  const { answers } = JSON.parse(ours[0]?.out ?? '{}') as { readonly answers?: readonly unknown[] };
  if (answers?.length !== CAUSES)
    throw new Error(`${answers?.length} causes where ${CAUSES} are in the log: the bench is broken`);
  const speed = (costs: readonly Cost[]) => each(costs, 'wall').map((seconds) => mb / seconds);
  const again = `--only why --megabytes ${megabytes}`;
  printRow({
    figure: `why, a log of ${mb.toFixed(0)} MB: speed`,
    ours: speed(ours),
    beside: { name: 'grep -cE', figures: speed(theirs) },
    ...{ unit: 'MB/s', again },
  });
  printRow({ figure: '  peak of memory', ours: each(ours, 'peak'), unit: 'MB', again });
  writeLog(log, megabytes, hostile);
  const { peak } = await cost(why);
  printRow({ figure: '  where each line has a domain and a message of its own', ours: [peak], unit: 'MB', again });
  rmSync(log);
}

const CAUSES = 20;

/** As a busy relay writes it: most of it delivered, some of it waiting. */
function usual(i: number): string {
  const process = `Nov 25 10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')} mail postfix/smtp[${1000 + (i % 50)}]: `;
  const domain = `d${i % 2_000}.test`;
  const peer = `mx.${domain}[192.0.2.${i % 250}]:25`;
  const end = (dsn: string, text: string) =>
    `${process}A${i}: to=<user${i % 97}@${domain}>, relay=${peer}, delay=1.2, delays=0.1/0/0.5/0.6, dsn=${dsn}, status=${text}\n`;
  const trust = (word: string) =>
    `${process}${word} TLS connection established to ${peer}: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n`;
  if (i % 2_000 < CAUSES) return trust('Trusted') + end('4.7.5', 'deferred (Server certificate not verified)');
  return `${trust('Verified')}${end('2.0.0', 'sent (250 2.0.0 Ok: queued as 4XyZ)')}Nov 25 10:00:00 mail postfix/qmgr[99]: A${i}: removed\n`;
}

function hostile(i: number): string {
  return (
    `Nov 25 10:00:00 mail postfix/smtp[${i}]: A${i}: to=<u@${'x'.repeat(60)}${i}.test>, relay=mx${i}.test[192.0.2.1]:25, delay=1, ` +
    'delays=0/0/1/0, dsn=4.7.5, status=deferred (Server certificate not verified)\n'
  );
}

function writeLog(path: string, megabytes: number, line: (i: number) => string): void {
  const file = openSync(path, 'w');
  let bytes = 0;
  for (let i = 0; bytes < megabytes * 1_000_000; ) {
    let block = '';
    for (const end = i + 5_000; i < end; i++) block += line(i);
    bytes += writeSync(file, block);
  }
  closeSync(file);
}
