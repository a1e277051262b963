/** A verdict as judge would hand it over, with what a test cares about. */
import type { Reason } from '../../lambda/verdict/reason.ts';
import type { EntryVerdict, Verdict } from '../../lambda/verdict/verdict.ts';

export function judgedAs(verdict: Verdict, reason: Reason | null = null, more: Partial<EntryVerdict> = {}): EntryVerdict {
  return {
    id: 'example.com',
    table: 'hash:/etc/postfix/tls_policy',
    line: 1,
    key: 'example.com',
    destination: 'example.com',
    nextHop: { text: 'example.com', host: 'example.com', port: 25, mx: true, via: 'recipient' },
    level: 'secure',
    match: [],
    verdict,
    reason,
    sentence: '',
    protection: 'authenticated',
    postfixWould: 'deliver',
    postfixSays: null,
    postfixDsn: null,
    endings: [],
    failsFrom: null,
    degradedFrom: null,
    failsBecause: null,
    suggestion: null,
    hosts: [],
    ...more,
  };
}
