/** Lint of a table as a text: lines Postfix drops, duplicate keys, entries it calls broken. */

import type { TableLine } from '../../postfix/lookup-table.ts';
import { bracedTokens } from '../../postfix/token.ts';
import type { Bundle } from '../bundle.ts';
import { policyPlace } from '../lookup.ts';
import type { ParsedTable, TableEntry } from '../parse.ts';
import { cureOf } from './cure.ts';
import { defersFor, type LintProblem } from './problem.ts';

export function lintTable(table: ParsedTable, bundle: Bundle): LintProblem[] {
  if (table.noPolicy !== undefined) return [ofNoPolicy(table.name, table.noPolicy)];
  const problems = table.problems.map((line) => ofLine(line, table));
  for (const entry of table.entries) {
    if (entry.shadowedBy !== undefined) continue;
    if (entry.policy.kind === 'broken')
      problems.push(ofBroken(entry, entry.policy.warning, bundle));
    else if (entry.policy.level === 'none') problems.push(...ofNone(entry));
  }
  return problems;
}

/** One problem for all lines: whatever they hold, it is not to be shown. */
function ofNoPolicy(file: string, lines: number): LintProblem {
  return {
    place: { file, line: null },
    key: null,
    code: 'no-policy-table',
    severity: 'defers',
    postfixSays: null,
    effect:
      `this is no table of TLS policies: none of its ${lines} lines has a level, and all mail to ` +
      'the next hops among its keys would be deferred (4.7.5 client TLS configuration problem)',
    cure:
      'correct smtp_tls_policy_maps; what the file holds is not shown, since it may be ' +
      'passwords',
  };
}

function ofLine(line: TableLine, table: ParsedTable): LintProblem {
  const base = { place: { file: line.table, line: line.line }, postfixSays: line.warning };
  switch (line.kind) {
    case 'duplicate': {
      const entry = table.entries.find((one) => one.line === line.line);
      const first = entry?.shadowedBy ?? 0;
      const key = entry?.key ?? '';
      const cure = `delete line ${first} or this one`;
      return table.type === 'texthash'
        ? {
            ...base,
            key,
            code: 'duplicate-key',
            severity: 'defers',
            effect:
              'Postfix cannot use the table at all: all mail of this client would be deferred ' +
              '(4.7.5), to whatever next hop',
            cure: `${cure}; a hash: or lmdb: table keeps the first of two`,
          }
        : {
            ...base,
            key,
            code: 'duplicate-key',
            severity: 'warning',
            effect: `this line is never used, because line ${first} has the same key`,
            cure,
          };
    }
    case 'no-value':
      return ignored(base, 'write a level behind the key, or delete the line');
    case 'unbalanced-quote':
      return ignored(base, 'take the quote out: no next hop has quotes');
    case 'not-utf8':
      return ignored(base, 'write the line in UTF-8');
    case 'leading-blank':
      return ignored(
        base,
        'begin the line in the first column: a blank there continues the line before',
      );
    case 'colon-key':
      return {
        ...base,
        key: table.entries.find((one) => one.line === line.line)?.key ?? null,
        code: 'never-looked-up',
        severity: 'warning',
        effect: 'the colon is part of the key, so no next hop has this entry',
        cure: 'write the key without the colon',
      };
  }
}

function ignored(base: Pick<LintProblem, 'place' | 'postfixSays'>, cure: string): LintProblem {
  const effect = 'the line is ignored, and mail goes as if it were not there';
  return { ...base, key: null, code: 'line-ignored', severity: 'warning', effect, cure };
}

function ofBroken(entry: TableEntry, warning: string, { settings }: Bundle): LintProblem {
  return {
    place: { file: entry.table, line: entry.line },
    key: entry.key,
    code: 'broken-entry',
    severity: 'defers',
    postfixSays: `${policyPlace(entry.key)}: ${warning}`,
    effect: defersFor(entry.key),
    cure: cureOf(warning, entry.value, settings.version),
  };
}

/**
 * At `none` Postfix ignores all attributes with a warning for each; one problem reports them all.
 */
function ofNone(entry: TableEntry): LintProblem[] {
  const [, first] = bracedTokens(entry.value);
  if (first === undefined) return [];
  const comment = first.startsWith('#');
  return [
    {
      place: { file: entry.table, line: entry.line },
      key: entry.key,
      code: 'ignored-attribute',
      severity: comment ? 'note' : 'warning',
      postfixSays: `${policyPlace(entry.key)}: ignoring attribute "${first}" with TLS disabled`,
      effect: comment
        ? 'the comment counts as attributes, which level none ignores with a warning for each ' +
          'delivery'
        : 'mail goes out in plaintext, and the attributes are ignored',
      cure: comment
        ? 'put the comment on a line of its own'
        : 'write a level from may up, or delete the attributes',
    },
  ];
}
