/** What is to be said of one entry as it was judged: one change at most, the most useful one. */

import { HIDDEN } from '../../policy/no-policy.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import { registrable } from '../../verdict/names-found.ts';
import { type Case, heldBy, placeFor, shortValue, standsInLine, todayOf, tryLine } from './case.ts';
import type { Change, Ground } from './change.ts';
import { steadierThan } from './cure.ts';

/** Of an entry that nobody looks up; undefined for any other. */
export function deadLine({
  destination,
  isText,
}: Pick<Case, 'destination' | 'isText'>): Change | undefined {
  const { entry, unchecked } = destination;
  if (entry === undefined || unchecked?.reason !== 'never-looked-up') return undefined;
  // Of a file that holds something else than policies nothing is told.
  if (entry.line === 0 || entry.value === HIDDEN) return undefined;
  // A pattern: the table is one of another type than it was taken for.
  if (entry.key.startsWith('/')) return undefined;
  return {
    kind: 'dead',
    table: entry.table,
    line: standsInLine(entry) ? entry.line : null,
    key: entry.key,
    before: `${entry.key} ${entry.value}`,
    after: null,
    edit: isText(entry.table) ? { kind: 'comment-out', line: entry.line } : null,
    because: unchecked.sentence,
  };
}

/** Of an entry that delivers: a match list that lasts longer, or has fewer names. */
export async function steadierLine(one: Case): Promise<Change | undefined> {
  const { destination, verdict } = one;
  const entry = destination.hops[0]?.demand.entry;
  if (entry === undefined || entry.key !== destination.entry?.key) return undefined;
  const now = await tryLine(`${entry.key} ${entry.value}`, one);
  const other = now === undefined ? undefined : await steadierThan(now, one);
  if (now === undefined || other === undefined) return undefined;
  const [held, heldBefore] = [heldBy(other.changed, one), heldBy(now.changed, one)];
  const gained = (held?.days ?? 0) > (heldBefore?.days ?? 0);
  return {
    kind: 'steadier',
    ...placeFor(other.line, one),
    destination: destination.name,
    because: gained
      ? 'on some days its hosts presented names that the line as it is does not have'
      : `${verdict.match.length} names of one provider become ${other.verdict.match.length}, and a host that is added there is covered`,
    ground: groundOf(verdict.match, other.verdict.match),
    today: todayOf(other.verdict),
    ...(held === undefined ? {} : { held }),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}

/** Of an entry whatever it comes to: the same with less. Nothing has to be judged for it. */
export function shorterLine(
  one: Pick<Case, 'destination' | 'bundle' | 'isText'>,
): Change | undefined {
  const { destination } = one;
  const { entry } = destination;
  if (entry === undefined || entry.line === 0) return undefined;
  const isOwn = !entry.key.startsWith('.');
  const short = shortValue(
    entry.value,
    isOwn ? one : { ...one, destination: { ...destination, hops: [] } },
  );
  if (short === undefined) return undefined;
  return {
    kind: 'shorter',
    table: entry.table,
    line: standsInLine(entry) ? entry.line : null,
    key: entry.key,
    before: `${entry.key} ${entry.value}`,
    after: `${entry.key} ${short.value}`,
    edit: one.isText(entry.table)
      ? { kind: 'replace', line: entry.line, value: short.value }
      : null,
    because: short.isDefault
      ? 'its match list is what the level asks for anyway'
      : `${listed(short.without.map(plainName), 5)} ${short.without.length === 1 ? 'is' : 'are'} ` +
        'covered by what is left',
  };
}

/** The domains that the line names already, or else what it has more. */
function groundOf(before: readonly string[], after: readonly string[]): Ground {
  const domainsIn = (elements: readonly string[]) =>
    new Set(elements.map((element) => registrable(element.toLowerCase()) ?? element.toLowerCase()));
  const known = domainsIn(before);
  const more = [...domainsIn(after)].filter((domain) => !known.has(domain));
  return more.length === 0
    ? { kind: 'policy', because: 'it names no domain that the line does not name already' }
    : {
        kind: 'dns',
        because:
          `${listed(more.map(plainName))} was found through DNS, which is not signed here: check ` +
          'that it is meant, in their documentation or with them',
      };
}
