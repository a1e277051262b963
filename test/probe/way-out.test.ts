/** An address family in which nobody answers is given up, and one in which anybody does is not. */
import { expect, test } from 'vitest';
import type { Conversation } from '../../lambda/probe/conversation.ts';
import { Batch, type PaceOptions } from '../../lambda/probe/pace.ts';
import type { ProbeResult } from '../../lambda/probe/result.ts';
import { vantageOf } from '../../lambda/probe/vantage.ts';
import { bundleOf } from '../run/watching.ts';

const SILENT: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'timed-out' };
const REFUSED: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'refused' };
const UNREACHABLE: ProbeResult = { kind: 'unseen', phase: 'connect', reason: 'unreachable' };
const STALLED: ProbeResult = { kind: 'unseen', phase: 'greeting', reason: 'timed-out' };
const PRESENTED: ProbeResult = { kind: 'presented', protocol: 'TLSv1.3', cipher: 'x', chain: [], verify: 'OK' };

const to = (address: string): Conversation => ({
  id: address,
  address,
  port: 25,
  wrapperMode: false,
  offer: { kind: 'impossible', because: 'nobody connects in this test' },
  discardEhloKeywords: [],
});
const v4 = (i: number, networks = 250) => `198.18.${i % networks}.${1 + Math.floor(i / networks)}`;
const v6 = (i: number) => `2001:db8:${(i % 250).toString(16)}::${(1 + Math.floor(i / 250)).toString(16)}`;

interface Had {
  readonly results: Readonly<Record<string, ProbeResult>>;
  readonly begun: readonly string[];
  readonly conversations: readonly Conversation[];
}

async function had(
  addresses: readonly string[],
  says: (address: string, nth: number) => ProbeResult,
  { owners = 1_000, ...changes }: Partial<PaceOptions> & { readonly owners?: number } = {},
): Promise<Had> {
  const begun: string[] = [];
  const options = {
    concurrency: 64,
    perAddress: 2,
    perNetwork: 4,
    restAfter421Ms: 30,
    stopAt: Date.now() + 3_600_000,
    ...changes,
  };
  const batch = new Batch(async ({ address }) => {
    begun.push(address);
    const result = says(address, begun.length);
    // A time-out lasts longer than an answer.
    for (let i = 0; i < (result === SILENT ? 20 : 1); i++) await new Promise((resolve) => setImmediate(resolve));
    return result;
  }, options);
  const conversations = addresses.map(to);
  for (const [i, conversation] of conversations.entries()) batch.add(conversation, { owner: `${i % owners}.example` });
  return { results: await batch.results(), begun, conversations };
}

const many = (count: number, address: (i: number) => string) => Array.from({ length: count }, (_, i) => address(i));
const reasons = ({ results }: Had) => {
  const counts: Record<string, number> = {};
  for (const result of Object.values(results)) {
    const kind = result.kind === 'unseen' ? result.reason : result.kind;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

test('nobody answers: given up after those under way at the fiftieth time-out, and the run is blind', async () => {
  const run = await had(
    many(2_000, (i) => v4(i)),
    () => SILENT,
  );
  expect(run.begun.length).toBeGreaterThanOrEqual(50);
  expect(run.begun.length).toBeLessThanOrEqual(50 + 64);
  expect(reasons(run)).toEqual({ 'timed-out': run.begun.length, 'no-way-out': 2_000 - run.begun.length });
  const vantage = vantageOf(run.conversations, run.results, { bundle: bundleOf('', '') });
  expect(vantage).toEqual({ ipv4: 'blind', ipv6: 'untried' });
});

test('one family is given up, and the other goes on', async () => {
  const run = await had([...many(500, v6), ...many(500, (i) => v4(i))], (address) =>
    address.includes(':') ? SILENT : PRESENTED,
  );
  expect(reasons(run)).toMatchObject({ presented: 500 });
  expect(run.begun.filter((address) => address.includes(':')).length).toBeLessThanOrEqual(50 + 64);
});

test.each([
  { answer: PRESENTED, because: 'a handshake' },
  { answer: REFUSED, because: 'a refusal' },
  { answer: STALLED, because: 'a connection that is silent afterwards' },
])('one answer, be it $because, and nobody is given up', async ({ answer }) => {
  const run = await had(
    many(400, (i) => v4(i)),
    (_, nth) => (nth === 40 ? answer : SILENT),
  );
  expect(run.begun.length).toBe(400);
});

test('the last under way answers: the rest is had', async () => {
  const run = await had(
    many(400, (i) => v4(i)),
    (_, nth) => (nth === 64 ? REFUSED : SILENT),
    { concurrency: 64 },
  );
  expect(run.begun.length).toBe(400);
});

test.each([
  { addresses: many(300, (i) => v4(i, 9)), owners: 300, because: 'nine networks' },
  { addresses: many(300, (i) => v4(i)), owners: 4, because: 'four next hops, which may be one stranger' },
])('$because say nothing about everybody', async ({ addresses, owners }) => {
  const run = await had(addresses, () => SILENT, { owners });
  expect(run.begun.length).toBe(300);
});

test('a network that cannot be reached says so at once, and is no time-out', async () => {
  const run = await had(many(300, v6), () => UNREACHABLE);
  expect(reasons(run)).toEqual({ unreachable: 300 });
});

test('who comes after a family was given up is given up too', async () => {
  const batch = new Batch(async () => SILENT, {
    concurrency: 64,
    perAddress: 2,
    perNetwork: 4,
    restAfter421Ms: 30,
    stopAt: Date.now() + 3_600_000,
  });
  for (const address of many(200, (i) => v4(i))) batch.add(to(address), { owner: address });
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  batch.add(to('203.0.113.9'), { owner: 'late.example' });
  expect((await batch.results())['203.0.113.9']).toMatchObject({ reason: 'no-way-out' });
});
