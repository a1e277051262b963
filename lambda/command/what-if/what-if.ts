/**
 * `what-if [TABLE]`: another table, main.cf, CA bundle or version, judged on what was last seen;
 * asks no network at all, and changes nothing.
 */
import { join } from 'node:path';
import { openStore } from '../../local-doors.ts';
import { readBundleBelow } from '../../policy/gather/below-directory.ts';
import type { BundleOptions } from '../../policy/gather/machine.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import { certificatesOf } from '../../snapshot/host-snapshot.ts';
import type { Remembered } from '../../snapshot/remembered-evidence.ts';
import { readCertificates } from '../../store/certificates.ts';
import type { ItemProblem } from '../../store/item.ts';
import type { Store } from '../../store/keys.ts';
import { notRetired, readLatest } from '../../store/latest.ts';
import { lastComplete, recentRuns } from '../../store/runs.ts';
import { UsageError } from '../../usage-error.ts';
import type { BundleFlags } from '../flags.ts';
import { type PlaceFlags, placeOf } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { policyInForce } from './baseline.ts';
import { otherPolicy, type ReadBundle } from './other-policy.ts';
import { exitStatus, type Shown, whatIfDocument, whatIfText } from './text.ts';
import { compare } from './turns.ts';

export interface WhatIfFlags extends BundleFlags, PlaceFlags {
  /** Directory: nothing else is opened, nothing is run. */
  readonly offlineSources?: string;
  readonly json?: boolean;
}

/**
 * 2 something would newly fail, 1 it would be worse or cannot be told, 0 nothing turns or only for
 * the better.
 *
 * @throws UsageError where nothing is named, nothing was seen or nothing is in force
 */
export async function whatIfCommand(
  table: string | undefined,
  flags: WhatIfFlags,
  console: Console,
): Promise<number> {
  const { offlineSources } = flags;
  const named: BundleOptions = { ...flags, ...(table === undefined ? {} : { table }) };
  if (!NAMED.some((name) => named[name] !== undefined))
    throw new UsageError(
      'what-if: nothing is named that would be otherwise; give a table, --main-cf, ' +
        '--config-directory, --transport, --ca-file, --ca-path, --postfix-version or ' +
        '--openssl-version',
    );
  const { options, read } =
    offlineSources === undefined
      ? { options: named, read: readBundle }
      : { options: asFiles(named), read: below(offlineSources) };
  const at = console.now();
  const open = await openStore(await placeOf(flags), 'read', console.env);
  try {
    const { space } = open.store;
    const { remembered, problems } = await lastSeen(open.store, at);
    const baseline = await policyInForce(open.store, flags.smtpPort, offlineSources !== undefined);
    const other = await otherPolicy(baseline, options, read, offlineSources !== undefined);
    const before = {
      ...baseline.bundle,
      destinations: [...new Set([...baseline.bundle.destinations, ...other.bundle.destinations])],
    };
    const compared = compare(before, other.bundle, remembered, other.limits, at);
    const shown: Shown = {
      compared,
      inForce: baseline.inForce,
      of: { place: open.place, ...space },
      at,
      lastRunAt: lastComplete((await recentRuns(open.store, at)).runs)?.startedAt,
      assumed: other.assumed,
      problems,
    };
    if (flags.json) console.json(whatIfDocument(shown));
    else console.out(whatIfText(shown, console.paint, console.width));
    return exitStatus(compared);
  } finally {
    open.close();
  }
}

const below =
  (directory: string): ReadBundle =>
  (options) =>
    readBundleBelow(directory, options);

/** Where no postconf is run, main.cf of a configuration directory is read as a text. */
function asFiles({ configDirectory, ...options }: BundleOptions): BundleOptions {
  if (configDirectory === undefined) return options;
  if (options.mainCf !== undefined)
    throw new UsageError(
      '--config-directory and --main-cf both say where settings come from: give one of them',
    );
  return { ...options, mainCf: join(configDirectory, 'main.cf') };
}

/** What is watched still: of what left the policy nothing new was seen. @throws UsageError */
async function lastSeen(
  store: Store,
  now: number,
): Promise<{ readonly remembered: Remembered; readonly problems: readonly string[] }> {
  const latest = await readLatest(store, now);
  const hosts = notRetired(latest.hosts);
  const entries = notRetired(latest.entries).map(({ snapshot }) => snapshot);
  if (hosts.length === 0)
    throw new UsageError(
      `what-if: nothing was ever seen from ${store.space.vantage} for the policy ` +
        `"${store.space.policy}", so that there is nothing to judge on: run watch first, or name ` +
        'its --store, --policy and --vantage',
    );
  const { der, problems } = await readCertificates(store, hosts.flatMap(certificatesOf));
  return {
    remembered: { entries, hosts, certificates: der },
    problems: [...latest.problems, ...problems].map(problemWords),
  };
}

const problemWords = (problem: ItemProblem): string =>
  problem.kind === 'newer'
    ? `${problem.key.sk} was written by a newer version`
    : `${problem.key.sk}: ${problem.because}`;

const NAMED = [
  'table',
  'mainCf',
  'configDirectory',
  'transport',
  'caFile',
  'caPath',
  'postfixVersion',
  'opensslVersion',
] as const satisfies readonly (keyof BundleOptions)[];
