/** smtp_delivery_status_filter: what becomes of an ending, as dsn_filter_lookup() has it. */
import { expect, test } from 'vitest';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { afterFilter, filterTablesToAsk } from '../../lambda/policy/status-filter.ts';
import { bundleOf } from './bundle-of.ts';

const MISMATCH = { status: 'deferred', dsn: '4.7.5', text: 'Server certificate not verified' } as const;
const KEY = '4.7.5 Server certificate not verified';

const withFilter = (value: string, parts: Partial<Bundle> = {}): Bundle => ({
  ...bundleOf('', { mainCf: `smtp_delivery_status_filter = ${value}` }),
  ...parts,
});

test.each([
  { answer: '5.7.5 no TLS for you', ends: 'bounced 5.7.5 no TLS for you' },
  { answer: '4.2.0', ends: 'deferred 4.2.0 ' },
  { answer: '2.0.0 fine', ends: `deferred ${KEY}` },
  { answer: 'no status', ends: `deferred ${KEY}` },
  { answer: '', ends: `deferred ${KEY}` },
])('static:{$answer}', ({ answer, ends }) => {
  const { status, dsn, text } = afterFilter(MISMATCH, withFilter(`static:{${answer}}`));
  expect(`${status} ${dsn} ${text}`).toBe(ends);
});

test('a table without the ending leaves it to the next', () => {
  const bundle = withFilter('inline:{x=5.0.0} static:{5.0.0 second}');
  expect(afterFilter(MISMATCH, bundle)).toEqual({ status: 'bounced', dsn: '5.0.0', text: 'second' });
});

test('a table that cannot be opened has no effect, nor do those after it', () => {
  const missing = { name: 'hash:/gone', kind: 'missing', because: 'open /gone.db: No such file or directory' } as const;
  const bundle = withFilter('hash:/gone static:{5.0.0 every}', { statusFilter: { tables: [], problems: [missing] } });
  expect(afterFilter(MISMATCH, bundle)).toEqual(MISMATCH);
});

test('soft_bounce keeps mail that the filter would bounce', () => {
  const bundle = {
    ...bundleOf('', { mainCf: 'soft_bounce = yes\nsmtp_delivery_status_filter = static:{5.7.5 no}' }),
  };
  expect(afterFilter(MISMATCH, bundle)).toEqual({ status: 'deferred', dsn: '4.7.5', text: 'no' });
});

test('a pattern table counts by what it was asked', () => {
  const problem = { name: 'regexp:/f', kind: 'not-listable', because: 'its keys are patterns' } as const;
  const bundle = withFilter('regexp:/f', { statusFilter: { tables: [], problems: [problem] } });
  expect(filterTablesToAsk(bundle)).toEqual(['regexp:/f']);
  expect(afterFilter(MISMATCH, bundle)).toEqual(MISMATCH);
  const asked = { ...bundle, answers: { 'regexp:/f': { [KEY]: { kind: 'found', value: '5.7.5 no' } as const } } };
  expect(afterFilter(MISMATCH, asked)).toEqual({ status: 'bounced', dsn: '5.7.5', text: 'no' });
});
