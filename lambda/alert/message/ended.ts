/** The body of an item about an end, and what is said of entries that left the policy. Pure. */

import { greatest, least } from '../../extremes.ts';
import { daysLong, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import type { Item } from '../incident/due.ts';
import type { Ended } from '../incident/incident-today.ts';
import { type Block, ENTRIES_SHOWN, text } from './block.ts';
import type { Verdicts } from './headline.ts';
import type { AlertInput } from './input.ts';
import { below, causeWords, entriesCount, reasonWords } from './wording.ts';

export function endedBlocks(
  { ended, incident, members }: Item,
  { verdicts }: AlertInput,
): readonly Block[] {
  const [since, until] = [
    least(ended.map((one) => one.since)),
    greatest(ended.map((one) => one.until)),
  ];
  const wasSoon = ended.every(({ was }) => was === 'failing-soon');
  const over =
    `Over: ${causeWords(incident, { where: true, soon: wasSoon })}. It lasted from ` +
    `${moment(since)} until ${moment(until)}, ${daysLong(until - since)}.`;
  const lineOf = ({ id }: { readonly id: string }) =>
    verdicts.get(id)?.line ?? Number.MAX_SAFE_INTEGER;
  const inOrder = ended.toSorted((a, b) => lineOf(a) - lineOf(b) || (a.label < b.label ? -1 : 1));
  const lines = inOrder.slice(0, ENTRIES_SHOWN).map(({ id, label }) => {
    const verdict = verdicts.get(id);
    const line = verdict?.line == null ? '' : `line ${verdict.line}`;
    const today = verdict === undefined ? '' : `  ${TODAY[verdict.verdict]}`;
    return `${line.padEnd(11)}${plain(label)}${below(verdict)}${today}`;
  });
  const rest = ended.length - lines.length;
  const undo =
    ended.some(({ was, moved }) => was === 'failing' && moved !== true) && members.length === 0;
  const [line, old] = ended.length === 1 ? ['the line', 'one'] : ['lines', 'ones'];
  return [
    ...text(`${over}${howEnded(ended, verdicts)}`),
    { kind: 'list', heading: 'Today:', lines: rest === 0 ? lines : [...lines, `and ${rest} more`] },
    ...(undo
      ? text(
          `If you changed ${line} to get mail through in the meantime, that may be why: let check ` +
            `judge the old ${old} before you put ${ended.length === 1 ? 'it' : 'them'} back.`,
        )
      : []),
  ];
}

/** What is known of the end: two looks without it, or another cause in its place. */
function howEnded(ended: readonly Ended[], verdicts: Verdicts): string {
  const moved = ended.filter((one) => one.moved === true);
  const passed = ended.filter((one) => one.moved !== true && one.was !== 'unjudged');
  const [first] = moved;
  if (first === undefined) return passed.length === 0 ? '' : ` ${TWO_LOOKS} found it gone.`;
  const now = instead(first.was, moved, passed.length > 0, verdicts);
  if (passed.length === 0) return ` It was not seen to pass: ${now}.`;
  return ` ${TWO_LOOKS} found it gone for ${passed.length} of ${entriesCount(ended.length)}; ${now}.`;
}

/** What became of those that are in trouble for another cause; there are others beside them, or not. */
function instead(
  was: Ended['was'],
  moved: readonly Ended[],
  besides: boolean,
  verdicts: Verdicts,
): string {
  const one = moved.length === 1;
  const are = one ? 'is' : 'are';
  const they = besides ? `the other ${one ? 'one' : moved.length}` : one ? 'it' : 'they';
  const them = they === 'they' ? 'them' : they;
  const reasons = moved.flatMap(({ id }) => verdicts.get(id)?.reason ?? []);
  const why = reasons.length === 0 ? '' : `: ${listed([...new Set(reasons)].map(reasonWords))}`;
  switch (was) {
    case 'failing-soon':
      return `${they} will fail for another cause`;
    case 'degraded':
      return `${they} ${are} degraded for another reason now${why}`;
    case 'failing':
    case 'unjudged':
    case 'well':
      return `mail to ${them} waits for another reason now${why}`;
  }
}

const TWO_LOOKS = 'Two looks at least 20 hours apart';

export function departedBlocks({ incident }: Item): readonly Block[] {
  if (incident.departed.length === 0) return [];
  return text(
    `No longer in the policy, or no longer checked: ${listed(
      incident.departed.map((label) => plain(label)),
      10,
    )}.`,
  );
}

const TODAY = {
  pass: 'delivered as asked',
  degraded: 'delivered, but not by every server',
  fail: 'fails for another reason',
  undetermined: 'could not be judged today',
  unchecked: 'nothing to check',
} as const;
