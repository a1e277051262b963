import { describe, expect, test } from 'vitest';
import { LOG_BOUNDS } from '../../lambda/limits.ts';
import type { Held } from '../../lambda/log/report.ts';
import { ended, readLog, smtp } from './log.ts';

const NOT_VERIFIED = 'deferred 4.7.5 Server certificate not verified';
const TRUSTED = 'Trusted TLS connection established to mx.a.test[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)';

describe('sessions are put together by process and queue id', () => {
  test('the certificate that is shown is of the session that failed, not of another process', () => {
    const { held } = readLog(
      [
        smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: subjectAltName: one.test'),
        smtp('10:00:00', 2, 'mx.a.test[192.0.2.1]:25: subjectAltName: two.test'),
        smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: subjectAltName: three.test'),
        smtp('10:00:01', 1, TRUSTED),
        smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
        smtp('10:00:01', 1, ended('A1', 's@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ reasons: ['name-mismatch'], messages: 1, recipients: 2, attempts: 2 });
    expect(held[0]?.peers.map(({ names }) => names)).toEqual([['one.test', 'three.test']]);
  });

  test('a process that delivers again begins anew', () => {
    const { held } = readLog(
      [
        smtp('10:00:00', 1, 'certificate verification failed for mx.a.test[192.0.2.1]:25: self-signed certificate'),
        smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
        smtp('10:05:00', 1, 'server certificate verification failed for mx.a.test[192.0.2.1]:25: certificate has expired'),
        smtp('10:05:01', 1, ended('A2', 'r@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held.map(({ reasons }) => reasons)).toEqual([['self-signed'], ['expired']]);
  });

  test('a session that is used again is refused for what it was refused for before', () => {
    const again = 're-using session with untrusted certificate, look for details earlier in the log';
    const { held } = readLog(
      [
        smtp('10:00:00', 1, 'certificate verification failed for mx.a.test[192.0.2.1]:25: self-signed certificate'),
        smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
        smtp('10:05:00', 2, `mx.a.test[192.0.2.1]:25: ${again}`),
        smtp('10:05:01', 2, ended('A2', 'r@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held).toMatchObject([{ reasons: ['self-signed'], messages: 2 }]);
  });

  test('a policy that a process warned of once is remembered by its next hop', () => {
    const BROKEN = 'deferred 4.7.5 client TLS configuration problem';
    const warned = 'warning: smtp_tls_policy_maps, next-hop destination "a.test": invalid security level "sekure"';
    const { held } = readLog(
      [
        smtp('10:00:00', 1, warned),
        smtp('10:00:00', 1, ended('A1', 'r@a.test', BROKEN, 'none')),
        smtp('10:05:00', 1, ended('A2', 'r@A.test', BROKEN, 'none')),
        smtp('10:06:00', 2, 'warning: TLS policy lookup for a.test/mx.a.test: client TLS configuration problem'),
        smtp('10:06:00', 2, ended('A3', 'r@b.test', BROKEN, 'none')),
        smtp('10:07:00', 3, ended('A4', 'r@c.test', BROKEN, 'none')),
      ].join('\n'),
    );
    expect(held.map(({ domain, reasons, messages, cause }) => [domain, reasons.length, messages, cause.detail])).toEqual([
      ['a.test', 1, 2, 'invalid security level "sekure"'],
      ['b.test', 1, 1, 'invalid security level "sekure"'],
      ['c.test', 3, 1, undefined],
    ]);
  });

  test('chain, digests and what is reported are of the server that they name', () => {
    const { held } = readLog(
      [
        smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: depth=1 verify=0 subject=/CN=Own CA'),
        smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: depth=0 verify=1 subject=/CN=mx.a.test'),
        smtp('10:00:00', 1, 'mx.a.test[192.0.2.1]:25: depth=99 verify=1 subject=/CN=too deep'),
        smtp(
          '10:00:00',
          1,
          'mx.a.test[192.0.2.1]:25: subject_CN=mx.a.test, issuer=Own CA, cert fingerprint=AA:BB, pkey fingerprint=CC:DD',
        ),
        smtp(
          '10:00:00',
          1,
          'TLSRPT: status=failure, domain=a.test, receiving_mx=mx.a.test[192.0.2.1], failure_type=certificate_not_trusted',
        ),
        smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held).toMatchObject([
      {
        reasons: ['untrusted-issuer', 'missing-intermediate', 'bad-signature'],
        peers: [{ chain: ['/CN=mx.a.test', '/CN=Own CA'], fingerprints: { certificate: 'AA:BB', key: 'CC:DD' } }],
      },
    ]);
  });

  test('what tlsproxy says of a server counts for the process that delivers through it', () => {
    const { held } = readLog(
      [
        smtp(
          '10:00:00',
          9,
          'server certificate verification failed for mx.a.test[192.0.2.1]:25: num=62:hostname mismatch',
          'postfix/tlsproxy',
        ),
        smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held[0]?.reasons[0]).toBe('name-mismatch');
  });

  test('the last host of a walk does not hide why a better one took nothing', () => {
    const { held, other } = readLog(
      [
        smtp('10:00:00', 1, TRUSTED),
        smtp('10:00:00', 1, 'A1: Server certificate not verified'),
        smtp(
          '10:00:01',
          1,
          ended('A1', 'r@a.test', 'deferred 4.4.1 connect to mx2.a.test[192.0.2.2]:25: Connection refused', 'none'),
        ),
      ].join('\n'),
    );
    expect(held[0]?.reasons).toEqual(['name-mismatch']);
    expect(other.connection).toBe(0);
  });
});

describe('what came of each message', () => {
  const first = [smtp('10:00:00', 1, TRUSTED), smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED))];
  const verified = TRUSTED.replace('Trusted', 'Verified');
  const qmgr = (time: string, message: string) => smtp(time, 7, message, 'postfix/qmgr');

  test.each<{ after: string[]; comes: Partial<Held>; waits: number; because: string }>([
    { after: [], comes: { bounced: 0, delivered: 0, deliversAgain: false }, waits: 1, because: 'it waits' },
    {
      after: [
        smtp(
          '11:00:00',
          7,
          ended('A1', 'r@a.test', 'deferred 4.7.5 delivery temporarily suspended: Server certificate not verified', 'none'),
          'postfix/error',
        ),
      ],
      comes: { attempts: 2, recipients: 1 },
      waits: 1,
      because: 'suspended, its cause is told in words alone',
    },
    {
      after: [
        smtp('11:00:00', 2, verified),
        smtp('11:00:00', 2, ended('A1', 'r@a.test', 'sent 2.0.0 250 ok')),
        qmgr('11:00:01', 'A1: removed'),
      ],
      comes: { delivered: 1, otherwise: 0, deliversAgain: true },
      waits: 0,
      because: 'delivered later',
    },
    {
      after: [qmgr('12:00:00', 'A1: from=<s@b.test>, status=expired, returned to sender'), qmgr('12:00:00', 'A1: removed')],
      comes: { bounced: 1, otherwise: 0 },
      waits: 0,
      because: 'its time was over',
    },
    {
      after: [smtp('12:00:00', 8, 'A1: removed', 'postfix/postsuper')],
      comes: { otherwise: 1 },
      waits: 0,
      because: 'deleted by hand',
    },
    {
      after: [smtp('12:00:00', 3, ended('A1', 'r@a.test', 'bounced 5.1.1 host mx.a.test[192.0.2.1] said: 550 no'))],
      comes: { bounced: 0, otherwise: 1 },
      waits: 0,
      because: 'refused for something else',
    },
  ])('$because', ({ after, comes, waits }) => {
    const { held } = readLog([...first, ...after].join('\n'));
    expect(held[0]).toMatchObject(comes);
    expect(held[0]?.waiting).toHaveLength(waits);
  });

  test('a message waits since it arrived', () => {
    const { held } = readLog(first.join('\n'));
    expect(held[0]?.waiting).toEqual([{ queueId: 'A1', recipients: 1, arrivedAt: Date.UTC(2026, 10, 25, 9, 59, 1) }]);
  });

  test('a clock that goes back changes no count', () => {
    const { held, firstAt, lastAt } = readLog(
      [
        smtp('03:10:00', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
        smtp('02:10:00', 1, ended('A1', 'r@a.test', NOT_VERIFIED)),
      ].join('\n'),
    );
    expect(held[0]).toMatchObject({ attempts: 2, messages: 1 });
    expect([firstAt, lastAt]).toEqual([Date.UTC(2026, 10, 25, 2, 10), Date.UTC(2026, 10, 25, 3, 10)]);
  });
});

test('a bounce for TLS is one, with or without a deferral before it', () => {
  const { held } = readLog(
    smtp('10:00:01', 1, ended('A1', 'r@a.test', 'bounced 5.7.5 Cannot start TLS: handshake failure'), 'enforced-tls-smtp/smtp'),
  );
  expect(held[0]).toMatchObject({ reasons: ['handshake-failed'], bounced: 1, messages: 1, waiting: [] });
});

test.each([
  { end: 'deferred 4.4.1 connect to mx.a.test[192.0.2.1]:25: Connection refused', kind: 'connection' },
  { end: 'deferred 4.4.2 lost connection with mx.a.test[192.0.2.1] while receiving the STARTTLS response', kind: 'connection' },
  {
    end: 'deferred 4.7.0 host mx.a.test[192.0.2.1] refused to talk to me: 421 TLS is required, but was not offered by host x',
    kind: 'connection',
  },
  {
    end: 'deferred 4.4.3 Host or domain name not found. Name service error for name=a.test type=MX: Host not found, try again',
    kind: 'dns',
  },
  {
    end: 'deferred 4.7.5 host mx.a.test[192.0.2.1] said: 450 4.7.5 Server certificate not verified (in reply to RCPT TO command)',
    kind: 'reply',
  },
  { end: 'deferred 4.3.0 mail transport unavailable', kind: 'other' },
])('not TLS, and counted apart: $end', ({ end, kind }) => {
  const { held, other } = readLog(smtp('10:00:00', 1, ended('A1', 'r@a.test', end)));
  expect(held).toEqual([]);
  expect(other).toEqual({ connection: 0, dns: 0, reply: 0, other: 0, [kind]: 1 });
});

test('a log without end is counted within bounds, and what is forgotten is told', () => {
  const lines = Array.from({ length: LOG_BOUNDS.causes + 3 }, (_, i) =>
    smtp('10:00:00', 1, ended(`A${i}`, `r@d${i}.test`, NOT_VERIFIED)),
  );
  const { held, forgotten } = readLog(lines.join('\n'));
  expect(held).toHaveLength(LOG_BOUNDS.causes);
  expect(forgotten).toBe(3);
  const names = Array.from({ length: 10_000 }, (_, i) =>
    smtp('10:00:00', 1, `mx.a.test[192.0.2.1]:25: subjectAltName: n${i}.test`),
  );
  const [one] = readLog([...names, smtp('10:00:01', 1, ended('A1', 'r@a.test', NOT_VERIFIED))].join('\n')).held;
  expect(one?.peers[0]?.names).toHaveLength(LOG_BOUNDS.names);
  expect(one?.peers[0]?.moreNames).toBe(10_000 - LOG_BOUNDS.names);
});
