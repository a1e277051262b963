/** What the programs of Postfix say last. */
import { withoutQuotedLine } from '../../postfix/read-parameters.ts';

/** What one said behind `fatal: `; undefined where it did not end so. */
export function fatalIn(errors: string): string | undefined {
  const said = /^[^:\n]*: fatal: (.*)$/m.exec(errors)?.[1];
  return said === undefined
    ? undefined
    : withoutQuotedLine(said.replace(/: query error: Success$/, ': query error'));
}
