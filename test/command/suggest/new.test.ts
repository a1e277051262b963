/** `suggest --new` as a process: where the names come from, what is printed, and the table that patch makes of it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '../../log/log.ts';
import { problemsOf, type Scene, sceneNow, stable, startScene } from '../scene.ts';

const TABLE = '# ours\nfacebook.com    secure ciphers=high\n.lined.test\tnone';

let scene: Scene;
let log: string;
let list: string;

beforeAll(async () => {
  scene = await startScene();
  [log, list] = [join(scene.dir, 'mail.log'), join(scene.dir, 'names')];
  for (const name of ['a', 'b', 'c']) scene.internet.domain(`${name}.test`, ...scene.fastmail);
  writeFileSync(scene.table, TABLE);
});
afterAll(() => scene.close());

const sent = (domain: string, count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      `${new Date(sceneNow() - 86_400_000).toISOString()} mail postfix/smtp[1]: ${ended(`A${i}`, `r@${domain}`, 'sent 2.0.0 ok')}\n`,
  ).join('');
const suggest = (...more: string[]) =>
  scene.run(['suggest', scene.table, '--new', ...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem'), ...more]);

test('by the log, without a store: one provider, the volumes, and that today alone speaks for it', async () => {
  writeFileSync(log, sent('b.test', 1_200) + sent('a.test', 34) + sent('facebook.com', 9) + sent('x.lined.test', 1));
  const { code, out, err } = await suggest('--destinations-from-log', log);
  expect(err).toBe('');
  expect(code).toBe(1);
  expect(
    stable(out.slice(0, out.indexOf('# no history')), scene),
  ).toBe(`# 2 destinations without a line, of one provider: 2 could have one (diff below)
#
# messagingengine.com: 2 destinations, 1,234 recipients in 30 days
#   secure match=.messagingengine.com
#     for b.test (1,200) and a.test (34)
#     none sends everything in plaintext, and secure with the names of their hosts would deliver
#     today: delivers (all addresses met); by the certificates of today until DAY
#     history: none; today alone speaks for it
#     before you use it: its names were found through DNS, which is not signed here: check that mail
#     for each domain is meant to go to messagingengine.com, in their documentation or with each
#     domain
#
# where mail went: 1,244 recipients since DAY by the log, 1,234 of them without a line
# with a line already: facebook.com and x.lined.test
`);
  expect(out).toContain('A daily watch --observe keeps what it sees, and each');
  expect(out).toContain('+# messagingengine.com: 2 destinations, 1,234 recipients in 30 days (suggest --new, ');
});

test('the store has days: what watch --observe looked at is asked about, and judged on them', async () => {
  writeFileSync(list, 'a.test\nb.test\nc.test\nfacebook.com\n');
  expect((await scene.watch('--observe', list)).code).toBe(0);
  const { code, out } = await suggest('--json', ...scene.storeFlags);
  const document = JSON.parse(out);
  expect(problemsOf('suggest', document)).toEqual([]);
  expect(code).toBe(1);
  expect(document.new).toMatchObject({ source: 'observed', recipients: null, covered: [], others: [], beyond: 0 });
  expect(document.new.providers).toEqual([
    {
      whose: 'domains',
      name: 'messagingengine.com',
      recipients: null,
      destinations: ['a', 'b', 'c'].map((name) => ({
        key: `${name}.test`,
        domains: [`${name}.test`],
        recipients: null,
        level: 'none',
        line: `${name}.test secure match=.messagingengine.com`,
        left: null,
      })),
    },
  ]);
  expect(
    document.changes.map(({ kind, how, held, ground }: Record<string, unknown>) => [
      kind,
      how,
      held,
      (ground as { kind: string }).kind,
    ]),
  ).toEqual(Array(3).fill(['new', 'add', expect.objectContaining({ days: 1, of: 1 }), 'dns']));
});

test('what it prints is a patch: comment and lines at the end, and nothing else changes', async () => {
  const { out } = await suggest('--destination', 'c.test', '--destination', 'a.test', ...scene.storeFlags);
  expect(out).toContain('history: would have held on the one day that can be told');
  const patched = join(scene.dir, 'patched');
  writeFileSync(patched, TABLE);
  execFileSync('patch', ['--quiet', patched], { input: out });
  const lines = readFileSync(patched, 'utf8').split('\n');
  expect(lines.slice(0, 3).join('\n')).toBe(TABLE);
  expect(lines[3]).toMatch(/^# messagingengine\.com: 2 destinations \(suggest --new, \d{4}-\d\d-\d\d\)$/);
  expect(lines.slice(4)).toEqual(['a.test secure match=.messagingengine.com', 'c.test secure match=.messagingengine.com']);
});

test('a history that ended days ago says so: no message would', async () => {
  const later = new Date(sceneNow() + 5 * 86_400_000).toISOString();
  const { out } = await suggest('--at', later, ...scene.storeFlags);
  expect(out.replaceAll(/\n# +/g, ' ')).toMatch(
    /candidates were last looked at on [A-Z][a-z]{2} [0-9-]{10}: the output of watch --observe says why not since/,
  );
});

test('all that is asked about has a line', async () => {
  const { code, out } = await suggest('--destination', 'facebook.com', '--destination', 'x.lined.test');
  expect(out).toMatch(/^all 2 destinations asked about: a line is there already$/m);
  expect(code).toBe(3);
});

test.each([
  {
    args: [],
    says: '--new: for whom? Name where mail goes with --destinations-from-log, --destinations or --destination, or have watch --observe look at a list',
  },
  {
    args: ['--upgrade', '--destination', 'a.test'],
    says: '--upgrade is for lines that are there, --new for destinations without one: give one of them',
  },
])('wrong usage: $says', async ({ args, says }) => {
  const { code, err } = await suggest(...args);
  expect(err).toContain(says);
  expect(code).toBe(3);
});

test('a list with a wrong line', async () => {
  writeFileSync(list, 'a.test\nb.test c.test\n');
  const { code, err } = await suggest('--destinations', list);
  expect(err).toContain(`${list} line 2: "b.test c.test": one domain, address or next hop a line is wanted`);
  expect(code).toBe(3);
});

test('--provider says nothing without --new', async () => {
  const { code, err } = await scene.run(['suggest', scene.table, '--provider', 'x', ...scene.bundleFlags]);
  expect(err).toContain('--provider says nothing without --new');
  expect(code).toBe(3);
});
