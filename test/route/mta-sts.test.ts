import { expect, test } from 'vitest';
import { findMtaSts } from '../../lambda/route/mta-sts.ts';
import { dnsOf } from '../internet/zone.ts';

test.each([
  {
    data: ['v=STSv1; id=20160831085700Z;'],
    says: { kind: 'announced', id: '20160831085700Z' },
    because: 'the record of RFC 8461',
  },
  { data: ['v=STSv1;id=1'], says: { kind: 'announced', id: '1' }, because: 'as short as it may be' },
  { data: ['v=spf1 -all', 'v=STSv1; id=2;'], says: { kind: 'announced', id: '2' }, because: 'other records count for nothing' },
  { data: ['v=STSv1; id=1;', 'v=STSv1; id=2;'], says: { kind: 'none' }, because: 'two are none' },
  { data: ['v=STSv1; id=;'], says: { kind: 'none' }, because: 'no id' },
  { data: ['v=STSv1; kid=1;'], says: { kind: 'none' }, because: 'another field' },
  { data: ['V=STSv1; id=1;'], says: { kind: 'none' }, because: 'the version is case-sensitive' },
  { data: ['v=STSv10; id=1;'], says: { kind: 'none' }, because: 'another version' },
  { data: [`v=STSv1; id=${'1'.repeat(33)};`], says: { kind: 'none' }, because: 'an id that is too long' },
])('$because', async ({ data, says }) => {
  expect(await findMtaSts('a.test', dnsOf([{ name: '_mta-sts.a.test', type: 'TXT', data }]))).toEqual(says);
});

test('no record is none, and no answer is no answer', async () => {
  expect(await findMtaSts('a.test', dnsOf([]))).toEqual({ kind: 'none' });
  const broken = dnsOf([{ name: '_mta-sts.a.test', type: 'TXT', fail: 'SERVFAIL' }]);
  expect(await findMtaSts('a.test', broken)).toEqual({ kind: 'failed', failure: 'servfail' });
});
