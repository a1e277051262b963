/**
 * How many messages went to each domain: what Postfix logs is one line for each recipient, and a
 * message is what these lines name by its queue id. Pure.
 */
import { LOG_BOUNDS } from '../limits.ts';
import { isHostname, toAscii } from '../postfix/hostname.ts';
import { DAY_MS } from '../text/dates.ts';
import { readDelivery } from './delivery.ts';
import type { LogLine } from './line.ts';
import { MAIL_DAYS } from './mail-sent.ts';

export interface MessagesTally {
  take(line: LogLine): void;
  /** By domain in ASCII, of the last 30 days. */
  sent(): ReadonlyMap<string, number>;
}

/** @param now epoch ms */
export function openMessagesTally(now: number): MessagesTally {
  const byDomain = new Map<string, number>();
  // Ids return only after the message is gone: what was met long ago need not be remembered.
  let [recent, older] = [new Set<string>(), new Set<string>()];
  return {
    take({ at = now, program, message }) {
      if (program !== 'smtp' || at < now - MAIL_DAYS * DAY_MS || at > now + DAY_MS) return;
      const delivery = readDelivery(message);
      if (delivery?.status !== 'sent' || delivery.relay === undefined) return;
      const domain = toAscii(delivery.domain);
      if (!isHostname(domain)) return;
      const known = byDomain.get(domain);
      if (known === undefined && byDomain.size >= LOG_BOUNDS.domains) return;
      const id = `${delivery.queueId} ${domain}`;
      if (recent.has(id) || older.has(id)) return;
      if (recent.size >= LOG_BOUNDS.messages / 2) [recent, older] = [new Set(), recent];
      recent.add(id);
      byDomain.set(domain, (known ?? 0) + 1);
    },
    sent: () => byDomain,
  };
}
