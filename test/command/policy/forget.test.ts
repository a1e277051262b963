/** What releases before stored of main.cf and key files: named by status and watch, deleted by `policy forget`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partsOf } from '../../../lambda/command/policy/push.ts';
import { readSources } from '../../../lambda/policy/gather/this-machine.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { forgetVersion, policyState, pushPolicy } from '../../../lambda/store/policies.ts';
import { openToWatch } from '../../../lambda/store/sqlite/open.ts';
import { FILE_NAME } from '../../../lambda/store/sqlite/place.ts';
import { createAuthority } from '../../internet/authority.ts';
import { storedText } from '../../store/stored-text.ts';
import { problemsOf, type Scene, stable, startScene, unwrapped } from '../scene.ts';

const WHEN = Date.parse('2026-01-02T03:04:05Z');
const SECRET = 'hunter2-geheim';
let scene: Scene;
let keyLine: string;
let mainCf: string;
let flags: readonly string[];

beforeAll(async () => {
  scene = await startScene();
  const { keyPem, pem } = await (await createAuthority('Clients')).issue({ dnsNames: ['mx.example'] });
  keyLine = keyPem.split('\n')[1] ?? '';
  const path = (name: string) => join(scene.dir, name);
  mainCf = path('main.cf');
  writeFileSync(path('ca-and-key.pem'), scene.anchors + keyPem + pem);
  writeFileSync(
    mainCf,
    `smtp_tls_policy_maps = hash:${scene.table}\nsmtp_tls_CAfile = ${path('ca-and-key.pem')}\nsmtp_sasl_password_maps = static:u:${SECRET}\n`,
  );
  flags = ['--main-cf', mainCf, '--smtp-port', String(scene.internet.smtpPort)];
});
afterAll(() => scene.close());

const run = async (...args: readonly string[]) => {
  const ran = await scene.run([...args, ...scene.storeFlags]);
  return { code: ran.code, out: stable(ran.out, scene), err: stable(ran.err, scene) };
};

async function onStore<T>(work: (store: Parameters<typeof pushPolicy>[0]) => Promise<T>): Promise<T> {
  const { table } = await openToWatch(join(scene.dir, 'store'), Date.now());
  try {
    return await work({ table, space: spaceOf('default', 'here') });
  } finally {
    table.close();
  }
}

/** As releases before stored it: every file as it was read. */
async function pushAsBefore(comment: string): Promise<void> {
  writeFileSync(mainCf, `${readFileSync(mainCf, 'utf8')}# ${comment}\n`);
  const sources = await readSources({ mainCf, smtpPort: scene.internet.smtpPort });
  const parts = { ...partsOf(sources), ...sources.files };
  await onStore(async (store) => {
    const { rev } = await policyState(store);
    expect(await pushPolicy(store, { parts, by: 'alice@mx1', at: WHEN, rev })).toMatchObject({ kind: 'pushed' });
  });
}

/** The packed bytes of all that is stored of versions, as they stand in the file. */
const packedOf = () =>
  onStore(async ({ table }) => {
    const packed: Buffer[] = [];
    for await (const page of table.scan())
      for (const { pk, value } of page)
        if (pk.startsWith('default/policy#')) packed.push(Buffer.from((value as { gz?: Uint8Array }).gz ?? []));
    return packed.filter(({ length }) => length > 0);
  });
const fileOf = () => readFileSync(join(scene.dir, 'store', FILE_NAME));

test('nothing was pushed: there is nothing to forget', async () => {
  await scene.watch();
  expect(await run('policy', 'forget')).toEqual({
    code: 0,
    out: 'policy "default" in DIR/store: no superseded version is stored\n',
    err: '',
  });
});

test('status names every version that holds secrets, the one in use first, and not the secrets', async () => {
  await pushAsBefore('one');
  await pushAsBefore('two');
  const { out, code } = await run('policy', 'status');
  expect(code).toBe(0);
  const said = unwrapped(out.slice(out.indexOf('stored by earlier')));
  expect(said).toBe(
    'stored by earlier releases, and may be secret: ' +
      'version VERSION, in use, holds DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps) ' +
      'version VERSION holds DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps) ' +
      'run "policy push", then "policy forget", and change those passwords and keys',
  );
  const { out: json } = await run('policy', 'status', '--json');
  const document = JSON.parse(json);
  expect(problemsOf('policy-status', document)).toEqual([]);
  const files = ['DIR/ca-and-key.pem', 'DIR/main.cf'];
  expect(document.secrets).toMatchObject([
    { current: true, files },
    { current: false, files },
  ]);
  expect(out + json).not.toContain(SECRET);
});

test('a run names the one in use, on its log and in its message', async () => {
  const { err, out } = await scene.watch();
  const says =
    'holds what an earlier release stored and may be secret (DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps)): run "policy push" and then "policy forget", and change those passwords and keys';
  expect(unwrapped(stable(err, scene))).toContain(says);
  expect(out + err).not.toContain(SECRET);
});

test('forget deletes what is superseded alone, and says what deleting does not undo', async () => {
  const before = await onStore(policyState);
  const { code, out } = await run('policy', 'forget');
  expect(unwrapped(out)).toBe(
    'deleted 1 superseded version of policy "default" in DIR/store: ' +
      out.slice(out.indexOf('store: ') + 7).split('\n', 1)[0] +
      ` ${
        out
          .slice(out.indexOf('\n') + 1)
          .trim()
          .split(' ', 1)[0]
      } held DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps) ` +
      'change the passwords and keys that stood there: backups and copies of the store keep what was deleted as long as they are kept ' +
      'version VERSION is in use and stays, and it holds DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps): ' +
      'run "policy push", and then "policy forget" again',
  );
  expect(code).toBe(1);
  expect((await onStore(policyState)).head).toEqual(before.head);
  expect(await run('policy', 'show')).toEqual({ code: 0, out: scene.policy, err: '' });
});

test('a push stores none of it, says so, and the table comes back byte for byte', async () => {
  const ran = await run('policy', 'push', ...flags);
  expect(ran).toMatchObject({ code: 0, err: '' });
  const said = unwrapped(ran.out);
  expect(said).toContain(
    'not stored, for it may be secret: DIR/ca-and-key.pem (1 private key) and DIR/main.cf (1 parameter not read: smtp_sasl_password_maps)',
  );
  expect(said).toContain('the version before holds what may be secret (');
  expect(said).toContain('): run "policy forget", and change those passwords and keys');
  expect(await run('policy', 'show')).toEqual({ code: 0, out: scene.policy, err: '' });
  const shown = await run('policy', 'show', '--part', 'main.cf');
  expect(shown.out).toContain('smtp_tls_policy_maps = hash:DIR/tls_policy\n');
  expect(shown.out).not.toContain(SECRET);
  expect((await run('policy', 'show', '--part', 'ca-and-key.pem')).out).not.toContain(keyLine);
  expect((await run('policy', 'status', ...flags)).out).toContain('the pushed copy is the one in use here\n');
});

test('forgotten then, nothing that is stored holds secrets, and nothing is left to say', async () => {
  expect(await onStore(({ table }) => storedText(table))).toContain(SECRET);
  const before = await packedOf();
  expect((await run('policy', 'forget')).code).toBe(0);
  const after = await packedOf();
  const gone = before.filter((bytes) => !after.some((other) => other.equals(bytes)));
  expect(gone.length).toBeGreaterThan(1);
  // What was deleted is overwritten on disk as well.
  expect(gone.filter((bytes) => fileOf().includes(bytes.subarray(0, 200)))).toEqual([]);
  const stored = await onStore(({ table }) => storedText(table));
  expect(stored).not.toContain(SECRET);
  expect(stored).not.toContain(keyLine);
  const { out, code } = await run('policy', 'status', ...flags);
  expect(code).toBe(0);
  expect(out).not.toContain('secret');
  expect((await scene.watch()).err).not.toContain('secret');
  expect(await run('policy', 'forget')).toMatchObject({ code: 0 });
});

test('the one in use cannot be deleted', async () => {
  const { head } = await onStore(policyState);
  const current = head?.current ?? '';
  await expect(onStore((store) => forgetVersion(store, current))).rejects.toThrow(
    `policy version ${current.slice(0, 12)} is the one in use, and stays`,
  );
  expect(await run('policy', 'show')).toEqual({ code: 0, out: scene.policy, err: '' });
});

test('a file that is no policy is not pushed, --force or not', async () => {
  const path = join(scene.dir, 'sasl_passwd');
  writeFileSync(path, `[smtp.example.com]:587 u:${SECRET}\n`);
  for (const force of [[], ['--force']]) {
    const { code, err } = await run('policy', 'push', path, ...force, ...flags.slice(2), '--ca-file', join(scene.dir, 'ca.pem'));
    expect({ code, err: unwrapped(err) }).toEqual({
      code: 3,
      err: 'error: hash:DIR/sasl_passwd is no table of TLS policies, as none of its lines has a level: nothing was pushed, --force or not, since it may hold passwords',
    });
  }
  expect(await onStore(({ table }) => storedText(table))).not.toContain(SECRET);
});
