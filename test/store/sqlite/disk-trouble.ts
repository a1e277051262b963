/**
 * Runs on a small disk of its own that turns read-only or fills up: `unshare -m node disk-trouble.ts DIR TROUBLE`, as root.
 * It says one JSON line: each run's messages, and what else it said.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Mail } from '../../../lambda/alert/message/mail.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { openToWatch } from '../../../lambda/store/sqlite/open.ts';
import { createAuthority } from '../../internet/authority.ts';
import { SmallWorld } from '../../run/small-world.ts';
import { bundleOf, DAY_MS, runOnce } from '../../run/watching.ts';

export type Trouble = 'none' | 'read-only' | 'full' | 'full-when-told' | 'read-only-from-the-start' | 'full-from-the-start';

export interface Ran {
  readonly complete: boolean | undefined;
  readonly problems: readonly string[];
  readonly subjects: readonly string[];
  readonly text: string;
}

const START = Date.UTC(2026, 10, 24, 6);
const [, , disk = '', trouble = 'none'] = process.argv as [string, string, string, Trouble];

mkdirSync(disk, { recursive: true });
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0755', 'none', disk]);
const directory = join(disk, 'state');
const filling = join(disk, 'filling');

const root = await createAuthority('Disk Root', { notBefore: START - 400 * DAY_MS });
const chain = async (name: string) =>
  (await root.issue({ dnsNames: [name], notBefore: START - DAY_MS, notAfter: START + 300 * DAY_MS })).chain;
const world = new SmallWorld();
const host = world.host('mail.one.example', await chain('mail.one.example'));
world.domain('one.example', host);

const ran: Ran[] = [];
if (trouble === 'read-only-from-the-start') remount('ro');
if (trouble === 'full-from-the-start') fill();
ran.push(await run(0));
host.chain = await chain('elsewhere.example');
if (trouble === 'read-only') remount('ro');
if (trouble === 'full') fill();
ran.push(await run(1));
remount('rw');
rmSync(filling, { force: true });
ran.push(await run(2));
writeSync(1, `${JSON.stringify(ran)}\n`);

async function run(day: number): Promise<Ran> {
  const { table, memory } = await openToWatch(directory, START + day * DAY_MS);
  const mails: Mail[] = [];
  const watched = await runOnce({
    bundle: bundleOf('one.example secure\n', root.certificate.pem),
    store: { table, space: spaceOf('default', 'mx1') },
    memory,
    world: () => world.doors(),
    at: START + day * DAY_MS,
    confirm: { kind: 'same-run', afterMs: 600_000 },
    tell: async (mail) => {
      mails.push(mail);
      if (trouble === 'full-when-told' && day === 1) fill();
      return { kind: 'told' };
    },
  });
  table.close();
  return {
    complete: watched.kind === 'done' ? watched.complete : undefined,
    problems: watched.kind === 'done' ? watched.problems : [],
    subjects: mails.map(({ subject }) => subject),
    text: mails.map(({ text }) => text).join('\n'),
  };
}

function remount(mode: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${mode}`, disk]);
}

/** To the last byte: a page that was half free takes more otherwise. */
function fill(): void {
  const fd = openSync(filling, 'a');
  try {
    for (let size = 65_536; size >= 1; ) {
      try {
        if (writeSync(fd, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch {
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(fd);
  }
}
