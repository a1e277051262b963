/**
 * Lines with a key that an earlier line of the table has. Postfix keeps the first in a table that
 * postmap builds, and in texthash: cannot use the table at all, so that these go before anything is
 * judged. Pure.
 */
import type { Bundle } from '../../policy/bundle.ts';
import { policyTables } from '../../policy/lookup.ts';
import type { TableEntry } from '../../policy/parse.ts';
import { edited } from '../../policy/rewrite/edit.ts';
import { wordsOf } from '../../policy/with-match.ts';
import type { PostfixVersion } from '../../postfix/version.ts';
import type { Change } from './change.ts';

export interface WithoutDuplicates {
  readonly bundle: Bundle;
  readonly changes: readonly Change[];
}

/** A line that says the same again is removed; one that says something else is commented out. */
export function withoutDuplicates(
  bundle: Bundle,
  isText: (table: string) => boolean,
): WithoutDuplicates {
  const { version } = bundle.settings;
  const changes = policyTables(bundle).flatMap(({ name, type, entries }) => {
    if (!isText(name)) return [];
    const byLine = new Map(entries.map((entry) => [entry.line, entry]));
    return entries.flatMap((entry) => {
      const first = entry.shadowedBy === undefined ? undefined : byLine.get(entry.shadowedBy);
      return first === undefined ? [] : [changeOf(entry, first, type, version)];
    });
  });
  const lines = Map.groupBy(changes, ({ table }) => table);
  const texts = bundle.policyTables.map((table) => {
    const edits = (lines.get(table.name) ?? []).flatMap(({ line }) =>
      line === null ? [] : [{ kind: 'comment-out' as const, line }],
    );
    // Lines stay where they are, so that all that is judged names them as they stand.
    return edits.length === 0 ? table : { ...table, text: edited(table.text, edits, version) };
  });
  return { bundle: { ...bundle, policyTables: texts }, changes };
}

function changeOf(
  { table, line, key, value }: TableEntry,
  first: TableEntry,
  type: string,
  version: PostfixVersion,
): Change {
  const same = (one: string) => wordsOf(one, version).join(' ');
  const isSame = same(value) === same(first.value);
  const harm =
    type === 'texthash'
      ? 'for two lines with one key Postfix cannot use a texthash: table at all, and defers all mail'
      : 'Postfix keeps the first of two';
  return {
    kind: 'dead',
    table,
    line,
    key,
    before: `${key} ${value}`,
    after: null,
    edit: { kind: isSame ? 'remove' : 'comment-out', line },
    because:
      `line ${first.line} has the same key and ${isSame ? 'says the same' : 'says something else'}: ` +
      harm,
  };
}
