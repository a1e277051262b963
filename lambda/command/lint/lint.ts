/**
 * `lint [TABLE]`: parses, and asks nobody but the resolver where an entry needs DNSSEC; each
 * problem with its line number, in Postfix's wording, and what it would do to mail.
 */
import { openDnssec } from '../../doors.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { type Destination, destinationsOf } from '../../policy/destinations.ts';
import { readBundle } from '../../policy/gather/this-machine.ts';
import { lint } from '../../policy/lint/lint.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { proveDnssec } from '../../run/check/dnssec.ts';
import type { BundleFlags, DnssecFlags } from '../flags.ts';
import { dnssecConfig } from '../gather-and-check.ts';
import { withPolicySource } from '../own-postfix.ts';
import type { Console } from '../terminal/console.ts';
import { lintDnssec, wantsDnssec } from './dnssec.ts';
import { lintDocument, lintText } from './text.ts';

export interface LintFlags extends BundleFlags, DnssecFlags {
  readonly json?: boolean;
}

/** 2 mail would defer, 1 a warning, 0 clean. */
export async function lintCommand(
  table: string | undefined,
  given: LintFlags,
  console: Console,
): Promise<number> {
  const flags = await withPolicySource(table, given);
  const bundle = await readBundle(flags);
  const destinations = destinationsOf(bundle);
  const problems = [
    ...lint(bundle, destinations),
    ...(await dnssecProblems(bundle, destinations, flags)),
  ];
  if (flags.json) console.json(lintDocument(problems, bundle));
  else console.out(lintText(problems, bundle, console.paint, console.width));
  if (problems.some(({ severity }) => severity === 'defers')) return 2;
  return problems.some(({ severity }) => severity === 'warning') ? 1 : 0;
}

async function dnssecProblems(
  bundle: Bundle,
  destinations: readonly Destination[],
  flags: DnssecFlags & Pick<BundleFlags, 'configDirectory'>,
): Promise<LintProblem[]> {
  if (!wantsDnssec(destinations)) return [];
  return lintDnssec(
    bundle,
    destinations,
    await proveDnssec(
      openDnssec({ ...dnssecConfig(flags), onMailHost: flags.configDirectory !== undefined }),
    ),
  );
}
