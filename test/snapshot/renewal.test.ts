/** Renewals by lifetime: when a warning is due, and when it would be noise. */
import { expect, test } from 'vitest';
import { readLeaf } from '../../lambda/snapshot/leaf.ts';
import { horizonMs, isOverdue, isRoutineRenewal, overdueRenewals } from '../../lambda/snapshot/renewal.ts';
import { createAuthority } from '../internet/authority.ts';
import { DAY, live, START } from './days.ts';

test.each([
  { lifetime: 398, days: 21, because: 'a year gives three weeks' },
  { lifetime: 200, days: 21, because: 'so does half a year' },
  { lifetime: 126, days: 21, because: 'down to 126 days' },
  { lifetime: 90, days: 15, because: 'renewal at 30 days is over by then' },
  { lifetime: 47, days: 47 / 6, because: 'renewal at 15 days is over by then' },
  { lifetime: 6, days: 2, because: 'two runs before: there is no more time' },
  { lifetime: 6, intervalHours: 6, days: 1, because: 'with four runs a day a sixth of it is enough' },
  { lifetime: 398, intervalHours: 14 * 24, days: 28, because: 'whoever looks fortnightly is warned two looks ahead' },
])('$lifetime days: forecast from $days days before: $because', ({ lifetime, days, intervalHours = 24 }) => {
  expect(horizonMs(lifetime * DAY, (intervalHours / 24) * DAY)).toBeCloseTo(days * DAY);
});

test.each([
  { lifetime: 90, usual: 30, left: 20, overdue: true, because: 'a third of the lifetime, less a tenth' },
  { lifetime: 90, usual: 30, left: 22, overdue: false, because: 'a week late is within the slack' },
  { lifetime: 90, usual: 30, left: -1, overdue: false, because: 'what has ended is a failure' },
  { lifetime: 47, usual: 15, left: 10, overdue: true, because: 'five days late' },
  { lifetime: 47, usual: 15, left: 11, overdue: false, because: 'four days late' },
  { lifetime: 6, usual: 3, left: 0.9, overdue: true, because: 'two days late of three' },
  { lifetime: 6, usual: 3, left: 1.1, overdue: false, because: 'less than two days late' },
  { lifetime: 200, usual: 30, left: 9, overdue: true, because: 'three weeks late' },
  { lifetime: 200, usual: 30, left: 11, overdue: false, because: 'a tenth of the lifetime is allowed' },
  { lifetime: 398, usual: 60, left: 20, overdue: true, because: 'forty days late' },
  { lifetime: 398, usual: 30, left: 1, overdue: false, because: 'renewed late before: the forecast will speak' },
  { lifetime: 90, usual: 0, left: 0.5, overdue: false, because: 'renewed after its end before' },
])('$lifetime days, usually renewed at $usual, $left left: $because', ({ lifetime, usual, left, overdue }) => {
  const leaf = { notBefore: START + (left - lifetime) * DAY, notAfter: START + left * DAY };
  expect(isOverdue(leaf, usual * DAY, START)).toBe(overdue);
});

const authority = await createAuthority('CA', {
  subject: [
    ['O', "Let's Encrypt"],
    ['CN', 'R10'],
  ],
});
const sibling = await createAuthority('CA', {
  subject: [
    ['O', "Let's Encrypt"],
    ['CN', 'E5'],
  ],
});
const stranger = await createAuthority('CA', { subject: [['CN', 'R10']] });
const issue = (by: typeof authority, names: readonly string[], fromDay: number, days = 90, more = {}) =>
  by.issue({
    commonName: 'mx',
    dnsNames: names,
    notBefore: START + fromDay * DAY,
    notAfter: START + (fromDay + days) * DAY,
    ...more,
  });

test.each([
  { because: 'same names, same issuer, later dates', by: authority, names: ['a', 'b'], from: 60, routine: true },
  { because: 'in another order and case', by: authority, names: ['B', 'a'], from: 60, routine: true },
  { because: 'by another authority of the same organisation', by: sibling, names: ['a', 'b'], from: 60, routine: true },
  { because: 'a name less', by: authority, names: ['a'], from: 60, routine: false },
  { because: 'a name more', by: authority, names: ['a', 'b', 'c'], from: 60, routine: false },
  { because: 'as many, but others', by: authority, names: ['a', 'c'], from: 60, routine: false },
  { because: 'by somebody else', by: stranger, names: ['a', 'b'], from: 60, routine: false },
  { because: 'an earlier end', by: authority, names: ['a', 'b'], from: -1, routine: false },
  { because: 'the same end', by: authority, names: ['a', 'b'], from: 0, routine: false },
])('routine is $routine: $because', async ({ by, names, from, routine }) => {
  const [before, after] = [readLeaf((await issue(authority, ['a', 'b'], 0)).der), readLeaf((await issue(by, names, from)).der)];
  if (before === undefined || after === undefined) throw new Error('unreadable');
  expect(isRoutineRenewal(before, after)).toBe(routine);
});

test.each([
  {
    issuer: [
      ['C', 'US'],
      ['O', "Let's Encrypt"],
      ['CN', 'R11'],
    ],
    by: "Let's Encrypt",
    because: 'the organisation',
  },
  {
    issuer: [
      ['O', 'A/B GmbH'],
      ['CN', 'x'],
    ],
    by: 'A\\/B GmbH',
    because: 'a slash may stand in it',
  },
  { issuer: [['CN', 'mx.example']], by: '/CN=mx.example', because: 'the whole name where there is none' },
  {
    issuer: [
      ['CN', 'O'],
      ['OU', 'unit'],
    ],
    by: '/CN=O/OU=unit',
    because: 'OU is not O',
  },
] as const)('issued by $by: $because', async ({ issuer, by }) => {
  const certificate = await (await createAuthority('CA', { subject: issuer })).issue({ dnsNames: ['a'] });
  expect(readLeaf(certificate.der)?.issuedBy).toBe(by);
});

test('common names count where there is no dNSName, and what cannot be read is no leaf', async () => {
  const named = await authority.issue({ commonName: 'MX.example', dnsNames: [] });
  expect(readLeaf(named.der)?.names).toEqual(['mx.example']);
  expect(readLeaf('bm90IGEgY2VydGlmaWNhdGU=')).toBeUndefined();
});

test('a provider that renews at a third is overdue when it has not by then, and no longer once it has', async () => {
  const der = await Promise.all([0, 60, 120].map(async (day) => (await issue(authority, ['a'], day)).der));
  const [first = '', second = '', third = ''] = der;
  const presented = (day: number) => (day < 60 ? first : day < 142 ? second : third);
  const lived = live(Array.from({ length: 144 }, (_, day) => [{ chain: [presented(day)] }]));
  const ders = new Map<string, string>();
  const overdue = lived.map(({ snapshot }, day) => {
    for (const { result } of snapshot?.sightings ?? []) {
      if (result.kind === 'presented')
        for (const [i, digest] of result.chain.entries()) ders.set(digest, i === 0 ? presentedOf(digest) : '');
    }
    return snapshot === undefined ? [] : overdueRenewals(snapshot, (digest) => ders.get(digest), START + day * DAY);
  });
  function presentedOf(digest: string): string {
    return der.find((one) => readSha256(one) === digest) ?? '';
  }
  // Replaced on day 60 with 30 days left; with less than 21 left (day 130 of 150) the next one is late.
  expect(overdue.findIndex((found) => found.length > 0)).toBe(130);
  expect(overdue[130]).toEqual([{ host: 'mx.example', notAfter: START + 150 * DAY, usuallyRenewedDaysBefore: 30 }]);
  expect(overdue.slice(142).flat()).toEqual([]);
});

function readSha256(der: string): string | undefined {
  const [day] = live([[{ chain: [der] }]]);
  const result = day?.snapshot?.sightings[0]?.result;
  return result?.kind === 'presented' ? result.chain[0] : undefined;
}
