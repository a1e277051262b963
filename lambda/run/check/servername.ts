/**
 * Conversations in which a name is sent (SNI), for entries that fail by what hosts present without
 * one. They serve suggestions alone (verdict/servername-suggestion).
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import { type SentName, withServername } from '../../policy/other-servername.ts';
import { clientOf } from '../../policy/service.ts';
import { contactsOf } from '../../probe/contact.ts';
import { type PaceOptions, type Probe, probeBatch } from '../../probe/pace.ts';
import { conversationsInTurn } from '../../probe/turn.ts';
import { type Evidence, judge } from '../../verdict/judge.ts';
import { judgeSafely } from '../../verdict/judge-safely.ts';
import { suggestWithServername } from '../../verdict/servername-suggestion.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

/** What was judged, and on what. */
export interface Judged {
  readonly at: number;
  readonly destinations: readonly Destination[];
  readonly verdicts: readonly EntryVerdict[];
  readonly evidence: Evidence;
}

/** The name of the host first, and that of the next hop where it did not help; each once. */
async function tryServername<T extends Judged>(
  judged: T,
  bundle: Bundle,
  probe: Probe,
  { pace, turn }: { readonly pace: PaceOptions; readonly turn: number },
): Promise<T> {
  let run = judged;
  for (const name of ['hostname', 'nexthop'] as const) {
    const wanting = run.destinations.filter((_, i) => isInQuestion(run.verdicts[i]));
    const conversations = new Map(
      wanting.flatMap((destination) =>
        conversationsWith(name, destination, run.evidence, bundle, turn).map(
          (one) => [one.id, one] as const,
        ),
      ),
    );
    if (conversations.size === 0) continue;
    const results = await probeBatch([...conversations.values()], probe, pace);
    const evidence = { ...run.evidence, results: { ...results, ...run.evidence.results } };
    const again = new Set(wanting);
    run = {
      ...run,
      evidence,
      verdicts: run.destinations.flatMap((destination, i) => {
        const before = run.verdicts[i];
        if (before !== undefined && !again.has(destination)) return [before];
        return [judgeSafely(destination, evidence, bundle, run.at, judgeWithServername)];
      }),
    };
  }
  return run;
}

/** What a run is given that is to meet hosts with a name. */
export const SERVERNAME = { tries: tryServername, judges: judgeWithServername } as const;

/** As `judge`, with what a name that is sent would change. */
function judgeWithServername(...[destination, evidence, bundle, at]: Parameters<typeof judge>) {
  return judge(destination, evidence, bundle, at, suggestWithServername);
}

/** It fails by what is presented, and no name that is sent has helped. */
function isInQuestion(verdict: EntryVerdict | undefined): boolean {
  if (verdict?.verdict !== 'fail' && verdict?.verdict !== 'degraded') return false;
  if (verdict.suggestion?.line.includes('servername=') === true) return false;
  return verdict.hosts.some(({ addresses }) =>
    addresses.some(({ outcome, reason }) => outcome === 'fail' && BY_NAME.has(reason ?? '')),
  );
}

function conversationsWith(
  name: SentName,
  destination: Destination,
  evidence: Evidence,
  bundle: Bundle,
  turn: number,
) {
  const hop = withServername(destination, name)?.hops[0];
  if (hop === undefined) return [];
  const { settings } = clientOf(bundle, hop.service);
  return conversationsInTurn(contactsOf(hop, evidence, settings), settings, turn).conversations;
}

/** What a server with another certificate for another name shows to whoever sends none. */
const BY_NAME: ReadonlySet<string> = new Set([
  'name-mismatch',
  'untrusted-issuer',
  'missing-intermediate',
  'self-signed',
  'expired',
  'handshake-failed',
]);
