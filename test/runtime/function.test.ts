/**
 * The bundled function under Lambda's own runtime client, from event to message and metrics: good days, bad days, and
 * everything of ours that can be missing.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runActions, sentinelActions } from '../../infra/calls.ts';
import { metricValues } from '../../lambda/metrics.ts';
import { lastComplete, recentRuns } from '../../lambda/store/runs.ts';
import { missingClient, type RunningFunction, startFunction } from './function.ts';
import type { Invoked } from './runtime-api.ts';
import { CHAT_TOPIC, MAIL_TOPIC, raiseWorld, type World } from './world.ts';

/** The founding table with the cure that the product itself suggests for its third line. */
const CURED = `facebook.com    secure ciphers=high
hearst.com      secure match=gslb.pphosted.com ciphers=high
fastmail.fm     secure match=.messagingengine.com ciphers=high
`;
const DAY = 86_400_000;

let world: World;
let running: RunningFunction | undefined;
let name = '';
let policies = 0;

beforeAll(async () => {
  if (missingClient !== undefined) throw new Error(missingClient);
  world = await raiseWorld();
});
afterAll(() => world?.close());
beforeEach(() => {
  name = `policy${++policies}`;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  world.gatekeeper.turn('granted');
  world.gatekeeper.grant(runActions());
  world.sns.fail(undefined);
  world.sns.forget();
});

/** Starts afresh at that day, as Lambda does after so long, and has one run. */
async function run(days = 0, event: unknown = scheduled(days), changes: Variables = {}, deadlineMs?: number): Promise<Invoked> {
  await running?.stop();
  running = await startFunction({ ...world.variables(name), ...changes }, days * DAY);
  return running.invoke(event, deadlineMs);
}
type Variables = Readonly<Record<string, string>>;

const presentWell = async (server: World['domains']['facebook']) =>
  server.present(await world.domains.issue({ commonName: '*.facebook.com', dnsNames: ['*.facebook.com', '*.vvv.facebook.com'] }));

const scheduled = (days = 0) => ({ scheduledTime: `${new Date(Date.now() + days * DAY).toISOString().slice(0, 19)}Z` });
const lastLine = () => running?.summaries().findLast((line) => 'outcome' in line);
const subjects = () => world.sns.messages.filter(({ topicArn }) => topicArn === MAIL_TOPIC).map(({ subject }) => subject);
const failure = (invoked: Invoked) => (invoked.kind === 'failed' ? invoked.errorMessage : `it ${invoked.kind}`);

describe('days', () => {
  test('a baseline, a quiet day, and an alert in the run that saw the failure and looked again', async () => {
    await world.push(name, CURED);
    expect(await run(0)).toMatchObject({ kind: 'returned', value: { outcome: 'complete', counts: { pass: 3, fail: 0 } } });
    expect(subjects()).toEqual(['Now watching 3 entries: all deliver']);
    world.sns.forget();

    expect(await run(1)).toMatchObject({ kind: 'returned', value: { outcome: 'complete', subject: null } });
    expect(subjects()).toEqual([]);

    const before = world.domains.facebook;
    before.present(await world.domains.issue({ commonName: 'x.example.net', dnsNames: ['x.example.net'] }));
    const seen = await run(2);
    expect(seen).toMatchObject({ kind: 'returned', value: { counts: { pass: 2, fail: 1 } } });
    // Ten minutes of it are the wait before the second look, made up.
    const { durationMs } = (seen as { value: { durationMs: number } }).value;
    expect(durationMs).toBeGreaterThanOrEqual(10 * 60_000);
    expect(durationMs).toBeLessThan(15 * 60_000);
    await presentWell(before);

    expect(subjects()).toEqual(['facebook.com would defer: certificate lost a name']);
    const card = world.sns.messages.find(({ topicArn }) => topicArn === CHAT_TOPIC);
    expect(JSON.parse(card?.message ?? '')).toMatchObject({ version: '1.0', source: 'custom' });
    expect(card?.subject).toBeUndefined();
  });

  test('where the time limit leaves no room for a second look, the next run confirms', async () => {
    await world.push(name, CURED);
    const limitMs = 5 * 60_000;
    await run(0);
    world.sns.forget();
    const { facebook } = world.domains;
    facebook.present(await world.domains.issue({ commonName: 'x.example.net', dnsNames: ['x.example.net'] }));
    expect(await run(1, scheduled(1), {}, limitMs)).toMatchObject({ value: { counts: { fail: 1 }, subject: null } });
    expect(subjects()).toEqual([]);
    expect(await run(2, scheduled(2), {}, limitMs)).toMatchObject({ value: { counts: { fail: 1 } } });
    await presentWell(facebook);
    expect(subjects()).toEqual(['facebook.com would defer: certificate lost a name']);
  });

  test('one line tells what the run came to, with every metric the alarms rest on', async () => {
    await world.push(name, CURED);
    await run();
    const [line, ...more] = running?.summaries() ?? [];
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      level: 'INFO',
      outcome: 'complete',
      vantage: { ipv4: 'clear', ipv6: 'untried' },
      counts: { pass: 3, conversations: 6 },
      policyVersion: expect.stringMatching(/^[0-9a-f]{64}$/),
      requests: expect.any(Number),
      Environment: 'test',
      EntriesPass: 3,
      EntriesFail: 0,
      EntriesUnfinished: 0,
      Conversations: 6,
      RunCompleted: 1,
      RunFailed: 0,
      Blind: 0,
      ConfirmedSubscribers: 2,
    });
    expect(metricsOf(line)).toEqual(expect.arrayContaining(Object.keys(metricValues(NOTHING))));
  });

  test('it says EHLO by the name that the environment gives it', async () => {
    await world.push(name, CURED);
    await run();
    const said = world.domains.facebook.conversations.at(-1)?.commands ?? [];
    expect(said[0]).toBe('EHLO tls-watch.example.com');
  });
});

describe('the same run twice', () => {
  test('one after the other: the second finds it done and touches nothing', async () => {
    await world.push(name, CURED);
    const event = scheduled();
    await run(0, event);
    const conversations = world.domains.facebook.conversations.length;
    expect(await running?.invoke(event)).toEqual({
      kind: 'returned',
      value: { outcome: 'already-done', runId: event.scheduledTime },
    });
    expect(subjects()).toHaveLength(1);
    expect(world.domains.facebook.conversations).toHaveLength(conversations);
  });

  test('at once: one does it, the other waits and finds it done', async () => {
    await world.push(name, CURED);
    const event = scheduled();
    const other = await startFunction(world.variables(name));
    try {
      const both = await Promise.all([run(0, event, {}, 30_000), other.invoke(event, 30_000)]);
      const outcomes = both.map((invoked) =>
        invoked.kind === 'returned' ? (invoked.value as Outcome).outcome : failure(invoked),
      );
      expect(outcomes.toSorted()).toEqual(['already-done', 'complete']);
    } finally {
      await other.stop();
    }
    expect(subjects()).toHaveLength(1);
  });
});

test('time limit near: what was judged is told and stored, the rest is unfinished and comes first next time', async () => {
  await world.push(name, CURED);
  world.domains.hearst.behave('silent');
  try {
    const limitMs = 9_000;
    const began = Date.now();
    expect(await run(0, scheduled(), {}, limitMs)).toMatchObject({
      kind: 'returned',
      value: { outcome: 'partial', counts: { pass: 2, undetermined: 1, unfinished: 1 } },
    });
    expect(Date.now() - began).toBeLessThan(limitMs);
  } finally {
    world.domains.hearst.behave('ok');
  }
  expect(lastLine()).toMatchObject({ level: 'WARN', RunCompleted: 0, EntriesUnfinished: 1, EntriesPass: 2 });
  const { runs } = await recentRuns(world.store(name), Date.now());
  expect(lastComplete(runs)).toBeUndefined();

  expect(await run(0, scheduled())).toMatchObject({ kind: 'returned', value: { outcome: 'complete', counts: { pass: 3 } } });
});

describe('something of ours is missing', () => {
  test('no policy was ever pushed: said, and left to the alarm about missed runs', async () => {
    expect(await run()).toEqual({
      kind: 'returned',
      value: {
        outcome: 'no-policy',
        message: `table watch holds no policy "${name}" yet: push one, on the mail host, with AWS_REGION=eu-central-1 postfix-tls-watch policy push --store dynamodb:watch --policy ${name} --vantage function`,
      },
    });
    expect(lastLine()).toMatchObject({ level: 'WARN', RunCompleted: 0 });
    expect(lastLine()).not.toHaveProperty('RunFailed');
  });

  test('the table', async () => {
    expect(failure(await run(0, scheduled(), { WATCH_TABLE: 'gone' }))).toBe(
      'table gone: no such table; check the name and the region, or deploy the stack that creates it',
    );
    expect(lastLine()).toMatchObject({ level: 'ERROR', outcome: 'failed', RunFailed: 1 });
  });

  test('the right to use it', async () => {
    await world.push(name, CURED);
    world.gatekeeper.turn('denied');
    expect(failure(await run())).toBe(
      'table watch: AWS denied access: User: watch is not authorized to perform: dynamodb:GetItem on resource: table; ' +
        'check the credentials and their permissions',
    );
  });

  test('its patience: throttled beyond all retries', async () => {
    await world.push(name, CURED);
    world.gatekeeper.turn('throttled');
    expect(failure(await run())).toBe('table watch: DynamoDB still throttles after repeated tries; try again later');
  });

  test('the topic: the run fails, nothing counts as told, and its repeat tells', async () => {
    await world.push(name, CURED);
    world.sns.fail('NotFound');
    const event = scheduled();
    const gone = (topic: string) => `topic ${topic}: it does not exist, check --topic against the outputs of the deployment`;
    expect(failure(await run(0, event))).toBe(`${gone(MAIL_TOPIC)}; ${gone(CHAT_TOPIC)}`);
    expect(lastLine()).toMatchObject({ level: 'ERROR', outcome: 'untold', RunFailed: 1, RunCompleted: 0 });
    expect(lastLine()).not.toHaveProperty('ConfirmedSubscribers');

    world.sns.fail(undefined);
    expect(await running?.invoke(event)).toMatchObject({ kind: 'returned', value: { outcome: 'told-late' } });
    expect(subjects()).toEqual(['Now watching 3 entries: all deliver']);
    expect(lastComplete((await recentRuns(world.store(name), Date.now())).runs)).toBeDefined();
  });

  test('one topic: the other is told once, the run is complete, and its repeat tells the one alone', async () => {
    await world.push(name, CURED);
    world.sns.fail('NotFound', undefined, CHAT_TOPIC);
    const event = scheduled();
    expect(failure(await run(0, event))).toMatch(
      /^a chat card by the topic \S+ fails since .* and is owed 1 message: topic \S+: it does not exist, .*; the next run tells it there, and nowhere else$/,
    );
    expect(lastLine()).toMatchObject({ level: 'ERROR', outcome: 'owed', RunFailed: 1, RunCompleted: 1 });
    expect(failure((await running?.invoke(event)) as Invoked)).toContain('is owed 1 message');
    world.sns.fail(undefined);
    expect(await running?.invoke(event)).toMatchObject({ kind: 'returned', value: { outcome: 'told-late' } });
    expect(await running?.invoke(event)).toMatchObject({ kind: 'returned', value: { outcome: 'already-done' } });
    expect(world.sns.messages.map(({ topicArn }) => topicArn)).toEqual([MAIL_TOPIC, CHAT_TOPIC]);
    expect(world.sns.messages.at(-1)?.message).toContain('This message is late');
  });

  test('subscribers: none is a number to alarm about, not a failure', async () => {
    await world.push(name, CURED);
    const [mail, chat] = [MAIL_TOPIC, CHAT_TOPIC];
    world.sns.subscribe(mail, [{ protocol: 'email', endpoint: 'postmaster@example.com', confirmed: false }]);
    world.sns.subscribe(chat, []);
    expect(await run()).toMatchObject({ kind: 'returned', value: { outcome: 'complete' } });
    expect(lastLine()).toMatchObject({ ConfirmedSubscribers: 0 });
    for (const topic of [mail, chat])
      world.sns.subscribe(topic, [{ protocol: 'email', endpoint: 'postmaster@example.com', confirmed: true }]);
  });

  test('a variable: told at the first invocation, by its name', async () => {
    expect(failure(await run(0, scheduled(), { WATCH_TOPIC: 'mail' }))).toBe(
      'environment variable WATCH_TOPIC: "mail" is no ARN of an SNS topic',
    );
  });
});

describe('by hand', () => {
  test('some destinations: judged and answered, without metrics and without counting as a run', async () => {
    await world.push(name, CURED);
    const invoked = await run(0, { destinations: ['fastmail.fm'] });
    expect(invoked).toMatchObject({
      kind: 'returned',
      value: { outcome: 'complete', scope: 'some', entries: [{ destination: 'fastmail.fm', verdict: 'pass' }] },
    });
    expect(lastLine()).not.toHaveProperty('_aws');
    const { runs } = await recentRuns(world.store(name), Date.now());
    expect(lastComplete(runs)).toBeUndefined();
  });

  test('a destination that the policy does not have is refused', async () => {
    await world.push(name, CURED);
    expect(failure(await run(0, { destinations: ['nowhere.example'] }))).toBe(
      'destination "nowhere.example": not in the pushed policy; name a key of the table, or push with --destination',
    );
  });

  test('any other event is refused before anything is asked of the table', async () => {
    const asked = world.gatekeeper.count();
    expect(failure(await run(0, { key1: 'value1' }))).toBe(
      'event {"key1":"value1"} is refused: send {"scheduledTime":"2026-11-24T06:00:00Z"}, ' +
        '{"destinations":["example.com"]} (up to 1000 names) or {"sentinel":true}',
    );
    expect(world.gatekeeper.count()).toBe(asked);
  });
});

describe('the sentinel, with no more rights than its role has', () => {
  beforeEach(() => world.gatekeeper.grant(sentinelActions()));

  test('finds silence', async () => {
    expect(await run(0, { sentinel: true })).toMatchObject({
      kind: 'returned',
      value: {
        outcome: 'silent',
        message: 'no run from function is on record: is its timer enabled, and is --vantage function?',
      },
    });
    expect(lastLine()).toMatchObject({ level: 'WARN', RunCompleted: 0, RunFailed: 0, Blind: 0, ConfirmedSubscribers: 2 });
    expect(lastLine()).not.toHaveProperty('EntriesPass');
  });

  test('finds all well after a run, and reports its figures in the hour that follows', async () => {
    world.gatekeeper.grant(runActions());
    await world.push(name, CURED);
    await run();
    world.gatekeeper.grant(sentinelActions());
    expect(await run(0, { sentinel: true })).toMatchObject({ kind: 'returned', value: { outcome: 'well' } });
    expect(lastLine()).toMatchObject({ level: 'INFO', RunCompleted: 1, EntriesPass: 3, Conversations: 6 });
    expect(await run(0.5, { sentinel: true })).toMatchObject({ kind: 'returned', value: { outcome: 'well' } });
    expect(lastLine()).toMatchObject({ RunCompleted: 1 });
    expect(lastLine()).not.toHaveProperty('EntriesPass');
  });

  test('finds silence again 27 hours later', async () => {
    world.gatekeeper.grant(runActions());
    await world.push(name, CURED);
    await run();
    world.gatekeeper.grant(sentinelActions());
    expect(await run(27 / 24, { sentinel: true })).toMatchObject({ kind: 'returned', value: { outcome: 'silent' } });
    expect(lastLine()).toMatchObject({ level: 'WARN', RunCompleted: 0 });
  });
});

test('all in all, every action on the table that the role allows was needed', () => {
  expect([...world.gatekeeper.asked].toSorted()).toEqual(
    runActions()
      .filter((action) => action.startsWith('dynamodb:'))
      .toSorted(),
  );
});

interface Outcome {
  readonly outcome: string;
}

const NOTHING = {
  verdicts: { pass: 0, degraded: 0, fail: 0, undetermined: 0, unchecked: 0 },
  notWatched: 0,
  unfinished: 0,
  toldLate: 0,
  conversations: 0,
  durationMs: 0,
  completed: true,
  failed: false,
  policyInUse: true,
  blind: false,
};

/** Names of the metrics that a line declares. */
function metricsOf(line: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  const aws = line?._aws as { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } | undefined;
  return aws?.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)) ?? [];
}
