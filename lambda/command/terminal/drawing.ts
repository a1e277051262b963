/**
 * Which characters a picture may have. Pictures are for eyes alone: off a terminal there are none.
 * Every shape means something by itself, and colour only repeats it.
 */
import type { Verdict } from '../../verdict/verdict.ts';

/** The characters of a picture, each one column wide. */
export interface Drawing {
  /** One cell of a strip: the worse, the taller. */
  readonly verdict: Readonly<Record<Verdict, string>>;
  /** A certificate within its dates, while it was presented. */
  readonly presented: string;
  /** Within its dates, while it was not, or not yet. */
  readonly valid: string;
  /** Presented outside its dates. */
  readonly invalid: string;
  /** Where the time up to now ends. */
  readonly now: string;
  /** Goes on beyond the picture. */
  readonly beyond: string;
  /** A day that is left, and a day that is used up. */
  readonly left: string;
  readonly used: string;
}

/** Undefined where there is to be no picture. */
export function drawingFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Drawing | undefined {
  if (stream.isTTY !== true) return undefined;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((name) => (name ?? '') !== '') ?? '';
  const hasBlocks =
    /utf-?8/i.test(locale) && !WIDE.test(locale) && !FEW_SHAPES.test(env.TERM ?? '');
  return hasBlocks ? BLOCKS : ASCII;
}

/** There the same characters may take two columns. */
const WIDE = /^(?:ja|ko|zh)/i;
/** The console of Linux has 256 or 512 shapes, a teletype the letters. */
const FEW_SHAPES = /^(?:linux|dumb|vt\d+)$/;

export const BLOCKS: Drawing = {
  verdict: { pass: '▁', degraded: '▄', fail: '█', undetermined: '?', unchecked: '·' },
  ...{ presented: '━', valid: '─', invalid: 'x', now: '│', beyond: '→', left: '■', used: '·' },
};

export const ASCII: Drawing = {
  verdict: { pass: '_', degraded: '+', fail: '#', undetermined: '?', unchecked: '.' },
  ...{ presented: '=', valid: '-', invalid: 'x', now: '|', beyond: '>', left: '#', used: '.' },
};
