/**
 * The line to use instead on a terminal, or the caution in its place; what comes from unsigned DNS
 * is said before the line. Lines to be copied are never broken. Pure.
 */
import { moment } from '../../text/dates.ts';
import { wrap } from '../../text/wrap.ts';
import { heldWords } from '../../verdict/held.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { Paint } from '../terminal/colour.ts';

/** Indented by two; nothing where no line would help. */
export function cureLines(
  { suggestion, caution }: Pick<EntryVerdict, 'suggestion' | 'caution'>,
  paint: Paint,
  width: number,
): string[] {
  const say = (words: string) => wrap(`  ${words}`, width, '  ');
  if (caution !== undefined) {
    return [
      ...say(`caution: ${caution.sentence}`),
      ...say(`mail that waits for it bounces from ${moment(Date.parse(caution.bouncesFrom))} on`),
      ...say(
        `${caution.confirm}; then this gives the line, ` +
          `${caution.kind === 'moved' ? 'for these hosts alone' : 'if that is what they present'}:`,
      ),
      ...(caution.command === null ? [] : [`    ${caution.command}`]),
    ];
  }
  if (suggestion === null) return [];
  const label = '  use instead: ';
  const line = paint('bold', suggestion.line);
  const use =
    label.length + suggestion.line.length <= width
      ? [`${label}${line}`]
      : [label.trimEnd(), `  ${line}`];
  const grounds = say(suggestion.because);
  const words = heldWords(suggestion.held);
  const held = words === undefined ? [] : say(`it ${words}`);
  return suggestion.restsOn === 'dns'
    ? [...say(`before you use it: ${suggestion.because}`), ...use, ...held]
    : [...use, ...grounds, ...held];
}

/** The lines of entries that share a cause, at most so many, and once what they rest on. */
export function linesToUse(
  entries: readonly Pick<EntryVerdict, 'suggestion'>[],
  paint: Paint,
  width: number,
  most: number,
): string[] {
  const all = entries.flatMap(({ suggestion }) => suggestion ?? []);
  const ground = all.find(({ restsOn }) => restsOn === 'dns') ?? all[0];
  if (ground === undefined) return [];
  const shown = all.slice(0, all.length > most + 1 ? most : all.length);
  const left = all.length - shown.length;
  const before = ground.restsOn === 'dns' ? 'before you use one of these' : 'of the first';
  return [
    ...wrap(`  ${before}: ${ground.because}`, width, '  '),
    '  use instead:',
    ...shown.map(({ line }) => `    ${paint('bold', line)}`),
    ...(left === 0 ? [] : [`    and ${left} more (--all shows each)`]),
  ];
}
