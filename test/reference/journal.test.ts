/**
 * `why --log journal` on a journal that a real systemd-journald keeps, in namespaces of its own: what syslog wrote there
 * of facility mail is read, and of that what Postfix wrote.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WhyDocument } from '../../lambda/command/why/schema.ts';
import { CLI, HANGS_MS } from '../command/run-command.ts';
import { ended } from '../log/log.ts';

const JOURNALD = '/lib/systemd/systemd-journald';
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

function missingJournal(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root: a journal of its own needs a mount namespace';
  if (!existsSync(JOURNALD)) return 'systemd-journald is not installed (apt-get install systemd)';
  const tried = spawnSync('unshare', [...NAMESPACES, 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : `namespaces cannot be made here: ${tried.stderr.trim()}`;
}

const missing = missingJournal();
if (missing !== undefined) console.log(`the journal is skipped: ${missing}`);

const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
/** What one process writes, under the id that the kernel tells of it. */
const WRITTEN = [
  [
    'mail.info',
    'postfix/smtp',
    'Trusted TLS connection established to mx.a.test[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)',
    ended('A1', 'r@a.test', NOT_VERIFIED),
  ],
  ['mail.info', 'postfix-out/smtp', ended('A2', 'r@ümlaut.test', NOT_VERIFIED)],
  ['user.info', 'postfix/smtp', ended('A3', 'r@other-facility.test', NOT_VERIFIED)],
  ['mail.info', 'dovecot', ended('A4', 'r@other-program.test', NOT_VERIFIED)],
] as const;

test.skipIf(missing !== undefined)(`a real journal is read${missing === undefined ? '' : ` (${missing})`}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  try {
    const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
    const socket = '/run/systemd/journal/dev-log';
    writeFileSync(
      join(dir, 'inside.sh'),
      [
        'mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/log || exit 9',
        'mkdir -p /run/systemd/journal /run/log/journal',
        `${JOURNALD} 2>/dev/null &`,
        `until [ -S ${socket} ]; do sleep 0.1; done`,
        ...WRITTEN.map(
          ([priority, tag, ...lines]) =>
            `printf '%s\\n' ${lines.map(quoted).join(' ')} | logger --id -u ${socket} -p ${priority} -t ${tag}`,
        ),
        // It writes them down by and by.
        'until journalctl --quiet --no-pager -t dovecot 2>/dev/null | grep -q other-program; do sleep 0.1; done',
        `cd ${quoted(process.cwd())}`,
        `exec ${[process.execPath, CLI, 'why', '--log', 'journal', '--no-config', '--json'].map(quoted).join(' ')}`,
      ].join('\n'),
    );
    const ran = spawnSync('unshare', [...NAMESPACES, 'bash', join(dir, 'inside.sh')], { encoding: 'utf8', timeout: HANGS_MS });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(2);
    const { log, answers } = JSON.parse(ran.stdout) as WhyDocument;
    expect(log).toMatchObject({ sources: ['the journal'], postfixLines: 3 });
    expect(answers.map(({ domain, state }) => [domain, state])).toEqual([
      ['a.test', 'waits'],
      ['ümlaut.test', 'waits'],
    ]);
    expect(answers[0]?.reasons).toEqual(['name-mismatch']);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
