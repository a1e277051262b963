/**
 * What DNS can answer, as plain values, and the door that asks it. What is made of the answers is
 * in name-lookup.ts and resolve.ts.
 */
import type { DnsFailure } from './route.ts';

/**
 * What a record of each type holds. Names are lower case without trailing dot; the root is the
 * empty string (null MX).
 */
export interface DnsRecords {
  readonly MX: { readonly preference: number; readonly exchange: string };
  readonly A: string;
  readonly AAAA: string;
  readonly CNAME: string;
  /** `data` is lower-case hex. */
  readonly TLSA: {
    readonly usage: number;
    readonly selector: number;
    readonly matchingType: number;
    readonly data: string;
  };
  /** Its strings put together, as Latin-1. */
  readonly TXT: string;
}

export type DnsType = keyof DnsRecords;

/**
 * What a DNSSEC signature says of itself (RFC 4034 §3.1), in epoch ms. `zone` is whose key signed.
 */
export interface Signature {
  readonly zone: string;
  readonly from: number;
  readonly until: number;
}

export type DnsAnswer<T extends DnsType = DnsType> =
  | {
      readonly kind: 'found';
      readonly records: readonly DnsRecords[T][];
      /** Targets of the CNAMEs followed, in order. */
      readonly aliases: readonly string[];
      /** The last of `aliases`; absent where the name was no alias. */
      readonly canonical?: string;
      /** The resolver says that all of it is authentic (RFC 4035 §3.2.3). */
      readonly ad: boolean;
      /** Smallest in the answer, in seconds. */
      readonly ttl?: number;
      /**
       * Of the signatures that the answer rests on, the one that ends first; absent where the
       * answer holds none. Of several over one record set the last to end counts, since one that
       * holds is enough. Proves nothing without `ad`.
       */
      readonly signature?: Signature;
    }
  /**
   * `name` is what was asked last: the target of an alias that the resolver did not follow itself,
   * else the name itself. `loop`: aliases without end.
   */
  | { readonly kind: 'nodata'; readonly name?: string; readonly ad: boolean; readonly loop?: true }
  | { readonly kind: 'nxdomain'; readonly name?: string; readonly ad: boolean }
  | { readonly kind: 'failed'; readonly failure: DnsFailure };

/**
 * The door to DNS. May be called concurrently and repeatedly: answers are remembered for the life
 * of the door, failures too, so that a second look takes a new door. Never rejects: what went wrong
 * is an answer of kind `failed`.
 */
export interface Dns {
  query<T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>>;
  /**
   * The same door for the questions of one next hop, which then wait for their turn among those of
   * others. Absent: whoever asks first is answered first.
   */
  inTurnOf?(nextHop: string): Dns;
}
