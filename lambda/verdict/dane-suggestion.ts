/**
 * Suggests `dane-only` without a match list where every host of a destination matches its own
 * signed TLSA records.
 *
 * Never where a host lacks records, since mail to it would be deferred, and never under settings
 * with which DANE is off.
 */

import { attributesWhere } from '../policy/attribute.ts';
import type { Bundle } from '../policy/bundle.ts';
import { demandContext, demandFor } from '../policy/demand.ts';
import type { Destination, Hop } from '../policy/destinations.ts';
import { bracedTokens, tokens } from '../postfix/token.ts';
import { atLeast } from '../postfix/version.ts';
import { plainName } from '../text/strangers.ts';
import type { HopView } from './delivery.ts';
import type { Judgement } from './outcome.ts';
import type { Suggestion } from './verdict.ts';

/**
 * The line, and the first hop as it would then be; undefined at levels other than verify and
 * secure, and where the line would be broken.
 */
export function daneOnlyOffer(
  { entry, hops: [hop] }: Pick<Destination, 'entry' | 'hops'>,
  bundle: Bundle,
): { readonly line: string; readonly hop: Hop } | undefined {
  if (
    hop?.demand.kind !== 'demand' ||
    (hop.demand.level !== 'secure' && hop.demand.level !== 'verify')
  )
    return undefined;
  const { settings } = bundle;
  const key = entry === undefined || entry.key.startsWith('.') ? hop.nextHop.text : entry.key;
  const split = atLeast(settings.version, '3.10') ? bracedTokens : tokens;
  const [, ...attributes] = split(hop.demand.entry?.value ?? '');
  const kept = attributes.filter((attribute) => STAYS.test(attribute));
  const line = [key, 'dane-only', ...kept].join(' ');
  // The table of this line alone is what is asked, in place of those that are set.
  const context = demandContext({
    ...bundle,
    settings: { ...settings, policyMaps: [{ type: 'hash', path: 'suggested' }] },
    policyTables: [{ name: 'hash:suggested', text: `${line}\n` }],
  });
  const demand = demandFor(hop.nextHop, context);
  return demand.kind === 'demand' && demand.level === 'dane-only'
    ? { line, hop: { ...hop, demand } }
    : undefined;
}

/** Null where no record matches some host, or where its records are unknown. */
export function suggestDaneOnly(
  judgement: Judgement,
  judgeChanged: (changed: Destination) => Judgement,
): Suggestion | null {
  const { destination, bundle, verdict } = judgement;
  const offer = verdict === 'fail' ? daneOnlyOffer(destination, bundle) : undefined;
  if (offer === undefined) return null;
  const then = judgeChanged({ ...destination, hops: [offer.hop, ...destination.hops.slice(1)] });
  const [view] = then.views;
  if (then.verdict !== 'pass' || view?.kind !== 'hosts' || !everyHostProved(view)) return null;
  const domain = plainName(offer.hop.nextHop.host);
  return {
    line: offer.line,
    restsOn: 'dnssec',
    because:
      `every MX host of ${domain} has signed TLSA records that match what it presents: ` +
      `whoever signs the zone of ${domain} answers for the hosts, and no match list is needed; ` +
      'the mail host must have a validating resolver of its own',
    verdict: 'pass',
  };
}

/** Everything seen passes, and something was seen of every host that has an address. */
function everyHostProved({
  route,
  findings,
}: Extract<HopView, { readonly kind: 'hosts' }>): boolean {
  return route.hosts.every((host) => {
    const own = findings.filter(
      ({ attempt, unseen }) => attempt.host === host && unseen === undefined,
    );
    const reachable = host.addresses.length > 0;
    return (own.length > 0 || !reachable) && own.every(({ verdict }) => verdict.outcome === 'pass');
  });
}

const SAME_AT_DANE_ONLY = attributesWhere((row) => row.sameAtDaneOnly === true).join('|');

/** An attribute that means the same at dane-only. */
const STAYS = new RegExp(`^(?:\\{\\s*)?(?:${SAME_AT_DANE_ONLY})\\s*=`, 'i');
