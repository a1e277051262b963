/** The table daemons of all directories, in a process of their own; each request is a line of the log. Forked by inside.ts. */
import { appendFileSync, readFileSync } from 'node:fs';
import type { Directory } from './directory.ts';
import { startTableDaemon } from './table-daemon.ts';

const [, , input = '', log = ''] = process.argv;
const { directories } = JSON.parse(readFileSync(input, 'utf8')) as { directories: Directory[] };
await Promise.all(
  directories.flatMap(({ daemons }) =>
    daemons.map((daemon) =>
      startTableDaemon(daemon, (map, key) => {
        const { address, port } = daemon;
        appendFileSync(log, `${JSON.stringify({ at: Date.now(), daemon: `${address}:${port}`, map, key })}\n`);
      }),
    ),
  ),
);
process.send?.('ready');
