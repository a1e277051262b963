/** `lint [TABLE]`: parses only; each problem with its line number, in Postfix's wording, and what it would do to mail. */
import { readBundle } from '../policy/files.ts';
import { lint } from '../policy/lint.ts';
import { lintDocument, lintText } from '../show/problems.ts';
import type { Console } from './console.ts';
import type { BundleFlags } from './flags.ts';

export interface LintFlags extends BundleFlags {
  readonly json?: boolean;
}

/** 2 mail would defer, 1 a warning, 0 clean. */
export async function lintCommand(table: string | undefined, flags: LintFlags, console: Console): Promise<number> {
  const bundle = await readBundle({ ...flags, ...(table === undefined ? {} : { table }) });
  const problems = lint(bundle);
  console.out(
    flags.json
      ? `${JSON.stringify(lintDocument(problems, bundle), null, 2)}\n`
      : lintText(problems, bundle, console.paint, console.width),
  );
  if (problems.some(({ severity }) => severity === 'defers')) return 2;
  return problems.some(({ severity }) => severity === 'warning') ? 1 : 0;
}
