/** Whatever stands in a log, it is read: nothing is lost or counted twice, and nobody writes a status from inside parentheses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ended, readLog, smtp } from './log.ts';

const H = 'mx.a.test[192.0.2.1]:25';
const domain = fc.constantFrom('a.test', 'b.test', 'B.test', 'x-n--.test', '');
const id = fc.integer({ min: 0, max: 5 }).map((n) => `A${n}`);
const text = fc.oneof(
  fc.constantFrom(
    'Server certificate not verified',
    'Cannot start TLS: handshake failure',
    'client TLS configuration problem',
    'connect to mx.a.test[192.0.2.1]:25: Connection refused',
    `host ${H} said: 450 4.7.5 x, status=sent (250 ok)`,
    '250 2.0.0 ok',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const delivery = fc
  .record({
    id,
    to: fc
      .tuple(fc.constantFrom('r', '"a b"', '"x>, relay=y"', 's'), domain)
      .map(([local, name]) => (name === '' ? local : `${local}@${name}`)),
    end: fc.constantFrom('sent 2.0.0', 'deferred 4.7.5', 'bounced 5.7.5', 'SOFTBOUNCE 5.7.5', 'undeliverable 5.0.0'),
    text,
  })
  .map((one) => ended(one.id, one.to, `${one.end} ${one.text}`, H));
const fact = fc.constantFrom(
  `Trusted TLS connection established to ${H}: TLSv1.3 with cipher X (256/256 bits)`,
  `${H}: subjectAltName: one.test`,
  `${H}: depth=1 verify=0 subject=/CN=x`,
  `server certificate verification failed for ${H}: num=62:hostname mismatch`,
  `${H}: re-using session with untrusted certificate, look for details earlier in the log`,
  `SSL_connect error to ${H}: lost connection`,
  'warning: smtp_tls_policy_maps, next-hop destination "a.test": invalid empty policy',
  'A1: Server certificate not verified',
  'TLSRPT: status=failure, domain=a.test, receiving_mx=mx.a.test[192.0.2.1], failure_type=certificate_expired',
);
const end = id.chain((one) => fc.constantFrom(`${one}: removed`, `${one}: from=<s@b.test>, status=expired, returned to sender`));
const line = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.oneof({ weight: 4, arbitrary: delivery }, fact))
    .map(([pid, message]) => smtp('10:00:00', pid, message)),
  end.map((message) => smtp('10:00:00', 9, message, 'postfix/qmgr')),
);
/** As it is, cut, or with something in the middle. */
const written = fc.oneof(
  { weight: 6, arbitrary: line },
  fc.tuple(line, fc.nat(200)).map(([whole, at]) => whole.slice(0, at)),
  fc
    .tuple(line, fc.nat(200), fc.string({ unit: 'binary' }))
    .map(([whole, at, more]) => whole.slice(0, at) + more + whole.slice(at)),
);

test('each recipient that was held up waits, bounced, was delivered or ended otherwise', () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 60 }), (lines) => {
      const { held } = readLog(lines.join('\n'));
      for (const { recipients, bounced, delivered, otherwise, waiting, messages, attempts } of held) {
        const left = waiting.reduce((sum, one) => sum + one.recipients, 0);
        expect(bounced + delivered + otherwise + left).toBe(recipients);
        expect(messages).toBeLessThanOrEqual(recipients);
        expect(recipients).toBeLessThanOrEqual(attempts);
      }
    }),
  );
});

test('what a server says inside the parentheses is no status', () => {
  const said = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(')', 'status=sent (250 ok)', `, dsn=2.0.0, status=sent (`, 'to=<r@a.test>', '\r', '\u2028', '\u2029'),
  );
  fc.assert(
    fc.property(fc.array(said, { maxLength: 6 }), (parts) => {
      const reply = parts.join('').replaceAll('\n', ' ');
      const refused = ended(
        'A1',
        'r@a.test',
        `deferred 4.7.5 TLS is required, but host ${H} refused to start TLS: 454 ${reply}`,
        H,
      );
      expect(readLog(smtp('10:00:00', 1, refused))).toMatchObject({
        sent: 0,
        held: [{ domain: 'a.test', waiting: [{ recipients: 1 }] }],
      });
    }),
  );
});
