/** Who leans on which certificate, when it ends, and how its host usually renews: the words. */
import { expect, test } from 'vitest';
import { endWords, type Habit, habitWords, providersOf } from '../../../lambda/command/report/certificates.ts';
import type { EntrySnapshot } from '../../../lambda/snapshot/entry-snapshot.ts';
import type { HostSnapshot } from '../../../lambda/snapshot/host-snapshot.ts';
import { createAuthority } from '../../internet/authority.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 28, 6);

test.each([
  { days: 0.5, says: 'ends within a day' },
  { days: 1, says: 'ends in 1 day' },
  { days: 9.9, says: 'ends in 9 days' },
  { days: -0.5, says: 'ended today' },
  { days: -3, says: 'ended 3 days ago' },
])('$days days: $says', ({ days, says }) => {
  expect(endWords(NOW + days * DAY, NOW)).toBe(says);
});

test.each<{ readonly habit: Habit | undefined; readonly says: string | undefined }>([
  { habit: undefined, says: undefined },
  { habit: { leftMs: 30 * DAY, times: 3, lateMs: 0 }, says: 'usually renewed 30 days before its end (seen 3 times)' },
  { habit: { leftMs: 1 * DAY, times: 1, lateMs: 0 }, says: 'usually renewed 1 day before its end (seen once)' },
  {
    habit: { leftMs: 30 * DAY, times: 2, lateMs: 12 * DAY },
    says: 'usually renewed 30 days before its end (seen 2 times); 12 days late now',
  },
  { habit: { leftMs: 0, times: 1, lateMs: 0 }, says: 'was renewed at the last moment (seen once)' },
])('a habit: $says', ({ habit, says }) => {
  expect(habitWords(habit)).toBe(says);
});

test('by provider, what ends first first; a late renewal is counted from how it was before', async () => {
  const root = await createAuthority();
  const ders = new Map<string, string>();
  const issue = async (digest: string, daysLeft: number) =>
    ders.set(
      digest,
      (await root.issue({ dnsNames: ['*.one.test'], notBefore: NOW - 60 * DAY, notAfter: NOW + daysLeft * DAY })).der,
    );
  await issue('aa', 10);
  await issue('bb', 40);
  const host = (name: string, digest: string) =>
    ({
      ...{ host: name, port: 25, offer: '3f9a01c2', firstAt: 0 },
      sightings: [{ result: { kind: 'presented', chain: [digest] }, firstAt: 0, missed: 0 }],
    }) as unknown as HostSnapshot;
  const entry = (key: string, hosts: readonly string[]) =>
    ({
      ...{ key, destination: key },
      routes: [{ kind: 'hosts', hosts: hosts.map((one) => ({ host: one, preference: 10, lookup: 'found' })) }],
    }) as unknown as EntrySnapshot;
  const providers = providersOf(
    [entry('b.test', ['mx2.one.test', 'mx1.one.test']), entry('a.test', ['mx1.one.test']), entry('c.test', ['mx.other.test'])],
    [host('mx1.one.test', 'aa'), host('mx2.one.test', 'aa'), host('mx.other.test', 'bb'), host('mx.nobody.test', 'bb')],
    (digest) => ders.get(digest),
    new Map([['mx1.one.test', [28 * DAY, 32 * DAY, 30 * DAY]]]),
    NOW,
  );
  expect(
    providers.map(({ name, entries, certificates }) => [name, entries, certificates.map(({ hosts, habit }) => [hosts, habit])]),
  ).toEqual([
    ['one.test', ['a.test', 'b.test'], [[['mx1.one.test', 'mx2.one.test'], { leftMs: 30 * DAY, times: 3, lateMs: 20 * DAY }]]],
    ['other.test', ['c.test'], [[['mx.other.test'], undefined]]],
  ]);
});
