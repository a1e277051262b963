/** `suggest` under test: a table, a small world, and what the run proposes. */
import type { KeptPolicy } from '../../../lambda/alert/sts/memory.ts';
import type { Bundle } from '../../../lambda/policy/bundle.ts';
import type { DnsAnswer, DnsType } from '../../../lambda/route/dns-answer.ts';
import type { FetchedPolicy } from '../../../lambda/route/mta-sts/find.ts';
import { SERVERNAME } from '../../../lambda/run/check/servername.ts';
import { recollect } from '../../../lambda/run/past/recollect.ts';
import { withEdits } from '../../../lambda/run/suggest/prove.ts';
import { type SuggestDoors, type Suggested, suggestChanges } from '../../../lambda/run/suggest/suggest.ts';
import { readConfirmations } from '../../../lambda/store/confirmations.ts';
import type { Store } from '../../../lambda/store/keys.ts';
import type { SmallWorld } from '../small-world.ts';

export interface Asked {
  /** Epoch ms. */
  readonly at: number;
  readonly store?: Store;
  readonly upgrade?: boolean;
  /** Policy texts by domain; null: one is announced, and cannot be fetched. */
  readonly policies?: Readonly<Record<string, string | null>>;
  /** What runs keep of them. */
  readonly kept?: Readonly<Record<string, KeptPolicy>>;
  readonly isText?: (table: string) => boolean;
}

export interface Proposed extends Suggested {
  /** Text of the first table with all changes made. */
  readonly text: string;
}

export async function suggestFor(bundle: Bundle, world: SmallWorld, asked: Asked): Promise<Proposed> {
  const { at, store, upgrade = false, isText = () => true, kept = {} } = asked;
  const now = () => at;
  const past = store === undefined ? undefined : await recollect(store, at);
  const confirmations = store === undefined ? [] : (await readConfirmations(store, at)).confirmations;
  const suggested = await suggestChanges(bundle, doorsOf(world, asked), {
    at,
    now,
    pace: { concurrency: 16, perAddress: 2, perNetwork: 16, restAfter421Ms: 1, stopAt: at + 3_600_000 },
    servername: SERVERNAME,
    upgrade,
    isText,
    keptPolicies: new Map(Object.entries(kept)),
    ...(past === undefined ? {} : { past, around: { confirmations, now: at } }),
  });
  return { ...suggested, text: withEdits(bundle, suggested.changes).policyTables[0]?.text ?? '' };
}

export function doorsOf(world: SmallWorld, { policies = {} }: Pick<Asked, 'policies'>): SuggestDoors {
  const doors = world.doors();
  const dns = {
    query: async <T extends DnsType>(name: string, type: T): Promise<DnsAnswer<T>> => {
      const domain = /^_mta-sts\.(.*)$/.exec(name)?.[1];
      if (domain === undefined || type !== 'TXT') return doors.dns.query(name, type);
      if (policies[domain] === undefined) return { kind: 'nxdomain', ad: false };
      const found: DnsAnswer<'TXT'> = { kind: 'found', records: ['v=STSv1; id=1;'], aliases: [], ad: false };
      return found as DnsAnswer<T>;
    },
  };
  return {
    ...doors,
    dns,
    fetchPolicy: async (domain): Promise<FetchedPolicy> => {
      const text = policies[domain];
      return text === undefined || text === null
        ? { kind: 'failed', result: 'sts-policy-fetch-error', because: 'there is none' }
        : { kind: 'text', text };
    },
  };
}
