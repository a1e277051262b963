/**
 * The conversations of a run under the names of the hosts they were had for: what snapshots are
 * made of. Pure.
 */

import { TRUST_REASONS } from '../../certificate/trust/reason.ts';
import type { HostConversation, Trust } from '../../snapshot/host-snapshot.ts';
import { type AddressVerdict, type EntryVerdict, publishedName } from '../../verdict/verdict.ts';
import type { CheckRun } from '../check/check.ts';

/** One for each host and conversation, in table order, of the destinations wanted. */
export function hostConversations(
  run: Pick<CheckRun, 'destinations' | 'contacts' | 'evidence' | 'verdicts'>,
  wanted: (id: string) => boolean = () => true,
): HostConversation[] {
  const found = new Map<string, HostConversation>();
  run.destinations.forEach((destination, i) => {
    if (destination.unchecked !== undefined || !wanted(destination.id)) return;
    const contacts = destination.hops.flatMap((hop) => run.contacts.get(hop) ?? []);
    for (const { host, conversation } of contacts) {
      const result = conversation && run.evidence.results[conversation.id];
      if (conversation === undefined || result === undefined) continue;
      const key = `${host.host} ${conversation.id}`;
      if (found.get(key)?.trust !== undefined) continue;
      const trust = trustOf(judgedOf(run.verdicts[i], host.host, conversation));
      const one = { host: host.host, conversation, result };
      found.set(key, trust === undefined ? one : { ...one, trust });
    }
  });
  return [...found.values()];
}

/** What an entry's verdict says of one address of a host. */
function judgedOf(
  verdict: EntryVerdict | undefined,
  published: string,
  { address, port }: Pick<AddressVerdict, 'address' | 'port'>,
): AddressVerdict | undefined {
  return verdict?.hosts
    .filter((host) => publishedName(host) === published)
    .flatMap((host) => host.addresses)
    .find((one) => one.address === address && one.port === port);
}

/** Undefined where the level did not ask for trust. */
function trustOf(verdict: AddressVerdict | undefined): Trust | undefined {
  if (verdict === undefined) return undefined;
  if (verdict.anchor !== null) return { kind: 'anchored', anchor: verdict.anchor };
  return verdict.outcome === 'fail' && verdict.reason !== null && NOT_TRUSTED.has(verdict.reason)
    ? { kind: 'untrusted', reason: verdict.reason }
    : undefined;
}

const NOT_TRUSTED: ReadonlySet<string> = new Set(TRUST_REASONS);
