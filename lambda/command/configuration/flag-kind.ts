/** What a flag takes in a file, by how it is declared. */
import type { Option } from 'commander';
import { collect, notNegative, port, positive } from '../flags.ts';

export type FlagKind = 'text' | 'number' | 'switch' | 'list' | 'switch or text';

export function kindOf(option: Pick<Option, 'required' | 'optional' | 'parseArg'>): FlagKind {
  if (option.parseArg === (collect as unknown)) return 'list';
  if (NUMBERS.has(option.parseArg)) return 'number';
  if (option.optional) return 'switch or text';
  return option.required ? 'text' : 'switch';
}

const NUMBERS: ReadonlySet<unknown> = new Set([positive, notNegative, port]);
