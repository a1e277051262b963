/** Flags → doors → the sources of authenticated names of one destination. */
import { openPolicyFetch } from '../../doors.ts';
import { DEFAULTS } from '../../limits.ts';
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import type { CheckRun } from '../../run/check/check.ts';
import { findNameSources } from '../../run/explain/name-sources.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { BundleFlags, PatienceFlags, ProbeFlags } from '../flags.ts';
import { paceOf, worldOf } from '../gather-and-check.ts';
import type { PlaceFlags } from '../place.ts';
import type { Console } from '../terminal/console.ts';
import { policyKept } from './kept-policy.ts';
import type { NameSourcesDocument } from './source-schema.ts';
import { describeSources } from './source-words.ts';

/** Null where mail does not go by MX records, or there is nobody to ask about. */
export async function nameSourcesOf(
  destination: Destination,
  verdict: EntryVerdict,
  run: CheckRun,
  bundle: Bundle,
  flags: BundleFlags & ProbeFlags & PatienceFlags & PlaceFlags,
  console: Console,
): Promise<NameSourcesDocument | null> {
  const quiet = { ...console, progress: false };
  const patienceMs = flags.patience * 1000;
  const pace = { ...paceOf(bundle, flags, quiet), patienceMs, now: console.now };
  const { dns, dnssec, probe } = worldOf(flags, bundle, quiet, pace);
  const fetchPolicy = openPolicyFetch({
    allowPrivateAddresses: flags.allowPrivateAddresses ?? false,
    deadlineMs: Math.max(1, Math.min(DEFAULTS.stsPolicyMs, pace.stopAt - console.now())),
    ...(pace.signal === undefined ? {} : { signal: pace.signal }),
  });
  const keptPolicy = (domain: string) => policyKept(domain, flags, console);
  const doors = {
    dns,
    probe,
    fetchPolicy,
    keptPolicy,
    ...(dnssec === undefined ? {} : { dnssec }),
  };
  const sources = await console.interruption.during(() =>
    findNameSources(destination, verdict, run, bundle, doors, pace),
  );
  return sources === undefined ? null : describeSources(sources);
}
