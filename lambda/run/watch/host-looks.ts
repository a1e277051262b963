/**
 * The conversations of a run under the names of the hosts they were had for: what snapshots are
 * made of. Pure.
 */

import { TRUST_REASONS } from '../../certificate/trust/reason.ts';
import { named } from '../../named-record.ts';
import type { Settings } from '../../policy/settings.ts';
import { conversationAt } from '../../probe/conversation.ts';
import type { Look, Trust } from '../../snapshot/host-snapshot.ts';
import type { AddressVerdict } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';

/** One look per host and conversation, in table order, of the destinations wanted. */
export function looksOf(
  run: CheckRun,
  settings: Settings,
  wanted: (id: string) => boolean = () => true,
): Look[] {
  const looks = new Map<string, Look>();
  run.destinations.forEach((destination, i) => {
    if (destination.unchecked !== undefined || !wanted(destination.id)) return;
    const judged = run.verdicts[i]?.hosts ?? [];
    for (const hop of destination.hops) {
      const route = named(run.evidence.routes, hop.nextHop.text);
      if (route?.kind !== 'hosts') continue;
      const dane = run.evidence.tlsa && named(run.evidence.tlsa, hop.nextHop.text);
      for (const host of route.hosts) {
        for (const address of host.addresses) {
          const conversation = conversationAt(hop, host, address, dane, settings);
          const result = conversation && run.evidence.results[conversation.id];
          if (conversation === undefined || result === undefined) continue;
          const verdict = judged
            .find((one) => one.host === host.host)
            ?.addresses.find((one) => one.address === address);
          const trust = verdict === undefined ? undefined : trustOf(verdict);
          const key = `${host.host} ${conversation.id}`;
          if (looks.get(key)?.trust !== undefined) continue;
          looks.set(key, {
            host: host.host,
            conversation,
            result,
            ...(trust === undefined ? {} : { trust }),
          });
        }
      }
    }
  });
  return [...looks.values()];
}

/** Undefined where the level did not ask for trust. */
function trustOf(verdict: AddressVerdict): Trust | undefined {
  if (verdict.anchor !== null) return { kind: 'anchored', anchor: verdict.anchor };
  return verdict.outcome === 'fail' && verdict.reason !== null && NOT_TRUSTED.has(verdict.reason)
    ? { kind: 'untrusted', reason: verdict.reason }
    : undefined;
}

const NOT_TRUSTED: ReadonlySet<string> = new Set(TRUST_REASONS);
