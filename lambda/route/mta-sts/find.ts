/**
 * What a domain says with MTA-STS of the hosts that take its mail: the record in DNS, and the
 * policy that it announces.
 *
 * Nothing is kept: a sender that fetched a policy earlier goes by it until it has run out, whatever
 * DNS and the web server say today (RFC 8461 §3.3, §5.1).
 */
import type { Dns } from '../dns-answer.ts';
import type { DnsFailure } from '../route.ts';
import { parseStsPolicy, type StsPolicy } from './policy.ts';
import { readStsRecord, type StsRecord } from './record.ts';

export type StsFinding =
  /** `until`: epoch ms, were it fetched now by a sender. */
  | {
      readonly kind: 'policy';
      readonly id: string;
      readonly policy: StsPolicy;
      readonly until: number;
    }
  /** No record today. */
  | { readonly kind: 'none' }
  /** DNS gave no answer about the record. */
  | { readonly kind: 'unanswered'; readonly failure: DnsFailure }
  /** Clauses for people, already neutral. */
  | { readonly kind: 'invalid-record'; readonly because: string }
  | {
      readonly kind: 'unfetched';
      readonly id: string;
      readonly result: StsFailure;
      readonly because: string;
      /** No connection was made, which may be for want of a way out from here. */
      readonly unreached?: true;
    }
  | { readonly kind: 'invalid-policy'; readonly id: string; readonly because: string };

/** As TLS reports have it (RFC 8460 §4.3.2). */
export type StsFailure = 'sts-policy-fetch-error' | 'sts-webpki-invalid';

export type FetchedPolicy =
  | { readonly kind: 'text'; readonly text: string }
  /** It came, and is no policy by what it was sent as. */
  | { readonly kind: 'unfit'; readonly because: string }
  | {
      readonly kind: 'failed';
      readonly result: StsFailure;
      readonly because: string;
      /** No connection was made, which may be for want of a way out from here. */
      readonly unreached?: true;
    };

/**
 * The door to the web server of a domain's policy. Never rejects, and ends by a deadline of its own.
 * @param domain in ASCII, lower case
 */
export type FetchPolicy = (domain: string, dns: Dns) => Promise<FetchedPolicy>;

/** The TXT record alone (RFC 8461 §3.1). @param domain in ASCII */
export async function findStsRecord(
  domain: string,
  dns: Dns,
): Promise<StsRecord | Extract<StsFinding, { readonly kind: 'unanswered' }>> {
  const answer = await dns.query(`_mta-sts.${domain}`, 'TXT');
  if (answer.kind === 'failed') return { kind: 'unanswered', failure: answer.failure };
  return readStsRecord(answer.kind === 'found' ? answer.records : []);
}

/** @param domain in ASCII, lower case */
export async function findSts(
  domain: string,
  dns: Dns,
  fetchPolicy: FetchPolicy,
  now: () => number,
): Promise<StsFinding> {
  const record = await findStsRecord(domain, dns);
  if (record.kind === 'unanswered') return record;
  if (record.kind === 'none') return { kind: 'none' };
  if (record.kind === 'invalid') return { kind: 'invalid-record', because: record.because };
  return fetchSts(domain, record.id, dns, fetchPolicy, now);
}

/** The policy that a record announces under that id. @param domain in ASCII, lower case */
export async function fetchSts(
  domain: string,
  id: string,
  dns: Dns,
  fetchPolicy: FetchPolicy,
  now: () => number,
): Promise<StsFinding> {
  const fetched = await fetchPolicy(domain, dns);
  switch (fetched.kind) {
    case 'failed': {
      const { result, because, unreached } = fetched;
      return { kind: 'unfetched', id, result, because, ...(unreached ? { unreached } : {}) };
    }
    case 'unfit':
      return { kind: 'invalid-policy', id, because: fetched.because };
    case 'text': {
      const read = parseStsPolicy(fetched.text);
      if (read.kind === 'invalid') return { kind: 'invalid-policy', id, because: read.because };
      const { policy } = read;
      return { kind: 'policy', id, policy, until: now() + policy.maxAge * 1_000 };
    }
  }
}
