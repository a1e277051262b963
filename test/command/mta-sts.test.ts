/** The sources of authenticated names as `explain` shows them: over DNS alone here, for the policy's web server has port 443. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemsOf, type Scene, startScene, unwrapped } from './scene.ts';

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

test('--for-partner asks nobody about policies', async () => {
  const before = scene.internet.dns.queries.filter(({ type }) => type === 'TXT').length;
  await explain('facebook.com', '--for-partner');
  expect(scene.internet.dns.queries.filter(({ type }) => type === 'TXT')).toHaveLength(before);
});
