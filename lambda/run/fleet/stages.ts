/**
 * What a worker does with one shard: the very functions that one process calls, between objects.
 * Shards and what comes of them are plain JSON.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import { Batch, type PaceOptions, type Waits } from '../../probe/pace.ts';
import type { ProbeResult } from '../../probe/result.ts';
import type { Found } from '../../route/dane-route.ts';
import type { CheckDoors } from '../check/check.ts';
import { type DnssecDoor, findRoutes } from '../check/dnssec.ts';
import type { Networks } from './plan.ts';

export type Shard =
  | {
      readonly kind: 'resolve';
      readonly hops: readonly Hop[];
      /** Whether the resolver of DNSSEC was found to be one that is believed. */
      readonly believed: boolean;
    }
  | ({ readonly kind: 'probe'; readonly pace: ShardPace } & Networks);

/** One worker's part of the pace. */
export type ShardPace = Omit<PaceOptions, 'stopAt' | 'signal' | 'now' | 'onProgress'>;

export type ShardResult =
  | {
      readonly kind: 'resolve';
      readonly found: Found;
      /** All of DNS was asked in time. */
      readonly whole: boolean;
    }
  | ({ readonly kind: 'probe' } & Results);

/** Results by conversation, with each certificate once. */
interface Results {
  /** Base64 DER. */
  readonly certificates: readonly string[];
  readonly results: Readonly<Record<string, PackedResult>>;
}

/** A chain as indexes of `certificates`. */
type PackedResult =
  | Exclude<ProbeResult, { readonly kind: 'presented' }>
  | (Omit<Extract<ProbeResult, { readonly kind: 'presented' }>, 'chain'> & {
      readonly chain: readonly number[];
    });

export interface ShardTime {
  /** Epoch ms. */
  readonly now: () => number;
  /** Epoch ms. */
  readonly stopAt: number;
  /** Ends it before; what was had is answered. */
  readonly signal: AbortSignal;
}

/** How far a shard of conversations is. */
export interface ShardProgress {
  readonly done: number;
  readonly waits: Waits | undefined;
}

/** Does a whole shard. Rejects only where a door does. */
export async function doShard(
  shard: Shard,
  bundle: Bundle,
  doors: Pick<CheckDoors, 'dns' | 'dnssec' | 'probe'>,
  time: ShardTime,
  onProgress?: (progress: ShardProgress) => void,
): Promise<ShardResult> {
  switch (shard.kind) {
    case 'resolve': {
      const timeIsUp = () => time.now() >= time.stopAt || time.signal.aborted;
      const dns = shard.believed ? signedDns(doors.dnssec) : undefined;
      const dnssec = dns === undefined ? undefined : ({ kind: 'proved', dns } as const);
      const found = await findRoutes(shard.hops, bundle, doors.dns, dnssec, { timeIsUp });
      return { kind: 'resolve', found, whole: !timeIsUp() };
    }
    case 'probe': {
      const batch: Batch = new Batch(doors.probe, {
        ...shard.pace,
        ...time,
        onProgress: (done) => onProgress?.({ done, waits: batch.waits }),
      });
      for (const { of, owner, late } of shard.wishes) {
        const conversation = shard.conversations[of];
        if (conversation !== undefined) batch.add(conversation, { owner, late });
      }
      return { kind: 'probe', ...packed(await batch.results()) };
    }
  }
}

/** The resolver that was believed elsewhere: Postfix's own where that is the one that counts. */
function signedDns(door: DnssecDoor | undefined) {
  return door?.kind === 'resolver' ? door.dns : door?.postfixAsks?.dns;
}

function packed(results: Readonly<Record<string, ProbeResult>>): Results {
  const places = new Map<string, number>();
  const place = (certificate: string): number => {
    const known = places.get(certificate) ?? places.size;
    places.set(certificate, known);
    return known;
  };
  const all = Object.entries(results).map(([id, result]): [string, PackedResult] =>
    result.kind === 'presented'
      ? [id, { ...result, chain: result.chain.map(place) }]
      : [id, result],
  );
  return { results: Object.fromEntries(all), certificates: [...places.keys()] };
}

/**
 * Results as they were had. `known` keeps each certificate once over all shards.
 */
export function unpacked(
  { certificates, results }: Results,
  known: Map<string, string>,
): Record<string, ProbeResult> {
  const shared = certificates.map((certificate) => {
    const first = known.get(certificate) ?? certificate;
    known.set(certificate, first);
    return first;
  });
  const all = Object.entries(results).map(([id, result]): [string, ProbeResult] =>
    result.kind === 'presented'
      ? [id, { ...result, chain: result.chain.flatMap((at) => shared[at] ?? []) }]
      : [id, result],
  );
  return Object.fromEntries(all);
}
