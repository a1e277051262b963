/** The text for the other side: what they need, and nothing of ours. */
import { describe, expect, test } from 'vitest';
import { partnerText } from '../../../lambda/alert/message/partner-text.ts';
import type { AddressVerdict } from '../../../lambda/verdict/verdict.ts';
import { address, certificate, DAY, ending, failing, host, passing, START, unseen } from '../verdicts.ts';

test('a lost name', () => {
  expect(partnerText(failing('a.example'), START)).toBe(`Hello,

we send mail to a.example over SMTP and require TLS with a server that can
be authenticated. That does not work at present: such mail waits in our
queue.

The certificate that these servers present does not carry the name that we
expect:

  mx.provider.example (192.0.2.1, port 25)
    subject     CN=mx.provider.example
    names       mx.provider.example
    issuer      C=XX, O=Example CA, CN=Example CA R1
    valid       2026-10-01T00:00:00Z to 2026-12-30T00:00:00Z
    sha256      aa
    we expect   a name below provider.example

Are these the names that your mail servers are meant to present? If so,
please tell us that, by another way than mail if you can; if not, could you
see that the certificate has the name?

This is as of Tue 2026-11-24 06:00Z. Thank you for having a look.
`);
});

test('some of the servers have the right certificate for whoever sends their name (SNI): that is asked first, and the rest after it', () => {
  const [one, other] = ['mx1.a.example', 'mx2.a.example'];
  const self = (outcome: 'fail' | 'pass', name: string) =>
    address({
      outcome,
      reason: outcome === 'pass' ? null : 'self-signed',
      detail: null,
      chain: [certificate({ dnsNames: [name] })],
    });
  const verdict = failing('a.example', {
    reason: 'self-signed',
    hosts: [host(one, self('fail', 'nobody')), host(other, self('fail', 'nobody'))],
  });
  const under = { ...verdict, hosts: [host(one, self('pass', one)), host(other, self('fail', 'nobody'))] };
  const text = partnerText(verdict, START, { name: 'hostname', verdict: under }) ?? '';
  expect(text.slice(text.indexOf('To clients'))).toBe(`To clients that send the name of the server in the TLS handshake (SNI) they
present another certificate:

  mx1.a.example (192.0.2.1, port 25), asked for mx1.a.example
    subject     CN=mx.provider.example
    names       mx1.a.example
    issuer      C=XX, O=Example CA, CN=Example CA R1
    valid       2026-10-01T00:00:00Z to 2026-12-30T00:00:00Z
    sha256      aa

Could you present that one to clients that send no name, too? Many mail
servers send none.

As to the others: could you install a certificate from a public
certification authority, with the whole chain of intermediate certificates?

This is as of Tue 2026-11-24 06:00Z. Thank you for having a look.
`);
});

test('a certificate that will end', () => {
  expect(partnerText(ending('a.example', START + 10 * DAY), START)).toBe(`Hello,

we send mail to a.example over SMTP and require TLS with a server that can
be authenticated. That works today, and will stop on Fri 2026-12-04 06:00Z
(last working day before: Thu 2026-12-03).

The certificate that these servers present ends then, and was not replaced
yet:

  mx.provider.example (192.0.2.1, port 25)
    subject     CN=mx.provider.example
    names       mx.provider.example
    issuer      C=XX, O=Example CA, CN=Example CA R1
    valid       2026-09-05T06:00:00Z to 2026-12-04T06:00:00Z
    sha256      aa

Could you renew it, and see that every one of these servers presents the new
one?

This is as of Tue 2026-11-24 06:00Z. Thank you for having a look.
`);
});

test('STARTTLS that is gone, with what the server said', () => {
  const refused = address({
    outcome: 'fail',
    reason: 'starttls-refused-temporarily',
    detail: 'the server offers STARTTLS and then refuses it for now: "454 4.7.0 TLS not available"',
    reply: { code: 454, text: '454 4.7.0 TLS not available' },
    chain: [],
  });
  const text = partnerText(
    failing('a.example', {
      level: 'encrypt',
      reason: 'starttls-refused-temporarily',
      hosts: [host('mx.provider.example', refused)],
    }),
    START,
  );
  expect(text).toContain('we send mail to a.example over SMTP and require TLS. That does not work');
  expect(text).toContain('    reply       454 4.7.0 TLS not available\n');
  expect(text?.replace(/\s+/g, ' ')).toContain('Could you make sure that STARTTLS is offered and works on each of these servers');
});

test('a domain that is gone has no server to speak of', () => {
  const text = partnerText(failing('a.example', { reason: 'nxdomain', hosts: [], postfixWould: 'bounce' }), START);
  expect(text).toContain('such mail is returned.');
  expect(text).toContain('The domain a.example does not exist in DNS.');
});

test.each(['name-mismatch', 'digest-mismatch', 'untrusted-issuer', 'handshake-failed', 'expired'] as const)(
  'of %s nothing is said to have changed, or been agreed on, that is not known',
  (reason) => {
    const text = partnerText(failing('a.example', { reason }), START) ?? '';
    expect(text).toMatch(/^Hello,/);
    expect(text).not.toMatch(/chang|again|agreed|any more|no longer|TLS 1\.2/);
  },
);

test('nothing of ours is in it', () => {
  const text =
    partnerText(failing('a.example', { key: 'a.example', table: 'hash:/etc/postfix/tls_policy_internal' }), START) ?? '';
  expect(text).not.toMatch(/postfix|tls_policy|line \d|secure|match=|mx1/i);
});

test('what strangers wrote stays on its line', () => {
  const leaf = certificate({
    subject: 'CN=x\r\n\r\nPlease send money',
    dnsNames: ['a\u202eb', ...Array.from({ length: 30 }, (_, i) => `n${i}.example`)],
  });
  const text = partnerText(
    failing('a.example', {
      hosts: [host('mx.provider.example', address({ outcome: 'fail', reason: 'name-mismatch', chain: [leaf] }))],
    }),
    START,
  );
  expect(text).toContain('    subject     CN=x    Please send money\n');
  expect(text).toContain('    names       a\\u{202e}b, n0.example');
  expect(text).toContain(', and 21 more\n');
});

test.each([
  { because: 'it delivers', verdict: passing('a.example') },
  { because: 'it was not seen', verdict: unseen('a.example') },
  { because: 'the line is broken, which is ours', verdict: failing('a.example', { reason: 'invalid-entry', hosts: [] }) },
  { because: 'our CA file is empty', verdict: failing('a.example', { reason: 'tls-engine-off' }) },
  { because: 'our own limit cuts the chain', verdict: failing('a.example', { reason: 'chain-too-long' }) },
])('none where $because', ({ verdict }) => {
  expect(partnerText(verdict, START)).toBeUndefined();
});

describe('DANE', () => {
  const tlsa: NonNullable<AddressVerdict['tlsa']> = {
    mxSigned: true,
    asked: ['_25._tcp.mx.provider.example'],
    answer: 'records',
    base: 'mx.provider.example',
    records: [],
    acts: 'dane',
  };
  const at = (reason: AddressVerdict['reason']) =>
    host('mx.provider.example', address({ outcome: 'fail', reason, tlsa, asked: ['3 1 1 ab12'], chain: [] }));

  test.each([
    { reason: 'tlsa-mismatch', says: 'do not match the certificate that they present' },
    { reason: 'no-tlsa', says: 'Could you see that the zone of the MX records and of each host is signed' },
    { reason: 'tlsa-lookup-failed', says: 'Your name servers do not answer the question for the TLSA records' },
  ] as const)('$reason: what would help', ({ reason, says }) => {
    const text = partnerText(failing('a.example', { level: 'dane', reason, hosts: [at(reason)] }), START);
    expect(text?.replace(/\s+/g, ' ')).toContain(says);
  });

  test.each([
    { reason: 'dns-bogus', verdict: 'fail', says: 'The DNSSEC signatures of a.example are wrong or have run out' },
    {
      reason: 'protection-lost',
      verdict: 'degraded',
      says: 'Is that intended? If not, could you publish the TLSA records again',
    },
  ] as const)('$reason: of the domain as a whole', ({ reason, verdict, says }) => {
    const text = partnerText(failing('a.example', { level: 'dane', verdict, reason, hosts: [] }), START);
    expect(text?.replace(/\s+/g, ' ')).toContain(says);
  });

  test('a record is no name to expect', () => {
    const text = partnerText(
      failing('a.example', { level: 'dane', reason: 'name-mismatch', hosts: [at('name-mismatch')] }),
      START,
    );
    expect(text).not.toContain('we expect');
  });
});
