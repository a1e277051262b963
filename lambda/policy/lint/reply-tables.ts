/** Lint of the tables that smtp(8) asks in the middle of a conversation. */
import type { Bundle } from '../bundle.ts';
import { cureOfMissing } from './files.ts';
import type { LintProblem } from './problem.ts';

/** Those that Postfix cannot open; what this user may not read is said with what is assumed. */
export function lintReplyTables({ replyTables }: Bundle): LintProblem[] {
  const missing = replyTables?.problems.filter(({ kind }) => kind === 'missing') ?? [];
  return missing.map((problem) => ({
    place: { file: problem.name, line: null },
    key: null,
    code: 'table-missing',
    severity: 'defers',
    postfixSays: `${problem.name} is unavailable. ${problem.because}`,
    effect:
      'smtp(8) asks it in the middle of a conversation: every host whose greeting or EHLO reply ' +
      'comes to it is given up (4.3.0 local data error)',
    cure: cureOfMissing(problem),
  }));
}
