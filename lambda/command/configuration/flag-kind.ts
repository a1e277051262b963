/** What a flag takes in a file, by how it is declared. */
import type { Option } from 'commander';
import { notNegative, port, positive, workers } from '../flags.ts';

export type FlagKind = 'text' | 'number' | 'switch' | 'list' | 'switch or text';

export function kindOf(
  option: Pick<Option, 'required' | 'optional' | 'parseArg' | 'argChoices'>,
): FlagKind {
  const { parseArg, argChoices, required, optional } = option;
  // One that may be repeated is given the values before, and so is commander's own for choices.
  if (argChoices === undefined && parseArg !== undefined && parseArg.length > 1) return 'list';
  if (NUMBERS.has(parseArg)) return 'number';
  // `<host[:port]>` counts as both.
  if (required) return 'text';
  return optional ? 'switch or text' : 'switch';
}

const NUMBERS: ReadonlySet<unknown> = new Set([positive, notNegative, port, workers]);
