import { afterEach, expect, test, vi } from 'vitest';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import { Batch, type PaceOptions, type Probe, probeBatch } from '../../lambda/probe/pace.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import type { Wish } from '../../lambda/probe/waiting-line.ts';

const PRESENTED: ProbeResult = { kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain: [], verify: 'OK' };
const REST: ProbeResult = { kind: 'unseen', phase: 'greeting', reason: 'reply-421' };
const NOT_ATTEMPTED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'not-attempted' };

afterEach(() => {
  vi.useRealTimers();
});

let nextId = 0;
const to = (address: string): Conversation => ({
  id: `${nextId++}`,
  address,
  port: 25,
  wrapperMode: false,
  offer: { kind: 'impossible', because: 'nobody connects in this test' },
  discardEhloKeywords: [],
});

const pace = (changes: Partial<PaceOptions> = {}): PaceOptions => ({
  concurrency: 64,
  perAddress: 2,
  perNetwork: 4,
  restAfter421Ms: 30,
  stopAt: Date.now() + 60_000,
  ...changes,
});

/** A probe that takes a moment, and counts what goes on at once by whatever `key` says. */
function counting(key: (conversation: Conversation) => string, answer: () => ProbeResult = () => PRESENTED) {
  const underWay = new Map<string, number>();
  const most = new Map<string, number>();
  const order: string[] = [];
  const probe: Probe = async (conversation) => {
    const name = key(conversation);
    const now = (underWay.get(name) ?? 0) + 1;
    underWay.set(name, now);
    most.set(name, Math.max(most.get(name) ?? 0, now));
    order.push(conversation.address);
    await new Promise((resolve) => setTimeout(resolve, 3));
    underWay.set(name, (underWay.get(name) ?? 1) - 1);
    return answer();
  };
  return { probe, most: () => Object.fromEntries(most), order };
}

const repeat = (count: number, address: (i: number) => string) => Array.from({ length: count }, (_, i) => to(address(i)));

test.each<{
  conversations: readonly Conversation[];
  key: (conversation: Conversation) => string;
  most: Record<string, number>;
  changes?: Partial<PaceOptions>;
  because: string;
}>([
  {
    conversations: repeat(12, () => '192.0.2.1'),
    key: ({ address }) => address,
    most: { '192.0.2.1': 2 },
    because: 'two at a time with one address',
  },
  {
    conversations: repeat(24, (i) => `192.0.2.${i}`),
    key: () => 'network',
    most: { network: 4 },
    because: 'four with one /24',
  },
  {
    conversations: repeat(24, (i) => `2001:db8:1:${i}::1`),
    key: () => 'network',
    most: { network: 4 },
    because: 'four with one /48',
  },
  {
    conversations: repeat(60, (i) => `198.51.${i}.1`),
    key: () => 'all',
    most: { all: 10 },
    changes: { concurrency: 10 },
    because: 'so many in all',
  },
  {
    conversations: repeat(12, () => '127.0.0.1'),
    key: () => 'all',
    most: { all: 12 },
    changes: { perAddress: 100, perNetwork: 100 },
    because: 'more where the limits are lifted',
  },
])('$because', async ({ conversations, key, most, changes }) => {
  const counted = counting(key);
  const results = await probeBatch(conversations, counted.probe, pace(changes));
  expect(counted.most()).toEqual(most);
  expect(Object.keys(results).length).toBe(conversations.length);
  expect(Object.values(results).every((result) => result === PRESENTED)).toBe(true);
});

test('networks take turns, so that none is met in a burst', async () => {
  const counted = counting(({ address }) => address);
  const conversations = [...repeat(3, () => '192.0.2.1'), ...repeat(3, () => '198.51.100.1'), ...repeat(3, () => '203.0.113.1')];
  await probeBatch(conversations, counted.probe, pace({ concurrency: 1 }));
  expect(counted.order).toEqual([
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1'],
  ]);
});

test('a 421 rests its network, is tried once more, and others go on meanwhile', async () => {
  const answers = [REST, PRESENTED, PRESENTED, PRESENTED];
  const counted = counting(
    ({ address }) => address,
    () => answers.shift() ?? PRESENTED,
  );
  const conversations = [to('192.0.2.1'), to('192.0.2.2'), to('198.51.100.1')];
  const results = await probeBatch(conversations, counted.probe, pace({ concurrency: 1 }));
  expect(counted.order).toEqual(['192.0.2.1', '198.51.100.1', '192.0.2.2', '192.0.2.1']);
  expect(Object.values(results)).toEqual([PRESENTED, PRESENTED, PRESENTED]);
});

test('a second 421 is the result', async () => {
  const counted = counting(
    ({ address }) => address,
    () => REST,
  );
  const results = await probeBatch([to('192.0.2.1')], counted.probe, pace());
  expect(counted.order.length).toBe(2);
  expect(Object.values(results)).toEqual([REST]);
});

test('a first one too, where the rest would outlast the time', async () => {
  const counted = counting(
    ({ address }) => address,
    () => REST,
  );
  const results = await probeBatch(
    [to('192.0.2.1')],
    counted.probe,
    pace({ restAfter421Ms: 60_000, stopAt: Date.now() + 30_000 }),
  );
  expect(counted.order.length).toBe(1);
  expect(Object.values(results)).toEqual([REST]);
});

test('when the time is up, what is under way is called off and what is left is not attempted', async () => {
  const called: string[] = [];
  const probe: Probe = (conversation, signal) =>
    new Promise((resolve) => {
      called.push(conversation.address);
      signal?.addEventListener('abort', () => resolve(NOT_ATTEMPTED));
    });
  const conversations = repeat(5, (i) => `198.51.${i}.1`);
  vi.useFakeTimers();
  const probing = probeBatch(conversations, probe, pace({ concurrency: 2, stopAt: Date.now() + 20 }));
  await vi.advanceTimersByTimeAsync(19);
  expect(called.length).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  const results = await probing;
  expect(called.length).toBe(2);
  expect(Object.values(results)).toEqual(Array.from({ length: 5 }, () => NOT_ATTEMPTED));
});

test('when the time was up before, nothing is attempted', async () => {
  const counted = counting(({ address }) => address);
  const results = await probeBatch([to('192.0.2.1')], counted.probe, pace({ stopAt: Date.now() - 1 }));
  expect(counted.order).toEqual([]);
  expect(Object.values(results)).toEqual([NOT_ATTEMPTED]);
});

test('what rests when the time is up was not attempted', async () => {
  const counted = counting(
    ({ address }) => address,
    () => REST,
  );
  const conversations = repeat(3, () => '192.0.2.1');
  vi.useFakeTimers();
  const probing = probeBatch(
    conversations,
    counted.probe,
    pace({ concurrency: 1, restAfter421Ms: 60_000, stopAt: Date.now() + 40 }),
  );
  await vi.advanceTimersByTimeAsync(40);
  const results = await probing;
  expect(counted.order.length).toBe(1);
  expect(Object.values(results)).toEqual([REST, NOT_ATTEMPTED, NOT_ATTEMPTED]);
});

test('progress is told after each result', async () => {
  const told: number[] = [];
  await probeBatch(
    repeat(3, (i) => `198.51.${i}.1`),
    counting(() => '').probe,
    pace({ onProgress: (done) => told.push(done) }),
  );
  expect(told).toEqual([1, 2, 3]);
});

test('nothing to do is done at once', async () => {
  expect(await probeBatch([], counting(() => '').probe, pace())).toEqual({});
});

test('five thousand conversations with a thousand networks keep their manners', async () => {
  const counted = counting(({ address }) => address.split('.').slice(0, 3).join('.'));
  const conversations = repeat(5_000, (i) => `${1 + (i % 4)}.${(i >> 2) % 250}.0.${(i * 7) % 250}`);
  const results = await probeBatch(conversations, counted.probe, pace({ concurrency: 2_000 }));
  expect(Object.keys(results).length).toBe(5_000);
  expect(Math.max(...Object.values(counted.most()))).toBeLessThanOrEqual(4);
});

test('a signal ends probing at once, whatever the time, and what rests after a 421 with it', async () => {
  const stop = new AbortController();
  const probe: Probe = async (conversation) => (conversation.address === '192.0.2.1' ? REST : NOT_ATTEMPTED);
  const counted = counting(() => 'any');
  const probing = probeBatch(
    [to('192.0.2.1')],
    async (conversation, signal) => {
      stop.abort();
      return signal?.aborted ? probe(conversation) : counted.probe(conversation);
    },
    pace({ restAfter421Ms: 30_000, signal: stop.signal }),
  );
  expect(Object.values(await probing)).toEqual([REST]);
  const after = await probeBatch([to('192.0.2.1')], counted.probe, pace({ signal: stop.signal }));
  expect([Object.values(after), counted.order]).toEqual([[NOT_ATTEMPTED], []]);
});

test('an end further away than any timer reaches is no end', async () => {
  const counted = counting(() => 'any');
  const results = await probeBatch([to('192.0.2.1')], counted.probe, pace({ stopAt: Date.now() + 1e12 }));
  expect(Object.values(results)).toEqual([PRESENTED]);
});

/** Begins in this order, one conversation at a time. */
async function orderOf(wishes: readonly (readonly [address: string, wish: Wish])[], changes: Partial<PaceOptions> = {}) {
  const counted = counting(({ address }) => address);
  const batch = new Batch(counted.probe, pace({ concurrency: 1, ...changes }));
  const known = new Map<string, Conversation>();
  for (const [address, wish] of wishes) {
    const conversation = known.get(address) ?? to(address);
    known.set(address, conversation);
    batch.add(conversation, wish);
  }
  await batch.results();
  return counted.order;
}

const a: Wish = { owner: 'a' };
const b: Wish = { owner: 'b' };
const late: Wish = { owner: 'late', late: true };

test.each<{ wishes: Parameters<typeof orderOf>[0]; order: readonly string[]; because: string }>([
  {
    wishes: [
      ['192.0.2.1', a],
      ['198.51.100.2', a],
      ['203.0.113.3', a],
      ['192.0.2.9', b],
    ],
    order: ['192.0.2.1', '192.0.2.9', '198.51.100.2', '203.0.113.3'],
    because: "each next hop's first comes before anybody's second, in one network, too",
  },
  {
    wishes: [
      ['192.0.2.1', late],
      ['198.51.100.2', late],
      ['192.0.2.3', a],
      ['192.0.2.4', a],
    ],
    order: ['192.0.2.3', '192.0.2.4', '192.0.2.1', '198.51.100.2'],
    because: 'who kept silent comes last',
  },
  {
    wishes: [
      ['192.0.2.1', a],
      ['198.51.100.2', a],
      ['203.0.113.3', a],
      ['203.0.113.3', b],
    ],
    order: ['192.0.2.1', '203.0.113.3', '198.51.100.2'],
    because: 'what two wish for is had once, at the earlier of both turns',
  },
  {
    wishes: [
      ['192.0.2.1', late],
      ['198.51.100.2', a],
      ['192.0.2.1', a],
      ['198.51.100.3', a],
    ],
    order: ['198.51.100.2', '192.0.2.1', '198.51.100.3'],
    because: 'and is late only where it is so for all',
  },
])('$because', async ({ wishes, order }) => {
  expect(await orderOf(wishes)).toEqual(order);
});

test('the last place in a network is for a next hop that has none there', async () => {
  const underWay: string[] = [];
  const most: number[] = [];
  const probe: Probe = async ({ address }) => {
    underWay.push(address);
    most.push(underWay.filter((one) => one.startsWith('192.0.2.1')).length);
    await new Promise((resolve) => setTimeout(resolve, 3));
    underWay.splice(underWay.indexOf(address), 1);
    return PRESENTED;
  };
  const batch = new Batch(probe, pace());
  for (let i = 0; i < 9; i++) batch.add(to(`192.0.2.1${i}`), a);
  batch.add(to('192.0.2.20'), b);
  await batch.results();
  expect(Math.max(...most)).toBe(3);
});

/** Says 421 at these addresses. */
const busyAt = (...busy: readonly string[]) => {
  const order: string[] = [];
  const probe: Probe = async ({ address }) => {
    order.push(address);
    return busy.includes(address) ? REST : PRESENTED;
  };
  return { probe, order };
};

test.each<{ because: string; says: ProbeResult; other: Partial<Conversation>; is: ProbeResult; calls: number }>([
  { because: 'before TLS, under another offer', says: REST, other: {}, is: REST, calls: 3 },
  {
    because: 'on another port: it is another server',
    says: REST,
    other: { port: 587 },
    is: { ...NOT_ATTEMPTED, detail: 'its network had closed with 421 twice', anotherRun: true },
    calls: 3,
  },
  {
    because: 'behind TLS: what it presents there may differ',
    says: { ...PRESENTED, after: { kind: 'unseen', phase: 'ehlo-after-tls', reason: 'reply-421' } } as ProbeResult,
    other: {},
    is: { ...PRESENTED, after: { kind: 'unseen', phase: 'ehlo-after-tls', reason: 'reply-421' } } as ProbeResult,
    calls: 4,
  },
])('what a server says twice, $because', async ({ says, other, is, calls }) => {
  const [first, second] = [to('192.0.2.1'), { ...to('192.0.2.1'), ...other }];
  const called: string[] = [];
  const probe: Probe = async ({ id }) => {
    called.push(id);
    return says;
  };
  const results = await probeBatch([first, second], probe, pace({ concurrency: 1, restAfter421Ms: 30 }));
  expect(results[first.id]).toEqual(says);
  expect(results[second.id]).toEqual(is);
  expect(called).toHaveLength(calls);
});

test("a 421 holds up nobody else's conversation in that network", async () => {
  const { probe, order } = busyAt('192.0.2.1');
  const batch = new Batch(probe, pace({ concurrency: 1, restAfter421Ms: 500 }));
  batch.add(to('192.0.2.1'), a);
  batch.add(to('192.0.2.2'), a);
  for (const last of [7, 8, 9]) batch.add(to(`192.0.2.${last}`), b);
  await batch.results();
  expect(order).toEqual(['192.0.2.1', '192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.1']);
});

test('behind a second 421 the rest of that next hop there waits for another run, and what others wish for does not', async () => {
  const { probe, order } = busyAt('192.0.2.1');
  const batch = new Batch(probe, pace({ concurrency: 1, restAfter421Ms: 500 }));
  const [first, own, shared, elsewhere] = [to('192.0.2.1'), to('192.0.2.2'), to('192.0.2.3'), to('198.51.100.1')];
  for (const one of [first, own, shared, elsewhere]) batch.add(one, a);
  batch.add(shared, b);
  const results = await batch.results();
  expect(order).toEqual(['192.0.2.1', '192.0.2.3', '198.51.100.1', '192.0.2.1']);
  expect(results).toEqual({
    [first.id]: REST,
    [own.id]: { ...NOT_ATTEMPTED, detail: 'its network had closed with 421 twice', anotherRun: true },
    [shared.id]: PRESENTED,
    [elsewhere.id]: PRESENTED,
  });
});

test('what is added when the time is up is not attempted', async () => {
  const { probe, order } = busyAt();
  const stop = new AbortController();
  const batch = new Batch(probe, pace({ signal: stop.signal }));
  stop.abort();
  const one = to('192.0.2.1');
  batch.add(one, a);
  expect(await batch.results()).toEqual({ [one.id]: NOT_ATTEMPTED });
  expect(order).toEqual([]);
});

test('an abandoned batch breaks off what is under way, and holds no timer', async () => {
  let aborted = false;
  const probe: Probe = (_, signal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        aborted = true;
        resolve(NOT_ATTEMPTED);
      });
    });
  vi.useFakeTimers();
  const batch = new Batch(probe, pace());
  batch.add(to('192.0.2.1'), a);
  await vi.advanceTimersByTimeAsync(1);
  batch.abandon();
  expect(aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('without patience, whoever said 421 is asked again where others take that long, and not waited for', async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  const probe: Probe = async ({ address }) => {
    asked.push(address);
    if (address === '192.0.2.1') return REST;
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return PRESENTED;
  };
  const had = async (conversations: readonly Conversation[], restAfter421Ms: number) => {
    const stopAt = Date.now() + 3_600_000;
    const done = probeBatch(conversations, probe, pace({ perAddress: 1, restAfter421Ms, stopAt, patienceMs: 0 }));
    await vi.runAllTimersAsync();
    return done;
  };
  const [busy, behind, slow] = [to('192.0.2.1'), to('192.0.2.1'), to('198.51.100.1')];
  const results = await had([busy, behind, slow], 20_000);
  // The slow one leaves time for a second try.
  expect(asked.filter((address) => address === '192.0.2.1').length).toBeGreaterThanOrEqual(2);
  expect(results[slow.id]).toEqual(PRESENTED);
  expect(results[busy.id]).toEqual(REST);

  asked.length = 0;
  const alone = await had([busy, behind], 300_000);
  expect(asked).toEqual(['192.0.2.1']);
  expect(alone[busy.id]).toEqual(REST);
  expect(alone[behind.id]).toEqual({
    ...NOT_ATTEMPTED,
    detail: 'its network had closed with 421, and was not waited for',
    anotherRun: true,
  });
});

test.each([
  { patienceMs: 299_999, calls: 1, because: 'too short for the rest, it waits for nothing' },
  { patienceMs: 300_000, calls: 2, because: 'as long as the rest, it is enough' },
  { patienceMs: undefined, calls: 2, because: 'where none is named, every rest is waited for' },
])('patience of $patienceMs ms: $because', async ({ patienceMs, calls }) => {
  vi.useFakeTimers();
  let asked = 0;
  const probe: Probe = async () => {
    asked++;
    return REST;
  };
  const options = pace({ restAfter421Ms: 300_000, stopAt: Date.now() + 3_600_000 });
  const begun = Date.now();
  const done = probeBatch([to('192.0.2.1')], probe, patienceMs === undefined ? options : { ...options, patienceMs });
  await vi.runAllTimersAsync();
  await done;
  expect(asked).toBe(calls);
  expect(Date.now() - begun).toBe(calls === 1 ? 0 : 300_000);
});

test('says what it waits for: an answer, the end of a rest, and nothing', async () => {
  vi.useFakeTimers();
  const begun = Date.now();
  const batch = new Batch(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return REST;
    },
    pace({ restAfter421Ms: 300_000, stopAt: begun + 3_600_000 }),
  );
  expect(batch.waits).toBeUndefined();
  const one = to('192.0.2.1');
  batch.add(one, { owner: 'a.test' });
  const done = batch.results();
  await vi.advanceTimersByTimeAsync(500);
  expect(batch.waits).toEqual({ kind: 'answer', ids: [one.id], since: begun });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(batch.waits).toEqual({ kind: 'rest', ids: [one.id], until: begun + 301_000 });
  await vi.runAllTimersAsync();
  await done;
  expect(batch.waits).toBeUndefined();
  expect(batch.done).toBe(1);
});

test.each(Array.from({ length: 20 }, (_, i) => i + 1))(
  'a rest that ends while others are looked for holds up nobody: %i ms',
  async (restAfter421Ms) => {
    vi.useFakeTimers();
    // Each look at this clock takes a millisecond.
    let clock = 1_000_000;
    const now = () => clock++;
    let asked = 0;
    const probe: Probe = async () => {
      asked++;
      return asked === 1 ? REST : PRESENTED;
    };
    const [first, second] = [to('192.0.2.1'), to('192.0.2.1')];
    let had = false;
    const done = probeBatch([first, second], probe, pace({ perAddress: 1, restAfter421Ms, now, stopAt: clock + 1_000_000 })).then(
      (results) => {
        had = true;
        return results;
      },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(had).toBe(true);
    expect(await done).toEqual({ [first.id]: PRESENTED, [second.id]: PRESENTED });
  },
);
