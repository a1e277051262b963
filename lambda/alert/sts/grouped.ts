/** What is told of MTA-STS policies, one item for all domains of which the same is to be said. Pure. */
import type { StsFinding } from './findings.ts';
import type { StsFindingKind } from './memory.ts';
import type { OpenFinding } from './standing.ts';

export interface StsItem {
  readonly kind: StsFindingKind;
  /** At least one. */
  readonly findings: readonly StsFinding[];
  /** Makes a message due by itself. */
  readonly isNews: boolean;
}

/** Worst first, news before what comes beside it, many entries before few. */
export function stsItems(due: readonly OpenFinding[]): StsItem[] {
  const groups = Map.groupBy(due, ({ finding }) => alike(finding));
  return [...groups.values()]
    .map((group) => ({
      kind: (group[0] as OpenFinding).finding.kind,
      findings: group.map(({ finding }) => finding),
      isNews: group.some(({ isNews }) => isNews),
    }))
    .toSorted(
      (a, b) =>
        Number(b.isNews) - Number(a.isNews) ||
        ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
        b.findings.length - a.findings.length,
    );
}

const alike = ({ kind, how, added, removed, outside }: StsFinding): string =>
  JSON.stringify([kind, how ?? '', added, removed, outside]);

const ORDER: readonly StsFindingKind[] = ['unfit', 'withdrawn', 'changed', 'appeared'];
