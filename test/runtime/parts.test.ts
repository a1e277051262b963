/**
 * A run in parts, under Lambda's own runtime client: what the time limit leaves over, and the second look it has no room for,
 * brought back by a message of the queue.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runActions } from '../../infra/calls.ts';
import { lastComplete, recentRuns } from '../../lambda/store/runs.ts';
import { eventOf, type SqsMessage } from '../internet/sqs-server.ts';
import { missingClient, type RunningFunction, startFunction } from './function.ts';
import type { Invoked } from './runtime-api.ts';
import { MAIL_TOPIC, raiseWorld, type World } from './world.ts';

const CURED = `facebook.com    secure ciphers=high
hearst.com      secure match=gslb.pphosted.com ciphers=high
fastmail.fm     secure match=.messagingengine.com ciphers=high
`;
const MINUTE = 60_000;
const DAY = 86_400_000;
const SHORT = 9_000;

let world: World;
let running: RunningFunction | undefined;
let name = '';
let policies = 0;

beforeAll(async () => {
  if (missingClient !== undefined) throw new Error(missingClient);
  world = await raiseWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  name = `parts${++policies}`;
  await world.push(name, CURED);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  world.gatekeeper.grant(runActions());
  world.sqs.fail(undefined);
  world.sqs.forget();
  world.sns.forget();
});

/** Started anew so much later, as after an update of the function; one invocation. */
async function run(later: number, event: unknown, deadlineMs?: number): Promise<Invoked> {
  await running?.stop();
  running = await startFunction(world.queued(name), later);
  return running.invoke(event, deadlineMs);
}

const scheduled = (later = 0) => ({ scheduledTime: `${new Date(Date.now() + later).toISOString().slice(0, 19)}Z` });
const lastLine = () => running?.summaries().findLast((line) => 'outcome' in line);
const subjects = () => world.sns.messages.filter(({ topicArn }) => topicArn === MAIL_TOPIC).map(({ subject }) => subject);
const lastMessage = () => world.sqs.messages.at(-1) as SqsMessage;

test('over three invocations: judged once, complete with the third, told and reported as one run', async () => {
  const { hearst, fastmail: both } = world.domains;
  const fastmail = { behave: (how: 'ok' | 'silent') => both.forEach((host) => void host.behave(how)) };
  const event = scheduled();
  hearst.behave('silent');
  fastmail.behave('silent');
  try {
    expect(await run(0, event, SHORT)).toMatchObject({ value: { outcome: 'goes-on', counts: { pass: 1, unfinished: 2 } } });
    expect(world.sqs.messages).toMatchObject([{ body: JSON.stringify(event) }]);
    expect(lastLine()).toMatchObject({ level: 'INFO', RunFailed: 0 });
    expect(lastLine()).not.toHaveProperty('EntriesUnfinished');

    fastmail.behave('ok');
    expect(await run(0, eventOf(lastMessage()), SHORT)).toMatchObject({
      value: { outcome: 'goes-on', counts: { pass: 2, unfinished: 1 } },
    });
  } finally {
    hearst.behave('ok');
    fastmail.behave('ok');
  }
  expect(subjects()).toEqual([]);
  const met = both.map(({ conversations }) => conversations.length);
  expect(await run(0, eventOf(lastMessage()))).toMatchObject({
    kind: 'returned',
    value: { outcome: 'complete', counts: { pass: 3, unfinished: 0, undetermined: 0 } },
  });
  expect(lastLine()).toMatchObject({ level: 'INFO', RunCompleted: 1, EntriesPass: 3, EntriesUnfinished: 0, Blind: 0 });
  // The first that was judged proves that port 25 is open; nobody else is asked again.
  expect(both.map(({ conversations }) => conversations.length)).toEqual(met);
  expect(subjects()).toEqual(['Now watching 3 entries: all deliver']);
  expect(world.sqs.messages).toHaveLength(2);
  expect(lastComplete((await recentRuns(world.store(name), Date.now())).runs)).toMatchObject({ counts: { pass: 3 } });

  for (const message of world.sqs.messages)
    expect(await running?.invoke(eventOf(message))).toEqual({
      kind: 'returned',
      value: { outcome: 'already-done', runId: event.scheduledTime },
    });
  expect(subjects()).toHaveLength(1);
  expect(world.sqs.refusals).toEqual([]);
});

describe('no room for a second look', () => {
  const limit = 5 * MINUTE;
  beforeEach(async () => {
    await run(0, scheduled(), limit);
    world.sns.forget();
    world.domains.facebook.present(await world.domains.issue({ commonName: 'x.example.net', dnsNames: ['x.example.net'] }));
  });
  afterEach(async () => {
    const names = ['*.facebook.com', '*.vvv.facebook.com'];
    world.domains.facebook.present(await world.domains.issue({ commonName: names[0] ?? '', dnsNames: names }));
  });

  test('a message of the queue brings the run back after ten minutes: told within fifteen of the first look, and once', async () => {
    const began = Date.now();
    expect(await run(DAY, scheduled(DAY), limit)).toMatchObject({
      value: { outcome: 'goes-on', counts: { fail: 1 }, subject: null },
    });
    expect(subjects()).toEqual([]);
    const message = lastMessage();
    expect(message.delaySeconds).toBeGreaterThan(500);
    expect(message.delaySeconds).toBeLessThanOrEqual(600);

    const later = DAY + message.delaySeconds * 1_000;
    expect(await run(later, eventOf(message), limit)).toMatchObject({
      value: { outcome: 'complete', counts: { pass: 2, fail: 1 } },
    });
    expect(Date.now() - began + message.delaySeconds * 1_000).toBeLessThan(15 * MINUTE);
    expect(lastLine()).toMatchObject({ RunCompleted: 1, EntriesFail: 1, EntriesToldLate: 0 });
    expect(subjects()).toEqual(['facebook.com would defer: certificate lost a name']);

    expect(await running?.invoke(eventOf(message), limit)).toMatchObject({ value: { outcome: 'already-done' } });
    expect(subjects()).toHaveLength(1);
    expect(world.sqs.messages).toHaveLength(1);
  });

  test('two deliveries at once: one does it, the other finds it done', async () => {
    await run(DAY, scheduled(DAY), limit);
    const later = DAY + 10 * MINUTE;
    const other = await startFunction(world.queued(name), later);
    try {
      const event = eventOf(lastMessage());
      const both = await Promise.all([run(later, event, limit), other.invoke(event, limit)]);
      const outcomes = both.map((invoked) =>
        invoked.kind === 'returned' ? (invoked.value as { outcome: string }).outcome : invoked,
      );
      expect(outcomes.toSorted()).toEqual(['already-done', 'complete']);
    } finally {
      await other.stop();
    }
    expect(subjects()).toHaveLength(1);
  });

  test.each([
    { fault: 'AccessDenied', says: 'AccessDenied: User: watch is not authorized to perform: sqs:SendMessage' },
    { fault: 'NonExistentQueue', says: 'The specified queue does not exist.' },
    { fault: 'ServiceUnavailable', says: 'ServiceUnavailable: Service is unavailable' },
    { fault: 'drop', says: 'the run could not be handed on: queue http://' },
  ] as const)(
    'the queue does not take it ($fault): said, the run is complete, and the next day tells it late',
    async ({ fault, says }) => {
      world.sqs.fail(fault);
      const value = (await run(DAY, scheduled(DAY), limit)) as { value: { problems: string[] } };
      expect(value).toMatchObject({ value: { outcome: 'complete', counts: { fail: 1 }, subject: null } });
      expect(value.value.problems.join()).toContain(says);
      expect(lastLine()).toMatchObject({ level: 'WARN', RunCompleted: 1 });
      world.sqs.fail(undefined);
      await run(2 * DAY, scheduled(2 * DAY), limit);
      expect(subjects()).toEqual(['facebook.com would defer: certificate lost a name']);
      expect(lastLine()).toMatchObject({ EntriesToldLate: 1 });
    },
  );
});

test('a message that is none of ours is refused', async () => {
  const event = eventOf({ messageId: 'm', body: '{"destinations":["facebook.com"]}', delaySeconds: 0 });
  expect(await run(0, event)).toMatchObject({
    kind: 'failed',
    errorMessage: expect.stringMatching(/^event \{"Records":.* is refused: send /),
  });
});
