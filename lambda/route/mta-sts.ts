/**
 * Whether a domain announces an MTA-STS policy (RFC 8461 §3.1): the TXT record alone. The policy
 * itself, with the hosts that it names, is on a web server, and is not fetched here.
 */
import type { Dns } from './dns-answer.ts';
import { findStsRecord } from './mta-sts/find.ts';
import type { DnsFailure } from './route.ts';

export type MtaStsAnnouncement =
  | { readonly kind: 'announced'; readonly id: string }
  /** No such record, several of them, or one without an id: a sender acts as if there were none. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly failure: DnsFailure };

/** @param domain in ASCII */
export async function findMtaSts(domain: string, dns: Dns): Promise<MtaStsAnnouncement> {
  const record = await findStsRecord(domain, dns);
  if (record.kind === 'unanswered') return { kind: 'failed', failure: record.failure };
  return record.kind === 'announced' ? record : { kind: 'none' };
}
