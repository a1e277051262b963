/** One row of a lint table, and what lint finds in it. */
import { lint } from '../../lambda/policy/lint/lint.ts';
import { type BundleParts, bundleOf } from './bundle-of.ts';

export interface Row extends BundleParts {
  readonly because: string;
  readonly policy: string;
  readonly problems: readonly Found[];
}

/** Place, key, severity and code; what Postfix says; effect; cure. */
export type Found = readonly [about: string, says: string | null, effect: string, cure: string];

export function foundIn(row: Row): Found[] {
  return lint(bundleOf(row.policy, row)).map(({ place, key, severity, code, postfixSays, effect, cure }) => [
    `${place.file}:${place.line} ${key} ${severity} ${code}`,
    postfixSays,
    effect,
    cure,
  ]);
}
