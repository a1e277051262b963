/**
 * `explain --key DIGEST`: what they gave is held against the keys that their hosts present at level
 * fingerprint, and the line follows where it is the same; of a key that was announced and is not in
 * use yet the pin comes beside the old one. Pure.
 */
import type { Certificate, DigestAlgorithm } from '../../certificate/certificate.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { parseDigest } from '../../policy/match-pattern.ts';
import { NEWEST_PROVED } from '../../postfix/version.ts';
import { listed } from '../../text/listed.ts';
import { plain, plainName } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';
import {
  type NewKey,
  newKeys,
  suggestAnnouncedPins,
  suggestPins,
  unprovedKeys,
} from '../../verdict/fingerprint-suggestion.ts';
import { type Evidence, judgeOnce } from '../../verdict/judge.ts';
import type { Judgement } from '../../verdict/outcome.ts';
import type { EntryVerdict, Suggestion } from '../../verdict/verdict.ts';

export interface NewKeys {
  /** Of these nobody gave the digest. */
  readonly unproved: readonly NewKey[];
  /** The line, where every new key is one that was given, or those come later. */
  readonly suggestion: Suggestion | null;
}

/**
 * @param given digests as they were typed
 * @throws UsageError for what is no digest, or is of no key that waits
 */
export function newKeysOf(
  destination: Destination,
  { level }: Pick<EntryVerdict, 'level'>,
  evidence: Evidence,
  bundle: Bundle,
  at: number,
  given: readonly string[],
): NewKeys {
  const refuse = (because: string) =>
    new UsageError(`explain ${plain(destination.name)} --key: ${because}`);
  if (given.length === 0 && level !== 'fingerprint') return { unproved: [], suggestion: null };
  const judgement = judgeOnce(destination, evidence, bundle, at);
  const waiting = unprovedKeys(judgement);
  if (given.length === 0) return { unproved: waiting, suggestion: null };
  const digests = given.map((typed) => {
    const digest = digestIn(typed);
    if (digest === undefined)
      throw refuse(
        `"${plainName(typed)}" is no digest by SHA-256, SHA-384 or SHA-512: 64, 96 or 128 hex ` +
          'digits are wanted, with colons or without',
      );
    return digest;
  });
  const judgeChanged = (changed: Destination) => judgeOnce(changed, evidence, bundle, at);
  const presented = newKeys(judgement);
  if (presented.length === 0) {
    const announced = announcedPins(digests, judgement, refuse);
    return { unproved: [], suggestion: suggestAnnouncedPins(judgement, judgeChanged, announced) };
  }
  const stranger = digests.findIndex((digest) => !presented.some(({ leaf }) => isOf(leaf, digest)));
  if (stranger >= 0)
    throw refuse(
      `"${plainName(given[stranger] ?? '')}" is the digest of nothing that ` +
        `${listed([...new Set(presented.map(({ host }) => plainName(host)))])} presents. If it is ` +
        'theirs, somebody else may answer there: no line is given',
    );
  const isGiven = (leaf: Certificate) => digests.some((digest) => isOf(leaf, digest));
  return {
    unproved: waiting.filter(({ leaf }) => !isGiven(leaf)),
    suggestion: suggestPins(judgement, judgeChanged, [], isGiven),
  };
}

/** Of keys that come later: nothing can be compared yet, so that the digest itself becomes the pin. */
function announcedPins(
  digests: readonly Digest[],
  { verdict, level, views: [view] }: Judgement,
  refuse: (because: string) => UsageError,
): readonly string[] {
  const demand = view?.hop.demand;
  const delivers = verdict === 'pass' || verdict === 'degraded';
  if (level !== 'fingerprint' || demand?.kind !== 'demand' || !delivers)
    throw refuse('there is nothing to compare it with: no line waits for a key');
  return digests.map(({ hex, algorithm }) => {
    if (demand.digests.includes(hex)) throw refuse('the line has that pin already');
    if (algorithm !== demand.digestAlgorithm)
      throw refuse(
        `nobody presents that yet, and as a pin it has to be by ${demand.digestAlgorithm} ` +
          `(smtp_tls_fingerprint_digest), not ${algorithm}: ask for that digest of the key`,
      );
    return hex;
  });
}

/** A digest of the certificate is one of its key, which stands in it. */
const isOf = (leaf: Certificate, { hex, algorithm }: Digest): boolean =>
  leaf.digest('certificate', algorithm) === hex || leaf.digest('key', algorithm) === hex;

interface Digest {
  readonly hex: string;
  readonly algorithm: DigestAlgorithm;
}

/** As openssl and people print it; undefined for what is none, or is by a weaker algorithm. */
function digestIn(typed: string): Digest | undefined {
  const bare = typed.trim().replace(/^sha\d+ fingerprint\s*=\s*/i, '');
  const hex = parseDigest(bare, NEWEST_PROVED);
  const algorithm = ALGORITHMS[hex?.length ?? 0];
  return hex === undefined || algorithm === undefined ? undefined : { hex, algorithm };
}

/** By the number of hex digits. */
const ALGORITHMS: Readonly<Record<number, DigestAlgorithm>> = {
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};
