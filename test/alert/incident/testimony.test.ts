import { expect, test } from 'vitest';
import { agreementOf, isConfirmedBy, type Testimony } from '../../../lambda/alert/incident/testimony.ts';
import { contradictions, testimonyWords } from '../../../lambda/alert/message/testimony-words.ts';
import type { EntryVerdict } from '../../../lambda/verdict/verdict.ts';

const T = Date.UTC(2026, 10, 25, 10);
const refused = (at = T): Testimony => ({
  refused: { at, reasons: ['name-mismatch', 'expired'], says: 'Server certificate not verified' },
});
const delivered = (at = T): Testimony => ({ delivered: { at, host: 'mx.a.test' } });
const fails = { verdict: 'fail', reason: 'name-mismatch' } as const;
const other = { verdict: 'fail', reason: 'handshake-failed' } as const;
const passes = { verdict: 'pass', reason: null } as const;
const unseen = { verdict: 'undetermined', reason: null } as const;

const HELD_UP = 'mail was held up for';
test.each([
  {
    log: refused(),
    look: fails,
    kind: 'same',
    confirms: true,
    says: `The log of this host says the same: ${HELD_UP} it, last Wed 2026-11-25 10:00Z ("Server certificate not verified").`,
  },
  {
    log: refused(),
    look: other,
    kind: 'other-reason',
    confirms: false,
    says: `Our look and your log disagree on the reason: by the log ${HELD_UP} another one, last Wed 2026-11-25 10:00Z ("Server certificate not verified").`,
  },
  {
    log: { ...refused(), ...delivered(T + 1) },
    look: fails,
    kind: 'delivered',
    confirms: false,
    says: 'Our look and your log disagree: by the log mail was delivered to mx.a.test, last Wed 2026-11-25 10:00Z.',
  },
  {
    log: { ...refused(), ...delivered(T - 1) },
    look: fails,
    kind: 'same',
    confirms: true,
    says: expect.stringContaining('says the same'),
  },
  { log: refused(), look: passes, kind: 'refused', confirms: false, says: '' },
  { log: delivered(), look: passes, kind: undefined, confirms: false, says: '' },
  { log: refused(), look: unseen, kind: undefined, confirms: false, says: '' },
  { log: {}, look: fails, kind: undefined, confirms: false, says: '' },
  { log: undefined, look: fails, kind: undefined, confirms: false, says: '' },
])('$look.verdict $look.reason: $kind', ({ log, look, kind, confirms, says }) => {
  expect(agreementOf(log, look)?.kind).toBe(kind);
  expect(isConfirmedBy(log, look)).toBe(confirms);
  expect(testimonyWords(log, look)).toEqual(says);
});

test('what passes here and was held up by the log is listed', () => {
  const verdict = { ...passes, id: 'a', destination: 'a.test' } as EntryVerdict;
  expect(contradictions({ a: refused(), b: refused() }, [verdict])).toEqual([
    'a.test: held up Wed 2026-11-25 10:00Z ("Server certificate not verified")',
  ]);
});
