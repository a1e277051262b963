/** The table of reasons: what its rows owe one another, what derives from them, and the page about them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  ADDRESS_REASONS,
  ALL_REASONS,
  failureText,
  phaseOf,
  REASONS,
  type Reason,
  type ReasonRow,
  reasonsWhere,
  unseenText,
} from '../../lambda/verdict/reason.ts';

const rows: readonly (ReasonRow & { readonly reason: Reason })[] = ALL_REASONS.map((reason) => ({
  ...REASONS[reason],
  reason,
}));

test('a row takes from its section what it does not say itself', () => {
  expect(REASONS['chain-too-long']).toEqual({
    group: 'trust',
    phase: 'handshake',
    fails: 'not-trusted',
    whose: 'yours',
    anchors: true,
    words: 'certificate chain is too long',
    cure: 'The cure is yours: a larger smtp_tls_scert_verifydepth',
  });
});

test('an address fails, is not seen, or both; the rest is of whole entries', () => {
  const both = reasonsWhere(({ fails, unseen }) => fails !== undefined && unseen !== undefined);
  expect(both).toEqual(['ehlo-refused', 'tlsa-lookup-failed', 'local-data-error', 'bind-refused']);
  expect(ADDRESS_REASONS).toContain('our-bug');
  expect(ADDRESS_REASONS).not.toContain('nxdomain');
  expect([failureText('ehlo-refused'), unseenText('ehlo-refused')]).toEqual(['not-offered', 'helo-refused']);
  expect([phaseOf('starttls-refused'), phaseOf('name-mismatch')]).toEqual(['starttls', 'handshake']);
});

test.each<{ of: string; holds: (row: ReasonRow) => boolean; are: readonly Reason[] }>([
  {
    of: 'our own table and settings',
    holds: ({ group }) => group === 'ours',
    are: [
      'forced-failure',
      'tls-engine-off',
      'engine-off-kills-smtp',
      'starttls-ignored',
      'local-data-error',
      'bind-refused',
      'wrapper-mode-missing',
      'wrapper-mode-below-encrypt',
      'invalid-entry',
      'table-unavailable',
      'unroutable',
      'no-transport',
      'smtp-dies',
    ],
  },
  {
    of: 'new trust anchors',
    holds: ({ anchors }) => anchors === true,
    are: [
      'untrusted-issuer',
      'missing-intermediate',
      'self-signed',
      'issuer-expired',
      'weak-signature',
      'invalid-ca',
      'chain-too-long',
      'not-permitted-name',
      'bad-signature',
      'tls-engine-off',
      'engine-off-kills-smtp',
    ],
  },
  {
    of: 'something that is not set up',
    holds: ({ byDesign }) => byDesign === true,
    are: ['dane-not-checked', 'no-dnssec'],
  },
  {
    of: 'our side alone',
    holds: ({ unseen }) => unseen === 'nothing',
    are: ['barred-address', 'no-way-out', 'engine-differs', 'not-attempted', 'our-bug'],
  },
  {
    of: 'an address that is passed over in silence',
    holds: ({ fails }) => fails === 'not-tried',
    are: ['mx-not-in-pattern', 'wrapper-mode-below-encrypt'],
  },
])('of $of', ({ holds, are }) => {
  expect(reasonsWhere(holds)).toEqual(are);
});

test.each(rows)('$reason: the cure lies where the row says', ({ reason, whose, cure = '' }) => {
  // Their record is at fault, and an upgrade of one's own is the cure that does not wait for them.
  if (reason === 'tlsa-kills-smtp')
    return expect([whose, cure]).toEqual(['theirs', expect.stringMatching(/^The cure is yours: /)]);
  const named = /^The cure is (theirs|yours)/.exec(cure)?.[1];
  return expect(named ?? whose).toBe(whose);
});

test.each(rows)('$reason: texts are clauses that a sentence can take in', ({ words, soon, why, cure }) => {
  for (const text of [words, soon, why]) expect(text ?? 'absent').toMatch(/^\S.*[^\s.]$/);
  expect(cure ?? 'Absent').toMatch(/^[A-Z].*[^\s.]$/);
});

test('what Postfix calls not trusted up to 3.5 is the group trust', () => {
  expect(reasonsWhere(({ fails }) => fails === 'not-trusted')).toEqual(reasonsWhere(({ group }) => group === 'trust'));
});

test('docs/reasons.md has a line for each, in this order', () => {
  const page = readFileSync('docs/reasons.md', 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(lines).toEqual(
    rows.map(({ reason, words, whose, cure }) => `| \`${reason}\` | ${words} | ${whose} | ${cure ?? ''} |`.replace('  |', ' |')),
  );
});
