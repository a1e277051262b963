/**
 * What hosts presented in the last days and not in the last run: sightings are kept for a week, so
 * that a rotation between two certificates is known as one. Pure.
 */
import type { ProbeResult } from '../probe/result.ts';
import { type EarlierResults, earlierKey } from '../verdict/earlier-findings.ts';
import type { CertificateDigest, HostSnapshot, SeenResult } from './host-snapshot.ts';

type Presented = Extract<SeenResult, { readonly kind: 'presented' }>;

/** Digests of the certificates that `earlierResults` needs. */
export const certificatesOfEarlier = (hosts: Iterable<HostSnapshot>): CertificateDigest[] => [
  ...new Set([...hosts].flatMap((host) => chainsOf(host).flatMap(({ chain }) => chain))),
];

/**
 * For Evidence.earlier.
 *
 * @param certificates base64 DER by digest; a chain of which one is missing is left out
 */
export function earlierResults(
  hosts: Iterable<HostSnapshot>,
  certificates: Readonly<Record<CertificateDigest, string>>,
): EarlierResults {
  const found = new Map<string, ProbeResult[]>();
  for (const host of hosts) {
    const key = earlierKey(host.host, host.port, host.servername);
    for (const result of chainsOf(host)) {
      const chain = result.chain.flatMap((digest) => certificates[digest] ?? []);
      if (chain.length < result.chain.length) continue;
      found.set(key, [...(found.get(key) ?? []), { ...result, chain }]);
    }
  }
  return Object.fromEntries(found);
}

/** All of them, the last run's as well: what it saw may be another day's when this one looks. */
const chainsOf = ({ sightings }: HostSnapshot): Presented[] =>
  sightings.flatMap(({ result }) => (result.kind === 'presented' ? [result] : []));
