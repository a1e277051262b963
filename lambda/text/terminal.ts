/**
 * What every text passes on its way to a terminal. Strangers' text is neutralised where it is
 * quoted; this escapes what was missed there. Pure.
 */
import { UNSHOWABLE } from './strangers.ts';

/**
 * Lines and tabs stay; of escape sequences only our own (bold, colours, clearing the line) and only
 * with `escapes`; every other character that moves, turns or hides text becomes `\u{202e}`.
 */
export function terminalText(text: string, escapes: boolean): string {
  return text.replace(ESCAPES_AND_UNSHOWABLE, (found, own: string | undefined) => {
    if (found === '\n' || found === '\t' || (own !== undefined && escapes)) return found;
    return found.replace(UNSHOWABLE, escaped);
  });
}

/**
 * One JSON document with a line break at its end. Characters that a terminal would act on are JSON
 * escapes, so that a parser reads what was given.
 */
export const jsonText = (document: unknown): string => [...jsonParts(document)].join('');

/**
 * The same piece by piece: of an object each of its lists one element at a time, since the text of
 * all entries of a large table takes more memory than the entries do.
 */
export function* jsonParts(document: unknown): Generator<string> {
  if (!isPlainObject(document)) yield inJson(document, '') ?? '';
  else {
    let before = '{\n  ';
    for (const [key, value] of Object.entries(document)) {
      const isLong = Array.isArray(value) && value.length > 0;
      const text = isLong ? undefined : inJson(value, '  ');
      if (!isLong && text === undefined) continue;
      yield `${before}${inJson(key, '')}: `;
      if (isLong) yield* listParts(value);
      else yield text ?? '';
      before = ',\n  ';
    }
    yield before.startsWith('{') ? '{}' : '\n}';
  }
  yield '\n';
}

function* listParts(list: readonly unknown[]): Generator<string> {
  let before = '[\n    ';
  for (const element of list) {
    yield before + (inJson(element, '    ') ?? 'null');
    before = ',\n    ';
  }
  yield '\n  ]';
}

/** @param indent of what follows a line break: no string in JSON holds one as it is */
function inJson(value: unknown, indent: string): string | undefined {
  return (JSON.stringify(value, null, 2) as string | undefined)?.replace(UNSHOWABLE, (found) =>
    found === '\n'
      ? `\n${indent}`
      : Array.from(
          { length: found.length },
          (_, i) => `\\u${hex(found.charCodeAt(i)).padStart(4, '0')}`,
        ).join(''),
  );
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const escaped = (character: string): string => `\\u{${hex(character.codePointAt(0) ?? 0)}}`;
const hex = (code: number): string => code.toString(16);

/**
 * First what `paint` writes (styleText: bold, the plain colours, their ends) and how the progress
 * line begins.
 */
const ESCAPES_AND_UNSHOWABLE = new RegExp(
  `(\\u001b\\[(?:1|22|3[1-6]|39|90)m|\\r\\u001b\\[K)|${UNSHOWABLE.source}`,
  'gu',
);
