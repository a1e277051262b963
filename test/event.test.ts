import { expect, test } from 'vitest';
import { parseEvent } from '../lambda/event.ts';

const TAKEN = [
  {
    because: 'the schedule sends the time it meant',
    event: { scheduledTime: '2026-11-24T06:00:00Z' },
    is: { kind: 'scheduled', runId: '2026-11-24T06:00:00Z' },
  },
  {
    because: 'a run by hand names destinations',
    event: { destinations: ['fastmail.fm', '[mx.example.com]:587'] },
    is: { kind: 'destinations', destinations: ['fastmail.fm', '[mx.example.com]:587'] },
  },
  { because: 'the sentinel is asked for by name', event: { sentinel: true }, is: { kind: 'sentinel' } },
  {
    because: 'a message of the queue brings a run back',
    event: { Records: [{ messageId: 'm', eventSource: 'aws:sqs', body: '{"scheduledTime":"2026-11-24T06:00:00Z"}' }] },
    is: { kind: 'scheduled', runId: '2026-11-24T06:00:00Z' },
  },
] as const;

test.for(TAKEN)('taken: $because', ({ event, is }) => {
  expect(parseEvent(event)).toEqual(is);
});

const REFUSED = [
  {
    because: 'a message of something else',
    event: { Records: [{ eventSource: 'aws:s3', body: '{}' }] },
    shown: '{"Records":[{"eventSource":"aws:s3","body":"{}"}]}',
  },
  {
    because: 'a message that is no JSON',
    event: { Records: [{ eventSource: 'aws:sqs', body: '{' }] },
    shown: '{"Records":[{"eventSource":"aws:sqs","body":"{"}]}',
  },
  {
    because: 'a message that asks for destinations',
    event: { Records: [{ eventSource: 'aws:sqs', body: '{"destinations":["a.example"]}' }] },
    shown: '{"Records":[{"eventSource":"aws:sqs","body":"{\\"destinations\\":[\\"a.example\\"]}"}]}',
  },
  { because: 'a batch of none', event: { Records: [] }, shown: '{"Records":[]}' },
  { because: 'a console test event', event: { key1: 'value1' }, shown: '{"key1":"value1"}' },
  { because: 'nothing', event: undefined, shown: 'undefined' },
  { because: 'null', event: null, shown: 'null' },
  { because: 'a text', event: 'sentinel', shown: '"sentinel"' },
  { because: 'a list', event: [], shown: '[]' },
  { because: 'no destination', event: { destinations: [] }, shown: '{"destinations":[]}' },
  { because: 'a destination that is no text', event: { destinations: [1] }, shown: '{"destinations":[1]}' },
  { because: 'a destination with a blank', event: { destinations: ['a b'] }, shown: '{"destinations":["a b"]}' },
  {
    because: 'a misspelt field beside a good one',
    event: { destinations: ['a.example'], dryRun: true },
    shown: '{"destinations":["a.example"],"dryRun":true}',
  },
  { because: 'a sentinel that is off', event: { sentinel: false }, shown: '{"sentinel":false}' },
  {
    because: 'a placeholder the scheduler did not fill in',
    event: { scheduledTime: '<aws.scheduler.scheduled-time>' },
    shown: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
  },
  {
    because: 'a day that is none',
    event: { scheduledTime: '2026-13-24T06:00:00Z' },
    shown: '{"scheduledTime":"2026-13-24T06:00:00Z"}',
  },
  {
    because: 'a long text, shown cut',
    event: { x: 'y'.repeat(300) },
    shown: `{"x":"${'y'.repeat(194)}…`,
  },
];

test.for(REFUSED)('refused: $because', ({ event, shown }) => {
  expect(() => parseEvent(event)).toThrow(
    new Error(
      `event ${shown} is refused: send {"scheduledTime":"2026-11-24T06:00:00Z"}, ` +
        '{"destinations":["example.com"]} (up to 1000 names) or {"sentinel":true}',
    ),
  );
});
