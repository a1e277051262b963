/**
 * The lines to use instead, with what they rest on, and the caution in their place where they must
 * be confirmed first. What comes from unsigned DNS is said before such a line, never behind it.
 * Pure.
 */
import { greatest, least } from '../../extremes.ts';
import { deadline, moment } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plain } from '../../text/strangers.ts';
import { heldWords } from '../../verdict/held.ts';
import type { Caution, EntryVerdict } from '../../verdict/verdict.ts';
import { type Block, ENTRIES_SHOWN, text } from './block.ts';
import { sentence } from './wording.ts';

/** `now` is epoch ms. */
export function cureBlocks(verdicts: readonly EntryVerdict[], now: number): readonly Block[] {
  return [...cautionBlocks(verdicts, now), ...lineBlocks(verdicts)];
}

interface Cautioned {
  readonly name: string;
  readonly caution: Caution;
}

/** One story for all of an item: its entries share a cause, and mostly the hosts. */
function cautionBlocks(verdicts: readonly EntryVerdict[], now: number): readonly Block[] {
  const all = verdicts.flatMap(({ destination, caution }): Cautioned[] =>
    caution === undefined ? [] : [{ name: plain(destination), caution }],
  );
  const [first, ...others] = all;
  if (first === undefined) return [];
  const bounces = least(all.map(({ caution }) => Date.parse(caution.bouncesFrom)));
  const commands = all.flatMap(({ caution }) => caution.command ?? []);
  const same = listed(
    others.map(({ name }) => name),
    10,
  );
  return [
    ...cautious(sentence(first.caution.sentence)),
    ...(others.length === 0 ? [] : cautious(`The same holds for ${same}.`)),
    ...text(
      bounces <= now
        ? `The oldest mail that waits for it bounces since ${moment(bounces)}.`
        : `Mail that waits for it bounces from ${deadline(bounces, now)} on.`,
    ),
    ...text(
      `There is no line to use yet: ${first.caution.confirm}. Then this gives the line, for ` +
        'these hosts alone:',
    ),
    ...(commands.length === 0
      ? []
      : [{ kind: 'code' as const, lines: commands.slice(0, ENTRIES_SHOWN) }]),
  ];
}

/** Each line to use instead, and once what such lines rest on. */
function lineBlocks(verdicts: readonly EntryVerdict[]): readonly Block[] {
  const all = verdicts.flatMap(({ suggestion }) => suggestion ?? []);
  const [first] = all;
  if (first === undefined) return [];
  const lines = all.slice(0, ENTRIES_SHOWN).map(({ line }) => plain(line, 2_000));
  const rest = all.length - lines.length;
  const more = rest === 0 ? '' : ` (${rest} more: explain shows each)`;
  const fromDns = all.find(({ restsOn }) => restsOn === 'dns');
  const what = all.length === 1 ? 'A line would deliver, but' : 'Before any of these lines:';
  return [
    ...(fromDns === undefined
      ? []
      : cautious(sentence(`${what} ${plain(fromDns.because, 1_000)}`))),
    ...text(all.length === 1 ? 'Use this line instead:' : `Use these lines instead${more}:`),
    { kind: 'code', lines },
    ...(fromDns === undefined ? text(sentence(plain(first.because))) : []),
    ...text(heldSentence(verdicts)),
  ];
}

/** On what days the lines would have held; of several, those that would not always have. */
function heldSentence(verdicts: readonly EntryVerdict[]): string {
  const all = verdicts.filter(({ suggestion }) => suggestion !== null);
  const proved = all.flatMap(({ destination, suggestion }) => {
    const words = heldWords(suggestion?.held);
    return words === undefined || suggestion?.held === undefined
      ? []
      : [{ name: plain(destination), words, held: suggestion.held }];
  });
  const [first] = proved;
  if (first === undefined) return '';
  if (all.length === 1) return `It ${first.words}.`;
  const missed = proved.filter(({ held }) => held.days < held.of);
  if (missed.length > 0)
    return `${listed(
      missed.map(({ name, words }) => `The line for ${name} ${words}`),
      ENTRIES_SHOWN,
    )}.`;
  const fewest = least(proved.map(({ held }) => held.of));
  const most = greatest(proved.map(({ held }) => held.of));
  const range = fewest === most ? daysCount(most) : `${fewest} to ${daysCount(most)}`;
  const who = proved.length === all.length ? 'Each of them' : `${proved.length} of them`;
  return `${who} would have held on every day that is remembered (${range}).`;
}

const daysCount = (n: number): string => (n === 1 ? '1 day' : `${n} days`);

const cautious = (words: string): readonly Block[] => [
  { kind: 'text', text: words, caution: true },
];
