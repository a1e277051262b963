/**
 * What a log says of each domain: the last time that mail for it was refused for TLS, and the last
 * time that it was delivered. A witness and no judge: any local user can write to syslog. Pure.
 */
import { LOG_BOUNDS } from '../limits.ts';
import { HOUR_MS } from '../text/dates.ts';
import type { Reason } from '../verdict/reason.ts';
import { causeOf } from './cause.ts';
import { readDelivery } from './delivery.ts';
import type { LogLine } from './line.ts';
import { openSessions, put } from './sessions.ts';
import { readTlsLine } from './tls-line.ts';

/** Times are epoch ms. */
export interface Witnessed {
  readonly refused?: {
    readonly at: number;
    /** Those it can be, the likeliest first. */
    readonly reasons: readonly Reason[];
    /** In Postfix's words. */
    readonly says: string;
  };
  readonly delivered?: { readonly at: number; readonly host: string };
}

export interface Witness {
  take(line: LogLine): void;
  /** By domain of the recipients, lower case. */
  witnessed(): ReadonlyMap<string, Witnessed>;
}

/** @param now epoch ms; what is older than two days, or has no time, does not count */
export function openWitness(now: number): Witness {
  const sessions = openSessions();
  const byDomain = new Map<string, Witnessed>();
  const note = (domain: string, told: Witnessed) =>
    put(byDomain, domain, { ...byDomain.get(domain), ...told }, LOG_BOUNDS.domains);
  return {
    take(line) {
      const { at, program, message } = line;
      if (program !== 'smtp' && program !== 'tlsproxy') return;
      const delivery = readDelivery(message);
      if (delivery === undefined) {
        const fact = readTlsLine(message);
        if (fact !== undefined) sessions.note(line, fact);
        return;
      }
      const session = sessions.of(line, delivery);
      const { domain, relay, status } = delivery;
      if (at === undefined || at < now - COUNTS_MS || at > now + HOUR_MS || domain === '') return;
      if (status === 'sent') {
        if (relay !== undefined) note(domain, { delivered: { at, host: relay.host } });
        return;
      }
      if (status === 'other') return;
      const cause = causeOf(delivery, session);
      if (typeof cause === 'string') return;
      const says = cause.says.slice(0, LOG_BOUNDS.textChars);
      note(domain, { refused: { at, reasons: cause.reasons, says } });
    },
    witnessed: () => byDomain,
  };
}

const COUNTS_MS = 48 * HOUR_MS;
