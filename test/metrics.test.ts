import { expect, test } from 'vitest';
import { embeddedMetrics, lineText, METRICS, metricValues } from '../lambda/metrics.ts';

const figures = {
  verdicts: { pass: 2, degraded: 1, fail: 1, undetermined: 0, unchecked: 3 },
  notWatched: 3,
  unfinished: 0,
  toldLate: 0,
  conversations: 12,
  durationMs: 5_400,
  completed: true,
  failed: false,
  policyInUse: true,
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
  const values = metricValues({ ...figures, daysToFirstFailure: 0, subscribers: { mail: 2, chat: 1 } });
  expect(Object.keys(values).toSorted()).toEqual(Object.keys(METRICS).toSorted());
  expect(values).toMatchObject({ EntriesFail: 1, EntriesUnchecked: 3, RunCompleted: 1, RunFailed: 0, Blind: 0 });
  expect(values).toMatchObject({ ConfirmedSubscribers: 3, MailSubscribers: 2, ChatSubscribers: 1 });
});

test('a chat topic that there is not has no number', () => {
  const values = metricValues({ ...figures, subscribers: { mail: 0 } });
  expect(values).toMatchObject({ ConfirmedSubscribers: 0, MailSubscribers: 0 });
  expect(values).not.toHaveProperty('ChatSubscribers');
});

test('what is unknown is left out: a zero would be a claim', () => {
  const values = metricValues(figures);
  expect(values).not.toHaveProperty('DaysToFirstFailure');
  expect(values).not.toHaveProperty('ConfirmedSubscribers');
});

test.each([
  { because: 'all fits', details: { problems: ['one'] }, left: { problems: ['one'] } },
  {
    because: 'a list that is too long, and is named',
    details: { problems: Array(3_000).fill('x'.repeat(100)), entries: ['kept'] },
    left: { entries: ['kept'], leftOut: ['problems'] },
  },
  {
    because: 'the longer first, and both where it must be: umlauts count in bytes',
    details: { problems: ['ü'.repeat(150_000)], entries: ['ö'.repeat(120_000)], runId: 'x' },
    left: { runId: 'x', leftOut: ['problems', 'entries'] },
  },
])('what does not fit into a line is left out, never a metric: $because', ({ details, left }) => {
  const line = embeddedMetrics('prod', { RunFailed: 1 }, details, 1);
  const text = lineText(line);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200_000);
  const { _aws, ...rest } = JSON.parse(text);
  expect(rest).toEqual({ ...left, Environment: 'prod', RunFailed: 1 });
  expect(_aws).toEqual(line._aws);
});
