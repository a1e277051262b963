/**
 * The pushed policy: every text a run needs, under the digest of its content.
 *
 * The parts of a version are written first and the head is flipped last, on condition that nobody
 * else flipped it: a push that dies half way leaves the policy in use untouched. A superseded
 * version is kept as long as the history that names it.
 */

import { createHash } from 'node:crypto';
import { byName } from '../named-record.ts';
import { readChunks, writeChunks } from './chunks.ts';
import { HISTORY_MS } from './history.ts';
import { readItem, toItem } from './item.ts';
import { policyHead, policyManifest } from './item-kinds.ts';
import { keys, type Store } from './keys.ts';
import type { PolicyHead, PolicyManifest } from './stored-values.ts';
import type { Key, Table } from './table.ts';
import { StoreError } from './table-error.ts';

/**
 * Named byte strings: `bundle.json`, `tls_policy`, … Names are up to the caller; they come back
 * byte for byte.
 */
export type PolicyParts = Readonly<Record<string, Uint8Array>>;

export interface StoredPolicy {
  readonly version: string;
  readonly parts: PolicyParts;
  readonly pushedAt: number;
  readonly pushedBy: string;
}

/** `rev` is what a push must find; 0 before the first push. */
export interface PolicyState {
  readonly head: PolicyHead | undefined;
  readonly rev: number;
}

export interface Push {
  readonly parts: PolicyParts;
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
  /** Of the head as it was last shown: refused where somebody else pushed since. */
  readonly rev: number;
}

export type Pushed =
  | { readonly kind: 'pushed'; readonly version: string }
  /** The content is what is in use already: nothing was written. */
  | { readonly kind: 'unchanged'; readonly version: string }
  /** Somebody else pushed since; `head` is theirs. */
  | { readonly kind: 'refused'; readonly head: PolicyHead | undefined };

/** Digest over names and contents, lower-case hex: the version they would have. */
export function policyVersion(parts: PolicyParts): string {
  const sum = createHash('sha256');
  for (const name of Object.keys(parts).toSorted()) {
    sum.update(JSON.stringify([name, sha256(parts[name] ?? new Uint8Array())]));
  }
  return sum.digest('hex');
}

/**
 * Which version is in use.
 *
 * @throws StoreError `damaged` where the head cannot be read
 */
export async function policyState({ table, space }: Store): Promise<PolicyState> {
  const read = await readItem(table, policyHead, keys.policyHead(space), 0);
  switch (read.kind) {
    case 'absent':
      return { head: undefined, rev: 0 };
    case 'held':
      return { head: read.value, rev: read.rev };
    case 'newer':
      throw newerPolicy(table);
    case 'corrupt':
      throw new StoreError(
        'damaged',
        `${table.title}: the policy's head cannot be read (${read.because}); restore the table ` +
          'or push under another name',
      );
  }
}

/**
 * Writes a version and makes it the one in use, on condition that the head still has `rev`.
 *
 * @throws StoreError `damaged` where the head cannot be read, or a newer version of this program
 * wrote the policy
 */
export async function pushPolicy(store: Store, { parts, by, at, rev }: Push): Promise<Pushed> {
  const { table, space } = store;
  const state = await policyState(store);
  const version = policyVersion(parts);
  if (state.rev !== rev) return { kind: 'refused', head: state.head };
  if (state.head?.current === version) return { kind: 'unchanged', version };

  const pk = keys.policyVersion(space, version);
  const manifest: PolicyManifest = { parts: [], pushedAt: at, pushedBy: by };
  const written = [...manifest.parts];
  for (const name of Object.keys(parts).toSorted()) {
    const content = parts[name] ?? new Uint8Array();
    const chunks = await writeChunks(table, pk, name, content);
    written.push({ name, bytes: content.length, sha256: sha256(content), chunks });
  }
  const item = toItem(policyManifest, { pk, sk: 'manifest' }, { ...manifest, parts: written });
  if ((await table.put(item, { kind: 'not-newer', v: policyManifest.v })) === 'lost')
    throw newerPolicy(table);

  const head = toItem(
    policyHead,
    keys.policyHead(space),
    { current: version, pushedAt: at, pushedBy: by },
    { rev },
  );
  const flipped = await table.put(head, rev === 0 ? { kind: 'absent' } : { kind: 'rev', rev });
  if (flipped === 'lost') return { kind: 'refused', head: (await policyState(store)).head };
  if (state.head !== undefined) await expireVersion(store, state.head.current, at + HISTORY_MS);
  return { kind: 'pushed', version };
}

/**
 * Reads a version, by default the one in use; undefined where nothing was pushed, or that version
 * is gone.
 *
 * @throws StoreError `damaged` where a part is missing or its bytes are not those that were pushed.
 */
export async function readPolicy(
  store: Store,
  version?: string,
): Promise<StoredPolicy | undefined> {
  const { table, space } = store;
  const wanted = version ?? (await policyState(store)).head?.current;
  if (wanted === undefined) return undefined;
  const pk = keys.policyVersion(space, wanted);
  const read = await readItem(table, policyManifest, { pk, sk: 'manifest' }, 0);
  if (read.kind === 'absent' && version !== undefined) return undefined;
  const damaged = (because: string) =>
    new StoreError(
      'damaged',
      `${table.title}: policy version ${wanted.slice(0, 12)} ${because}; push the policy again`,
    );
  if (read.kind !== 'held') throw damaged('has no readable manifest');
  const { pushedAt, pushedBy } = read.value;
  const parts = byName<Uint8Array>();
  for (const part of read.value.parts) {
    const content = await readChunks(table, pk, part.name, part.chunks);
    if (sha256(content) !== part.sha256)
      throw damaged(`has other bytes in "${part.name}" than were pushed`);
    parts[part.name] = content;
  }
  return { version: wanted, parts, pushedAt, pushedBy };
}

/** A version that is stored beside the one in use, or was. */
export interface StoredVersion {
  readonly version: string;
  readonly isCurrent: boolean;
  /** Items, its manifest among them. */
  readonly items: number;
}

/**
 * Every version of this policy that anything is stored of, the one in use first. Only a look at the
 * whole table finds those that were superseded.
 *
 * @throws StoreError `access-denied` where these credentials may not read the whole table
 */
export async function storedVersions(store: Store): Promise<readonly StoredVersion[]> {
  const { table, space } = store;
  const current = (await policyState(store)).head?.current;
  const prefix = keys.policyVersion(space, '');
  const items = new Map<string, number>();
  for await (const page of table.scan())
    for (const { pk } of page) {
      if (!pk.startsWith(prefix)) continue;
      const version = pk.slice(prefix.length);
      items.set(version, (items.get(version) ?? 0) + 1);
    }
  return [...items]
    .map(([version, count]) => ({ version, isCurrent: version === current, items: count }))
    .toSorted(
      (a, b) =>
        Number(b.isCurrent) - Number(a.isCurrent) || a.version.localeCompare(b.version, 'en'),
    );
}

/**
 * Deletes a version that is not in use, its manifest last; answers how many items it had.
 *
 * @throws StoreError `held` where it is, or has become, the one in use
 */
export async function forgetVersion(store: Store, version: string): Promise<number> {
  const { table, space } = store;
  const pk = keys.policyVersion(space, version);
  const found: Key[] = [];
  for await (const page of table.query(pk)) found.push(...page.map(({ sk }) => ({ pk, sk })));
  let deleted = 0;
  const isManifest = ({ sk }: Key) => Number(sk === 'manifest');
  for (const key of found.toSorted((a, b) => isManifest(a) - isManifest(b))) {
    if ((await policyState(store)).head?.current === version)
      throw new StoreError(
        'held',
        `${table.title}: policy version ${version.slice(0, 12)} is the one in use, and stays`,
      );
    await table.delete(key);
    deleted++;
  }
  return deleted;
}

/** Lets a superseded version go; pushing it again writes it anew, without an end. */
async function expireVersion({ table, space }: Store, version: string, at: number): Promise<void> {
  const expiresAt = Math.ceil(at / 1000);
  for await (const page of table.query(keys.policyVersion(space, version))) {
    for (const { pk, sk } of page)
      await table.update({ pk, sk }, { expiresAt }, { kind: 'present' });
  }
}

const newerPolicy = ({ title }: Table): StoreError =>
  new StoreError(
    'damaged',
    `${title}: the policy was pushed by a newer version; update this installation`,
  );

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
