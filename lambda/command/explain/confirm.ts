/**
 * What is remembered of the entry that `explain` tells of, and `--confirmed HOW`: kept like a mute,
 * for the MX hosts of today alone.
 */
import { type OpenStore, whoAmI } from '../../local-doors.ts';
import {
  type Cautioned,
  type Confirmation,
  type Memory,
  memoryOf,
  withCaution,
} from '../../snapshot/caution.ts';
import { type EntrySnapshot, published } from '../../snapshot/entry-snapshot.ts';
import { mxHosts } from '../../snapshot/last-passed.ts';
import { newKeyCaution } from '../../snapshot/new-key.ts';
import { readConfirmations, saveConfirmation } from '../../store/confirmations.ts';
import type { Store } from '../../store/keys.ts';
import { readEntry } from '../../store/latest.ts';
import { DAY_MS } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';
import type { NewKey } from '../../verdict/fingerprint-suggestion.ts';
import type { PlaceFlags } from '../place.ts';
import { fromStoreIfThere } from '../store-if-there.ts';
import type { Console } from '../terminal/console.ts';

export interface ConfirmFlags extends PlaceFlags {
  /** How it was found out that mail is meant to go there. */
  readonly confirmed?: string;
}

/**
 * The verdict by the rules of snapshot/caution and snapshot/new-key, in the light of what is
 * remembered; with `--confirmed` after that was kept. Without a store, or where the usual one cannot
 * be read, nothing is remembered. `prove` adds on what days its line would have held.
 *
 * @throws UsageError where there is nothing to confirm
 * @throws StoreError where a store that is named cannot be used
 */
export const remembering = <V extends Cautioned>(
  verdict: V,
  queueLifetimeMs: number,
  flags: ConfirmFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
  {
    unproved = [],
    prove = async (one) => one,
  }: {
    readonly unproved?: readonly NewKey[];
    readonly prove?: (verdict: V, store: Store) => Promise<V>;
  } = {},
): Promise<V> =>
  fromStoreIfThere(
    flags,
    console,
    async (open) => {
      const known = await inStore(verdict, unproved, queueLifetimeMs, open, flags, console);
      return prove(known, open.store);
    },
    () => {
      const { own, now } = console;
      return withNewKey(verdict, unproved, { failingSince: now(), queueLifetimeMs, own });
    },
    flags.confirmed === undefined ? 'read' : 'change',
  );

async function inStore<V extends Cautioned>(
  verdict: V,
  unproved: readonly NewKey[],
  queueLifetimeMs: number,
  { store }: OpenStore,
  { confirmed }: ConfirmFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
): Promise<V> {
  const now = console.now();
  const before = (await readEntry(store, verdict.id, now))?.snapshot;
  const { confirmations } = await readConfirmations(store, now);
  const memory = memoryOf(before, { confirmations, queueLifetimeMs, now, own: console.own });
  if (confirmed === undefined) return withNewKey(withCaution(verdict, memory), unproved, memory);
  const by = whoAmI(console.env);
  const made = confirmationFrom(verdict, before, memory, { how: confirmed, by });
  await saveConfirmation(store, made);
  return withCaution(verdict, { ...memory, confirmations: [made] });
}

function withNewKey<V extends Cautioned>(
  verdict: V,
  unproved: readonly NewKey[],
  memory: Parameters<typeof newKeyCaution>[2],
): V {
  const caution = newKeyCaution(verdict, unproved, memory);
  return caution === undefined ? verdict : { ...verdict, caution };
}

/** @throws UsageError */
function confirmationFrom(
  verdict: Cautioned,
  before: EntrySnapshot | undefined,
  memory: Memory,
  { how, by }: { readonly how: string; readonly by: string },
): Confirmation {
  const { id, destination } = verdict;
  const refuse = (because: string) =>
    new UsageError(`explain ${plain(destination)} --confirmed: ${because}`);
  if (how.trim() === '')
    throw refuse('say who confirmed it, and how: it is shown in every message');
  const hosts = mxHosts(verdict);
  if (withCaution(verdict, { ...memory, confirmations: [] }).caution === undefined)
    throw refuse('there is nothing to confirm: no line waits for it');
  // What was asked about is what was told.
  const told = before?.verdict === 'fail' ? toldHosts(before) : hosts;
  if (hosts.some((host) => !told.includes(host)))
    throw refuse(
      `mail goes to ${listed(hosts.map((host) => plain(host)))} now, and the last run saw ` +
        `${listed(told.map((host) => plain(host)))}: look at it without --confirmed, and ask ` +
        'about these hosts',
    );
  const { now } = memory;
  return { id, destination, hosts, how: how.trim(), by, at: now, until: now + CONFIRMED_MS };
}

const toldHosts = ({ routes }: EntrySnapshot): readonly string[] =>
  routes.flatMap((route) => published(route).map(({ host }) => host.toLowerCase()));

/** As long as a mute may last. */
const CONFIRMED_MS = 90 * DAY_MS;
