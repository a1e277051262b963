/**
 * `policy push`, `policy show`, `policy status`, `policy forget`: the table and settings where the
 * scheduled function reads them.
 */

import { resolve } from 'node:path';
import {
  lastShown,
  noteShown,
  type OpenStore,
  openStore,
  type Purpose,
  shownPath,
  stateDirectory,
  whoAmI,
} from '../../local-doors.ts';
import { named } from '../../named-record.ts';
import type { BundleOptions } from '../../policy/gather/machine.ts';
import { namesPolicy, ownPostfixTaken } from '../../policy/gather/own-postfix.ts';
import { DATABASES } from '../../policy/gather/tables.ts';
import { type BundleSources, modifiedAt, readSources } from '../../policy/gather/this-machine.ts';
import { type TableName, tableType } from '../../postfix/lookup-table.ts';
import { bundleOfPolicy } from '../../run/watch/stored-policy.ts';
import { readPolicy, type StoredPolicy } from '../../store/policies.ts';
import { wrap } from '../../text/wrap.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags } from '../flags.ts';
import { withPolicyIfAny, withPolicySource } from '../own-postfix.ts';
import { type Place, type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { comparePolicy, type StaleTable } from './comparison.ts';
import { codeOfForgotten, forget, forgottenText } from './forget.ts';
import { type PushOutcome, push } from './push.ts';
import { type PolicyName, pushedText, refusedText, shortVersion } from './push-text.ts';
import { partNames, policyStatusDocument, policyStatusText } from './status-text.ts';
import { versionsHeld } from './versions.ts';

export interface PushFlags extends BundleFlags, PlaceFlags {
  readonly force?: boolean;
  readonly ifChanged?: boolean;
  readonly expect?: string;
}

/**
 * 0 pushed or in use already, 2 refused for mail that would be deferred, 3 refused for what
 * somebody else pushed.
 */
export async function policyPush(
  table: string | undefined,
  flags: PushFlags,
  console: Console,
): Promise<number> {
  if (flags.expect !== undefined && !/^[0-9a-f]{8,64}$/.test(flags.expect))
    throw new UsageError(
      `--expect ${flags.expect}: a version is wanted, at least its first 8 digits, as "policy ` +
        'status" shows it',
    );
  const { isOwnPostfix, ...source } = await withPolicySource(table, flags);
  const sources = await readSources(source);
  const taken = takenLines(isOwnPostfix, source, console);
  return withPolicy(flags, 'create', console, async (open, name, noted) => {
    const outcome = await push(open.store, sources, {
      by: whoAmI(console.env),
      at: console.now(),
      expected: flags.expect ?? (await lastShown(stateDirectory(console.env), noteOf(name))),
      insisted: flags.expect !== undefined,
      force: flags.force ?? false,
    });
    if (outcome.kind !== 'refused') await noted(outcome.version);
    switch (outcome.kind) {
      case 'unchanged':
        if (!flags.ifChanged)
          console.out(
            `version ${shortVersion(outcome.version)} is in use already: nothing to push\n${taken}`,
          );
        return 0;
      case 'pushed':
        console.out(`${pushedText(outcome, name, sources.bundle, console.width)}${taken}`);
        return 0;
      case 'refused':
        console.err(`${refusedText(outcome.refusals, name, console.width)}${taken}`);
        return codeOf(outcome);
    }
  });
}

export interface ShowFlags extends PlaceFlags {
  readonly part?: string;
}

/** 0 done; 1 where the version in use holds secrets too, and has to be pushed anew first. */
export async function policyForget(flags: PlaceFlags, console: Console): Promise<number> {
  return withPolicy(flags, 'change', console, async (open, name) => {
    const forgotten = await forget(open.store, name);
    console.out(forgottenText(forgotten, name, console.width));
    return codeOfForgotten(forgotten);
  });
}

/** Prints a stored file as it was pushed, byte for byte. */
export async function policyShow(flags: ShowFlags, console: Console): Promise<number> {
  return withPolicy(flags, 'read', console, async (open, name, noted) => {
    const stored = await readPolicy(open.store);
    if (stored === undefined) throw nothingPushed(name);
    console.bytes(flags.part === undefined ? tableOf(stored) : partNamed(flags.part, stored));
    await noted(stored.version);
    return 0;
  });
}

export interface PolicyStatusFlags extends BundleFlags, PlaceFlags {
  readonly json?: boolean;
}

/** 0 the pushed copy is in use, 1 it is not or postmap was not run, 3 nothing was pushed. */
export async function policyStatus(
  table: string | undefined,
  given: PolicyStatusFlags,
  console: Console,
): Promise<number> {
  const { isOwnPostfix, ...flags } = await withPolicyIfAny(table, given);
  const compares = namesPolicy(flags);
  return withPolicy(flags, 'read', console, async (open, name, noted) => {
    const stored = await readPolicy(open.store);
    const sources = compares ? await sourcesLike(stored, flags) : undefined;
    const compared =
      stored === undefined || sources === undefined
        ? undefined
        : comparePolicy(
            stored,
            bundleOfPolicy(stored),
            sources,
            await staleTables([
              ...sources.bundle.settings.policyMaps,
              ...sources.bundle.settings.transportMaps,
            ]),
            console.now(),
          );
    const versions = await versionsHeld(open.store);
    if (flags.json) console.json(policyStatusDocument(stored, compared, name, versions));
    else {
      const taken = compared === undefined ? '' : takenLines(isOwnPostfix, flags, console);
      console.out(`${policyStatusText(stored, compared, name, versions, console.width)}${taken}`);
    }
    if (stored === undefined) return 3;
    await noted(stored.version);
    return compared === undefined || (compared.same && compared.stale.length === 0) ? 0 : 1;
  });
}

/** The sources here, with the destinations that were pushed where none are named. */
function sourcesLike(
  stored: StoredPolicy | undefined,
  flags: BundleOptions,
): Promise<BundleSources> {
  const named = flags.destination !== undefined || flags.destinations !== undefined;
  const kept = stored === undefined || named ? [] : bundleOfPolicy(stored).destinations;
  return readSources({
    ...flags,
    ...(kept.length === 0 ? {} : { destination: kept }),
  });
}

/** Said beside what is pushed and not in it: the function's Postfix is the one it was pushed from. */
function takenLines(
  isOwnPostfix: true | undefined,
  { configDirectory }: BundleOptions,
  { width }: Console,
): string {
  if (isOwnPostfix === undefined || configDirectory === undefined) return '';
  return `${wrap(`assumed: ${ownPostfixTaken(configDirectory)}`, width, '  ').join('\n')}\n`;
}

/**
 * Opens the store; `noted` remembers that a version was shown here, and only complains where it
 * cannot.
 */
async function withPolicy(
  flags: PlaceFlags,
  purpose: Purpose,
  console: Console,
  work: (
    open: OpenStore,
    name: PolicyName,
    noted: (version: string) => Promise<void>,
  ) => Promise<number>,
): Promise<number> {
  const place: Place = await placeOf(flags);
  const open = await openStore(place, purpose, console.env);
  const name = { policy: place.policy, place: open.place, vantage: open.store.space.vantage };
  const directory = stateDirectory(console.env);
  try {
    return await work(open, name, async (version) => {
      await noteShown(directory, noteOf(name), version).catch((error: Error) => {
        console.err(
          `warning: cannot note in ${shownPath(directory)} which version was shown: ` +
            `${error.message}\n`,
        );
      });
    });
  } finally {
    open.close();
  }
}

/** A store in a directory is the same one wherever the command is run from. */
const noteOf = ({ place, policy }: PolicyName) => ({
  place: place.startsWith('DynamoDB ') ? place : resolve(place),
  policy,
});

function codeOf({ refusals }: Extract<PushOutcome, { kind: 'refused' }>): number {
  return refusals.some(({ kind }) => kind === 'defers' || kind === 'breaks') ? 2 : 3;
}

function nothingPushed({ policy, place }: PolicyName): UsageError {
  return new UsageError(`policy "${policy}" in ${place}: nothing was pushed yet`);
}

/** The one table; several have to be told apart. */
function tableOf(stored: StoredPolicy): Uint8Array {
  const { policyTables } = bundleOfPolicy(stored);
  const [table, ...others] = policyTables;
  if (table === undefined)
    throw new UsageError(
      `the pushed policy has no table; its parts are ${listOf(stored)}, see --part`,
    );
  if (others.length > 0)
    throw new UsageError(
      `the pushed policy has ${policyTables.length} tables; name one of its parts with --part: ` +
        `${listOf(stored)}`,
    );
  // A table that postmap listed has no file of its own.
  return named(stored.parts, pathOf(tableType(table.name))) ?? new TextEncoder().encode(table.text);
}

/** By its whole name, or the last component of its path where that is unique. */
function partNamed(wanted: string, stored: StoredPolicy): Uint8Array {
  const exact = named(stored.parts, wanted);
  const names = Object.keys(stored.parts).filter((part) => part.split('/').at(-1) === wanted);
  const [only, ...others] = names;
  const found = exact ?? (only === undefined || others.length > 0 ? undefined : stored.parts[only]);
  if (found === undefined)
    throw new UsageError(`--part ${wanted}: the pushed policy has ${listOf(stored)}`);
  return found;
}

const listOf = ({ parts }: StoredPolicy): string => partNames(parts).join(', ');

/**
 * Tables whose text was changed since postmap read it. One without a database beside it is of
 * another host.
 */
async function staleTables(maps: readonly TableName[]): Promise<StaleTable[]> {
  const stale: StaleTable[] = [];
  for (const map of maps) {
    const { type, path } = map.type === 'proxy' ? tableType(map.path) : map;
    const suffix = named(DATABASES, type);
    if (suffix === undefined) continue;
    const [text, built] = [await modifiedAt(path), await modifiedAt(`${path}${suffix}`)];
    if (text !== undefined && built !== undefined && text > built + 1_000)
      stale.push({ path, database: `${path}${suffix}` });
  }
  return stale;
}

/** `proxy:` stands before another table's name. */
const pathOf = ({ type, path }: { readonly type: string; readonly path: string }): string =>
  type === 'proxy' ? tableType(path).path : path;
