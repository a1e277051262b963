/**
 * `suggest --new`: whom mail goes to, by the log, a list, or what `watch --observe` has looked at; and
 * what is remembered of those that no line covers.
 */

import { BOUNDS } from '../../limits.ts';
import type { MailSent } from '../../log/mail-sent.ts';
import { recipientsOf } from '../../log/mail-sent.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Candidates, candidatesOf } from '../../policy/candidates.ts';
import type { Recollection } from '../../run/past/recollect.ts';
import type { Fresh } from '../../run/suggest/new.ts';
import { notRetired, readLatest } from '../../store/latest.ts';
import { observedSpace } from '../../store/spaces.ts';
import { UsageError } from '../../usage-error.ts';
import { domainsOf } from '../mail-log.ts';
import type { PlaceFlags } from '../place.ts';
import { fromStoreIfThere } from '../store-if-there.ts';
import type { Console } from '../terminal/console.ts';
import { type Remembered, rememberedIn } from './memory.ts';

/** What is remembered of candidates, and of which. */
export interface CandidateMemory {
  /** That of the days on which they were looked at, for people. */
  readonly memory: Remembered;
  /** By id; undefined where nothing is remembered of it. */
  readonly pastOf: (id: string) => Recollection | undefined;
  /** Keys of those that `watch --observe` looks at. */
  readonly observed: readonly string[];
}

/** @throws StoreError where a store that is named cannot be read */
export const candidateMemory = (
  flags: PlaceFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
): Promise<CandidateMemory> =>
  fromStoreIfThere<CandidateMemory>(
    flags,
    console,
    async (open) => {
      const { store, place } = open;
      const beside = { ...store, space: observedSpace(store.space) };
      const [own, seen] = [
        await rememberedIn(open, console),
        await rememberedIn({ store: beside, place }, console),
      ];
      const latest = await readLatest(beside, console.now());
      const pasts = [seen, own].flatMap((one) => (one.kind === 'remembered' ? [one.past] : []));
      const policies = own.kind === 'remembered' ? { policies: own.policies } : {};
      const because = `${place} has nothing that was seen of candidates from ${store.space.vantage}`;
      return {
        memory:
          seen.kind === 'remembered' ? { ...seen, ...policies } : { kind: 'nothing', because },
        pastOf: (id) => pasts.find(({ entries }) => entries.has(id)),
        observed: notRetired(latest.entries).map(({ snapshot }) => snapshot.id),
      };
    },
    ({ message }) => ({
      memory: { kind: 'nothing', because: message },
      pastOf: () => undefined,
      observed: [],
    }),
  );

/** Where the names come from that lines are looked for. */
export interface Asked extends Candidates {
  readonly source: 'log' | 'names' | 'observed';
  /** Of a log: epoch ms. */
  readonly since?: number;
  /** Of a log: recipients in all, and by domain. */
  readonly recipients?: { readonly all: number; readonly byDomain: ReadonlyMap<string, number> };
  /** How many candidates are beyond the bound. */
  readonly beyond: number;
}

/** What is found of them is judged again under a policy that names nobody besides. */
export const namingNobody = (bundle: Bundle): Bundle => ({ ...bundle, destinations: [] });

/** @throws UsageError where nobody is named */
export function askedFor(
  bundle: Bundle,
  sent: MailSent | undefined,
  observed: readonly string[],
): Asked {
  const named = [...bundle.destinations, ...domainsOf(sent)];
  const names = named.length === 0 && sent === undefined ? observed : named;
  if (names.length === 0 && sent === undefined)
    throw new UsageError(
      '--new: for whom? Name where mail goes with --destinations-from-log, --destinations or ' +
        '--destination, or have watch --observe look at a list',
    );
  const { candidates, covered, others } = candidatesOf(namingNobody(bundle), names);
  const kept = candidates.slice(0, BOUNDS.candidates);
  return {
    source: sent !== undefined ? 'log' : named.length > 0 ? 'names' : 'observed',
    candidates: kept,
    covered,
    others,
    beyond: candidates.length - kept.length,
    ...(sent === undefined ? {} : { recipients: recipientsOf(sent) }),
    ...(sent?.since === undefined ? {} : { since: sent.since }),
  };
}

/** What was asked, and what was found. */
export interface NewShown {
  readonly asked: Asked;
  readonly groups: Fresh['groups'];
}
