/**
 * DNSSEC signatures that are about to end: what a dane entry rests on, and what is left of it after
 * their end.
 *
 * Signatures are made anew all the time, days before the old ones end, so that nearly every end
 * that DNS shows never comes. An end is therefore in sight only when less is left of the signature
 * than the smaller of three days and a quarter of its validity: by then every signer in wide use
 * has signed again (BIND does with five of fourteen days left, PowerDNS with seven of twenty-one; a
 * quarter is for those that sign for hours). Beyond that nothing turns, whatever the date asked
 * for. After its end a validating resolver answers SERVFAIL, and Postfix passes the host over.
 * Pure.
 */
import { named } from '../named-record.ts';
import type { Destination } from '../policy/destinations.ts';
import { routeKey } from '../policy/service.ts';
import type { DaneRoute } from '../route/dane-route.ts';
import type { Signature } from '../route/dns-answer.ts';
import { isDane } from '../route/host-demand.ts';

/** By the text of the next hop, as in the evidence. */
type Tlsa = Readonly<Record<string, DaneRoute>>;

/**
 * Signatures that a destination rests on at dane levels and that end in sight of `at` (epoch ms).
 */
export function endingSignatures({ hops }: Destination, tlsa: Tlsa, at: number): Signature[] {
  return hops.flatMap((hop) => {
    const { demand } = hop;
    const dane = named(tlsa, routeKey(hop));
    if (demand.kind !== 'demand' || !isDane(demand) || dane === undefined) return [];
    return signaturesOf(dane).filter((signature) => isInSight(signature, at));
  });
}

/**
 * What DNSSEC says once these signatures have ended by `at` (epoch ms) and nobody has signed again:
 * those of the MX bear on all hosts.
 */
export function withoutEnded(tlsa: Tlsa, ending: readonly Signature[], at: number): Tlsa {
  const ended = (signature: Signature | undefined) =>
    signature !== undefined && signature.until < at && ending.includes(signature);
  return Object.fromEntries(
    Object.entries(tlsa).map(([nextHop, dane]) => {
      const hosts = dane.hosts.map((host) => {
        const query = ended(dane.mx?.signature)
          ? `${nextHop} MX`
          : ended(host.signature)
            ? `${host.host} TLSA`
            : undefined;
        return query === undefined
          ? host
          : { ...host, tlsa: { kind: 'failed', failure: 'bogus', query } as const };
      });
      return [nextHop, { ...dane, hosts }];
    }),
  );
}

const signaturesOf = ({ mx, hosts }: DaneRoute): Signature[] =>
  [mx?.signature, ...hosts.map(({ signature }) => signature)].filter(
    (signature) => signature !== undefined,
  );

function isInSight({ from, until }: Signature, at: number): boolean {
  return until > at && until - at < Math.min(MOST_MS, (until - from) / 4);
}

const MOST_MS = 3 * 86_400_000;
