/** Would verify or match=hostname do? That is judged on what was seen, and not assumed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene, unwrapped } from '../scene.ts';

let scene: Scene;
let table: string;

beforeAll(async () => {
  scene = await startScene();
  const { internet, issue } = scene;
  const host = async (name: string, presented: string) =>
    internet.mailHost({ host: name, ...(await issue({ commonName: presented, dnsNames: [presented] })) });
  internet.domain('covers.test', await host('mx.covers.example', 'mx.covers.example'));
  internet.domain('lacks.test', await host('mx.lacks.example', 'www.lacks.example'));
  internet.domain(
    'half.test',
    await host('mx1.half.example', 'mx1.half.example'),
    await host('mx2.half.example', 'www.half.example'),
  );
  const silent = await host('mx.silent.example', 'mx.silent.example');
  silent.behave('banner450');
  internet.domain('silent.test', silent);
  table = join(scene.dir, 'hostname');
  writeFileSync(
    table,
    'covers.test secure\nlacks.test secure\nhalf.test secure\nsilent.test verify\nok.test verify\nno.test verify\n',
  );
  internet.domain('ok.test', 'mx.covers.example');
  internet.domain('no.test', 'mx.lacks.example');
});
afterAll(() => scene.close());

const PROTECTS_LESS =
  'the name to verify then comes from the MX record, and without DNSSEC anybody who forges that answer chooses the name, and has a ' +
  'valid certificate for it. Name the provider in the match list instead.';

test.each([
  { name: 'covers.test', answer: 'They would deliver, but protect less' },
  {
    name: 'lacks.test',
    answer: 'They would not deliver either: the certificate of mx.lacks.example does not have that name. They protect less',
  },
  { name: 'half.test', answer: 'They would deliver, though not at every host, and protect less' },
  { name: 'silent.test', answer: 'Whether they would deliver could not be seen. They protect less' },
  { name: 'ok.test', answer: 'They would deliver, but protect less' },
  {
    name: 'no.test',
    answer: 'They would not deliver either: the certificate of mx.lacks.example does not have that name. They protect less',
  },
])('$name: $answer', async ({ name, answer }) => {
  const { out } = await scene.run(['explain', name, table, ...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')]);
  expect(unwrapped(out)).toContain(`Would verify or match=hostname do? ${answer}: ${PROTECTS_LESS}`);
});
