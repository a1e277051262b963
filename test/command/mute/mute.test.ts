/** `mute` and `unmute`: what they cover, what they refuse, and that a muted failure makes no message. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, sceneNow, stable, startScene } from '../scene.ts';

const DAY = 86_400_000;
const date = (days: number): string => new Date(sceneNow() + days * DAY).toISOString().slice(0, 10);

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await scene.watch();
});
afterAll(() => scene.close());

async function run(command: string, ...args: readonly string[]) {
  const { code, out, err } = await scene.run([command, ...args, ...scene.storeFlags]);
  return { code, out: stable(out, scene), err: stable(err, scene) };
}

test.each([
  {
    because: 'nothing is open under the key',
    args: ['hearst.com', '--until', date(10), '--reason', 'x'],
    err: 'error: mute hearst.com: nothing is open under this key, see: postfix-tls-watch status --store DIR/store\n',
  },
  {
    because: 'the date is gone',
    args: ['fastmail.fm', '--until', date(-1), '--reason', 'x'],
    err: 'error: mute fastmail.fm: the date is not in the future, give --until a later day\n',
  },
  {
    because: 'it would last too long',
    args: ['fastmail.fm', '--until', date(92), '--reason', 'x'],
    err: () => `error: mute fastmail.fm: at most 90 days, so until ${date(90)} at the latest\n`,
  },
  {
    because: 'the reason is blank',
    args: ['fastmail.fm', '--until', date(10), '--reason', ' '],
    err: 'error: mute fastmail.fm: give a --reason: it is shown in every message\n',
  },
  {
    because: 'the reason is missing',
    args: ['fastmail.fm', '--until', date(10)],
    err: "error: required option '--reason <text>' not specified\nsee --help\n",
  },
])('is refused: $because', async ({ args, err }) => {
  // Midnight may pass while it runs: the day it names is then counted from one day or the other.
  const said = () => ({ code: 3, out: '', err: typeof err === 'string' ? err : err() });
  const [before, refused, after] = [said(), await run('mute', ...args), said()];
  expect([before, after]).toContainEqual(refused);
});

test('says until when and what it covers; the next message lists it', async () => {
  expect(await run('mute', 'FastMail.fm', '--until', date(10), '--reason', 'they know, ticket 4711')).toEqual({
    code: 0,
    out: 'muted FastMail.fm until WHEN; it covers messagingengine.com-name-mismatch-ID\n',
    err: '',
  });
  scene.facebook.present(await scene.issue({ commonName: '*.fbsbx.example', dnsNames: ['*.fbsbx.example'] }));
  const { out } = await scene.watch();
  expect(out).toMatch(/^Subject: facebook\.com would defer: certificate lost a name$/m);
  expect(out).not.toMatch(/^Told before and still open:/m);
  expect(stable(out, scene)).toMatch(/^Muted:\n {2}FastMail\.fm until DAY: they know, ticket 4711 \(alice@HERE\)$/m);
});

test('an incident is muted by its id', async () => {
  const status = await scene.run(['status', '--json', ...scene.storeFlags]);
  const { incidents } = JSON.parse(status.out) as { incidents: { id: string; provider: string }[] };
  const id = incidents.find(({ provider }) => provider === 'facebook.com')?.id ?? '';
  expect(await run('mute', id, '--until', date(10), '--reason', 'x')).toMatchObject({ code: 0, err: '' });
  expect((await run('status')).code).toBe(0);
});

test('ends before its time, however the key is written; a second time it is wrong usage', async () => {
  expect(await run('unmute', 'fastmail.FM')).toEqual({
    code: 0,
    out: 'fastmail.FM is no longer muted: what is open under it counts again from the next run on\n',
    err: '',
  });
  expect((await run('status')).code).toBe(2);
  expect(await run('unmute', 'fastmail.fm')).toEqual({
    code: 3,
    out: '',
    err: 'error: unmute fastmail.fm: it is not muted; muted are facebook.com-name-mismatch-ID\n',
  });
});
