/**
 * What the policy asks where mail is held up: the entry that counts for a domain today, and what of
 * the log's reasons its level leaves. Pure.
 */

import type { Bundle } from '../../policy/bundle.ts';
import type { TlsDemand } from '../../policy/demand.ts';
import { type Destination, destinationsOf, type Hop } from '../../policy/destinations.ts';
import type { SecurityLevel } from '../../policy/level.ts';
import { isHostname, toAscii } from '../../postfix/hostname.ts';
import type { Reason } from '../../verdict/reason.ts';
import { REASONS } from '../../verdict/reason.ts';

/** What is asked of the mail for one domain; `hop` is absent where no policy is looked up. */
export interface Asked {
  readonly destination: Destination;
  readonly hop: Hop | undefined;
}

/** By domain, as the policy is now. */
export function askedOf(domains: readonly string[], bundle: Bundle): ReadonlyMap<string, Asked> {
  const names = domains.filter((domain) => isHostname(toAscii(domain)));
  const all = destinationsOf({ ...bundle, destinations: names });
  const found = new Map<string, Asked>();
  for (const domain of names) {
    const name = toAscii(domain);
    const named = all.filter((one) => one.name === name);
    const destination = named.find((one) => one.unchecked === undefined) ?? named[0];
    if (destination !== undefined) found.set(domain, { destination, hop: destination.hops[0] });
  }
  return found;
}

/** The demand, where there is one that can be read. */
export function demandOf(asked: Asked | undefined): TlsDemand | undefined {
  const demand = asked?.hop?.demand;
  return demand?.kind === 'demand' ? demand : undefined;
}

/**
 * Of the reasons that a log leaves open, those that can be at the level asked: OpenSSL reports a
 * digest, a TLSA record and a file of anchors with one number.
 */
export function narrowed(
  reasons: readonly Reason[],
  demand: Pick<TlsDemand, 'level' | 'forcedFailure'> | undefined,
): readonly Reason[] {
  if (demand === undefined || !reasons.some(isOfCertificate)) return reasons;
  // Another policy was in use then, of which nothing is known.
  if (ASKS_NO_CERTIFICATE.includes(demand.level)) return reasons;
  const left = reasons.filter((reason) => fits(reason, demand));
  if (left.length > 0) return left;
  switch (demand.level) {
    case 'fingerprint':
      return ['digest-mismatch'];
    case 'dane':
    case 'dane-only':
      return ['tlsa-mismatch'];
    case 'none':
    case 'may':
    case 'encrypt':
    case 'verify':
    case 'secure':
      return reasons;
  }
}

function fits(
  reason: Reason,
  { level, forcedFailure }: Pick<TlsDemand, 'level' | 'forcedFailure'>,
): boolean {
  const { group } = REASONS[reason];
  if (reason === 'forced-failure') return forcedFailure !== undefined;
  if (reason === 'no-certificate') return true;
  // No certificate was asked for yet.
  if (!isOfCertificate(reason) && group !== 'dane') return true;
  switch (level) {
    case 'fingerprint':
      return reason === 'digest-mismatch';
    case 'dane':
    case 'dane-only':
      return group === 'dane' || reason === 'tlsa-mismatch';
    case 'verify':
    case 'secure':
      return group === 'trust' || group === 'name';
    case 'none':
    case 'may':
    case 'encrypt':
      return false;
  }
}

const isOfCertificate = (reason: Reason): boolean => {
  const { group } = REASONS[reason];
  return group === 'trust' || group === 'name' || group === 'digest';
};

const ASKS_NO_CERTIFICATE: readonly SecurityLevel[] = ['none', 'may', 'encrypt'];

/** That the name is wrong is certain then; what else may be is open where more reasons follow. */
export const lacksName = (reasons: readonly Reason[]): boolean => reasons[0] === 'name-mismatch';

/** Whether mail waits for a name that the entry asks for at `secure`. */
export const isOfNames = (
  reasons: readonly Reason[],
  demand: Pick<TlsDemand, 'level'> | undefined,
): boolean => demand?.level === 'secure' && lacksName(reasons);
