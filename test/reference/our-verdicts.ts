/** Our own check of one configuration, by the code the command runs: real sockets, and the configuration read by postconf. */
import { openWorld } from '../../lambda/doors.ts';
import { askHost, readBundle } from '../../lambda/policy/gather/this-machine.ts';
import { checkBundle } from '../../lambda/run/check/check.ts';
import type { EntryVerdict } from '../../lambda/verdict/verdict.ts';
import { CONTROL_HOST } from './scene.ts';

/** Verdicts for every entry and for each of `recipients`. To be called where port 53 and the hosts are those of the scene. */
export async function ourVerdicts(configDirectory: string, recipients: readonly string[]): Promise<readonly EntryVerdict[]> {
  const bundle = await readBundle({ configDirectory, destination: recipients });
  const world = openWorld(
    { resolvers: ['127.0.0.1'], allowPrivateAddresses: true, stepTimeoutMs: STEP_MS },
    bundle,
    (table, keys) => askHost(table, keys, configDirectory),
  );
  const { verdicts } = await checkBundle(bundle, world, {
    at: Date.now(),
    now: Date.now,
    controlHosts: [CONTROL_HOST],
    pace: { concurrency: 64, perAddress: 2, perNetwork: 64, restAfter421Ms: 100, stopAt: Date.now() + PATIENCE_MS },
  });
  return verdicts;
}

/** More patient than the reference (instance.ts): what is slow, on a busy machine, must not differ from what is silent. */
const STEP_MS = 6_000;
const PATIENCE_MS = 120_000;
