/**
 * Which resolver proves DNSSEC, and what DNS gave for every next hop: by that resolver where the
 * level is dane or dane-only. Postfix asks one resolver for all of them.
 */
import { byName } from '../../named-record.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Hop } from '../../policy/destinations.ts';
import type { NextHop } from '../../policy/next-hop.ts';
import { clientOf, routeKey } from '../../policy/service.ts';
import {
  type DaneRoute,
  type Found,
  provesValidation,
  resolveDane,
} from '../../route/dane-route.ts';
import type { Dns } from '../../route/dns-answer.ts';
import { isDane } from '../../route/host-demand.ts';
import { resolveBatch } from '../../route/resolve.ts';
import type { DnsFailure, Route } from '../../route/route.ts';

/** The resolver that is asked for signatures, if there is one whose AD bit counts. */
export type DnssecDoor =
  | {
      readonly kind: 'resolver';
      readonly dns: Dns;
      /** For people: its address. */
      readonly name: string;
      /**
       * A name known to be signed, and one whose signatures are known to be broken: what it says to
       * them is the proof.
       */
      readonly proof: { readonly signed: string; readonly broken: string };
      /** The Postfix of this host asks it, too: without signatures there are none for Postfix. */
      readonly postfixAsks?: boolean;
    }
  /** A clause for people: why none may be believed, and what to do. */
  | {
      readonly kind: 'none';
      readonly because: string;
      /** The resolver of this host's Postfix, where it cannot be believed. */
      readonly postfixAsks?: Extract<DnssecDoor, { readonly kind: 'resolver' }>;
    };

export type Dnssec =
  | { readonly kind: 'proved'; readonly dns: Dns }
  /**
   * Postfix's own resolver marks nothing as signed: dane is may there, and dane-only defers. The
   * clause says so for people.
   */
  | { readonly kind: 'unsigned'; readonly dns: Dns; readonly because: string }
  | { readonly kind: 'none'; readonly because: string }
  /** It did not answer today: what it thinks of signatures is not known. */
  | { readonly kind: 'silent'; readonly failure: DnsFailure; readonly because: string };

/** Asks the resolver for its proof. */
export async function proveDnssec(door: DnssecDoor): Promise<Dnssec> {
  if (door.kind === 'none') {
    const own = door.postfixAsks && (await proveDnssec(door.postfixAsks));
    return own?.kind === 'unsigned' ? own : door;
  }
  const validation = await provesValidation(door.dns, door.proof);
  switch (validation.kind) {
    case 'validates':
      return { kind: 'proved', dns: door.dns };
    case 'does-not':
      if (door.postfixAsks === true && !validation.vouches) {
        const because =
          `the resolver ${door.name}, which Postfix asks too, does not validate ` +
          `(${validation.because}): dane is may on this host, and dane-only defers`;
        return { kind: 'unsigned', dns: door.dns, because };
      }
      return {
        kind: 'none',
        because: `the resolver ${door.name} does not validate: ${validation.because}`,
      };
    case 'unanswered':
      return {
        kind: 'silent',
        failure: validation.failure,
        because:
          `the resolver ${door.name} gives no answer to ${validation.query} ` +
          `(${validation.failure})`,
      };
  }
}

export interface FindingRoutes {
  /** Told of each next hop, by its key (policy/service), as soon as all is known of it. */
  readonly onFound?: (key: string, found: Found) => void;
  /** Whether DNS is asked nothing more. */
  readonly timeIsUp?: () => boolean;
}

/**
 * Routes of all hops, and at dane levels what DNSSEC says of their hosts where `dnssec` may be
 * believed; each as the service sees it that delivers there. What there was no time to ask is left
 * out.
 */
export async function findRoutes(
  hops: readonly Hop[],
  bundle: Bundle,
  dns: Dns,
  dnssec: Dnssec | undefined,
  { onFound = () => {}, timeIsUp = () => false }: FindingRoutes = {},
): Promise<Found> {
  const believed =
    dnssec?.kind === 'proved' || dnssec?.kind === 'unsigned' ? dnssec.dns : undefined;
  const routes = byName<Route>();
  const tlsa = byName<DaneRoute>();
  const found = { routes, ...(believed === undefined ? {} : { tlsa }) };
  const ofServices = [...Map.groupBy(hops, ({ service }) => service)].map(
    async ([service, own]) => {
      const { settings } = clientOf(bundle, service);
      const key = (nextHop: NextHop) =>
        routeKey({ nextHop, ...(service === undefined ? {} : { service }) });
      const signed = distinct(own.filter(asksDane));
      const asSigned = new Set(signed.map(({ text }) => text));
      const others = distinct(own).filter(({ text }) => !asSigned.has(text));
      // Silence of which the end was not waited for is none.
      const isCutShort = (route: Route) =>
        route.kind === 'unanswered' && route.failure === 'timeout' && timeIsUp();
      await Promise.all([
        resolveBatch(others, settings, dns, (nextHop, route) => {
          if (isCutShort(route)) return;
          routes[key(nextHop)] = route;
          onFound(key(nextHop), found);
        }),
        resolveBatch(signed, settings, believed ?? dns, async (nextHop, route, turns) => {
          if (isCutShort(route)) return;
          routes[key(nextHop)] = route;
          const dane =
            believed && (await resolveDane(route, nextHop, turns, settings.forceTlsaLookup));
          if (dane !== undefined) tlsa[key(nextHop)] = dane;
          onFound(key(nextHop), found);
        }),
      ]);
    },
  );
  await Promise.all(ofServices);
  return found;
}

/** Whether a hop takes its demands from DNSSEC. */
export const asksDane = ({ demand }: Hop): boolean => demand.kind === 'demand' && isDane(demand);

const distinct = (hops: readonly Hop[]): NextHop[] => [
  ...new Map(hops.map(({ nextHop }) => [nextHop.text, nextHop])).values(),
];
