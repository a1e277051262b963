/** Off a terminal: silence but for --verbose, and nobody is waited for who says 421. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene } from '../scene.ts';

let scene: Scene;
let table: string;

beforeAll(async () => {
  scene = await startScene();
  const { internet, issue } = scene;
  const rate = await internet.mailHost({ host: 'mx.rate.test', ...(await issue({ commonName: 'mx.rate.test' })) });
  rate.behave('banner421');
  internet.domain('rate.test', rate);
  table = join(scene.dir, 'busy');
  writeFileSync(table, 'facebook.com secure\nrate.test secure\n');
});
afterAll(() => scene.close());

const flags = () => [...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')];
const HINT = '\nmx.rate.test said 421: --patience 300 waits and asks once more\n';

test('check says nothing on the way, and how to wait for the one that said 421', async () => {
  const ran = await scene.run(['check', table, ...flags()]);
  expect(ran).toMatchObject({ code: 3, err: '' });
  expect(ran.out).toContain('\nrate.test (line 2): nothing was seen of rate.test: at mx.rate.test');
  expect(ran.out).toContain(HINT);
});

test('and tells those apart that were left alone with it', async () => {
  const { internet, issue } = scene;
  const hub = await internet.mailHost({ host: 'mx.hub.test', addresses: 4, ...(await issue({ commonName: 'mx.hub.test' })) });
  hub.behave('banner421');
  internet.domain('hub.test', hub);
  const one = join(scene.dir, 'hub');
  writeFileSync(one, 'hub.test secure\n');
  const ran = await scene.run(['check', one, '--per-network', '1', ...flags()]);
  expect(ran).toMatchObject({ code: 3, err: '' });
  expect(ran.out.replaceAll(/\s+/g, ' ')).toContain(
    'the server closes with a 421: "421 busy"; 3 more addresses were not asked, since their network had closed with 421',
  );
});

test('explain does so, too', async () => {
  const ran = await scene.run(['explain', 'rate.test', table, ...flags()]);
  expect(ran).toMatchObject({ code: 3, err: '' });
  expect(ran.out).toContain(HINT);
});

test('--verbose says what is waited for on stderr, and in no document', async () => {
  const ran = await scene.run(['check', table, '--verbose', '--json', ...flags()]);
  expect(ran).toMatchObject({ code: 3, err: 'asking DNS about 2 next hops\n' });
  expect(JSON.parse(ran.out).summary).toMatchObject({ pass: 1, undetermined: 1 });
});
