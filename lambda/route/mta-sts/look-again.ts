/**
 * A look at the MTA-STS policy of a domain whose policy may be held already: the record in DNS each
 * time, the policy where its id is another, or it is about to run out (RFC 8461 §3.3, §5.1).
 */
import type { Dns } from '../dns-answer.ts';
import { findStsRecord, type StsFinding } from './find.ts';

export interface HeldPolicy {
  readonly id: string;
  /** Epoch ms. */
  readonly fetchedAt: number;
  readonly until: number;
}

export type StsLook =
  /** The id that is held is announced, and it is not time to fetch it anew. */
  | { readonly kind: 'unchanged' }
  /** It would be fetched, and is not for want of time. */
  | { readonly kind: 'put-off' }
  | StsFinding;

/** What the record says: that nothing is to be fetched, or the id to fetch under. */
export type StsNotice =
  | { readonly kind: 'settled'; readonly look: StsLook }
  | { readonly kind: 'due'; readonly id: string; readonly isNew: boolean };

/**
 * The record alone. @param spareMs a policy that has no longer left is fetched
 * @param wanted whether it is to be fetched in any case
 */
export async function readNotice(
  domain: string,
  held: HeldPolicy | undefined,
  dns: Dns,
  {
    at,
    spareMs,
    wanted,
  }: { readonly at: number; readonly spareMs: number; readonly wanted: boolean },
): Promise<StsNotice> {
  const record = await findStsRecord(domain, dns);
  switch (record.kind) {
    case 'unanswered':
    case 'none':
      return { kind: 'settled', look: record };
    case 'invalid':
      return { kind: 'settled', look: { kind: 'invalid-record', because: record.because } };
    case 'announced': {
      const { id } = record;
      const isNew = held?.id !== id;
      const due = isNew || wanted || held.until - at < spareFor(held, spareMs);
      return due ? { kind: 'due', id, isNew } : { kind: 'settled', look: { kind: 'unchanged' } };
    }
  }
}

/** A quarter of its time, and never less than some runs may need that do not reach the server. */
const spareFor = ({ fetchedAt, until }: HeldPolicy, spareMs: number): number =>
  Math.max(spareMs, (until - fetchedAt) / 4);
