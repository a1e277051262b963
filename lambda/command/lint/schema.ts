/** The shape of `lint --json`. */
import * as v from 'valibot';
import { LINT_CODES } from '../../policy/lint/problem.ts';

export const lintSchema = v.strictObject({
  version: v.literal(1),
  run: v.strictObject({
    tool: v.string(),
    postfixVersion: v.string(),
    assumed: v.array(v.string()),
  }),
  summary: v.strictObject({ defers: v.number(), warning: v.number(), note: v.number() }),
  problems: v.array(
    v.strictObject({
      place: v.strictObject({ file: v.string(), line: v.nullable(v.number()) }),
      key: v.nullable(v.string()),
      severity: v.picklist(['defers', 'warning', 'note']),
      code: v.picklist(LINT_CODES),
      postfixSays: v.nullable(v.string()),
      effect: v.string(),
      cure: v.string(),
    }),
  ),
});

export type LintDocument = v.InferOutput<typeof lintSchema>;
