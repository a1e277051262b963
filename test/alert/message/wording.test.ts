/** Words for causes, those of another release included. */
import { expect, test } from 'vitest';
import type { CauseReason } from '../../../lambda/alert/incident/cause.ts';
import { causeWords, reasonWords } from '../../../lambda/alert/message/wording.ts';

test.each<{ reason: CauseReason; soon: boolean; words: string }>([
  { reason: 'expired', soon: false, words: 'provider.example certificate has expired' },
  { reason: 'expired', soon: true, words: 'provider.example certificate expires' },
  { reason: 'no-tlsa', soon: true, words: 'MX host has no TLSA records at provider.example' },
  { reason: 'not-judged', soon: false, words: 'nothing to see at provider.example' },
])('$reason, soon $soon', ({ reason, soon, words }) => {
  expect(causeWords({ cause: { reason, provider: 'provider.example' }, theirs: [] }, { where: true, soon })).toBe(words);
});

test('a reason that a later release stored is shown by its word', () => {
  const reason = JSON.parse('"not-invented-yet"') as CauseReason;
  expect(reasonWords(reason)).toBe('not-invented-yet');
  expect(causeWords({ cause: { reason, provider: 'provider.example' }, theirs: [] }, { where: true, soon: false })).toBe(
    'not-invented-yet at provider.example',
  );
});
