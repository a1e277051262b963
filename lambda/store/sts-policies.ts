/** The MTA-STS policies of domains that lines ask for, one item a domain and vantage. */
import { isDeepStrictEqual } from 'node:util';
import { isStsKeepingDue, type StsMemory, stsKeptUntil } from '../alert/sts/memory.ts';
import { toldFindings } from '../alert/sts/standing.ts';
import { fromItem, type Held, type ItemProblem, readItem, writeItem } from './item.ts';
import { stsPolicy as kind } from './item-kinds.ts';
import { keyName, keys, type Reader, type Store } from './keys.ts';
import type { Written } from './table.ts';

export interface StsMemories {
  /** By domain. */
  readonly memories: ReadonlyMap<string, Held<StsMemory>>;
  readonly problems: readonly ItemProblem[];
}

/** All that have not expired at `now`, epoch ms. */
export async function readStsMemories({ table, space }: Reader, now: number): Promise<StsMemories> {
  const memories = new Map<string, Held<StsMemory>>();
  const problems: ItemProblem[] = [];
  for await (const page of table.query(keys.stsPolicies(space)))
    for (const item of page) {
      const read = fromItem(kind, item, now);
      if (read.kind === 'held') {
        const { kind: _kind, ...held } = read;
        memories.set(held.value.domain, held);
      } else if (read.kind !== 'absent') problems.push(read);
    }
  return { memories, problems };
}

/** Whether a newer version keeps what is known of the domain: it is left as it is. */
export const isOfNewer = ({ problems }: StsMemories, domain: string): boolean =>
  problems.some(({ kind, key }) => kind === 'newer' && key.sk === keyName(domain));

/** Of one domain; undefined where there is none that can be read. */
export async function readStsMemory(
  { table, space }: Store,
  domain: string,
  now: number,
): Promise<StsMemory | undefined> {
  const read = await readItem(table, kind, keys.stsPolicy(space, domain), now);
  return read.kind === 'held' ? read.value : undefined;
}

/**
 * Writes one where it differs from what was read, or would expire soon. `lost`: another writer was
 * there first, and theirs is kept.
 */
export async function saveStsMemory(
  { table, space }: Store,
  value: StsMemory,
  { memories, problems }: StsMemories,
  now: number,
): Promise<Written> {
  const held = memories.get(value.domain);
  const isSame = held !== undefined && isDeepStrictEqual(held.value, value);
  if (isSame && !isStsKeepingDue(held.expiresAt, now)) return 'written';
  const sk = keyName(value.domain);
  const isCorrupt = problems.some((one) => one.kind === 'corrupt' && one.key.sk === sk);
  return writeItem(table, kind, keys.stsPolicy(space, value.domain), value, {
    rev: held?.rev ?? (isCorrupt ? 'anything' : undefined),
    now,
    expiresAt: stsKeptUntil(value, now),
  });
}

/** Ids of findings by domain: those count as told, whoever wrote the memory meanwhile. */
export async function markStsTold(
  { table, space }: Store,
  told: ReadonlyMap<string, ReadonlySet<string>>,
  now: number,
): Promise<void> {
  for (const [domain, ids] of told) {
    const key = keys.stsPolicy(space, domain);
    const read = await readItem(table, kind, key, now);
    if (read.kind !== 'held') continue;
    const value = toldFindings(read.value, ids, now);
    const { rev, expiresAt } = read;
    await writeItem(table, kind, key, value, { rev, expiresAt, now });
  }
}
