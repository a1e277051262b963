/**
 * The smtp(8) service that delivers to a destination: its settings, tables and trust are what
 * counts there. Pure.
 *
 * trivial-rewrite(8) names the service (transport); master.cf gives each its own `-o` overrides.
 */

import type { TrustStore } from '../certificate/anchors.ts';
import { named } from '../named-record.ts';
import type { Bundle } from './bundle.ts';
import type { NextHop } from './next-hop.ts';

/**
 * The bundle as one service has it. `service` is a transport's name; undefined, or a name without
 * overrides of its own: as the service has it that delivers by default.
 */
export function clientOf(bundle: Bundle, service: string | undefined): Bundle {
  const own = service === undefined ? undefined : named(bundle.services ?? {}, service);
  if (own === undefined || service === undefined) return bundle;
  const known = views.get(bundle)?.get(service);
  if (known !== undefined) return known;
  const { services: _, ...rest } = bundle;
  const view: Bundle = {
    ...rest,
    ...own,
    ...(sameTrust(own.trust, bundle.trust) ? {} : { otherTrust: true as const }),
    routingSettings: bundle.routingSettings ?? bundle.settings,
  };
  const kept = views.get(bundle) ?? new Map<string, Bundle>();
  views.set(bundle, kept.set(service, view));
  return view;
}

/** Whether both hold the same certificates in the same order, or both none at all. */
function sameTrust(a: TrustStore, b: TrustStore): boolean {
  if (a.kind === 'engine-off' || b.kind === 'engine-off') return a.kind === b.kind;
  return (
    a.certificates.length === b.certificates.length &&
    a.certificates.every((der, i) => der === b.certificates[i])
  );
}

/**
 * What the route of a hop is kept by: the text of the next hop, and the service where it is not the
 * one that delivers by default. Another service may ask DNS otherwise.
 */
export function routeKey({
  nextHop,
  service,
}: {
  readonly nextHop: Pick<NextHop, 'text'>;
  readonly service?: string;
}): string {
  return service === undefined ? nextHop.text : `${nextHop.text} by ${service}`;
}

/** The service of a transport where it differs from the one that delivers by default. */
export function serviceOf(bundle: Bundle, transport: string): string | undefined {
  return named(bundle.services ?? {}, transport) === undefined ? undefined : transport;
}

/** Bundles are values that never change, so each view is made once. */
const views = new WeakMap<Bundle, Map<string, Bundle>>();
