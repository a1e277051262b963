/** What `policy push` says that the function cannot judge: only the mail host can ask some tables. */
import { expect, test } from 'vitest';
import { pushedText } from '../../../lambda/command/policy/push-text.ts';
import { bundleOf } from '../../policy/bundle-of.ts';

const OUTCOME = {
  kind: 'pushed',
  version: '0123456789abcdef',
  differences: [],
  seen: 'none',
  overridden: [],
  known: [],
  leftOut: [],
  heldBefore: [],
} as const;
const NAME = { policy: 'default', place: 'the table', vantage: 'mx1' };
const FILTER = { name: 'pcre:/filter', kind: 'not-listable', because: 'its keys are patterns' } as const;

test('tables that the mail host alone can ask are named, and how old their answers will be', () => {
  const bundle = bundleOf('', {
    type: 'pcre',
    mainCf: 'smtp_delivery_status_filter = pcre:/filter',
    tableProblems: [{ name: 'pcre:/tls_policy', kind: 'not-listable', because: 'its keys are patterns' }],
  });
  const asked = {
    ...bundle,
    policyTables: [],
    statusFilter: { tables: [], problems: [FILTER] },
    answers: { 'pcre:/tls_policy': {} },
  };
  expect(pushedText(OUTCOME, NAME, asked, 400)).toBe(`pushed policy "default" to the table: version 0123456789ab, 1 entry
not judged by the function:
  pcre:/tls_policy: the keys of pcre:/tls_policy cannot be listed (its keys are patterns); name destinations with --destination to have them judged
  smtp_delivery_status_filter is not followed: what pcre:/filter makes of a failure is not known here (the mail host alone can ask it)
answers of pcre:/tls_policy are stored as they were given today: push again, by a timer, to keep them fresh
`);
});
