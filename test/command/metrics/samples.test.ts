/** What is remembered as metrics: values, bounds, and strangers' text; held to Prometheus' own tool. */
import { describe, expect, test } from 'vitest';
import { expositionText, type Samples } from '../../../lambda/command/metrics/exposition.ts';
import { FAMILIES } from '../../../lambda/command/metrics/families.ts';
import { samplesOf } from '../../../lambda/command/metrics/samples.ts';
import type { OpenEntry, OpenIncident, Status } from '../../../lambda/command/status/read.ts';
import type { EntrySnapshot } from '../../../lambda/snapshot/entry-snapshot.ts';
import type { OwedChannel, RunRecord } from '../../../lambda/store/stored-values.ts';
import { DAY, START } from '../../alert/verdicts.ts';
import { NO_PROMTOOL, promtool } from './promtool.ts';
import { readMetrics } from './read-metrics.ts';

const RUN: RunRecord = {
  runId: 'one',
  scope: 'all',
  holder: 'test',
  startedAt: START,
  stage: 'complete',
  stageAt: START + 90_500,
  digests: {},
  counts: { conversations: 26, unfinished: 2 },
  vantage: { ipv4: 'clear', ipv6: 'blind' },
  unseen: [],
  exceptions: [],
  tellings: 0,
};

const OWED: OwedChannel = {
  channel: 'mail to "ops"@example.com',
  kind: 'mail',
  since: START - DAY,
  failedAt: START,
  because: '',
  messages: [],
  leftOut: 0,
};

const EMPTY: Status = {
  at: START,
  sight: { silent: true, failed: false, blind: false, owed: [], sentence: '' },
  incidents: [],
  pending: [],
  undetermined: [],
  notWatched: undefined,
  notWatchedCount: 0,
  mutes: [],
  confirmations: [],
  watched: 0,
  mail: undefined,
  counts: { pass: 0, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 },
  others: [],
  problems: [],
  policies: [],
};

function entry(id: string, overrides: Partial<EntrySnapshot> = {}): EntrySnapshot {
  return {
    id,
    destination: id,
    key: id,
    level: 'secure',
    firstAt: START,
    verdict: 'pass',
    reason: null,
    since: START,
    sentence: '',
    protection: 'authenticated',
    postfixWould: 'deliver',
    failsFrom: null,
    degradedFrom: null,
    failsBecause: null,
    suggestion: null,
    routes: [],
    ...overrides,
  };
}

const openEntry = (id: string, overrides: Partial<OpenEntry> = {}): OpenEntry => ({
  id,
  name: id,
  standing: 'failing',
  since: START - DAY,
  sentence: '',
  suggestion: null,
  caution: null,
  held: null,
  ...overrides,
});

const incident = (id: string, overrides: Partial<OpenIncident> = {}): OpenIncident => ({
  id,
  standing: 'failing',
  kind: 'entries',
  headline: '',
  reason: 'name-mismatch',
  provider: 'example.net',
  since: START - DAY,
  muted: false,
  entries: [],
  ...overrides,
});

interface Given {
  readonly status?: Partial<Status>;
  readonly entries?: readonly EntrySnapshot[];
}

function metrics({ status = {}, entries = [] }: Given): string {
  const samples = samplesOf({ status: { ...EMPTY, ...status }, entries, hosts: [], find: () => undefined, node: '24.0.0' });
  return expositionText(samples, { policy: 'default', vantage: 'mx1' });
}

/** By name and its own labels, in the order of the file. */
function series(given: Given, name: string): Readonly<Record<string, number>> {
  const found = readMetrics(metrics(given)).filter((one) => one.name === `postfix_tls_watch_${name}`);
  return Object.fromEntries(
    found.map(({ labels: { policy, vantage, ...own }, value }) => {
      expect({ policy, vantage }).toEqual({ policy: 'default', vantage: 'mx1' });
      return [Object.values(own).join(' '), value];
    }),
  );
}

const sight = (overrides: Partial<Status['sight']> = {}): Pick<Status, 'sight'> => ({
  sight: { ...EMPTY.sight, latest: RUN, complete: RUN, silent: false, ...overrides },
});

describe('of runs', () => {
  test.each([
    { name: 'last_run_timestamp_seconds', value: START / 1000 },
    { name: 'last_complete_run_timestamp_seconds', value: START / 1000 + 90.5 },
    { name: 'last_complete_run_duration_seconds', value: 90.5 },
    { name: 'last_run_failed', value: 0 },
    { name: 'blind', value: 0 },
    { name: 'conversations', value: 26 },
    { name: 'entries_unfinished', value: 2 },
  ])('$name', ({ name, value }) => {
    expect(series({ status: sight() }, name)).toEqual({ '': value });
  });

  test('each address family has one state', () => {
    expect(series({ status: sight() }, 'address_family_state')).toEqual({
      'ipv4 clear': 1,
      'ipv4 blind': 0,
      'ipv4 untried': 0,
      'ipv6 clear': 0,
      'ipv6 blind': 1,
      'ipv6 untried': 0,
    });
  });

  test('before any there is nothing of them, and still what is counted', () => {
    const names = new Set(readMetrics(metrics({})).map(({ name }) => name.replace('postfix_tls_watch_', '')));
    expect([...names].filter((name) => /run|blind|family|conversations/.test(name))).toEqual([]);
    expect([...names]).toEqual(expect.arrayContaining(['build_info', 'entries', 'incidents_open', 'series_left_out']));
  });

  test('a record of an older release counts nothing that it does not know', () => {
    expect(series({ status: sight({ latest: { ...RUN, counts: {} } }) }, 'conversations')).toEqual({});
  });
});

describe('of entries', () => {
  const entries = [
    entry('well.test'),
    entry('bad.test', { verdict: 'fail' }),
    entry('ends.test', { failsFrom: new Date(START + DAY).toISOString() }),
    entry('gone.test', { undetermined: { since: START - DAY, cause: 'timed-out' } }),
  ];

  test('the verdict is one of all, worst entries first, then those that end', () => {
    const verdicts = series({ entries }, 'entry_verdict');
    expect(Object.keys(verdicts).filter((key) => key.endsWith(' pass'))).toEqual([
      'bad.test pass',
      'ends.test pass',
      'gone.test pass',
      'well.test pass',
    ]);
    expect(Object.entries(verdicts).filter(([key]) => key.startsWith('bad.test'))).toEqual([
      ['bad.test fail', 1],
      ['bad.test degraded', 0],
      ['bad.test undetermined', 0],
      ['bad.test pass', 0],
      ['bad.test unchecked', 0],
    ]);
  });

  test('an end has a date where one is in sight, and so has what is not judged', () => {
    expect(series({ entries }, 'entry_fails_from_timestamp_seconds')).toEqual({ 'ends.test': (START + DAY) / 1000 });
    expect(series({ entries }, 'entry_not_judged_since_timestamp_seconds')).toEqual({ 'gone.test': (START - DAY) / 1000 });
  });

  test('at most a thousand have series; which are left out is those that are well, and they are counted', () => {
    const many = Array.from({ length: 1_200 }, (_, i) => entry(`e${i}.test`, i === 1_150 ? { verdict: 'fail' } : {}));
    const verdicts = series({ entries: many }, 'entry_verdict');
    expect(Object.keys(verdicts)).toHaveLength(5_000);
    expect(Object.keys(verdicts)[0]).toBe('e1150.test fail');
    expect(series({ entries: many }, 'series_left_out')).toEqual({ entries: 200, 'open-entries': 0, 'mail-servers': 0 });
  });
});

describe('of what is open', () => {
  const incidents = [
    incident('a-1', { entries: [openEntry('a.test'), openEntry('b.test', { mutedUntil: START + DAY })] }),
    incident('b-1', {
      standing: 'failing-soon',
      muted: true,
      entries: [openEntry('b.test', { standing: 'failing-soon', mutedUntil: START + DAY })],
    }),
    incident('blind', { kind: 'blind', standing: 'unjudged', reason: 'blind', provider: '' }),
    incident('channel', { kind: 'channel', standing: 'unjudged', reason: 'channel', provider: 'webhook at hooks.example.com' }),
  ];
  const given: Given = { status: { incidents, ...sight({ owed: [OWED], failed: true }) } };

  test('incidents are counted by standing and mute', () => {
    const open = Object.entries(series(given, 'incidents_open')).filter(([, value]) => value > 0);
    expect(Object.fromEntries(open)).toEqual({
      'failing false': 1,
      'failing-soon true': 1,
      'blind false': 1,
      'channel false': 1,
    });
    expect(Object.keys(series(given, 'incidents_open'))).toHaveLength(12);
  });

  test('each entry of one says since when, and an entry is muted once', () => {
    expect(series(given, 'entry_open_since_timestamp_seconds')).toEqual({
      'a.test failing name-mismatch a-1 false': (START - DAY) / 1000,
      'b.test failing name-mismatch a-1 true': (START - DAY) / 1000,
      'b.test failing-soon name-mismatch b-1 true': (START - DAY) / 1000,
    });
    expect(series(given, 'entries_muted')).toEqual({ '': 1 });
  });

  test('a channel fails by what it is owed or by an incident of the run', () => {
    expect(series(given, 'channels_failing')).toEqual({ '': 2 });
    expect(series(given, 'channel_failing_since_timestamp_seconds')).toEqual({
      'webhook at hooks.example.com': (START - DAY) / 1000,
      'mail to "ops"@example.com': (START - DAY) / 1000,
    });
    expect(series(given, 'last_run_failed')).toEqual({ '': 1 });
  });
});

test('mail by the log adds up, and is missing where no log was read', () => {
  const mail = { since: START, recipients: 100, watched: 90, unasked: 7, elsewhere: [] };
  expect(series({ status: { mail } }, 'mail_recipients')).toEqual({ watched: 90, 'nothing-asked': 7, 'not-watched': 3 });
  expect(series({}, 'mail_recipients')).toEqual({});
});

const HOSTILE = ['a"b', 'a\\b', 'a\nb', 'a\u202eb', 'a\u0000b', 'ä語😀', '{x="y"} 1', '\ud800', '# HELP x', ''];

test('labels of strangers stay within their quotes', () => {
  const entries = HOSTILE.map((id) => entry(id, { verdict: 'fail' }));
  const read = readMetrics(metrics({ entries })).filter(({ labels }) => labels.verdict === 'fail' && 'entry' in labels);
  expect(read.map(({ labels }) => labels.entry).toSorted()).toEqual(
    ['a"b', 'a\\b', 'a b', 'a\\u{202e}b', 'a\\u{0}b', 'ä語😀', '{x="y"} 1', '\ufffd', '# HELP x', ''].toSorted(),
  );
});

test('two that would be the same series are one, for a second would make the whole file unreadable', () => {
  const long = 'x'.repeat(400);
  expect(Object.keys(series({ entries: [entry(`${long}a`), entry(`${long}b`)] }, 'entry_verdict'))).toHaveLength(5);
});

test('what is no number is left out', () => {
  expect(series({ entries: [entry('a.test', { failsFrom: 'never' })] }, 'entry_fails_from_timestamp_seconds')).toEqual({});
});

test('families have the labels of the table and no others', () => {
  const samples: Samples = samplesOf({
    status: { ...EMPTY, ...sight({ owed: [OWED] }), incidents: [incident('a-1', { entries: [openEntry('a.test')] })] },
    entries: [entry('a.test')],
    hosts: [],
    find: () => undefined,
    node: '24.0.0',
  });
  for (const [name, of] of Object.entries(samples))
    for (const { labels } of of ?? []) expect(Object.keys(labels), name).toEqual(FAMILIES[name as keyof Samples].labels);
});

describe.skipIf(NO_PROMTOOL !== undefined)(`promtool${NO_PROMTOOL === undefined ? '' : ` (${NO_PROMTOOL})`}`, () => {
  const everything: Given = {
    entries: HOSTILE.map((id) =>
      entry(id, { undetermined: { since: START, cause: null }, failsFrom: new Date(START).toISOString() }),
    ),
    status: {
      ...sight({ owed: [OWED] }),
      incidents: [incident('a-1', { entries: HOSTILE.map((id) => openEntry(id)) })],
      mail: { since: START, recipients: 100, watched: 90, unasked: 7, elsewhere: [] },
    },
  };

  test.each([
    { because: 'everything, with names of strangers', given: everything },
    { because: 'before any run', given: {} },
  ])('check metrics finds nothing: $because', ({ given }) => {
    expect(promtool(['check', 'metrics'], metrics(given))).toEqual({ code: 0, said: '' });
  });

  test('check metrics would find a wrong name, and a file that cannot be read', () => {
    expect(promtool(['check', 'metrics'], '# HELP a_ms_total x\n# TYPE a_ms_total gauge\na_ms_total 1\n').code).toBe(3);
    expect(promtool(['check', 'metrics'], 'a{b="c} 1\n').code).toBe(1);
  });
});
