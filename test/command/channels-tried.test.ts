/** Channels are tried before anything is looked at, and one that is bad is told through the others. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MailSink, startMailSink } from '../internet/mail-sink.ts';
import { type Scene, startScene, unwrapped } from './scene.ts';

const TO = 'postmaster@facebook.com';
let scene: Scene;
let sink: MailSink;
beforeAll(async () => {
  scene = await startScene();
  sink = await startMailSink();
});
afterAll(async () => {
  await sink.close();
  await scene.close();
});

const watch = (policy: string, ...more: readonly string[]) => scene.watchWith({}, '--policy', policy, ...more);
const byMail = () => ['--mail-to', TO, '--smtp', `localhost:${sink.port}`];
/** A program that keeps what it was told. */
function program(name: string, mode = 0o755): { readonly path: string; readonly told: () => string } {
  const path = join(scene.dir, name);
  writeFileSync(path, '#!/bin/sh\ncat >>"$0.told"\n', { mode });
  chmodSync(path, mode);
  return { path, told: () => readFileSync(`${path}.told`, 'utf8') };
}

test('on a day without news, too: once, shown by status, and over when it is well again', async () => {
  sink.forget();
  const { path, told } = program('pager');
  const flags = [...byMail(), '--hook', path];
  expect(await watch('days', ...flags)).toEqual({ code: 0, out: '', err: '' });
  expect(sink.letters).toHaveLength(1);

  rmSync(path);
  const bad = await watch('days', ...flags);
  const because = `hook ${path}: no such program, give --hook its whole path`;
  expect(bad.err).toContain(`error: the program ${path} fails since `);
  expect(bad.err).toContain(because);
  expect(bad.code).toBe(3);
  const [, letter] = sink.letters;
  expect(letter?.headers.subject).toMatch(/ cannot tell by the program /);
  expect(unwrapped(letter?.text ?? '')).toContain(
    `Tried before anything was looked at, and would have taken no message: ${because}. What it does not take, the other channels have, and it is told there once it can be reached.`,
  );

  // Told once: the next run has nothing to add.
  expect((await watch('days', ...flags)).code).toBe(3);
  expect(sink.letters).toHaveLength(2);
  const status = await scene.run(['status', '--policy', 'days', ...scene.storeFlags]);
  expect(status.out).toMatch(/CANNOT TELL: .* cannot tell\s+by the program/);

  program('pager');
  expect(await watch('days', ...flags)).toEqual({ code: 0, out: '', err: '' });
  // The channel itself tells what it missed; nobody else hears of its end.
  expect(sink.letters).toHaveLength(2);
  expect(told()).toContain('This message is late');
  const after = await scene.run(['status', '--policy', 'days', ...scene.storeFlags]);
  expect(after.out).not.toContain('CANNOT TELL');
});

test('one that is set up no more is over', async () => {
  sink.forget();
  const flags = [...byMail(), '--hook', '/nowhere/pager'];
  expect((await watch('gone', ...flags)).code).toBe(3);
  expect(sink.letters).toHaveLength(1);
  expect((await watch('gone', ...byMail())).code).toBe(0);
  expect(sink.letters).toHaveLength(1);
  const status = await scene.run(['status', '--policy', 'gone', ...scene.storeFlags]);
  expect(status.out).not.toContain('CANNOT TELL');
});

test('where no channel is left to tell of it, the run says so and ends with 3', async () => {
  const { path } = program('only');
  expect((await watch('only', '--hook', path)).code).toBe(0);
  chmodSync(path, 0o644);
  expect(await watch('only', '--hook', path)).toEqual({
    code: 3,
    out: '',
    err: `error: hook ${path}: may not be executed, look at its mode and owner\n`,
  });
  chmodSync(path, 0o755);
  expect(await watch('only', '--hook', path)).toEqual({ code: 0, out: '', err: '' });
});

/** Where nobody listens. */
const port = 1;
test.each([
  {
    what: 'a mail server that is not there',
    flags: ['--mail-to', TO, '--smtp', `127.0.0.1:${port}`],
    says: `mail to ${TO}: nothing listens: 127.0.0.1:${port}; start the mail server there, or name another with --smtp`,
  },
  {
    what: 'a webhook that is not there',
    flags: ['--webhook', `http://127.0.0.1:${port}/hook`],
    says: `the webhook at 127.0.0.1:${port}: no connection (ECONNREFUSED); the next run tries again`,
  },
  {
    what: 'a webhook that is set up wrongly',
    flags: ['--webhook', 'http://hooks.example.com/'],
    says: 'the webhook: --webhook: https is wanted, beyond this host',
  },
  {
    what: 'a program in no folder of PATH',
    flags: ['--hook', 'no-such-pager'],
    says: 'hook no-such-pager: no such program, give --hook its whole path',
  },
  {
    what: 'a folder',
    flags: ['--hook', '/'],
    says: 'hook /: no such program, give --hook its whole path',
  },
])('$what is told by another way before it is needed', async ({ what, flags, says }) => {
  const { path, told } = program(`takes-${what.replaceAll(' ', '-')}`);
  const pair = flags[0] === '--hook' ? byMail() : ['--hook', path];
  sink.forget();
  const ran = await watch(`row ${what}`.replaceAll(' ', '-'), ...pair, ...flags);
  expect(ran.code).toBe(3);
  const text = flags[0] === '--hook' ? (sink.letters[0]?.text ?? '') : told();
  expect(unwrapped(text)).toContain(`would have taken no message: ${says}.`);
});
