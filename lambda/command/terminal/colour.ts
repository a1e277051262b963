/** Colour for a terminal, plain text everywhere else. */
import { styleText } from 'node:util';
import type { Verdict } from '../../verdict/verdict.ts';

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** No colour at all. */
export const unpainted: Paint = (_, text) => text;

/** Colour only on a TTY that is no bare teletype, and not with NO_COLOR (https://no-color.org). */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const colours = stream.isTTY === true && env.TERM !== 'dumb' && (env.NO_COLOR ?? '') === '';
  return colours
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
}

export const VERDICT_STYLE: Readonly<Record<Verdict, Parameters<typeof styleText>[0]>> = {
  fail: ['red', 'bold'],
  degraded: 'yellow',
  undetermined: 'magenta',
  pass: 'green',
  unchecked: 'gray',
};
