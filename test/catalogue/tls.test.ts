/** The catalogue of hostile peers: what they send in place of a handshake. */
import { constants } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { describe } from 'vitest';
import {
  alert,
  behindStarttls,
  drip,
  flood,
  halfClose,
  inTls,
  leave,
  message,
  type Peer,
  record,
  reset,
  secured,
  sends,
  serverHello,
  silence,
  wellBehaved,
} from './peers.ts';
import { holdsAgainst } from './rows.ts';

const leaf = { dnsNames: ['mx.row.test'] };
const rsa = { ...leaf, keyType: 'rsa' } as const;
/** The bytes, and then the end. */
const sendsAndLeaves = (...bytes: readonly Uint8Array[]): Peer => behindStarttls((socket) => socket.end(Buffer.concat(bytes)));
/** Wants to begin anew in place of an answer, and then gives none. */
const renegotiates = (tls: TLSSocket): void => {
  tls.renegotiate({}, () => {});
  silence(tls);
};
const CCS = record(20, Buffer.of(1));
const FATAL = 2;
const WARNING = 1;

describe('alerts', () => {
  holdsAgainst([
    {
      row: 'close_notify',
      runsOut: 'handshake',
      peer: sends(alert(FATAL, 0)),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'unexpected_message',
      peer: sends(alert(FATAL, 10)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert unexpected message',
    },
    {
      row: 'bad_record_mac',
      peer: sends(alert(FATAL, 20)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert bad record mac',
    },
    {
      row: 'decryption_failed',
      peer: sends(alert(FATAL, 21)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert decryption failed',
    },
    {
      row: 'record_overflow',
      peer: sends(alert(FATAL, 22)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert record overflow',
    },
    {
      row: 'decompression_failure',
      peer: sends(alert(FATAL, 30)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert decompression failure',
    },
    {
      row: 'handshake_failure',
      peer: sends(alert(FATAL, 40)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
    },
    {
      row: 'no_certificate',
      peer: sends(alert(FATAL, 41)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert no certificate',
    },
    {
      row: 'bad_certificate',
      peer: sends(alert(FATAL, 42)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert bad certificate',
    },
    {
      row: 'unsupported_certificate',
      peer: sends(alert(FATAL, 43)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert unsupported certificate',
    },
    {
      row: 'certificate_revoked',
      peer: sends(alert(FATAL, 44)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert certificate revoked',
    },
    {
      row: 'certificate_expired',
      peer: sends(alert(FATAL, 45)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert certificate expired',
    },
    {
      row: 'certificate_unknown',
      peer: sends(alert(FATAL, 46)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert certificate unknown',
    },
    {
      row: 'illegal_parameter',
      peer: sends(alert(FATAL, 47)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert illegal parameter',
    },
    {
      row: 'unknown_ca',
      peer: sends(alert(FATAL, 48)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert unknown ca',
    },
    {
      row: 'access_denied',
      peer: sends(alert(FATAL, 49)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert access denied',
    },
    {
      row: 'decode_error',
      peer: sends(alert(FATAL, 50)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert decode error',
    },
    {
      row: 'decrypt_error',
      peer: sends(alert(FATAL, 51)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert decrypt error',
    },
    {
      row: 'protocol_version',
      peer: sends(alert(FATAL, 70)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert protocol version',
    },
    {
      row: 'insufficient_security',
      peer: sends(alert(FATAL, 71)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert insufficient security',
    },
    {
      row: 'internal_error',
      peer: sends(alert(FATAL, 80)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert internal error',
    },
    {
      row: 'inappropriate_fallback',
      peer: sends(alert(FATAL, 86)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert inappropriate fallback',
    },
    {
      row: 'user_canceled',
      peer: sends(alert(FATAL, 90)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert user cancelled',
    },
    {
      row: 'no_renegotiation',
      peer: sends(alert(FATAL, 100)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert no renegotiation',
    },
    {
      row: 'missing_extension',
      peer: sends(alert(FATAL, 109)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv13 alert missing extension',
    },
    {
      row: 'unsupported_extension',
      peer: sends(alert(FATAL, 110)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 unsupported extension',
    },
    {
      row: 'unrecognized_name',
      peer: sends(alert(FATAL, 112)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 unrecognized name',
    },
    {
      row: 'bad_certificate_status_response',
      peer: sends(alert(FATAL, 113)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 bad certificate status response',
    },
    {
      row: 'unknown_psk_identity',
      peer: sends(alert(FATAL, 115)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert unknown psk identity',
    },
    {
      row: 'certificate_required',
      peer: sends(alert(FATAL, 116)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv13 alert certificate required',
    },
    {
      row: 'no_application_protocol',
      peer: sends(alert(FATAL, 120)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert no application protocol',
    },
    {
      row: 'of no number',
      runsOut: 'handshake',
      peer: sends(alert(FATAL, 255)),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'of a level that does not exist',
      peer: sends(alert(7, 40)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unknown alert type',
    },
    {
      row: 'a warning, then the end',
      peer: sendsAndLeaves(alert(WARNING, 90)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'close_notify as a warning',
      peer: sends(alert(WARNING, 0)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'cut short',
      peer: sendsAndLeaves(alert(FATAL, 40).subarray(0, 6)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'of one octet',
      peer: sends(record(21, Buffer.of(2))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: invalid alert',
    },
    {
      row: 'of no octets',
      peer: sends(record(21, Buffer.alloc(0))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: invalid alert',
    },
    {
      row: 'two in one record',
      peer: sends(record(21, Buffer.of(1, 0, 2, 40))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: invalid alert',
    },
  ]);
});

describe('records', () => {
  holdsAgainst([
    {
      row: 'resets at the hello',
      peer: behindStarttls(reset),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'closes at the hello',
      peer: behindStarttls(leave),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'closes its half at the hello',
      peer: behindStarttls(halfClose),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'falls silent at the hello',
      peer: behindStarttls(silence),
      runsOut: 'handshake',
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips a record',
      runsOut: 'handshake',
      peer: behindStarttls(drip(Buffer.of(22, 3, 3))),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'drips alerts of no weight',
      peer: behindStarttls(drip(alert(WARNING, 112))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: too many warn alerts',
    },
    {
      row: 'answers as a web server',
      peer: sends(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong version number',
    },
    {
      row: 'answers in SMTP',
      peer: sends(Buffer.from('500 unknown command\r\n')),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong version number',
    },
    {
      row: 'answers zeros',
      peer: sends(Buffer.alloc(1_000)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong version number',
    },
    {
      row: 'echoes a hello',
      peer: sends(message(1, Buffer.alloc(100, 3))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'has a content type that does not exist',
      peer: sends(record(99, Buffer.alloc(10))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'speaks SSL 2',
      peer: sends(Buffer.from('802b0004000100020001', 'hex')),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong version number',
    },
    {
      row: 'speaks SSL 3',
      runsOut: 'handshake',
      peer: sends(record(22, Buffer.alloc(10), { version: 0x0300 })),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'speaks TLS 9.9',
      peer: sends(record(22, Buffer.alloc(10), { version: 0x0909 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong version number',
    },
    {
      row: 'has a record of 65,535 octets',
      peer: sends(record(22, Buffer.alloc(10), { length: 65_535 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: data length too long',
    },
    {
      row: 'has a record longer than it sends, and leaves',
      peer: sendsAndLeaves(record(22, Buffer.alloc(10), { length: 1_000 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: connection closed during the handshake',
    },
    {
      row: 'has an empty record',
      runsOut: 'handshake',
      peer: sends(record(22, Buffer.alloc(0))),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'floods empty records',
      peer: behindStarttls(flood(Buffer.concat(Array.from({ length: 5_000 }, () => record(22, Buffer.alloc(0)))))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: record too small',
    },
    {
      row: 'floods ChangeCipherSpec',
      peer: behindStarttls(flood(Buffer.concat(Array.from({ length: 5_000 }, () => CCS)))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'has application data first',
      peer: sends(record(23, Buffer.alloc(50))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'has a message of 16 MB',
      peer: sends(message(2, Buffer.alloc(10), 0xff_ffff)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: excessive message size',
    },
    {
      row: 'has a certificate before its hello',
      peer: sends(message(11, Buffer.alloc(10))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'has a message that does not exist',
      peer: sends(message(77, Buffer.alloc(10))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'is done before it began',
      peer: sends(message(20, Buffer.alloc(12))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'asks for a hello again and again',
      runsOut: 'handshake',
      peer: behindStarttls(flood(Buffer.concat(Array.from({ length: 5_000 }, () => message(0, Buffer.alloc(0)))))),
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
  ]);
});

describe('server hello', () => {
  holdsAgainst([
    {
      row: 'is cut short',
      peer: sends(message(2, Buffer.alloc(10))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: length mismatch',
    },
    {
      row: 'is empty',
      peer: sends(message(2, Buffer.alloc(0))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: length mismatch',
    },
    {
      row: 'is longer than it says',
      peer: sends(message(2, Buffer.alloc(100), 50)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: bad length',
    },
    {
      row: 'chooses a cipher that nobody offered',
      peer: sends(serverHello({ cipher: 0x0001 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong cipher returned',
    },
    {
      row: 'chooses a cipher of another version',
      peer: sends(serverHello({ cipher: 0x1301 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong cipher returned',
    },
    {
      row: 'chooses compression',
      peer: sends(serverHello({ compression: 1 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: compression disabled',
    },
    {
      row: 'chooses SSL 3',
      peer: sends(serverHello({ version: 0x0300 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unsupported protocol',
    },
    {
      row: 'chooses a version that does not exist',
      peer: sends(serverHello({ version: 0x0399 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unsupported protocol',
    },
    {
      row: 'has a session of 255 octets',
      peer: sends(serverHello({ session: 255 })),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl3 session id too long',
    },
    {
      row: 'and then nothing',
      peer: behindStarttls((socket) => {
        socket.write(serverHello());
        silence(socket);
      }),
      runsOut: 'handshake',
      outcome: 'undetermined nothing-seen',
      phase: 'handshake',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'and a list of certificates cut short',
      peer: sends(serverHello(), message(11, Buffer.of(0, 1, 0, 0, 0, 200, 1))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: length mismatch',
    },
    {
      row: 'and an empty list of certificates',
      peer: sends(serverHello(), message(11, Buffer.of(0, 0, 0))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: length mismatch',
    },
    {
      row: 'and a certificate of no octets',
      peer: sends(serverHello(), message(11, Buffer.of(0, 0, 3, 0, 0, 0))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: too small',
    },
    {
      row: 'and a certificate of garbage',
      peer: sends(serverHello(), message(11, Buffer.of(0, 0, 7, 0, 0, 4, 1, 2, 3, 4))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: wrong tag',
    },
    {
      row: 'and nothing but the end',
      peer: sends(serverHello(), message(14, Buffer.alloc(0))),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: unexpected message',
    },
    {
      row: 'and a list of certificates of 16 MB',
      peer: sends(serverHello(), message(11, Buffer.alloc(100), 0xff_fff0)),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: excessive message size',
    },
  ]);
});

describe('terms', () => {
  holdsAgainst([
    {
      row: 'TLS 1.0 alone',
      minted: async (root) =>
        wellBehaved(await root.issue(rsa), { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert protocol version',
    },
    {
      row: 'TLS 1.1 alone',
      minted: async (root) =>
        wellBehaved(await root.issue(leaf), { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert protocol version',
    },
    {
      row: 'TLS 1.2 alone',
      minted: async (root) => wellBehaved(await root.issue(leaf), { maxVersion: 'TLSv1.2' }),
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'TLS 1.2 alone where 1.3 is wanted',
      policy: 'secure protocols=>=TLSv1.3',
      minted: async (root) => wellBehaved(await root.issue(leaf), { maxVersion: 'TLSv1.2' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert protocol version',
    },
    {
      row: 'TLS 1.3 alone where it is forbidden',
      policy: 'secure protocols=!TLSv1.3',
      minted: async (root) => wellBehaved(await root.issue(leaf), { minVersion: 'TLSv1.3' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: tlsv1 alert protocol version',
    },
    {
      row: 'no cipher but the one excluded',
      policy: 'secure exclude=AES128',
      minted: async (root) =>
        wellBehaved(await root.issue(leaf), { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
    },
    {
      row: 'no cipher that is authenticated',
      minted: async (root) =>
        wellBehaved(await root.issue(leaf), { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES256-SHA:@SECLEVEL=0' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
    },
    {
      row: 'no group of ours',
      minted: async (root) => wellBehaved(await root.issue(leaf), { minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure; with other key-exchange groups in the offer it succeeds',
    },
    {
      row: 'X448 alone',
      minted: async (root) => wellBehaved(await root.issue(leaf), { minVersion: 'TLSv1.3', ecdhCurve: 'X448' }),
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'a group that nobody offers',
      minted: async (root) =>
        wellBehaved(await root.issue(rsa), { maxVersion: 'TLSv1.2', ecdhCurve: 'secp224r1', ciphers: 'ECDHE' }),
      outcome: 'fail handshake-failed',
      phase: 'handshake',
      sentence:
        'mail to row.test would be deferred: Postfix says "Cannot start TLS: handshake failure". At mx.row.test (127.0.0.8) the TLS handshake fails: ssl/tls alert handshake failure',
    },
    {
      row: 'Diffie and Hellman of old',
      minted: async (root) =>
        wellBehaved(await root.issue(rsa), { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES256-GCM-SHA384', dhparam: 'auto' }),
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'a client certificate wanted',
      minted: async (root) => wellBehaved(await root.issue(leaf), { requestCert: true }),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
    {
      row: 'renegotiation in mid-session',
      runsOut: 'ehlo-after-tls',
      minted: async (root) => secured(await root.issue(leaf), renegotiates, { maxVersion: 'TLSv1.2' }),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) no answer in time',
    },
    {
      row: 'no tickets, no options',
      minted: async (root) =>
        wellBehaved(await root.issue(leaf), {
          secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
        }),
      outcome: 'pass',
      phase: null,
      sentence: 'mail to row.test is delivered encrypted and authenticated',
    },
    {
      row: 'closes as soon as the session stands',
      minted: async (root) => inTls(await root.issue(leaf), (tls) => void tls.on('secure', () => tls.destroy())),
      outcome: 'undetermined nothing-seen',
      phase: 'ehlo-after-tls',
      sentence: 'nothing was seen of row.test: at mx.row.test (127.0.0.8) the server closes the connection',
    },
  ]);
});
