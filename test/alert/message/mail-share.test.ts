import { expect, test } from 'vitest';
import { type MailShare, shareSentence } from '../../../lambda/alert/message/mail-share.ts';

const NOW = Date.UTC(2026, 10, 26, 6);
const DAYS_30 = NOW - 30 * 86_400_000;
const share = (given: Partial<MailShare>): MailShare => ({
  since: DAYS_30,
  recipients: 2_000,
  watched: 2_000,
  unasked: 0,
  elsewhere: [],
  ...given,
});

test.each([
  {
    given: { watched: 1_974, unasked: 20, elsewhere: [{ name: 'x.test', recipients: 5 }] },
    says:
      "98.7 % of 30 days' mail is watched (1,974 of 2,000 recipients, by the log since Tue 2026-10-27); for 1.0 % nothing is asked of TLS; " +
      '6 went where nobody looks, for instance x.test (5)',
  },
  {
    given: { watched: 1_999, unasked: 1 },
    says: "99.9 % of 30 days' mail is watched (1,999 of 2,000 recipients, by the log since Tue 2026-10-27); for 0.0 % nothing is asked of TLS",
  },
  {
    given: { since: NOW - 3 * 86_400_000 },
    says: "100.0 % of 3 days' mail is watched (2,000 of 2,000 recipients, by the log since Mon 2026-11-23)",
  },
  {
    given: { since: NOW - 3_600_000, recipients: 1, watched: 1 },
    says: "100.0 % of one day's mail is watched (1 of 1 recipients, by the log since Thu 2026-11-26)",
  },
  { given: { recipients: 0, watched: 0 }, says: 'no mail went out by the log since Tue 2026-10-27' },
])('$says', ({ given, says }) => {
  expect(shareSentence(share(given), NOW)).toBe(says);
});
