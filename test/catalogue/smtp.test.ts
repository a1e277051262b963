/** The catalogue of hostile peers: what they say in SMTP, before TLS and inside it. */
import { describe } from 'vitest';
import type { Issued } from '../internet/authority.ts';
import {
  answering,
  drip,
  EHLO,
  flood,
  halfClose,
  inTls,
  leave,
  type Peer,
  reset,
  secured,
  silence,
  wellBehaved,
} from './peers.ts';
import { holdsAgainst } from './rows.ts';

/** What a terminal, a chat or a mail reader would obey. */
const NASTY = '\u001b[2J\u001b]0;t\u0007\u202eevil\u202c\u0085\u009b2J<!channel> @everyone `x` \u200b';
const BINARY = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const says = (greeting: string | Uint8Array): Peer => answering([greeting, '221 bye\r\n'], silence);
const ehlo = (reply: string | Uint8Array, then: Peer = silence): Peer => answering(['220 hi\r\n', reply, '221 bye\r\n'], then);
const starttls = (reply: string | Uint8Array, then: Peer = silence): Peer => answering(['220 hi\r\n', EHLO, reply], then);
/** Bytes beside the session, once it stands. */
const plaintextInside =
  (identity: Issued): Peer =>
  (socket) =>
    secured(identity, () => void socket.write('250 in the clear\r\n'))(socket);
const leaf = { dnsNames: ['mx.row.test'] };

describe('greeting', () => {
  holdsAgainst([
    {
      row: 'resets at once',
      peer: reset,
      orPhase: 'connect',
      outcome: 'undetermined nothing-seen',
      phase: 'connect',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'closes at once',
      peer: leave,
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'closes its half without a word',
      peer: halfClose,
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'says nothing',
      peer: silence,
      runsOut: 'greeting',
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips its greeting',
      peer: drip('220-no end\r\n'),
      runsOut: 'greeting',
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips one line',
      peer: drip('2'),
      runsOut: 'greeting',
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'leaves in the middle of a code',
      peer: (socket) => socket.end('22'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'leaves in the middle of a line',
      peer: (socket) => socket.end('220 half'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'leaves behind a continuation',
      peer: (socket) => socket.end('220-more\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'resets in the middle of a line',
      peer: (socket) => void socket.write('220 ha', () => reset(socket)),
      orPhase: 'connect',
      outcome: 'undetermined nothing-seen',
      phase: 'connect',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'floods one line',
      peer: flood('x'.repeat(65_536)),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'floods lines',
      peer: flood('220-x\r\n'.repeat(10_000)),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'floods empty lines',
      peer: flood('\r\n'.repeat(30_000)),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'floods zeros',
      peer: flood(Buffer.alloc(65_536)),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'floods every byte',
      peer: flood(Buffer.concat(Array.from({ length: 256 }, () => BINARY))),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'refuses with what a terminal obeys',
      peer: says(`554 ${NASTY}\r\n`),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence:
        'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?"',
    },
    {
      row: 'refuses with every byte',
      peer: says(Buffer.concat([Buffer.from('554 '), BINARY.subarray(32), Buffer.from('\r\n554 end\r\n')])),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence:
        'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554  !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~????????????????????????????????????????????????????????????????????????????????????????????????????…"',
    },
    {
      row: 'refuses in 4,000 characters',
      peer: says(`554 ${'x'.repeat(4_000)}\r\n`),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence:
        'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"',
    },
    {
      row: 'refuses in 199 lines',
      peer: says(`${'554-no\r\n'.repeat(198)}554 no\r\n`),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence:
        'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554-no 554…"',
    },
    {
      row: 'refuses with half a character',
      peer: says(Buffer.concat([Buffer.from('554 gr'), Buffer.of(0xc3), Buffer.from('\r\n')])),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554 gr?"',
    },
    {
      row: 'refuses with unpaired surrogates',
      peer: says(Buffer.concat([Buffer.from('554 '), Buffer.from('eda080edb080', 'hex'), Buffer.from('\r\n')])),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554 ??????"',
    },
    {
      row: 'refuses with a NUL in the text',
      peer: says('554 5.7.1 no\0 hidden\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "554 5.7.1 no"',
    },
    {
      row: 'greets with 421',
      peer: says('421 busy\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes with a 421: "421 busy"',
    },
    {
      row: 'greets with 450',
      peer: says('450 4.7.0 later\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away for now: "450 4.7.0 later"',
    },
    {
      row: 'greets with 000',
      peer: says('000 nothing\r\n'),
      outcome: 'fail greeting-refused',
      phase: 'greeting',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 000 nothing". At mx.row.test (127.0.0.8) the server does not speak SMTP: "000 nothing"',
    },
    {
      row: 'greets with 999',
      peer: says('999 what\r\n'),
      outcome: 'fail greeting-refused',
      phase: 'greeting',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 999 what". At mx.row.test (127.0.0.8) the server does not speak SMTP: "999 what"',
    },
    {
      row: 'greets with 354',
      peer: says('354 send\r\n'),
      outcome: 'fail greeting-refused',
      phase: 'greeting',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 354 send". At mx.row.test (127.0.0.8) the server does not speak SMTP: "354 send"',
    },
    {
      row: 'greets with 150',
      peer: says('150 wait\r\n'),
      outcome: 'fail greeting-refused',
      phase: 'greeting',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 150 wait". At mx.row.test (127.0.0.8) the server does not speak SMTP: "150 wait"',
    },
    {
      row: 'greets with four digits',
      peer: says('2200 hi\r\n'),
      runsOut: 'greeting',
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'greets as a web server',
      peer: says('HTTP/1.1 400 Bad Request\r\n\r\n'),
      runsOut: 'greeting',
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'greets as ssh',
      peer: (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'greets with a TLS alert',
      peer: (socket) => socket.end(Buffer.of(21, 3, 1, 0, 2, 2, 70)),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'two codes in one reply',
      peer: says('220-hi\r\n554 no\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'greeting',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server turns us away: "220-hi 554 no"',
    },
  ]);
});

describe('EHLO', () => {
  holdsAgainst([
    {
      row: 'resets',
      peer: answering(['220 hi\r\n', ''], reset),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'closes its half',
      peer: answering(['220 hi\r\n', ''], halfClose),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'falls silent',
      peer: answering(['220 hi\r\n', ''], silence),
      runsOut: 'ehlo',
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips extensions',
      peer: answering(['220 hi\r\n', ''], drip('250-x\r\n')),
      runsOut: 'ehlo',
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'floods extensions',
      peer: answering(['220 hi\r\n', ''], flood('250-x\r\n'.repeat(5_000))),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'floods one extension',
      peer: answering(['220 hi\r\n', '250-'], flood('x'.repeat(65_536))),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'has STARTTLS behind 2,048 octets',
      peer: ehlo(`250-x\r\n${`250-${'y'.repeat(60)}\r\n`.repeat(40)}250 STARTTLS\r\n`),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'has STARTTLS as its name alone',
      peer: ehlo('250 STARTTLS\r\n'),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'has STARTTLS in the text of another',
      peer: ehlo('250-mx\r\n250 X-STARTTLS STARTTLS\r\n'),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'has STARTTLS behind a NUL',
      peer: ehlo('250-mx\r\n250 \0STARTTLS\r\n'),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'has STARTTLS masked by a firewall',
      peer: ehlo('250-mx\r\n250 XXXXXXXA\r\n'),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'answers every byte',
      peer: ehlo(Buffer.concat([Buffer.from('250-'), BINARY, Buffer.from('\r\n250 x\r\n')])),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'says 421',
      peer: ehlo('421 too many\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes with a 421: "421 too many"',
    },
    {
      row: 'says 421 with what a terminal obeys',
      peer: ehlo(`421 ${NASTY}\r\n`),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo',
      sentence:
        'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes with a 421: "421 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?"',
    },
    {
      row: 'refuses EHLO and HELO',
      peer: answering(['220 hi\r\n', '502 no\r\n', '550 5.7.1 go away\r\n', '221 bye\r\n']),
      outcome: 'fail helo-refused',
      phase: 'helo',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 550 5.7.1 go away". At mx.row.test (127.0.0.8) the server refuses both EHLO and HELO: "550 5.7.1 go away". The cure is theirs: the server must take EHLO, or HELO at least',
    },
    {
      row: 'refuses EHLO, takes HELO',
      peer: answering(['220 hi\r\n', '502 no\r\n', '250 hello\r\n', '221 bye\r\n']),
      outcome: 'fail ehlo-refused',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server refuses EHLO, without which there is no STARTTLS: "502 no". The cure is theirs: the server must take EHLO',
    },
    {
      row: 'refuses EHLO, resets at HELO',
      peer: answering(['220 hi\r\n', '502 no\r\n', ''], reset),
      outcome: 'undetermined nothing-seen',
      phase: 'helo',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'goes on about DATA',
      peer: ehlo('354 go ahead\r\n'),
      outcome: 'fail ehlo-refused',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server refuses EHLO, without which there is no STARTTLS: "354 go ahead". The cure is theirs: the server must take EHLO',
    },
    {
      row: 'does not offer STARTTLS',
      peer: ehlo('250-mx\r\n250 8BITMIME\r\n'),
      outcome: 'fail starttls-not-offered',
      phase: 'ehlo',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but was not offered by host mx.row.test[127.0.0.8]". At mx.row.test (127.0.0.8) the server does not offer STARTTLS. The cure is theirs: the server must offer STARTTLS again; only may would deliver without',
    },
    {
      row: 'says all of its replies at once',
      peer: (socket) => socket.end(`220 hi\r\n${EHLO}454 not now\r\n`),
      outcome: 'fail starttls-refused-temporarily',
      phase: 'starttls',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 454 not now". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for now: "454 not now"',
    },
  ]);
});

describe('STARTTLS', () => {
  holdsAgainst([
    {
      row: 'resets',
      peer: starttls('', reset),
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'closes its half',
      peer: starttls('', halfClose),
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'falls silent',
      peer: starttls('', silence),
      runsOut: 'starttls',
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips',
      peer: starttls('', drip('220-x\r\n')),
      runsOut: 'starttls',
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'floods',
      peer: starttls('', flood('220-x\r\n'.repeat(5_000))),
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'says 421',
      peer: starttls('421 4.3.2 closing\r\n'),
      outcome: 'undetermined nothing-seen',
      phase: 'starttls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes with a 421: "421 4.3.2 closing"',
    },
    {
      row: 'refuses for now',
      peer: answering(['220 hi\r\n', EHLO, '454 4.7.0 TLS not available\r\n', '250 ok\r\n', '221 bye\r\n']),
      outcome: 'fail starttls-refused-temporarily',
      phase: 'starttls',
      sentence:
        'mail to row.test would be deferred: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 454 4.7.0 TLS not available". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for now: "454 4.7.0 TLS not available"',
    },
    {
      row: 'refuses for good',
      peer: answering(['220 hi\r\n', EHLO, '554 5.7.0 no\r\n', '250 ok\r\n', '221 bye\r\n']),
      outcome: 'fail starttls-refused',
      phase: 'starttls',
      sentence:
        'mail to row.test would bounce: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 554 5.7.0 no". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for good: "554 5.7.0 no". The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    },
    {
      row: 'refuses with what a terminal obeys',
      peer: answering(['220 hi\r\n', EHLO, `554 ${NASTY}\r\n`, '250 ok\r\n', '221 bye\r\n']),
      outcome: 'fail starttls-refused',
      phase: 'starttls',
      sentence:
        'mail to row.test would bounce: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 554 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for good: "554 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?". The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    },
    {
      row: 'refuses and resets',
      peer: answering(['220 hi\r\n', EHLO, '554 no\r\n', ''], reset),
      outcome: 'fail starttls-refused',
      phase: 'starttls',
      sentence:
        'mail to row.test would bounce: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 554 no". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for good: "554 no". The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    },
    {
      row: 'says 250 in place of 220',
      peer: starttls('250 ok\r\n'),
      runsOut: 'handshake',
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'says 354',
      peer: answering(['220 hi\r\n', EHLO, '354 go on\r\n', '250 ok\r\n', '221 bye\r\n']),
      outcome: 'fail starttls-refused',
      phase: 'starttls',
      sentence:
        'mail to row.test would bounce: Postfix says "TLS is required, but host mx.row.test[127.0.0.8] refused to start TLS: 354 go on". At mx.row.test (127.0.0.8) the server offers STARTTLS and then refuses it for good: "354 go on". The cure is theirs; soft_bounce = yes keeps such mail in the queue',
    },
    {
      row: 'injects a reply behind its 220',
      peer: starttls('220 go\r\n250 injected\r\n'),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: plaintext behind the reply to STARTTLS',
    },
    {
      row: 'injects half a reply',
      peer: starttls('220 go\r\n25'),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: plaintext behind the reply to STARTTLS',
    },
    {
      row: 'injects a handshake',
      peer: starttls(Buffer.concat([Buffer.from('220 go\r\n'), Buffer.of(22, 3, 3, 0, 1, 0)])),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: plaintext behind the reply to STARTTLS',
    },
    {
      row: 'injects a NUL',
      peer: starttls('220 go\r\n\0'),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: plaintext behind the reply to STARTTLS',
    },
    {
      row: 'injects an empty line',
      peer: starttls('220 go\r\n\r\n'),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: plaintext behind the reply to STARTTLS',
    },
    {
      row: 'says its 220 in two parts',
      peer: starttls('220-go\r\n220 and go\r\n', reset),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
  ]);
});

describe('inside TLS', () => {
  holdsAgainst([
    {
      row: 'a good server',
      minted: async (root) => wellBehaved(await root.issue(leaf)),
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'leaves',
      minted: async (root) => secured(await root.issue(leaf), (tls) => tls.destroy()),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'says close_notify',
      minted: async (root) => secured(await root.issue(leaf), (tls) => tls.end()),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'falls silent',
      minted: async (root) => secured(await root.issue(leaf), () => {}),
      runsOut: 'ehlo-after-tls',
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'floods one line',
      minted: async (root) => secured(await root.issue(leaf), flood('x'.repeat(16_384))),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'floods lines',
      minted: async (root) => secured(await root.issue(leaf), flood('250-x\r\n'.repeat(2_000))),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server does not speak SMTP (a reply without end)',
    },
    {
      row: 'drips',
      minted: async (root) => secured(await root.issue(leaf), drip('250-x\r\n')),
      runsOut: 'ehlo-after-tls',
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'says 421',
      minted: async (root) => secured(await root.issue(leaf), (tls) => tls.end('421 busy\r\n')),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes with a 421: "421 busy"',
    },
    {
      row: 'refuses EHLO with what a terminal obeys',
      minted: async (root) =>
        inTls(await root.issue(leaf), (tls) => {
          tls.on('data', () => tls.write(`554 ${NASTY}\r\n`));
          silence(tls);
        }),
      outcome: 'fail helo-refused',
      phase: 'helo-after-tls',
      sentence:
        'mail to row.test would bounce: Postfix says "host mx.row.test[127.0.0.8] refused to talk to me: 554 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?". At mx.row.test (127.0.0.8) the server refuses both EHLO and HELO: "554 ?[2J?]0;t??evil???2J<!channel> @everyone `x` ?". The cure is theirs: the server must take EHLO, or HELO at least',
    },
    {
      row: 'refuses EHLO, leaves at HELO',
      minted: async (root) =>
        secured(await root.issue(leaf), (tls) => {
          tls.write('502 no\r\n');
          tls.once('data', () => tls.destroy());
        }),
      outcome: 'undetermined nothing-seen',
      phase: 'helo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'answers with every byte',
      minted: async (root) => secured(await root.issue(leaf), (tls) => tls.end(BINARY)),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'goes on in plaintext',
      minted: async (root) => plaintextInside(await root.issue(leaf)),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
  ]);
});
