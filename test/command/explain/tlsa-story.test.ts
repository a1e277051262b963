/** What explain tells of TLSA records at one host. */
import { expect, test } from 'vitest';
import { tlsaLines } from '../../../lambda/command/explain/tlsa-story.ts';
import type { ShownTlsa } from '../../../lambda/verdict/verdict.ts';
import { address } from '../../alert/verdicts.ts';

type Shown = ShownTlsa['records'][number];
const record = (text: string, matches: boolean, use: Shown['use'] = 'counts'): Shown => ({
  record: text,
  use,
  because: null,
  matches,
});
const lines = (records: readonly Shown[], more: Partial<ShownTlsa> = {}) =>
  tlsaLines(
    address({
      tlsa: { mxSigned: true, asked: ['_25._tcp.mx.test'], answer: 'records', base: 'mx.test', records, acts: 'dane', ...more },
    }),
  );

const ROLL_OVER = 'counts, for another key than is presented: announced before a roll-over, or left from one';

test.each<{ records: readonly Shown[]; says: readonly string[]; because: string }>([
  {
    records: [record('3 1 1 aa', true), record('3 1 1 bb', false)],
    says: ['3 1 1 aa  (matches)', `3 1 1 bb  (${ROLL_OVER})`],
    because: 'one of a kind matches: a roll-over',
  },
  {
    records: [record('3 1 1 aa', true), record('2 1 1 bb', false)],
    says: ['3 1 1 aa  (matches)', '2 1 1 bb  (counts, does not match)'],
    because: 'another usage is no roll-over',
  },
  {
    records: [record('3 1 1 aa', false), record('3 1 1 bb', false)],
    says: ['3 1 1 aa  (counts, does not match)', '3 1 1 bb  (counts, does not match)'],
    because: 'nothing matches',
  },
  {
    records: [record('3 1 1 aa', true), record('3 1 2 bb', false, 'outweighed')],
    says: ['3 1 1 aa  (matches)', '3 1 2 bb  (does not count beside a stronger digest)'],
    because: 'a weaker digest says nothing',
  },
])('$because', ({ records, says }) => {
  expect(lines(records).flatMap(([label, text]) => (label === '' ? [text] : []))).toEqual(says);
});

test('signatures are told with their end, where it is known', () => {
  expect(lines([], { signedUntil: '2026-11-27T05:00:00.000Z' }).map(([label]) => label)).toEqual(['TLSA', 'signed', 'acts as']);
  expect(lines([]).map(([label]) => label)).toEqual(['TLSA', 'acts as']);
});
