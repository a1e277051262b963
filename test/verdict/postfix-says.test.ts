/** Postfix's texts, there and back: each one that we can predict is also understood when it is read in a log. */
import { describe, expect, test } from 'vitest';
import { replyDsn } from '../../lambda/probe/reply.ts';
import type { Phase, UnseenReason } from '../../lambda/probe/result.ts';
import { meaningOf } from '../../lambda/verdict/postfix-said.ts';
import { MISCONFIGURED, NOT_TRIED, saysOfFailure, saysOfUnseen } from '../../lambda/verdict/postfix-says.ts';
import type { AddressFailure } from '../../lambda/verdict/reason.ts';
import { readRecording, VERSIONS } from '../cases/recorded.ts';

const PEER = { host: 'mx.example', address: '192.0.2.1', port: 25 };
const NEW = { version: '3.11.6', skip5xxGreeting: true };
const OLD = { version: '3.5.27', skip5xxGreeting: true };

describe('failures', () => {
  const at = 'mx.example[192.0.2.1]';
  test.each<{ reason: AddressFailure; reply?: string; dsn: string; text: string; old?: string }>([
    { reason: 'starttls-not-offered', dsn: '4.7.4', text: `TLS is required, but was not offered by host ${at}` },
    { reason: 'ehlo-refused', dsn: '4.7.4', text: `TLS is required, but was not offered by host ${at}` },
    {
      reason: 'starttls-refused-temporarily',
      reply: '454 4.7.0 later',
      dsn: '4.7.0',
      text: `TLS is required, but host ${at} refused to start TLS: 454 4.7.0 later`,
    },
    {
      reason: 'starttls-refused',
      reply: '554 no',
      dsn: '5.0.0',
      text: `TLS is required, but host ${at} refused to start TLS: 554 no`,
    },
    { reason: 'handshake-failed', dsn: '4.7.5', text: 'Cannot start TLS: handshake failure' },
    { reason: 'tls-engine-off', dsn: '4.7.5', text: 'TLS is required, but our TLS engine is unavailable' },
    { reason: 'local-data-error', dsn: '4.3.0', text: `local data error while talking to ${at}` },
    { reason: 'bind-refused', dsn: '4.4.0', text: 'server configuration error' },
    { reason: 'engine-off-kills-smtp', dsn: '', text: 'killed by signal 11' },
    { reason: 'wrapper-mode-below-encrypt', dsn: '4.3.0', text: 'server unavailable or unable to receive mail' },
    { reason: 'mx-not-in-pattern', dsn: '4.3.0', text: 'server unavailable or unable to receive mail' },
    { reason: 'greeting-refused', reply: '554 5.3.2 no', dsn: '4.3.2', text: `host ${at} refused to talk to me: 554 5.3.2 no` },
    { reason: 'expired', dsn: '4.7.5', text: 'Server certificate not verified', old: 'Server certificate not trusted' },
    { reason: 'untrusted-issuer', dsn: '4.7.5', text: 'Server certificate not verified', old: 'Server certificate not trusted' },
    { reason: 'no-certificate', dsn: '4.7.5', text: 'Server certificate not verified', old: 'Server certificate not trusted' },
    { reason: 'name-mismatch', dsn: '4.7.5', text: 'Server certificate not verified' },
    { reason: 'digest-mismatch', dsn: '4.7.5', text: 'Server certificate not verified' },
    { reason: 'tlsa-mismatch', dsn: '4.7.5', text: 'Server certificate not verified' },
    { reason: 'forced-failure', dsn: '4.7.5', text: 'Server certificate not verified' },
  ])('$reason: $dsn $text', ({ reason, reply, dsn, text, old }) => {
    const said = reply === undefined ? undefined : { code: Number(reply.slice(0, 3)), text: reply };
    expect(saysOfFailure(reason, PEER, NEW, said)).toEqual({ dsn, text });
    expect(saysOfFailure(reason, PEER, OLD, said).text).toBe(old ?? text);
    expect(meaningOf(text)?.reasons).toContain(reason);
    expect(meaningOf(saysOfFailure(reason, PEER, OLD, said).text)?.reasons).toContain(reason);
  });

  test('a 5xx greeting stays hard where it is not skipped', () => {
    const reply = { code: 554, text: '554 no' };
    expect(saysOfFailure('greeting-refused', PEER, { ...NEW, skip5xxGreeting: false }, reply).dsn).toBe('5.0.0');
  });
});

describe('what is unseen', () => {
  test.each<{ reason: UnseenReason; phase: Phase; reply?: string; detail?: string; says: string | undefined }>([
    { reason: 'refused', phase: 'connect', says: '4.4.1 connect to mx.example[192.0.2.1]:25: Connection refused' },
    { reason: 'timed-out', phase: 'connect', says: '4.4.1 connect to mx.example[192.0.2.1]:25: Connection timed out' },
    { reason: 'connection-lost', phase: 'connect', says: '4.4.1 connect to mx.example[192.0.2.1]:25: Connection reset by peer' },
    { reason: 'unreachable', phase: 'connect', says: '4.4.1 connect to mx.example[192.0.2.1]:25: Network is unreachable' },
    {
      reason: 'unreachable',
      phase: 'connect',
      detail: 'EHOSTUNREACH',
      says: '4.4.1 connect to mx.example[192.0.2.1]:25: No route to host',
    },
    {
      reason: 'timed-out',
      phase: 'greeting',
      says: '4.4.2 conversation with mx.example[192.0.2.1] timed out while receiving the initial server greeting',
    },
    {
      reason: 'timed-out',
      phase: 'ehlo',
      says: '4.4.2 conversation with mx.example[192.0.2.1] timed out while performing the EHLO handshake',
    },
    {
      reason: 'connection-lost',
      phase: 'greeting',
      says: '4.4.2 lost connection with mx.example[192.0.2.1] while receiving the initial server greeting',
    },
    {
      reason: 'connection-lost',
      phase: 'starttls',
      says: '4.4.2 lost connection with mx.example[192.0.2.1] while receiving the STARTTLS response',
    },
    {
      reason: 'greeting-4xx',
      phase: 'greeting',
      reply: '450 4.3.2 later',
      says: '4.3.2 host mx.example[192.0.2.1] refused to talk to me: 450 4.3.2 later',
    },
    {
      reason: 'greeting-5xx',
      phase: 'greeting',
      reply: '554 no',
      says: '4.0.0 host mx.example[192.0.2.1] refused to talk to me: 554 no',
    },
    {
      reason: 'reply-421',
      phase: 'greeting',
      reply: '421 busy',
      says: '4.0.0 host mx.example[192.0.2.1] refused to talk to me: 421 busy',
    },
    {
      reason: 'reply-421',
      phase: 'starttls',
      reply: '421 busy',
      says: '4.0.0 TLS is required, but host mx.example[192.0.2.1] refused to start TLS: 421 busy',
    },
    {
      reason: 'ehlo-refused',
      phase: 'ehlo',
      reply: '501 5.5.4 no',
      says: '5.5.4 host mx.example[192.0.2.1] refused to talk to me: 501 5.5.4 no',
    },
    {
      reason: 'protocol-error',
      phase: 'greeting',
      says: '4.5.0 remote protocol error in reply from mx.example[192.0.2.1] while receiving the initial server greeting',
    },
    { reason: 'barred-address', phase: 'connect', says: undefined },
    { reason: 'no-way-out', phase: 'connect', says: undefined },
    { reason: 'not-attempted', phase: 'connect', says: undefined },
    { reason: 'our-bug', phase: 'handshake', says: undefined },
  ])('$reason at $phase: $says', ({ reason, phase, reply, detail, says }) => {
    const result = {
      kind: 'unseen',
      phase,
      reason,
      ...(reply === undefined ? {} : { reply: { code: Number(reply.slice(0, 3)), text: reply } }),
      ...(detail === undefined ? {} : { detail }),
    } as const;
    const said = saysOfUnseen(result, PEER, NEW);
    expect(said && `${said.dsn} ${said.text}`).toBe(says);
    if (said !== undefined) expect(meaningOf(said.text)?.reasons).toContain(reason);
  });
});

describe('the code of a reply', () => {
  test.each([
    { text: '554 5.7.1 no', dsn: '5.7.1', because: 'as given' },
    { text: '554 no', dsn: '5.0.0', because: 'the class alone' },
    { text: '454 5.7.1 no', dsn: '4.0.0', because: 'not of another class' },
    { text: '554 5.7.1.9 no', dsn: '5.0.0', because: 'nor malformed' },
    { text: '554-5.7.0 one 554 two', dsn: '5.7.0', because: 'of the first line' },
    { text: '554', dsn: '5.0.0', because: 'no text at all' },
  ])('$text: $because', ({ text, dsn }) => {
    expect(replyDsn({ code: Number(text.slice(0, 3)), text })).toBe(dsn);
  });
});

test('texts of our own making are understood', () => {
  expect(meaningOf(MISCONFIGURED.text)?.reasons).toContain('invalid-entry');
  expect(meaningOf(NOT_TRIED.text)?.sentence).toMatch(/passed over/);
  expect(meaningOf('delivery temporarily suspended: Server certificate not verified')?.reasons).toContain('name-mismatch');
  expect(meaningOf('host mx.example[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)')).toBeUndefined();
});

test('every recorded text of a real Postfix is understood, unless it is about a recipient or smtp(8) died', () => {
  const texts = (['deliveries', 'settings', 'dane'] as const).flatMap((name) =>
    readRecording(name).destinations.flatMap(({ postfix }) =>
      VERSIONS.map((version) => postfix[version]).flatMap(({ status, text }) => (status === 'sent' ? [] : [text])),
    ),
  );
  const unknown = [...new Set(texts)].filter((text) => meaningOf(text) === undefined);
  expect(unknown.filter((text) => !/in reply to RCPT TO|^fatal: /.test(text))).toEqual([]);
});
