/** `status` as a person or a monitoring system runs it: the first line, the whole of it, the exit status. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notWatchedIn } from '../../../lambda/run/watch/not-watched.ts';
import type { RunRecord, Stage } from '../../../lambda/store/stored-values.ts';
import type { Json } from '../../../lambda/store/value-schemas.ts';
import { passing, unseen } from '../../alert/verdicts.ts';
import { problemsOf, type Scene, sceneNow, stable, startScene, unwrapped } from '../scene.ts';
import { onRecord } from './on-record.ts';

const HOUR = 3_600_000;
let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());

async function status(...args: readonly string[]) {
  const { code, out, err } = await scene.run(['status', ...scene.storeFlags, ...args]);
  return { code, out: stable(out, scene), err };
}

const FASTMAIL = [
  'FAILING: fastmail.fm would defer: certificate lacks the name asked for',
  'since WHEN, told WHEN; incident messagingengine.com-name-mismatch-ID',
  'mail to fastmail.fm would be deferred: Postfix says "Server certificate not verified". The chain is trusted, but secure wants',
  'fastmail.fm or a name below it and the certificate of in1-smtp.messagingengine.com offers *.messagingengine.com,',
  'messagingengine.com and 4 more caution: its names were found through DNS, which is not signed here: check that mail for fastmail.fm is meant to go to messagingengine.com, in their documentation or with fastmail.fm use instead: fastmail.fm secure match=.messagingengine.com ciphers=high',
].join(' ');

describe('before and after the first run', () => {
  test('nobody is watching yet: exit 3', async () => {
    // A push makes the store, and watches nothing.
    await scene.run(['policy', 'push', scene.table, '--policy', 'pushed', ...scene.bundleFlags, ...scene.storeFlags]);
    const { code, out, err } = await status();
    expect(out.split('\n')).toEqual([
      'UNKNOWN: no complete run ever',
      '  no run from HERE is on record: is its timer enabled, and is --vantage HERE?',
      '',
      '0 entries: nothing to judge, as last seen from HERE; policy "default", kept in DIR/store',
      '',
    ]);
    expect({ code, err }).toEqual({ code: 3, err: '' });
  });

  test('what fails, since when, whether it was told, and the cure: exit 2', async () => {
    await scene.watch();
    const { code, out, err } = await status();
    expect(out.split('\n').slice(0, 3)).toEqual(['FAILING: fastmail.fm', '  last complete run WHEN, less than an hour ago', '']);
    expect(unwrapped(out)).toBe(
      `FAILING: fastmail.fm last complete run WHEN, less than an hour ago ${FASTMAIL} 3 entries: 1 fail, 2 pass, as last seen from HERE; policy "default", kept in DIR/store`,
    );
    expect({ code, err }).toEqual({ code: 2, err: '' });
  });

  test('--json is one document that the published schema takes', async () => {
    const { code, out } = await scene.run(['status', '--json', ...scene.storeFlags]);
    const document = JSON.parse(out);
    expect(problemsOf('status', document)).toEqual([]);
    expect(document).toMatchObject({
      state: 'failing',
      vantage: hostname(),
      runs: { latest: { stage: 'complete', ipv4: 'clear' }, silent: false, failed: false, blind: false },
      summary: { pass: 2, fail: 1 },
      incidents: [
        {
          kind: 'entries',
          standing: 'failing',
          reason: 'name-mismatch',
          provider: 'messagingengine.com',
          muted: false,
          entries: [{ name: 'fastmail.fm', suggestion: 'fastmail.fm secure match=.messagingengine.com ciphers=high' }],
        },
      ],
      notWatched: { count: 0 },
    });
    expect(code).toBe(2);
  });
});

describe('what is muted does not count', () => {
  test('but is always listed: exit 0', async () => {
    const soon = new Date(sceneNow() + 30 * 24 * HOUR).toISOString().slice(0, 10);
    await scene.run(['mute', 'fastmail.fm', '--until', soon, '--reason', 'they know, ticket 4711', ...scene.storeFlags]);
    const { code, out } = await status();
    expect(out).toMatch(/^WELL: nothing is open but what is muted\n/);
    expect(out).toMatch(/^MUTED, FAILING: fastmail\.fm would defer: certificate lacks the name asked for$/m);
    expect(out).toMatch(/^Muted:\n {2}fastmail\.fm until WHEN: they know, ticket 4711 \(alice@HERE\)$/m);
    expect(code).toBe(0);
  });

  test('another cause does: a forecast needs attention, exit 1', async () => {
    const notAfter = sceneNow() + 5 * 24 * HOUR;
    scene.hearst.present(await scene.issue({ commonName: 'gslb.pphosted.com', notBefore: notAfter - 90 * 24 * HOUR, notAfter }));
    await scene.watch();
    const { code, out } = await status();
    expect(out).toMatch(/^WILL FAIL: hearst\.com\n/);
    expect(unwrapped(out)).toMatch(
      /WILL FAIL: hearst\.com will defer from DAY: certificate expires since WHEN, told WHEN; incident pphosted\.com-expired-ID fails from WHEN \((last working day before: DAY|the last working day before is today|no working day is left before)\) mail to hearst\.com is delivered encrypted and authenticated/,
    );
    expect(code).toBe(1);
  });
});

test('what one look saw and none confirmed is named: exit 1', async () => {
  scene.facebook.present(await scene.issue({ commonName: '*.fbsbx.example', dnsNames: ['*.fbsbx.example'] }));
  // The second look would come after the deadline: it is left to the next run.
  await scene.watch('--confirm-after', '600', '--deadline', '300');
  const { code, out } = await status();
  expect(out).toMatch(/^WILL FAIL: hearst\.com; NOT CONFIRMED: facebook\.com\n/);
  expect(unwrapped(out)).toContain(
    'Seen worse once, to be confirmed by the next look: facebook.com, WHEN: mail to facebook.com would be deferred:',
  );
  expect(code).toBe(1);
});

describe('what is not watched', () => {
  const TABLE = `${'.parent.example secure\nquiet.example none\n'}fastmail.fm secure match=.messagingengine.com\n`;

  test('is counted where nothing tells which, and named by the table', async () => {
    const table = join(scene.dir, 'other');
    writeFileSync(table, TABLE);
    const place = ['--policy', 'other'];
    const probing = [...scene.internet.flags, '--ca-file', join(scene.dir, 'ca.pem')];
    const watched = await scene.run(['watch', table, '--confirm-after', '0', ...place, ...probing, ...scene.storeFlags]);
    expect(watched).toMatchObject({ code: 0, err: '' });
    const { code, out } = await status(...place, table, ...scene.bundleFlags);
    expect(out.slice(out.indexOf('Not watched'))).toBe(
      [
        'Not watched (2 entries):',
        '  parent key without a destination: .parent.example (line 1)',
        '  level none asks nothing: quiet.example (line 2)',
        '',
        '1 entry: 1 pass, as last seen from HERE; policy "other", kept in DIR/store',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect((await status(...place)).out).toMatch(/^Not watched \(2 entries\):$/m);
  });

  test('is named by the pushed policy too', async () => {
    const table = join(scene.dir, 'pushed');
    writeFileSync(table, TABLE);
    const place = ['--policy', 'pushed'];
    await scene.run(['policy', 'push', table, ...place, ...scene.bundleFlags, ...scene.storeFlags]);
    const { out } = await status(...place);
    expect(out).toMatch(/^Not watched \(2 entries\):\n {2}parent key without a destination: \.parent\.example \(line 1\)$/m);
  });
});

test('what a run kept of what it did not watch counts before what the policy alone can say', async () => {
  const verdicts = [
    passing('lan.example', { line: 7, verdict: 'unchecked', reason: 'private-addresses' }),
    passing('seen.example', { line: 8 }),
    unseen('dane.example', 'no-dnssec', { line: 9 }),
    unseen('slow.example', 'timed-out', { line: 10 }),
  ];
  await onRecord(scene, 'kept', 'complete', 1, { more: { notWatched: notWatchedIn(verdicts) as unknown as Json } });
  const { code, out } = await status('--policy', 'kept');
  expect(out.slice(out.indexOf('Not watched')).split('\n').slice(0, 3)).toEqual([
    'Not watched (2 entries):',
    '  private addresses only: lan.example (line 7)',
    '  no DNSSEC resolver: dane.example (line 9)',
  ]);
  expect(code).toBe(0);
});

test.each([
  {
    because: 'a complete run of yesterday is as it should be',
    runs: [{ stage: 'complete', hoursAgo: 25.5 }],
    first: 'WELL: nothing is open',
    second: 'last complete run WHEN, 25 hours ago',
    exits: 0,
  },
  {
    because: 'none for 26 hours is silence',
    runs: [{ stage: 'complete', hoursAgo: 26.5 }],
    first: 'UNKNOWN: no complete run for 26 hours',
    second: 'no complete run from HERE for 26 hours: the last was WHEN',
    exits: 3,
  },
  {
    because: 'a run that could not tell has failed, however fresh the one before',
    runs: [
      { stage: 'complete', hoursAgo: 24 },
      { stage: 'untold', hoursAgo: 1, learned: { exceptions: ['topic arn: it does not exist'] } },
    ],
    first: 'UNKNOWN: the latest run failed',
    second: 'the run of WHEN from HERE could not tell what was due: topic arn: it does not exist',
    exits: 3,
  },
  {
    because: 'a run that died hours ago has failed',
    runs: [
      { stage: 'complete', hoursAgo: 24 },
      { stage: 'judged', hoursAgo: 5 },
    ],
    first: 'UNKNOWN: the latest run failed',
    second: 'the run of WHEN from HERE ended at stage "judged": look at its log there',
    exits: 3,
  },
  {
    because: 'a blind run saw nothing that could be believed',
    runs: [{ stage: 'complete', hoursAgo: 2, learned: { vantage: { ipv4: 'blind', ipv6: 'untried' } } }],
    first: 'UNKNOWN: blind',
    second: 'the run of WHEN from HERE was blind: port 25 could not be reached from there',
    exits: 3,
  },
] satisfies readonly {
  because: string;
  runs: readonly { stage: Stage; hoursAgo: number; learned?: Partial<RunRecord> }[];
  first: string;
  second: string;
  exits: number;
}[])('$because', async ({ because, runs, first, second, exits }) => {
  const policy = because.replaceAll(/[^a-z0-9]+/g, '-');
  for (const { stage, hoursAgo, learned } of runs as readonly { stage: Stage; hoursAgo: number; learned?: Partial<RunRecord> }[])
    await onRecord(scene, policy, stage, hoursAgo, learned);
  const { code, out } = await status('--policy', policy);
  expect(unwrapped(out).slice(0, first.length + second.length + 1)).toBe(`${first} ${second}`);
  expect(code).toBe(exits);
});

test('where no run is on record it names those that are, with the flags that ask for them', async () => {
  await onRecord(scene, 'elsewhere', 'complete', 2);
  const { code, out } = await status('--vantage', 'mx9', '--policy', 'elsewhere');
  expect(unwrapped(out)).toContain(
    'no run from mx9 is on record: is its timer enabled, and is --vantage mx9? Runs are on record of: ',
  );
  expect(unwrapped(out)).toContain('policy "elsewhere" from HERE, the last began WHEN: --vantage HERE');
  expect(unwrapped(out)).toContain('policy "default" from HERE, the last began WHEN: --policy default --vantage HERE');
  expect(code).toBe(3);
  const json = await status('--vantage', 'mx9', '--policy', 'elsewhere', '--json');
  const document = JSON.parse(json.out) as { others: readonly { policy: string }[] };
  expect(document.others.map(({ policy }) => policy)).toContain('elsewhere');
  expect(problemsOf('status', document)).toEqual([]);
});

test('a user without a store is told where there is one', async () => {
  const home = join(scene.dir, 'home');
  mkdirSync(home);
  const own = join(home, '.local/share/postfix-tls-watch');
  cpSync(join(scene.dir, 'store'), own, { recursive: true });
  const { code, err } = await scene.run(['history'], { STATE_DIRECTORY: join(scene.dir, 'nothing'), HOME: home });
  expect(stable(err, scene)).toContain(
    'error: there is no store in DIR/nothing: nothing was kept there yet; "watch" makes one, --store names another place; there is one in ',
  );
  expect(stable(err, scene)).toContain('DIR/home/.local/share/postfix-tls-watch');
  expect(code).toBe(3);
});

test('a place where nothing is kept is an error, and stays empty', async () => {
  const { code, out, err } = await scene.run(['status', '--store', join(scene.dir, 'mistyped')]);
  expect({ code, out, err: stable(err, scene) }).toEqual({
    code: 3,
    out: '',
    err: 'error: there is no store in DIR/mistyped: nothing was kept there yet; "watch" makes one, --store names another place\n',
  });
  expect(existsSync(join(scene.dir, 'mistyped'))).toBe(false);
});
