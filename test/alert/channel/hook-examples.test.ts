/** The hooks in docs/examples, run as `--hook` runs them; the programs that they call are ours, and note what they are given. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Alert } from '../../../lambda/alert/message/describe.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { openHook } from '../../../lambda/local-doors.ts';
import { ROOT } from '../../pages.ts';
import { START } from '../verdicts.ts';

const EXAMPLES = join(ROOT, 'docs/examples');
const folder = mkdtempSync(join(tmpdir(), 'examples-'));
beforeEach(() => vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH ?? ''}`));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program of that name, which notes its arguments and standard input. */
function program(name: string, status = 0): void {
  const path = join(folder, name);
  const note = `for each in "$@"; do printf '<%s>\\n' "$each" >>'${path}.args'; done; cat >'${path}.input'`;
  writeFileSync(path, `#!/bin/sh\n${note}\nexit ${status}\n`);
  chmodSync(path, 0o755);
}
const given = (name: string, what: 'args' | 'input') => {
  const path = join(folder, `${name}.${what}`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

const alertOf = (...kinds: readonly ('failing' | 'degraded')[]): Alert => ({
  subject: 'fastmail.fm would defer: $(touch oops) `x` -- "quoted"',
  intro: [{ kind: 'text', text: 'schön' }],
  items: kinds.map((kind) => ({ kind, title: 'a', blocks: [] })),
  footer: [],
  at: START,
});
const run = (name: string, alert: Alert) => openHook(join(EXAMPLES, name)).tell(mailOf(alert), alert);

test('all of them are run here', () => {
  const hooks = readdirSync(EXAMPLES).filter((name) => name.startsWith('hook-'));
  expect(hooks).toEqual(['hook-logger', 'hook-msmtp', 'hook-only-failures']);
});

test('msmtp gets a letter, and what it refuses is untold', async () => {
  const alert = alertOf('failing');
  program('msmtp');
  expect(await run('hook-msmtp', alert)).toEqual({ kind: 'told' });
  expect(given('msmtp', 'args')).toBe('<-->\n<postmaster@example.com>\n');
  const [head, ...text] = given('msmtp', 'input')?.split('\n\n') ?? [];
  expect(head?.split('\n')).toEqual([
    'To: postmaster@example.com',
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    `Subject: ${alert.subject}`,
  ]);
  expect(text.join('\n\n')).toBe(mailOf(alert).text);
  program('msmtp', 75);
  expect(await run('hook-msmtp', alert)).toEqual({
    kind: 'untold',
    because: `hook ${join(EXAMPLES, 'hook-msmtp')}: ended with status 75; nothing counts as told`,
  });
});

test('the one line writes the subject to syslog', async () => {
  program('logger');
  expect(await run('hook-logger', alertOf('failing'))).toEqual({ kind: 'told' });
  expect(given('logger', 'args')).toBe(`<-t>\n<postfix-tls-watch>\n<-p>\n<mail.warning>\n<-->\n<${alertOf().subject}>\n`);
});

test('a pager hears only of what fails', async () => {
  // jq need not be installed: the one question that is asked of it.
  const jq = join(folder, 'jq');
  writeFileSync(
    jq,
    `#!${process.execPath}\nconst [, , raw, filter, path] = process.argv;\nif (raw !== '-r' || filter !== '.items[0].kind // "news"') process.exit(2);\nconsole.log(JSON.parse(require('fs').readFileSync(path, 'utf8')).items[0]?.kind ?? 'news');\n`,
  );
  chmodSync(jq, 0o755);
  program('pager-send');
  for (const alert of [alertOf(), alertOf('degraded')]) expect(await run('hook-only-failures', alert)).toEqual({ kind: 'told' });
  expect(given('pager-send', 'args')).toBeUndefined();
  expect(await run('hook-only-failures', alertOf('failing', 'degraded'))).toEqual({ kind: 'told' });
  expect(given('pager-send', 'args')).toBe(`<${alertOf().subject}>\n`);
});
