/** `diff`: two moments side by side, by what is remembered. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { subjectsOf } from '../../../lambda/command/diff/facts.ts';
import type { DiffDocument } from '../../../lambda/command/diff/schema.ts';
import { type HostSnapshot, hostKey } from '../../../lambda/snapshot/host-snapshot.ts';
import { problemsOf, type Scene, sceneNow, stable, startScene } from '../scene.ts';

let scene: Scene;
/** Between the runs, in ms of the scene's clock. */
const times: number[] = [];
beforeAll(async () => {
  scene = await startScene();
  const day = async () => {
    await scene.watch();
    times.push(sceneNow());
  };
  await day();
  scene.facebook.present(await scene.issue({ commonName: '*.fbsbx.example', dnsNames: ['*.fbsbx.example', 'b.example'] }));
  await day();
  const other = await scene.internet.mailHost({
    host: 'mx9.vvv.facebook.com',
    ...(await scene.issue({ commonName: '*.facebook.com', dnsNames: ['*.vvv.facebook.com'] })),
  });
  scene.internet.domain('facebook.com', other);
  await day();
});
afterAll(() => scene.close());

async function diff(...args: readonly string[]) {
  const { code, out, err } = await scene.run(['diff', ...args, ...scene.storeFlags]);
  return { code, out: stable(out, scene), err: stable(err, scene) };
}
const at = (day: number) => new Date(times[day] ?? Number.NaN).toISOString();
/** Lines with a sign, without digests, which are others in each run. */
const signed = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^[-+]/.test(line))
    .map((line) => line.replaceAll(/[0-9a-f]{16}$/g, 'DIGEST'));

test('the last change, where no dates are given', async () => {
  const { code, out, err } = await diff('facebook.com');
  expect(signed(out).filter((line) => !/^. {13}/.test(line))).toEqual([
    '- verdict     fail (name mismatch)',
    '+ verdict     pass',
    '+ fails from  WHEN',
    '- MX host     msgin.vvv.facebook.com',
    '+ MX host     mx9.vvv.facebook.com',
    '+ presents    a certificate',
    '+ name        *.vvv.facebook.com',
    '+ issuer      /O=Test Authority/CN=Founding Intermediate',
    '+ valid until WHEN',
    '+ key         SHA-256 DIGEST',
    '+ anchor      /O=Test Authority/CN=Founding Root',
    '+ certificate SHA-256 DIGEST',
  ]);
  expect(out).toMatch(/^facebook\.com: WHEN \(-\) and WHEN \(\+\)\n\nfacebook\.com\n {2}level {7}secure\n/);
  expect(out).toMatch(/^as seen from HERE; policy "default", kept in DIR\/store$/m);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test('two dates, and an MX host by itself: certificates by their difference', async () => {
  const { out } = await diff('msgin.vvv.facebook.com', '--from', at(0), '--to', at(1));
  expect(signed(out)).toEqual([
    '- name        *.facebook.com',
    '- name        *.vvv.facebook.com',
    '+ name        *.fbsbx.example',
    '+ name        b.example',
    '- key         SHA-256 DIGEST',
    '+ key         SHA-256 DIGEST',
    '- certificate SHA-256 DIGEST',
    '+ certificate SHA-256 DIGEST',
  ]);
  expect(out).toContain('\nmsgin.vvv.facebook.com:PORT\n  presents    a certificate\n');
});

test('what did not change is said so', async () => {
  expect((await diff('hearst.com')).out).toMatch(/^hearst\.com at WHEN: nothing has changed since it was first seen\n/);
  expect((await diff('facebook.com', '--from', at(1), '--to', new Date((times[1] ?? 0) + 1).toISOString())).out).toMatch(
    /^facebook\.com: WHEN \(-\) and WHEN \(\+\), which do not differ\n/,
  );
});

test('--json is one document that the published schema takes', async () => {
  const { code, out } = await diff('facebook.com', '--json');
  const document = JSON.parse(out) as DiffDocument;
  expect(problemsOf('diff', document)).toEqual([]);
  expect(document.differs).toBe(true);
  const entry = document.subjects.find(({ grain }) => grain === 'entry');
  expect(entry?.facts.find(({ name }) => name === 'verdict')).toEqual({
    name: 'verdict',
    before: ['fail (name mismatch)'],
    after: ['pass'],
  });
  expect(code).toBe(0);
});

test('a host that was met in several ways: each says by which', () => {
  const host = (offer: string, servername?: string): HostSnapshot => ({
    host: 'mx.example',
    port: 25,
    offer,
    ...(servername === undefined ? {} : { servername }),
    firstAt: 0,
    sightings: [],
    certificatesUntil: 0,
  });
  const namesOf = (...hosts: readonly HostSnapshot[]) => {
    const moment = { at: 0, entries: new Map(), hosts: new Map(hosts.map((one) => [hostKey(one), one])) };
    return subjectsOf(moment, moment, () => undefined).map(({ name }) => name);
  };
  const [one, other] = ['1'.repeat(64), '2'.repeat(64)];
  expect(namesOf(host(one))).toEqual(['mx.example:25']);
  expect(namesOf(host(one), host(other))).toEqual(['mx.example:25, TLS offer 11111111', 'mx.example:25, TLS offer 22222222']);
  expect(namesOf(host(one), host(other, 'a.example'))).toEqual(['mx.example:25', 'mx.example:25, asked as a.example']);
});

test('no line is wider than the 100 columns that there are off a terminal', async () => {
  const { out } = await diff('fastmail.fm');
  expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test.each([
  {
    args: ['nobody.example'],
    says: 'error: diff nobody.example: nothing was ever seen under this name from HERE for the policy "default"; a destination, a key of the table or an MX host is wanted\n',
  },
  {
    args: ['facebook.com', '--from', '2026-01-02', '--to', '2026-01-01'],
    says: 'error: diff facebook.com: --from must be before --to\n',
  },
])('$args is wrong usage', async ({ args, says }) => {
  expect(await diff(...args)).toEqual({ code: 3, out: '', err: says });
});
