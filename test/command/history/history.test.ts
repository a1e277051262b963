/** `history` over some days: what was first seen, what changed at a host, what became of the entry. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEAF_VALIDITY } from '../../internet/authority.ts';
import { problemsOf, type Scene, sceneNow, stable, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await scene.watch();
  // A routine renewal, then a name is lost, then mail moves to another host.
  scene.facebook.present(
    await scene.issue({
      commonName: '*.facebook.com',
      dnsNames: ['*.facebook.com', '*.vvv.facebook.com'],
      notAfter: LEAF_VALIDITY.notAfter + 110 * 86_400_000,
    }),
  );
  expect((await scene.watch()).out).toBe('');
  scene.facebook.present(await scene.issue({ commonName: '*.fbsbx.example', dnsNames: ['*.fbsbx.example'] }));
  expect((await scene.watch()).out).toMatch(/^Subject: facebook\.com would defer/);
  const other = await scene.internet.mailHost({
    host: 'mx9.vvv.facebook.com',
    ...(await scene.issue({ commonName: '*.facebook.com', dnsNames: ['*.vvv.facebook.com'] })),
  });
  scene.internet.domain('facebook.com', other);
  await scene.watch();
});
afterAll(() => scene.close());

async function history(...args: readonly string[]) {
  const { code, out, err } = await scene.run(['history', ...args, ...scene.storeFlags]);
  return { code, out: stable(out, scene), err: stable(err, scene) };
}

test('a destination is told with its hosts, oldest first, causes before effects', async () => {
  const { code, out, err } = await history('facebook.com');
  const CA = 'issued by /O=Test Authority/CN=Founding Intermediate';
  expect(out.split(/^WHEN\n/m).map(unwrapped)).toEqual([
    '',
    `msgin.vvv.facebook.com:PORT: first seen, presents *.facebook.com and *.vvv.facebook.com until WHEN, ${CA} facebook.com: first seen, pass`,
    [
      'msgin.vvv.facebook.com renewed its certificate: valid until WHEN, the one before until WHEN',
      'msgin.vvv.facebook.com has a new key',
      `msgin.vvv.facebook.com:PORT now presents *.facebook.com and *.vvv.facebook.com until WHEN, ${CA}`,
    ].join(' '),
    [
      'msgin.vvv.facebook.com presents *.fbsbx.example, which it did not before',
      'msgin.vvv.facebook.com has a new key',
      `msgin.vvv.facebook.com:PORT now presents *.fbsbx.example until WHEN, ${CA}`,
      'facebook.com: pass → fail (name mismatch)',
      'mail to facebook.com would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants facebook.com or a name below it and the certificate of msgin.vvv.facebook.com offers *.fbsbx.example. The cure is theirs: no match list can be recommended, since the certificate covers neither the next hop nor the MX host',
    ].join(' '),
    [
      `mx9.vvv.facebook.com:PORT: first seen, presents *.vvv.facebook.com until WHEN, ${CA}`,
      'mail to facebook.com goes to mx9.vvv.facebook.com as well',
      'facebook.com: fail (name mismatch) → pass',
      'facebook.com, all that is kept, as seen from HERE; policy "default", kept in DIR/store',
    ].join(' '),
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test('an MX host is told by itself, and a date cuts what came before', async () => {
  const { out } = await history('in2-smtp.messagingengine.com');
  expect(unwrapped(out)).toMatch(/^WHEN in2-smtp\.messagingengine\.com:PORT: first seen, presents \*\.messagingengine\.com, /);
  const tomorrow = new Date(sceneNow() + 86_400_000).toISOString();
  expect(unwrapped((await history('in2-smtp.messagingengine.com', '--since', tomorrow)).out)).toBe(
    'nothing happened since WHEN in2-smtp.messagingengine.com since DAY, as seen from HERE; policy "default", kept in DIR/store',
  );
});

test('everything of the last 30 days', async () => {
  const { code, out } = await history();
  expect(out.match(/^WHEN$/gm)?.length).toBe(4);
  expect(out).toMatch(/^ {2}fastmail\.fm: first seen, fail \(name mismatch\)$/m);
  expect(out).toMatch(/^everything since DAY, as seen from HERE; policy "default", kept in DIR\/store$/m);
  expect(code).toBe(0);
});

test('--json is one document that the published schema takes', async () => {
  const { out } = await scene.run(['history', 'facebook.com', '--json', ...scene.storeFlags]);
  const document = JSON.parse(out);
  expect(problemsOf('history', document)).toEqual([]);
  expect(document.events.map(({ grain, kind }: { grain: string; kind: string }) => `${grain} ${kind}`)).toEqual([
    'host first-seen',
    'entry first-seen',
    'host changed',
    'host changed',
    'entry turned',
    'host first-seen',
    'entry turned',
  ]);
  expect(document.events[4]).toMatchObject({ before: { verdict: 'pass' }, after: { verdict: 'fail', reason: 'name-mismatch' } });
  expect(document.events[2].changes[0]).toMatchObject({ kind: 'renewed', subject: 'msgin.vvv.facebook.com' });
  expect(document.events[0].presents).toMatchObject([{ what: 'certificate', names: ['*.facebook.com', '*.vvv.facebook.com'] }]);
});

test('a name that nobody ever saw is wrong usage', async () => {
  const { code, err } = await history('nowhere.example');
  expect(err).toBe(
    'error: history nowhere.example: nothing was ever seen under this name from HERE for the policy "default"; a destination, a key of the table or an MX host is wanted\n',
  );
  expect(code).toBe(3);
});
