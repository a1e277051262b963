import { expect, test } from 'vitest';
import { readStsRecord } from '../../../lambda/route/mta-sts/record.ts';

const announced = (id: string) => ({ kind: 'announced', id });
const invalid = (because: string) => ({ kind: 'invalid', because });

test.each([
  { texts: ['v=STSv1; id=20160831085700Z;'], says: announced('20160831085700Z'), because: 'the record of RFC 8461' },
  { texts: ['v=STSv1;id=1'], says: announced('1'), because: 'as short as it may be' },
  { texts: ['v=spf1 -all', 'v=STSv1; id=2;'], says: announced('2'), because: 'other records count for nothing' },
  { texts: ['v=STSv1; id=3; x-y.z=!"§'.replace('§', '~'), ''], says: announced('3'), because: 'extensions are passed over' },
  { texts: ['v=STSv1;\tid=4 \t; '], says: announced('4'), because: 'blanks and tabs around the semicolon' },
  { texts: ['v=STSv1; id=a; id=b'], says: announced('a'), because: 'of two ids the first counts' },
  { texts: [], says: { kind: 'none' }, because: 'no record' },
  { texts: ['V=STSv1; id=1;'], says: { kind: 'none' }, because: 'the version is case-sensitive' },
  { texts: ['v=STSv10; id=1;'], says: { kind: 'none' }, because: 'another version' },
  { texts: ['v=STSv1 ; id=1;'], says: { kind: 'none' }, because: 'a blank before the first semicolon' },
  { texts: [' v=STSv1; id=1;'], says: { kind: 'none' }, because: 'a blank at the start' },
  {
    texts: ['v=STSv1; id=1;', 'v=STSv1; id=2;'],
    says: invalid('2 records begin with v=STSv1; where one must be the only one'),
    because: 'two of them',
  },
  { texts: ['v=STSv1;'], says: invalid('the record has no id'), because: 'nothing but the version' },
  { texts: ['v=STSv1; kid=1;'], says: invalid('the record has no id'), because: 'another field' },
  {
    texts: ['v=STSv1; id=;'],
    says: invalid('id "" in the record is not 1 to 32 letters and digits'),
    because: 'an empty id',
  },
  {
    texts: ['v=STSv1; id=2026-11-27;'],
    says: invalid('id "2026-11-27" in the record is not 1 to 32 letters and digits'),
    because: 'a hyphen in the id',
  },
  {
    texts: [`v=STSv1; id=${'1'.repeat(33)};`],
    says: invalid(`id "${'1'.repeat(33)}" in the record is not 1 to 32 letters and digits`),
    because: 'an id that is too long',
  },
  {
    texts: ['v=STSv1; id=1; nonsense;'],
    says: invalid('"nonsense" in the record is not name=value'),
    because: 'a field without a value',
  },
  {
    texts: ['v=STSv1; id=1; x=\u001b[31m;'],
    says: invalid('"x=\\u{1b}[31m" in the record is not name=value'),
    because: 'an escape',
  },
  {
    texts: [`v=STSv1; id=1; x=${'y'.repeat(60_000)}`],
    says: invalid('the record has 60017 characters'),
    because: 'a huge record',
  },
])('$because', ({ texts, says }) => {
  expect(readStsRecord(texts)).toEqual(says);
});
