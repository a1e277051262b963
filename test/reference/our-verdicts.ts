/** Our own check of one configuration, by the code the command runs: real sockets, and the configuration read by postconf. */
import { openWorld } from '../../lambda/doors.ts';
import type { Bundle } from '../../lambda/policy/bundle.ts';
import { candidatesOf } from '../../lambda/policy/candidates.ts';
import { askHost, readBundle } from '../../lambda/policy/gather/this-machine.ts';
import type { PaceOptions } from '../../lambda/probe/pace.ts';
import type { FetchPolicy } from '../../lambda/route/mta-sts/find.ts';
import { checkBundle } from '../../lambda/run/check/check.ts';
import { SERVERNAME } from '../../lambda/run/check/servername.ts';
import { findNameSources, type Proposal } from '../../lambda/run/explain/name-sources.ts';
import { newLines } from '../../lambda/run/suggest/new.ts';
import type { SuggestDoors } from '../../lambda/run/suggest/suggest.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { CONTROL_HOST } from './scene.ts';

export interface Ours {
  readonly verdicts: readonly EntryVerdict[];
  readonly proposals: Readonly<Record<string, Proposal>>;
  readonly newLines: Readonly<Record<string, string>>;
}

/**
 * Verdicts for every entry and for each of `recipients`. To be called where port 53 and the hosts are those of the scene.
 *
 * @param stsPolicies what the web servers of domains would answer; absent: as `watch`, which meets nobody with SNI
 */
export async function ourVerdicts(
  configDirectory: string,
  recipients: readonly string[],
  stsPolicies?: Readonly<Record<string, string>>,
  asksNewLines = false,
): Promise<Ours> {
  const bundle = await readBundle({ configDirectory, destination: recipients });
  const world = openWorld(
    { resolvers: ['127.0.0.1'], allowPrivateAddresses: true, stepTimeoutMs: STEP_MS },
    bundle,
    (table, keys) => askHost(table, keys, configDirectory),
  );
  const pace = { concurrency: 64, perAddress: 2, perNetwork: 64, restAfter421Ms: 100, stopAt: Date.now() + PATIENCE_MS };
  const run = await checkBundle(bundle, world, {
    at: Date.now(),
    now: Date.now,
    controlHosts: [CONTROL_HOST],
    pace,
    ...(stsPolicies === undefined ? {} : { servername: SERVERNAME }),
  });
  const proposals: Record<string, Proposal> = {};
  for (const [i, destination] of run.destinations.entries()) {
    const verdict = run.verdicts[i];
    const policy = stsPolicies?.[destination.name];
    if (verdict === undefined || policy === undefined) continue;
    const doors = { ...world, fetchPolicy: async () => ({ kind: 'text', text: policy }) as const };
    const sources = await findNameSources(destination, verdict, run, bundle, doors, { ...pace, now: Date.now });
    if (sources?.proposal !== undefined) proposals[destination.name] = sources.proposal;
  }
  const fetchPolicy: FetchPolicy = async (domain) => {
    const text = stsPolicies?.[domain];
    return text === undefined
      ? { kind: 'failed', result: 'sts-policy-fetch-error', because: 'no such host' }
      : { kind: 'text', text };
  };
  return {
    verdicts: run.verdicts,
    proposals,
    newLines: asksNewLines ? await linesFor(bundle, recipients, { ...world, fetchPolicy }, pace) : {},
  };
}

/** As suggest --new has them, where nothing is remembered. */
async function linesFor(
  bundle: Bundle,
  recipients: readonly string[],
  doors: SuggestDoors,
  pace: PaceOptions,
): Promise<Record<string, string>> {
  const named = candidatesOf({ ...bundle, destinations: [] }, recipients);
  const fresh = await newLines({ ...bundle, destinations: [] }, named, doors, {
    ...{ at: Date.now(), now: Date.now, controlHosts: [CONTROL_HOST], servername: SERVERNAME, pace },
    isText: () => true,
    pastOf: () => undefined,
    headingOf: () => 'a provider',
  });
  const lines = fresh.groups.flatMap(({ destinations }) =>
    destinations.flatMap(({ candidate, change }) =>
      change?.after == null ? [] : candidate.domains.map((domain) => [domain, change.after ?? ''] as const),
    ),
  );
  return Object.fromEntries(lines);
}

/** More patient than the reference (instance.ts): what is slow, on a busy machine, must not differ from what is silent. */
const STEP_MS = 6_000;
const PATIENCE_MS = 120_000;
