import { expect, test } from 'vitest';
import { embeddedMetrics, METRICS, metricValues } from '../lambda/metrics.ts';

const figures = {
  verdicts: { pass: 2, degraded: 1, fail: 1, undetermined: 0, unchecked: 3 },
  notWatched: 3,
  unfinished: 0,
  conversations: 12,
  durationMs: 5_400,
  completed: true,
  failed: false,
  blind: false,
};

test('one line carries metrics and summary, in embedded metric format', () => {
  const at = Date.UTC(2026, 10, 24, 6);
  const line = embeddedMetrics('prod', { RunCompleted: 1, Duration: 5_400 }, { runId: 'x', requests: 26 }, at);
  expect(line).toEqual({
    runId: 'x',
    requests: 26,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: 'PostfixTlsWatch',
          Dimensions: [['Environment']],
          Metrics: [
            { Name: 'RunCompleted', Unit: 'Count' },
            { Name: 'Duration', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    Environment: 'prod',
    RunCompleted: 1,
    Duration: 5_400,
  });
});

test('a line without metrics is a plain line', () => {
  expect(embeddedMetrics('prod', {}, { outcome: 'already-done' }, 0)).toEqual({
    outcome: 'already-done',
    Environment: 'prod',
  });
});

test('everything known is a metric', () => {
  const values = metricValues({ ...figures, daysToFirstFailure: 0, confirmedSubscribers: 2 });
  expect(Object.keys(values).toSorted()).toEqual(Object.keys(METRICS).toSorted());
  expect(values).toMatchObject({ EntriesFail: 1, EntriesUnchecked: 3, RunCompleted: 1, RunFailed: 0, Blind: 0 });
});

test('what is unknown is left out: a zero would be a claim', () => {
  const values = metricValues(figures);
  expect(values).not.toHaveProperty('DaysToFirstFailure');
  expect(values).not.toHaveProperty('ConfirmedSubscribers');
});
