/**
 * What hosts of today presented in the last days, judged by today's demand: a provider that shows
 * one of two certificates by turns needs a line that holds for both. It serves suggestions alone.
 * Pure.
 */
import type { Bundle } from '../policy/bundle.ts';
import { contactsOf } from '../probe/contact.ts';
import type { ProbeResult } from '../probe/result.ts';
import type { Found } from '../route/dane-route.ts';
import { judgeAddress } from './address.ts';
import type { Finding } from './finding.ts';
import type { Judgement } from './outcome.ts';

/** By `earlierKey`: what was presented there in the last days, and not today. */
export type EarlierResults = Readonly<Record<string, readonly ProbeResult[]>>;

/** One host, as it presents itself to whoever sends that name, or none. */
export const earlierKey = (host: string, port: number, servername: string | undefined): string =>
  `${host.toLowerCase()}:${port} ${servername ?? ''}`;

/** Of the first hop; none where no line is in question. */
export function earlierFindings(
  { views: [view], verdict }: Judgement,
  { earlier, ...found }: Found & { readonly earlier?: EarlierResults },
  bundle: Bundle,
  at: number,
): Finding[] {
  if (earlier === undefined || view?.kind !== 'hosts') return [];
  if (verdict !== 'fail' && verdict !== 'degraded') return [];
  const { hop } = view;
  const met = new Set<string>();
  return contactsOf(hop, found, bundle.settings).flatMap(
    ({ host, address, demand, conversation }) => {
      if (demand.kind !== 'demand' || conversation === undefined) return [];
      const key = earlierKey(host.host, conversation.port, conversation.servername);
      if (met.has(key)) return [];
      met.add(key);
      const attempt = { nextHop: hop.nextHop, demand, host, address };
      return (earlier[key] ?? []).map((result) => judgeAddress(attempt, result, bundle, { at }));
    },
  );
}
