/**
 * main.cf with nothing but what is read of it: what is stored of a file that holds passwords too.
 *
 * A parameter is read where a verdict hangs on it, or where `$name` in one of those leads to it.
 * Everything else may hold anything: SASL and database passwords, keys, and what comments say.
 */
import { isKnownParameter } from './defaults.ts';
import { logicalLines, trimBlanks } from './logical-line.ts';
import { splitNameValue } from './token.ts';

export interface ReadParameters {
  /** Lines keep their numbers; of what is left out a comment with its name stands there. */
  readonly text: string;
  /** Names of parameters, each once, in order of the lines. */
  readonly leftOut: readonly string[];
  /** Lines that are no parameter, or continue nothing; their text is left out as well. */
  readonly strayLines: number;
}

/** Takes any text, one character a byte or not. Never throws. */
export function onlyReadParameters(text: string): ReadParameters {
  const logical = logicalLines(text).map(({ line, text: whole, orphan }) => {
    const pair = orphan ? undefined : splitNameValue(whole);
    return { line, ...(pair === undefined || 'error' in pair ? {} : pair) };
  });
  const wanted = wantedNames(logical);
  const names = new Map(logical.map(({ line, name }) => [line, name] as const));
  const leftOut = new Set<string>();
  let strayLines = 0;
  let keeps = false;
  const kept = text.split('\n').map((part, index) => {
    const name = names.get(index + 1);
    if (names.has(index + 1)) {
      keeps = name !== undefined && wanted.has(name);
      if (!keeps && name === undefined) strayLines++;
      if (!keeps && name !== undefined && isName(name)) leftOut.add(name);
      if (!keeps) return leftOutComment(name);
    }
    // Before the first of all, between, or a comment: none of it is read.
    if (!keeps || isCommentOrBlank(part)) return '';
    const end = part.indexOf('\0');
    if (end < 0) return part;
    keeps = false;
    return part.slice(0, end);
  });
  return { text: kept.join('\n'), leftOut: [...leftOut], strayLines };
}

/** Whether the value may be shown: what is not read may be a password. */
export function isReadParameter(name: string | undefined): boolean {
  return name !== undefined && isKnownParameter(name);
}

/**
 * What Postfix's own programs say of a configuration file, without the text of the line that they
 * quote: that may be a password.
 */
export function withoutQuotedLine(says: string): string {
  return says.replace(
    /((?:missing '=' after attribute name|missing attribute name|start with whitespace): )".*$/s,
    '$1"…"',
  );
}

interface Parameter {
  readonly name?: string;
  readonly value?: string;
}

/** Those that are read, and those that `$name` in them leads to, at any depth. */
function wantedNames(parameters: readonly Parameter[]): ReadonlySet<string> {
  const values = new Map<string, string[]>();
  for (const { name, value = '' } of parameters)
    if (name !== undefined) values.set(name, [...(values.get(name) ?? []), value]);
  const wanted = new Set([...values.keys()].filter((name) => isKnownParameter(name)));
  for (const name of wanted)
    for (const value of values.get(name) ?? [])
      for (const other of namesIn(value)) if (values.has(other)) wanted.add(other);
  return wanted;
}

/** `$name`, `${name…}`, `$(name…)`; `$$` is a dollar. */
function namesIn(value: string): string[] {
  return [...value.matchAll(/\$\$|\$[{(]?\s*(\w+)/g)].flatMap(([, name]) => name ?? []);
}

const leftOutComment = (name: string | undefined): string =>
  name !== undefined && isName(name) ? `# left out: ${name}` : '# left out';

/** What begins a line may be half of a password, where a continuation went wrong. */
const isName = (word: string): boolean => /^[a-z][a-z0-9]*(?:_[A-Za-z0-9]+)+$/.test(word);

const isCommentOrBlank = (line: string): boolean => /^(?:#|$)/.test(trimBlanks(line));
