/**
 * OpenSSL's configuration files: sections of names and values, with `$name` expanded.
 *
 * Follows def_load_bio() and str_copy() in OpenSSL 3's crypto/conf/conf_def.c. Files that
 * `.include` names are not read. Pure.
 */
import { named } from '../../named-record.ts';

/** Values by name and section, in the order in which they were set; a later one replaces. */
export type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface ConfigurationFile {
  readonly sections: Sections;
  /** Directives and variables that lead out of the file, as written: `.include /etc/x`, `$ENV`. */
  readonly outside: readonly string[];
}

/** The section of lines that stand before any `[name]`. */
export const DEFAULT_SECTION = 'default';

/** Undefined where OpenSSL refuses the file; `because` is a clause for people. */
export type ReadConfiguration =
  | ({ readonly kind: 'read' } & ConfigurationFile)
  | { readonly kind: 'broken'; readonly because: string };

export function readConfiguration(text: string): ReadConfiguration {
  const sections = new Map<string, Map<string, string>>([[DEFAULT_SECTION, new Map()]]);
  const outside: string[] = [];
  let current = DEFAULT_SECTION;
  let dollarInNames = false;
  const open = (name: string): Map<string, string> => {
    const section = sections.get(name) ?? new Map<string, string>();
    sections.set(name, section);
    return section;
  };
  const expanded = (written: string, section: string): string | undefined =>
    expand(written, { sections, section, dollarInNames, outside });

  for (const { line, text: logical } of linesOf(text)) {
    const broken = (because: string): ReadConfiguration => ({
      kind: 'broken',
      because: `line ${line}: ${because}`,
    });
    const rest = withoutComment(logical).replace(/^[ \t\r\n]+/, '');
    if (rest === '') continue;
    if (rest.startsWith('[')) {
      const title = SECTION.exec(rest)?.[1];
      if (title === undefined) return broken('a section without "]"');
      const name = expanded(title, current);
      if (name === undefined) return broken('a variable without a value');
      current = name;
      open(current);
      continue;
    }
    const { name, section = current, behind } = nameOf(rest, dollarInNames);
    const directive = DIRECTIVE.exec(rest);
    if (directive !== null) {
      const [, word, value = ''] = directive;
      if (word === 'include') outside.push(`.include ${value.trim()}`);
      else if (/^dollarid\s*:\s*(?:on|true)/.test(value)) dollarInNames = true;
      else if (/^dollarid\s*:\s*(?:off|false)/.test(value)) dollarInNames = false;
      continue;
    }
    if (!behind.startsWith('=')) return broken('no "=" behind the name');
    const value = expanded(behind.slice(1).trim(), section);
    if (value === undefined) return broken('a variable without a value');
    const values = open(section);
    values.delete(name);
    values.set(name, value);
  }
  return { kind: 'read', sections, outside };
}

interface Line {
  readonly line: number;
  readonly text: string;
}

/** Lines, joined where one ends in a backslash; text behind a NUL is lost. */
function* linesOf(text: string): Generator<Line> {
  const written = text.replace(/^\uFEFF/, '').split('\n');
  let held = '';
  for (const [i, one] of written.entries()) {
    const line = (one.split('\0', 1)[0] ?? '').replace(/[\r\n]+$/, '');
    if (/(?:^|[^\\])\\$/.test(line) && i + 1 < written.length) {
      held += line.slice(0, -1);
      continue;
    }
    yield { line: i + 1, text: held + line };
    held = '';
  }
}

/** `#` begins a comment outside quotes, where no backslash stands before it. */
function withoutComment(line: string): string {
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const one = line.charAt(i);
    if (one === '\\') i++;
    else if (quote !== undefined) quote = one === quote ? undefined : quote;
    else if (QUOTES.includes(one)) quote = one;
    else if (one === '#') return line.slice(0, i);
  }
  return line;
}

/** `name` or `section::name` at the beginning, and what stands behind it and blanks. */
function nameOf(
  line: string,
  dollarInNames: boolean,
): { readonly name: string; readonly section?: string; readonly behind: string } {
  const word = dollarInNames ? NAME_WITH_DOLLAR : NAME;
  const first = word.exec(line)?.[0] ?? '';
  const behindFirst = line.slice(first.length);
  if (!behindFirst.startsWith('::')) return { name: first, behind: behindFirst.trimStart() };
  const second = word.exec(behindFirst.slice(2))?.[0] ?? '';
  return {
    name: second,
    section: first,
    behind: behindFirst.slice(2 + second.length).trimStart(),
  };
}

interface Expansion {
  readonly sections: Sections;
  readonly section: string;
  readonly dollarInNames: boolean;
  readonly outside: string[];
}

/** A value without quotes and backslashes, variables replaced; undefined where one has no value. */
function expand(written: string, context: Expansion): string | undefined {
  let out = '';
  for (let i = 0; i < written.length; ) {
    const one = written.charAt(i);
    if (QUOTES.includes(one)) {
      const { text, end } = quoted(written, i);
      out += text;
      i = end;
    } else if (one === '\\') {
      out += named(ESCAPES, written.charAt(i + 1)) ?? written.charAt(i + 1);
      i += 2;
    } else if (one === '$' && (!context.dollarInNames || /[{(]/.test(written.charAt(i + 1)))) {
      const variable = variableAt(written, i, context);
      if (variable === undefined) return undefined;
      out += variable.text;
      i = variable.end;
    } else {
      out += one;
      i++;
    }
  }
  return out;
}

/** From one quote to the next, or to the end of the line. */
function quoted(written: string, start: number): { readonly text: string; readonly end: number } {
  const quote = written.charAt(start);
  let text = '';
  let i = start + 1;
  for (; i < written.length && written.charAt(i) !== quote; i++) {
    if (written.charAt(i) === '\\') i++;
    text += written.charAt(i);
  }
  return { text, end: i + 1 };
}

/** `$name`, `${section::name}`: its own section's, else that of the default section. */
function variableAt(
  written: string,
  start: number,
  { sections, section, outside }: Expansion,
): { readonly text: string; readonly end: number } | undefined {
  const found = VARIABLE.exec(written.slice(start));
  if (found === null) return undefined;
  const [whole, open, from, name = '', close] = found;
  if ((open === '{' && close !== '}') || (open === '(' && close !== ')')) return undefined;
  if (from === 'ENV') {
    outside.push(whole);
    return { text: '', end: start + whole.length };
  }
  const text = sections.get(from ?? section)?.get(name) ?? sections.get(DEFAULT_SECTION)?.get(name);
  const length = open === '' ? whole.length - (close ?? '').length : whole.length;
  return text === undefined ? undefined : { text, end: start + length };
}

const QUOTES = `"'\``;
const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', b: '\b' };
const SECTION = /^\[[ \t]*((?:\\.|[^\]\\])*?)[ \t]*\]/;
const NAME = /^(?:\\.|[A-Za-z0-9_!.%&*+,/;?@^~|-])*/;
const NAME_WITH_DOLLAR = /^(?:\\.|[A-Za-z0-9_!.%&*+,/;?@^~|$-])*/;
/** `.include path`, `.pragma = dollarid:on`; `.include = x` too. */
const DIRECTIVE = /^\.(include|pragma)(?:[ \t]*=[ \t]*|[ \t]+)(.*)$/;
const VARIABLE = /^\$([{(]?)(?:(\w+)::)?(\w*)([})]?)/;
