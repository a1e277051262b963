/**
 * New lines by whom they trust: who takes the mail of forty domains is one decision. Pure.
 */
import type { Candidate } from '../../policy/candidates.ts';
import { documentingHosts } from '../../policy/providers.ts';
import type { Route } from '../../route/route.ts';
import { registrable } from '../../verdict/names-found.ts';
import type { Change } from './change.ts';

/** A destination that no line covers, and what was found for it. */
export interface NewDestination {
  readonly candidate: Candidate;
  /** Recipients in the last 30 days; absent where nobody counted. */
  readonly recipients?: number;
  /** Absent where it is left as it is. */
  readonly change?: Change;
  /** Why it is left: a clause for people. */
  readonly left?: string;
}

/** Whose hosts take the mail. */
export type Whose =
  /** Of a provider that documents their names. */
  | { readonly kind: 'documented'; readonly name: string }
  /** Of these registrable domains. */
  | { readonly kind: 'domains'; readonly domains: readonly string[] }
  /** Today DNS leads to no host. */
  | { readonly kind: 'none' };

export interface ProviderGroup {
  readonly whose: Whose;
  /** Most mail first. */
  readonly destinations: readonly NewDestination[];
  readonly recipients?: number;
}

/** Where DNS leads today. */
export function whoseHosts(route: Route | undefined): Whose {
  const hosts = route?.kind === 'hosts' ? route.hosts.map(({ host }) => host.toLowerCase()) : [];
  if (hosts.length === 0) return { kind: 'none' };
  const provider = documentingHosts(hosts);
  if (provider !== undefined) return { kind: 'documented', name: provider.name };
  return { kind: 'domains', domains: [...new Set(hosts.map(domainOf))].sort() };
}

const domainOf = (host: string): string => registrable(host) ?? host;

/** Whether what a person typed means it: its name or a part of it, or a domain of its hosts. */
export function isMeant(whose: Whose, typed: string, route: Route | undefined): boolean {
  const wanted = typed.toLowerCase();
  if (whose.kind === 'documented' && whose.name.toLowerCase().includes(wanted)) return true;
  const hosts = route?.kind === 'hosts' ? route.hosts : [];
  return hosts.some(({ host }) => domainOf(host.toLowerCase()) === wanted);
}

/** Most mail first, then most destinations; of equal ones the order never changes. */
export function byProvider(
  found: readonly (NewDestination & { readonly whose: Whose })[],
): ProviderGroup[] {
  const groups = [...Map.groupBy(found, ({ whose }) => keyOf(whose)).values()];
  const made = groups.map((own): ProviderGroup => {
    const counted = own.flatMap(({ recipients }) => recipients ?? []);
    return {
      whose: own[0]?.whose ?? { kind: 'none' },
      destinations: own.toSorted(
        (a, b) =>
          (b.recipients ?? 0) - (a.recipients ?? 0) || (a.candidate.id < b.candidate.id ? -1 : 1),
      ),
      ...(counted.length === 0 ? {} : { recipients: counted.reduce((sum, n) => sum + n, 0) }),
    };
  });
  return made.sort(
    (a, b) =>
      (b.recipients ?? 0) - (a.recipients ?? 0) ||
      b.destinations.length - a.destinations.length ||
      (keyOf(a.whose) < keyOf(b.whose) ? -1 : 1),
  );
}

function keyOf(whose: Whose): string {
  switch (whose.kind) {
    case 'documented':
      return `= ${whose.name}`;
    case 'domains':
      return whose.domains.join(' ');
    case 'none':
      return '~';
  }
}
