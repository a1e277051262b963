/**
 * What `lint` says where the table asks for DANE and no resolver here proves that it validates.
 * Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import type { Destination } from '../../policy/destinations.ts';
import type { LintProblem } from '../../policy/lint/problem.ts';
import { asksDane, type Dnssec } from '../../run/check/dnssec.ts';

/** Whether any entry takes its demands from DNSSEC. */
export const wantsDnssec = (destinations: readonly Destination[]): boolean =>
  destinations.some(({ hops }) => hops.some(asksDane));

/** At most one problem, at the first entry concerned. */
export function lintDnssec(
  bundle: Bundle,
  destinations: readonly Destination[],
  dnssec: Dnssec,
): LintProblem[] {
  if (dnssec.kind === 'proved') return [];
  const asking = destinations.filter(({ hops }) => hops.some(asksDane));
  const [first] = asking;
  if (first === undefined) return [];
  const count = `${asking.length} ${asking.length === 1 ? 'entry' : 'entries'}`;
  return [
    {
      place: {
        file: first.entry?.table ?? bundle.policyTables[0]?.name ?? 'main.cf',
        line: first.entry?.line || null,
      },
      key: first.entry?.key ?? null,
      severity: 'warning',
      code: 'no-dnssec',
      postfixSays: null,
      effect:
        dnssec.kind === 'unsigned'
          ? `${count} at dane or dane-only get nothing from DNSSEC: ${dnssec.because}`
          : `${count} at dane or dane-only cannot be judged here: ${dnssec.because}; ` +
            'a Postfix that asks the same resolver treats dane as may, and defers what is ' +
            'dane-only',
      cure:
        'run a validating resolver on this host (unbound, say), or name one with ' +
        '--dnssec-resolver',
    },
  ];
}
