/**
 * The line to use instead on a terminal, or the caution in its place; what comes from unsigned DNS
 * is said before the line. Pure.
 */
import { moment } from '../../text/dates.ts';
import { wrap } from '../../text/wrap.ts';
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
      ...say(`${caution.confirm}; then this gives the line, for these hosts alone:`),
      ...(caution.command === null ? [] : [`    ${caution.command}`]),
    ];
  }
  if (suggestion === null) return [];
  const line = `  use instead: ${paint('bold', suggestion.line)}`;
  const grounds = say(suggestion.because);
  return suggestion.restsOn === 'dns'
    ? [...say(`before you use it: ${suggestion.because}`), line]
    : [line, ...grounds];
}
