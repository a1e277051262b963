/** The sources of authenticated names as `explain` shows them: over DNS alone here, for the policy's web server has port 443. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spaceOf } from '../../lambda/store/keys.ts';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import { readStsMemories, saveStsMemory } from '../../lambda/store/sts-policies.ts';
import { problemsOf, type Scene, sceneNow, startScene, unwrapped } from './scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  scene.internet.dns.set({ name: '_mta-sts.fastmail.fm', type: 'TXT', data: ['v=STSv1; id=1;'] });
});
afterAll(() => scene.close());

const explain = (name: string, ...more: string[]) =>
  scene.run(['explain', name, scene.table, ...scene.bundleFlags, ...scene.internet.flags, ...more]);

test('strongest first, each with what it is worth', async () => {
  const { out, err } = await explain('facebook.com');
  expect(err).toBe('');
  expect(unwrapped(out)).toMatch(
    /Who may be believed about the hosts of facebook\.com, strongest first: DANE .* MTA-STS facebook\.com announces no policy today: there is no record at _mta-sts\.facebook\.com DNS .* count as unsigned: whoever forges that answer chooses the hosts/,
  );
});

test('a policy that cannot be fetched is none that is not there', async () => {
  const { out } = await explain('fastmail.fm', '--json');
  const document = JSON.parse(out);
  expect(problemsOf('explain', document)).toEqual([]);
  expect(document.nameSources.mtaSts).toMatchObject({
    state: 'unfetched',
    id: '1',
    failure: 'sts-policy-fetch-error',
    sentence:
      'fastmail.fm announces a policy, which could not be fetched: mta-sts.fastmail.fm has no address; that withdraws ' +
      'nothing, and who fetched it before goes by it until it has run out',
  });
});

describe('with a store that runs keep', () => {
  beforeAll(async () => {
    await scene.watch();
    const { table } = await openToWatch(join(scene.dir, 'store'), sceneNow());
    const now = sceneNow();
    const policy = {
      id: '0',
      mode: 'enforce' as const,
      mx: ['*.messagingengine.com'],
      fetchedAt: now - 86_400_000,
      until: now + 6 * 86_400_000,
    };
    const finding = {
      id: 'fastmail.fm-mta-sts-changed-1a2b3c',
      kind: 'changed' as const,
      labels: ['fastmail.fm'],
      title: 'fastmail.fm: the MTA-STS policy its line rests on changed',
      since: now,
      toldAt: now,
    };
    const store = { table, space: spaceOf('default', hostname()) };
    const memory = { domain: 'fastmail.fm', firstAt: now, policy, findings: [finding] };
    expect(await saveStsMemory(store, memory, { memories: new Map(), problems: [] }, now)).toBe('written');
    table.close();
  });

  test('explain goes by the policy that is kept where that of today cannot be had, and says so', async () => {
    const { out } = await explain('fastmail.fm', ...scene.storeFlags);
    expect(unwrapped(out)).toMatch(
      /that withdraws nothing, .* The policy that runs keep \(id 0, fetched [^)]*\) has not run out: it is enforced, its mail goes to \*\.messagingengine\.com, and it counts until .*The line by their policy: fastmail\.fm secure match=\.messagingengine\.com servername=hostname ciphers=high/,
    );
    const json = JSON.parse((await explain('fastmail.fm', ...scene.storeFlags, '--json')).out);
    expect(problemsOf('explain', json)).toEqual([]);
    expect(json.nameSources.mtaSts.held).toMatchObject({ id: '0', mode: 'enforce', mx: ['*.messagingengine.com'] });
  });

  test('suggest goes by it as well', async () => {
    const suggest = ['suggest', scene.table, ...scene.bundleFlags, ...scene.internet.flags];
    const { out, err } = await scene.run([...suggest, ...scene.storeFlags]);
    expect(err).toBe('');
    expect(out).toContain('+fastmail.fm     secure match=.messagingengine.com servername=hostname ciphers=high\n');
    expect(unwrapped(out.replaceAll(/^# ?/gm, ''))).toMatch(
      /names: fastmail\.fm enforces an MTA-STS policy with these hosts, fetched [^;]*; today mta-sts\.fastmail\.fm has no address, which withdraws nothing: authenticated by their policy until /,
    );
    // Without what runs keep it has DNS alone.
    expect((await scene.run(suggest)).out).toContain('+fastmail.fm     secure match=.messagingengine.com ciphers=high\n');
  });

  test('and keeps nothing itself', async () => {
    const { table } = await openToWatch(join(scene.dir, 'store'), sceneNow());
    const { memories } = await readStsMemories({ table, space: spaceOf('default', hostname()) }, sceneNow());
    expect(memories.get('fastmail.fm')?.rev).toBe(1);
    table.close();
  });

  test('status shows what is open, and mute takes it by its id', async () => {
    const shown = await scene.run(['status', ...scene.storeFlags]);
    expect(unwrapped(shown.out)).toMatch(
      /MTA-STS, where lines rest on a policy or could: fastmail\.fm: the MTA-STS policy its line rests on changed \(since [^;]*, told [^;]*; fastmail\.fm-mta-sts-changed-1a2b3c\)/,
    );
    const muted = await scene.run([
      'mute',
      'fastmail.fm-mta-sts-changed-1a2b3c',
      '--until',
      new Date(sceneNow() + 86_400_000).toISOString().slice(0, 10),
      '--reason',
      'they know',
      ...scene.storeFlags,
    ]);
    expect(muted.out).toMatch(/; it covers fastmail\.fm-mta-sts-changed-1a2b3c\n$/);
    const document = JSON.parse((await scene.run(['status', '--json', ...scene.storeFlags])).out);
    expect(problemsOf('status', document)).toEqual([]);
    expect(document.mtaSts).toMatchObject([{ kind: 'changed', domain: 'fastmail.fm', entries: ['fastmail.fm'], muted: true }]);
  });

  test('watch --json says what was asked for; with --mta-sts never nobody is', async () => {
    const questions = () =>
      scene.internet.dns.queries.filter(({ type, name }) => type === 'TXT' && name.startsWith('_mta-sts.')).length;
    const before = questions();
    const off = JSON.parse((await scene.watch('--json', '--mta-sts', 'never')).out);
    expect(problemsOf('watch', off)).toEqual([]);
    expect([off.mtaSts, questions()]).toEqual([null, before]);
    const on = JSON.parse((await scene.watch('--json')).out);
    expect(problemsOf('watch', on)).toEqual([]);
    expect(on.mtaSts).toMatchObject({ asked: questions() - before, fetched: 0, unreached: 0 });
    expect(on.mtaSts.asked).toBeGreaterThan(0);
  });
});

test('--for-partner asks nobody about policies', async () => {
  const before = scene.internet.dns.queries.filter(({ type }) => type === 'TXT').length;
  await explain('facebook.com', '--for-partner');
  expect(scene.internet.dns.queries.filter(({ type }) => type === 'TXT')).toHaveLength(before);
});
