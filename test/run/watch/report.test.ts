/** What the log line of an invocation says, by what the run came to; days and sentinel are tried in test/runtime. */
import { expect, test } from 'vitest';
import { type Around, reportFailure, reportNoPolicy, reportSight, reportWatched } from '../../../lambda/run/watch/report.ts';
import type { Watched } from '../../../lambda/run/watch/watch.ts';
import { commandsForTable } from '../../../lambda/text/own-command.ts';

const at = Date.UTC(2026, 10, 24, 6);
const around: Around = {
  startedAt: at,
  now: at + 5_000,
  intervalMs: 86_400_000,
  policyVersion: 'abc',
  requests: 26,
  subscribers: { mail: 1, chat: 1 },
  scope: 'all',
  problems: [],
};

const done = (given: Partial<Extract<Watched, { kind: 'done' }>> = {}): Watched =>
  ({
    kind: 'done',
    runId: '2026-11-24T06:00:00Z',
    check: { at },
    verdicts: [],
    counts: { pass: 0, degraded: 0, fail: 0, undetermined: 0, unchecked: 0, notWatched: 0, unfinished: 0, conversations: 0 },
    vantage: { ipv4: 'clear', ipv6: 'untried' },
    startedAt: at,
    told: undefined,
    owed: [],
    complete: true,
    goesOn: false,
    problems: [],
    ...given,
  }) as unknown as Watched;

test('a complete run', () => {
  expect(reportWatched(done(), around)).toMatchObject({
    level: 'INFO',
    details: { outcome: 'complete', durationMs: 5_000, requests: 26, subject: null, problems: [] },
    metrics: { RunCompleted: 1, RunFailed: 0, PolicyInUse: 1, Blind: 0, Duration: 5_000, ConfirmedSubscribers: 2 },
  });
});

test('a run cut short is a warning, no failure', () => {
  const report = reportWatched(done({ complete: false }), around);
  expect(report).toMatchObject({ level: 'WARN', details: { outcome: 'partial' }, metrics: { RunCompleted: 0, RunFailed: 0 } });
  expect(report).not.toHaveProperty('failure');
});

test('a part of a run that goes on is no partial run: it reports what it did itself', () => {
  const report = reportWatched(done({ complete: false, goesOn: true }), around);
  expect(report).toMatchObject({ level: 'INFO', details: { outcome: 'goes-on' } });
  expect(report.metrics).toEqual({ EntriesToldLate: 0, RunFailed: 0, PolicyInUse: 1 });
});

test('the last part reports the time of the whole run', () => {
  const report = reportWatched(done({ startedAt: at - 600_000 }), around);
  expect(report).toMatchObject({ details: { outcome: 'complete', durationMs: 605_000 }, metrics: { Duration: 605_000 } });
});

test('a message that could not be told is a failure, with the metrics of the run', () => {
  const report = reportWatched(done({ complete: false, told: { kind: 'untold', because: 'topic mail: it is gone' } }), around);
  expect(report).toMatchObject({
    level: 'ERROR',
    failure: 'topic mail: it is gone',
    details: { outcome: 'untold', message: 'topic mail: it is gone' },
    metrics: { RunCompleted: 0, RunFailed: 1 },
  });
});

test('problems make a warning and are all told', () => {
  const report = reportWatched(done({ problems: ['one item is corrupt'] }), {
    ...around,
    problems: ['topics could not be asked'],
  });
  expect(report).toMatchObject({ level: 'WARN', details: { problems: ['one item is corrupt', 'topics could not be asked'] } });
});

test('a blind run', () => {
  expect(reportWatched(done({ vantage: { ipv4: 'blind', ipv6: 'untried' } }), around).metrics).toMatchObject({
    Blind: 1,
    RunCompleted: 1,
  });
});

test('a run of some destinations reports no metrics', () => {
  expect(reportWatched(done(), { ...around, scope: 'some' })).toMatchObject({
    details: { scope: 'some', entries: [] },
    metrics: {},
  });
});

test('the same run again', () => {
  expect(reportWatched({ kind: 'already-done', runId: 'x' }, around)).toEqual({
    level: 'INFO',
    details: { outcome: 'already-done', runId: 'x' },
    metrics: {},
  });
});

test('a lease that somebody else holds to the end is a failure: Lambda tries again', () => {
  const report = reportWatched({ kind: 'busy', holder: 'mx1 4711', sameRun: false }, around);
  expect(report).toMatchObject({
    level: 'ERROR',
    failure: 'another run holds the lease: mx1 4711; it is tried again, and ends by itself within minutes if that run has died',
    metrics: {},
  });
});

const AT = { table: 'tls-watch-Table', policy: 'default', vantage: 'function', region: 'eu-central-1' };

test('no policy: no failure and no completed run', () => {
  expect(reportNoPolicy('default', 'tls-watch-Table', commandsForTable(AT))).toEqual({
    level: 'WARN',
    details: {
      outcome: 'no-policy',
      message:
        'table tls-watch-Table holds no policy "default" yet: push one, on the mail host, with ' +
        'AWS_REGION=eu-central-1 postfix-tls-watch policy push --store dynamodb:tls-watch-Table --vantage function',
    },
    metrics: { RunCompleted: 0 },
  });
});

test('an exception', () => {
  expect(reportFailure(new Error('table x: no such table'))).toEqual({
    level: 'ERROR',
    details: { outcome: 'failed', message: 'table x: no such table' },
    metrics: { RunFailed: 1 },
    failure: 'table x: no such table',
  });
});

test('a sentinel that could not ask for subscribers reports no number of them', () => {
  const sight = { silent: true, failed: false, blind: false, owed: [], sentence: 'no run' };
  const { metrics } = reportSight(sight, { now: at, requests: 1, problems: ['topic mail: AWS denies it'] });
  expect(metrics).toEqual({ RunCompleted: 0, RunFailed: 0, Blind: 0, EntriesUnfinished: 0 });
});
