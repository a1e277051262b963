/** `status --nagios` as a monitoring system runs it: every state by a row, read back by the guidelines, from the store alone. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord, Stage } from '../../../lambda/store/stored-values.ts';
import { parsePlugin } from '../monitor/plugin-output.ts';
import { type Scene, sceneNow, stable, startScene } from '../scene.ts';
import { onRecord } from './on-record.ts';

const HOUR = 3_600_000;
const CODES = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
  await scene.watch();
});
afterAll(() => scene.close());

/** What it said; its exit status is that of the word. */
async function plugin(...args: readonly string[]) {
  const { code, out } = await scene.run(['status', '--nagios', ...scene.storeFlags, ...args]);
  const parsed = parsePlugin(stable(out, scene));
  expect(code).toBe(CODES[parsed.state]);
  return parsed;
}

describe('after the first run', () => {
  test('what fails is critical, counted, and told with its cure below', async () => {
    const { state, summary, performance, details } = await plugin();
    expect(`${state} ${summary}`).toBe('CRITICAL FAILING: fastmail.fm; last complete run WHEN, less than an hour ago');
    const { run_age, ...counts } = performance;
    expect(run_age).toEqual({ value: expect.any(Number), unit: 's', min: 0 });
    expect(counts).toEqual({
      failing: { value: 1, unit: '', critical: '0', min: 0 },
      failing_soon: { value: 0, unit: '', warn: '0', min: 0 },
      degraded: { value: 0, unit: '', warn: '0', min: 0 },
      not_confirmed: { value: 0, unit: '', warn: '0', min: 0 },
      not_judged: { value: 0, unit: '', min: 0 },
      incidents: { value: 1, unit: '', min: 0 },
      muted: { value: 0, unit: '', min: 0 },
      watched: { value: 3, unit: '', min: 0 },
      not_watched: { value: 0, unit: '', min: 0 },
      channels_failing: { value: 0, unit: '', min: 0 },
    });
    expect(details[0]).toBe('FAILING: fastmail.fm would defer: certificate lacks the name asked for');
    expect(details).toContain('  use instead: fastmail.fm secure match=.messagingengine.com ciphers=high');
    expect(details.at(-1)).toBe('3 entries: 1 fail, 2 pass, as last seen from HERE; policy "default", kept in DIR/store');
  });

  test('what is muted is well, and counted as that', async () => {
    const soon = new Date(sceneNow() + 30 * 24 * HOUR).toISOString().slice(0, 10);
    await scene.run(['mute', 'fastmail.fm', '--until', soon, '--reason', 'they know | <b>4711</b>', ...scene.storeFlags]);
    const { state, summary, performance, details } = await plugin();
    expect(`${state} ${summary}`).toBe('OK nothing is open but what is muted; last complete run WHEN, less than an hour ago');
    expect(performance).toMatchObject({ failing: { value: 0 }, incidents: { value: 0 }, muted: { value: 1 } });
    expect(details).toContain('  fastmail.fm until WHEN: they know \\u{7c} \\u{3c}b\\u{3e}4711\\u{3c}/b\\u{3e} (alice@HERE)');
  });

  test('a forecast is a warning', async () => {
    const notAfter = sceneNow() + 5 * 24 * HOUR;
    scene.hearst.present(await scene.issue({ commonName: 'gslb.pphosted.com', notBefore: notAfter - 90 * 24 * HOUR, notAfter }));
    await scene.watch();
    const { state, summary, performance } = await plugin();
    expect(`${state} ${summary}`).toBe('WARNING WILL FAIL: hearst.com; last complete run WHEN, less than an hour ago');
    expect(performance).toMatchObject({ failing_soon: { value: 1 }, incidents: { value: 1 }, muted: { value: 1 } });
  });
});

interface Row {
  readonly because: string;
  readonly runs: readonly { readonly stage: Stage; readonly hoursAgo: number; readonly learned?: Partial<RunRecord> }[];
  readonly flags?: readonly string[];
  readonly says: string;
  readonly age?: { readonly warn?: string; readonly critical?: string };
}

const COUNTS = { pass: 3, notWatched: 0 };
const BLIND = { vantage: { ipv4: 'blind', ipv6: 'untried' } };

const rows: readonly Row[] = [
  {
    because: 'a complete run of yesterday is as it should be',
    runs: [{ stage: 'complete', hoursAgo: 25.5 }],
    says: 'OK nothing is open; last complete run WHEN, 25 hours ago',
  },
  {
    because: 'none for 26 hours is not known, unless somebody says what it is',
    runs: [{ stage: 'complete', hoursAgo: 27 }],
    says: 'UNKNOWN no complete run for 26 hours; no complete run from HERE for 27 hours: the last was WHEN',
  },
  {
    because: 'beyond a threshold it is a warning',
    runs: [{ stage: 'complete', hoursAgo: 27 }],
    flags: ['--warning', '26', '--critical', '50'],
    says: 'WARNING nothing is open; last complete run WHEN, 27 hours ago (warning after 26 h)',
    age: { warn: '93600', critical: '180000' },
  },
  {
    because: 'beyond the second it is critical',
    runs: [{ stage: 'complete', hoursAgo: 51 }],
    flags: ['-w', '26', '-c', '50'],
    says: 'CRITICAL nothing is open; last complete run WHEN, 51 hours ago (critical after 50 h)',
    age: { warn: '93600', critical: '180000' },
  },
  {
    because: 'within a wider one it is well',
    runs: [{ stage: 'complete', hoursAgo: 27 }],
    flags: ['--warning', '50'],
    says: 'OK nothing is open; last complete run WHEN, 27 hours ago',
    age: { warn: '180000' },
  },
  {
    because: 'a warning by age alone does not hide that the latest run failed',
    runs: [
      { stage: 'complete', hoursAgo: 30 },
      { stage: 'untold', hoursAgo: 1, learned: { exceptions: ['topic arn: it | does not exist'] } },
    ],
    flags: ['--warning', '26'],
    says:
      'WARNING the latest run failed; the run of WHEN from HERE could not tell what was due: topic arn: it \\u{7c} does not exist ' +
      '(warning after 26 h)',
    age: { warn: '93600' },
  },
  {
    because: 'a blind run saw nothing that could be believed',
    runs: [{ stage: 'complete', hoursAgo: 2, learned: BLIND }],
    says: 'UNKNOWN blind; the run of WHEN from HERE was blind: port 25 could not be reached from there',
  },
  {
    because: 'a run that watched nothing says so',
    runs: [{ stage: 'complete', hoursAgo: 2, learned: { counts: COUNTS } }],
    says: 'UNKNOWN nothing is watched; last complete run WHEN, 2 hours ago',
  },
  {
    because: 'a run that died hours ago has failed',
    runs: [
      { stage: 'complete', hoursAgo: 24 },
      { stage: 'judged', hoursAgo: 5 },
    ],
    says: 'UNKNOWN the latest run failed; the run of WHEN from HERE ended at stage "judged": look at its log there',
  },
];

test.each(rows)('$because', async ({ because, runs, flags = [], says, age = {} }) => {
  const policy = because.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60);
  for (const { stage, hoursAgo, learned } of runs) await onRecord(scene, policy, stage, hoursAgo, learned);
  const { state, summary, performance } = await plugin('--policy', policy, ...flags);
  expect(`${state} ${summary}`).toBe(says);
  expect(performance.run_age).toEqual({ value: expect.any(Number), unit: 's', ...age, min: 0 });
});

test('without any run the age is not known, and no threshold makes it known', async () => {
  const { state, summary, performance } = await plugin('--policy', 'never', '--critical', '1');
  expect(`${state} ${summary}`).toBe(
    'UNKNOWN no complete run ever; no run from HERE is on record: is its timer enabled, and is --vantage HERE?',
  );
  expect(performance.run_age).toBeUndefined();
});

test.each([
  {
    because: 'a place without a store',
    args: ['--store', '/nonexistent/store'],
    says: 'there is no store in /nonexistent/store: nothing was kept there yet; "watch" makes one, --store names another place',
  },
  { because: 'a flag that there is not', args: ['--nagois'], says: "unknown option '--nagois'" },
  {
    because: 'a threshold that is no number',
    args: ['--warning', '26h'],
    says: "option '-w, --warning \\u{3c}hours\\u{3e}' argument '26h' is invalid. a number above 0 is wanted",
  },
  {
    because: 'thresholds the wrong way round',
    args: ['-w', '50', '-c', '26'],
    says: '--critical 26 is less than --warning 50: both are hours since the last complete run',
  },
  {
    because: 'two ways to print',
    args: ['--json'],
    says: '--json and --nagios: each prints in a way of its own, give one of them',
  },
  {
    because: 'a file of flags that is not there',
    args: ['--config', '/nonexistent/flags.toml'],
    says: expect.stringContaining('/nonexistent/flags.toml'),
  },
])('is unknown, in one line: $because', async ({ args, says }) => {
  const { code, out } = await scene.run(['status', '--nagios', ...args]);
  const { state, summary, performance } = parsePlugin(out);
  expect({ code, state, summary, performance }).toEqual({ code: 3, state: 'UNKNOWN', summary: says, performance: {} });
});

test('is unknown, in one line: a store that is none', async () => {
  const store = join(scene.dir, 'broken');
  mkdirSync(store);
  writeFileSync(join(store, 'store.sqlite'), 'not a database, and long enough to be read as one '.repeat(100));
  const { code, out } = await scene.run(['status', '--nagios', '--store', store]);
  const { state, summary } = parsePlugin(stable(out, scene));
  expect({ code, state, summary }).toEqual({
    code: 3,
    state: 'UNKNOWN',
    summary:
      'the store in DIR/broken: it is damaged (its header is not that of a store); the next watch sets it aside and begins anew, ' +
      'unless a backup is put in its place before',
  });
});

test('thresholds alone are an error for a person', async () => {
  const { code, out, err } = await scene.run(['status', ...scene.storeFlags, '--warning', '26']);
  expect({ code, out, err }).toEqual({
    code: 3,
    out: '',
    err: 'error: --warning and --critical say nothing without --nagios; give it as well\n',
  });
});

test('it changes nothing and makes no store', async () => {
  const store = join(scene.dir, 'none');
  await scene.run(['status', '--nagios', '--store', store]);
  expect(existsSync(store)).toBe(false);
});
