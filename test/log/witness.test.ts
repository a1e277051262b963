/** What a log says of a domain: status outside of parentheses alone, the latest, and only what is recent. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLine } from '../../lambda/log/line.ts';
import { openWitness } from '../../lambda/log/witness.ts';
import { CALENDAR, ended, smtp } from './log.ts';

const NOW = Date.UTC(2026, 10, 26);
const at = (time: string) => Date.parse(`2026-11-25T${time}Z`);

function witnessed(...lines: readonly string[]) {
  const witness = openWitness(NOW);
  for (const text of lines) {
    const line = readLine(text, CALENDAR);
    if (line !== undefined) witness.take(line);
  }
  return witness.witnessed();
}

const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
const trusted = 'Trusted TLS connection established to mx.a.test[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)';
const line = (time: string, end: string, to = 'r@a.test') => smtp(time, 1, ended('A1', to, end));

test('the last refusal and the last delivery, each with what it is', () => {
  expect(
    witnessed(
      line('08:00:00', 'sent 2.0.0 250 ok'),
      smtp('09:00:00', 1, trusted),
      line('09:00:01', NOT_VERIFIED),
      smtp('10:00:00', 1, trusted),
      line('10:00:01', NOT_VERIFIED),
      line('11:00:00', 'sent 2.0.0 250 ok', 'r@b.test'),
    ),
  ).toEqual(
    new Map([
      [
        'a.test',
        {
          delivered: { at: at('08:00:00'), host: 'mx.a.test' },
          refused: { at: at('10:00:01'), reasons: ['name-mismatch'], says: 'Server certificate not verified' },
        },
      ],
      ['b.test', { delivered: { at: at('11:00:00'), host: 'mx.a.test' } }],
    ]),
  );
});

test.each([
  { lines: [line('10:00:00', NOT_VERIFIED).replace('postfix/smtp', 'logger/smtpd')], because: 'another program' },
  { lines: [smtp('10:00:00', 1, 'someone: status=deferred (Server certificate not verified)')], because: 'no delivery' },
  {
    lines: [line('10:00:00', 'deferred 4.4.1 connect to mx.a.test[192.0.2.1]:25: Connection refused')],
    because: 'no refusal for TLS',
  },
  { lines: [line('10:00:00', NOT_VERIFIED).replace('Nov 25', 'Nov 20')], because: 'what is older than two days' },
  { lines: [line('10:00:00', NOT_VERIFIED).slice('Nov 25 10:00:00 mail '.length)], because: 'what has no time' },
])('$because says nothing', ({ lines }) => {
  expect(witnessed(...lines)).toEqual(new Map());
});

test('a reply is no status, whatever stands in it', () => {
  const reply =
    '450 4.7.5 x) to=<r@a.test>, relay=mx.a.test[192.0.2.1]:25, delay=1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok';
  expect(witnessed(line('10:00:00', `deferred 4.7.5 host mx.a.test[192.0.2.1] said: ${reply}`))).toEqual(new Map());
});

test('whatever stands in a log, it is read', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      expect(witnessed(...texts.map((text) => smtp('10:00:00', 1, text))).size).toBe(0);
    }),
  );
});
