/**
 * main.cf, or the output of `postconf -n`, to parameters.
 *
 * Follows dict_load_fp() in src/util/dict.c: the last of several settings wins, a line without `=`
 * is fatal. Values are expanded as Postfix expands them, with the defaults of the version behind
 * names that the text does not set.
 */
import { defaultOf } from './defaults.ts';
import { expand } from './expand.ts';
import { logicalLines } from './logical-line.ts';
import { splitNameValue } from './token.ts';
import type { PostfixVersion } from './version.ts';

export interface MainCfProblem {
  readonly line: number;
  readonly kind: 'fatal' | 'overridden' | 'leading-blank' | 'macro';
  /** The parameter, where there is one. */
  readonly name?: string;
  /** Postfix's wording behind `warning: ` or `fatal: `; the file is called main.cf. */
  readonly says: string;
}

export interface MainCf {
  /** Every parameter the text sets, expanded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Line of the setting that counts. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: readonly MainCfProblem[];
}

/** Reads and expands. Never throws, whatever the bytes. */
export function readMainCf(text: string, version: PostfixVersion): MainCf {
  const raw = new Map<string, { value: string; line: number }>();
  const problems: MainCfProblem[] = [];
  for (const { line, text: logical, orphan } of logicalLines(text)) {
    if (orphan) {
      const shown = logical.length > 30 ? `${logical.slice(0, 30)}...` : logical;
      problems.push({
        line,
        kind: 'leading-blank',
        says: `main.cf: logical line must not start with whitespace: "${shown}"`,
      });
      continue;
    }
    const pair = splitNameValue(logical);
    if ('error' in pair) {
      problems.push({
        line,
        kind: 'fatal',
        says: `main.cf, line ${line}: ${pair.error}: "${logical}"`,
      });
      continue;
    }
    const { name, value } = pair;
    const earlier = raw.get(name);
    if (earlier !== undefined && earlier.value !== value) {
      const says = `main.cf, line ${line}: overriding earlier entry: ${name}=${earlier.value}`;
      problems.push({ line, kind: 'overridden', name, says });
    }
    raw.set(name, { value, line });
  }

  const lookup = (name: string) =>
    raw.get(name)?.value ?? (name === 'mail_version' ? version : defaultOf(name, version));
  const parameters: Record<string, string> = {};
  const lines: Record<string, number> = {};
  for (const [name, { value, line }] of raw) {
    const expanded = expand(value, lookup);
    if ('error' in expanded) problems.push({ line, kind: 'macro', name, says: expanded.error });
    parameters[name] = 'error' in expanded ? '' : expanded.text;
    lines[name] = line;
  }
  return { parameters, lines, problems };
}
