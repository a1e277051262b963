/** The causes that a verdict names, now and at the date from which it will fail. Pure. */
import { getDomain } from 'tldts';
import { REASONS, type Reason } from '../../verdict/reason.ts';
import type { AddressVerdict, EntryVerdict } from '../../verdict/verdict.ts';
import { type Cause, endsAt } from './cause.ts';

/**
 * The causes of a verdict that fails or is degraded, the one that decided it first: one per host
 * and reason, in the order of the walk. A next hop whose two providers both fail has two; an
 * incident is kept while any of them is still there.
 */
export function causesOf(verdict: EntryVerdict): readonly Cause[] {
  const reason = verdict.reason;
  if (reason === null) return [];
  if (REASONS[reason].group === 'ours') return [{ reason, provider: '' }];
  if (reason === 'protection-lost')
    return distinct(unprotected(verdict).map((host) => ({ reason, provider: provider(host) })));
  const failing = verdict.hosts.flatMap((host) =>
    host.addresses
      .filter((address) => address.outcome === 'fail')
      .map((address) => ({ host: host.host, address })),
  );
  const found = failing.map(({ host, address }) =>
    addressCause(verdict, host, address, address.reason ?? reason),
  );
  const decisive = found.filter((cause) => cause.reason === reason);
  const others = found.filter((cause) => cause.reason !== reason);
  const own: readonly Cause[] =
    decisive.length > 0
      ? []
      : [{ reason, provider: provider(verdict.nextHop?.host ?? verdict.destination) }];
  return distinct([...decisive, ...own, ...others]);
}

/** Hosts whose TLSA records prove nothing any more; the next hop where none is named. */
function unprotected({ hosts, nextHop, destination }: EntryVerdict): readonly string[] {
  const proving = (address: AddressVerdict) =>
    address.tlsa === null || address.tlsa.acts === 'dane';
  const named = hosts.filter((host) => !host.addresses.every(proving)).map(({ host }) => host);
  return named.length > 0 ? named : [nextHop?.host ?? destination];
}

/**
 * The causes of a verdict that will turn at `failsFrom`: the hosts whose chain, or whose DNSSEC
 * signatures, end then.
 */
export function forecastCauses(verdict: EntryVerdict, failsFrom: number): readonly Cause[] {
  const found = verdict.hosts.flatMap((host) =>
    host.addresses.flatMap((address): readonly Cause[] => {
      const { signedUntil } = address.tlsa ?? {};
      if (signedUntil !== undefined && endsAt(signedUntil, failsFrom)) {
        return [{ reason: 'dns-bogus' as const, provider: provider(host.host) }];
      }
      const position = address.chain.findIndex((certificate) =>
        endsAt(certificate.notAfter, failsFrom),
      );
      if (position < 0) return [];
      return [
        {
          reason: position === 0 ? ('expired' as const) : ('issuer-expired' as const),
          provider: provider(host.host),
        },
      ];
    }),
  );
  if (found.length > 0) return distinct(found);
  const host = verdict.hosts[0]?.host ?? verdict.nextHop?.host ?? verdict.destination;
  return [{ reason: 'expired', provider: provider(host) }];
}

/** Why an entry could not be judged, coarse enough to stay the same from day to day. */
export function unjudgedCause(verdict: EntryVerdict): Cause {
  return {
    reason: 'not-judged',
    provider: provider(verdict.hosts[0]?.host ?? verdict.nextHop?.host ?? verdict.destination),
  };
}

/**
 * The registrable domain under the public suffix list with its private section; the host itself
 * where it has none.
 */
function provider(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host.toLowerCase();
}

function addressCause(
  verdict: EntryVerdict,
  host: string,
  address: AddressVerdict,
  reason: Reason,
): Cause {
  const detail = detailOf(verdict, address, reason);
  return { reason, provider: provider(host), ...(detail === undefined ? {} : { detail }) };
}

function detailOf(
  verdict: EntryVerdict,
  address: AddressVerdict,
  reason: Reason,
): string | undefined {
  const { apart } = REASONS[reason];
  // Below a TLSA record the names are those of the destination itself.
  if (apart === 'name')
    return address.tlsa === null ? missingName(verdict, address.asked) : 'own name';
  // The end of the chain and not the issuer of the leaf, which changes with each rotation of
  // intermediates while the fault stays the same.
  if (apart === 'issuer') return address.chain.at(-1)?.issuer.slice(0, 200);
  return undefined;
}

/**
 * The registrable domain of the names asked for. The match lists of entries behind one provider
 * differ in letters (`.x.example`, `x.example:y.example`) while the missing name is the same.
 */
function missingName(verdict: EntryVerdict, asked: readonly string[]): string {
  const own = verdict.nextHop?.host ?? verdict.destination;
  const names = asked
    .map((name) => name.replace(/^\./, '').toLowerCase())
    .filter((name) => name !== own.toLowerCase());
  return names.length === 0
    ? 'own name'
    : [...new Set(names.map(provider))].sort().join(' ').slice(0, 200);
}

function distinct(causes: readonly Cause[]): readonly Cause[] {
  const seen = new Map<string, Cause>();
  for (const cause of causes) {
    const key = JSON.stringify([cause.reason, cause.provider, cause.detail ?? '']);
    if (!seen.has(key)) seen.set(key, cause);
  }
  return [...seen.values()];
}
