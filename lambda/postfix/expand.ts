/**
 * `$name` expansion of main.cf values.
 *
 * Follows mac_parse() and mac_expand_callback() in src/util/mac_parse.c and src/util/mac_expand.c:
 * `$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`, `${{left}
 * == {right} ? {text} : {text}}`, `$$`.
 */

export type Expanded = { readonly text: string } | { readonly error: string };

/**
 * Expands recursively. A name that `lookup` does not know is empty. An error is fatal to every
 * Postfix program. Where names double one another (`a = $b$b`, `b = $c$c`, …) Postfix would run out
 * of memory; the error about that is ours.
 *
 * @param budget characters that may still be read, shared by values that lead into one another
 */
export function expand(
  value: string,
  lookup: (name: string) => string | undefined,
  budget: ExpansionBudget = { left: MOST_CHARACTERS },
): Expanded {
  let left = MOST_CHARACTERS;
  const counted = (name: string) => {
    const found = lookup(name);
    const read = 1 + (found?.length ?? 0);
    left -= read;
    budget.left -= read;
    if (left < 0 || budget.left < 0)
      throw new MacroError(`unreasonable macro expansion: "${value.slice(0, 100)}"`);
    return found;
  };
  try {
    return { text: expandText(value, counted, 0) };
  } catch (error) {
    if (error instanceof MacroError) return { error: error.message };
    throw error;
  }
}

/** What is left of the work that many values may make together. */
export interface ExpansionBudget {
  left: number;
}

const MOST_CHARACTERS = 1_000_000;

/** A syntax error at any depth; `expand` catches it. */
class MacroError extends Error {}

type Lookup = (name: string) => string | undefined;

function expandText(value: string, lookup: Lookup, depth: number): string {
  if (depth > 100) throw new MacroError(`unreasonable macro call nesting: "${value}"`);
  let result = '';
  let at = 0;
  while (at < value.length) {
    const dollar = value.indexOf('$', at);
    if (dollar < 0) return result + value.slice(at);
    result += value.slice(at, dollar);
    if (value[dollar + 1] === '$') {
      result += '$';
      at = dollar + 2;
      continue;
    }
    const { body, end } = reference(value, dollar + 1);
    if (body === '') throw new MacroError(`empty macro name: "${value}"`);
    result += expandReference(body, lookup, depth + 1);
    at = end;
  }
  return result;
}

/** The text between the brackets, or the plain name, and the index behind it. */
function reference(value: string, start: number): { body: string; end: number } {
  const open = value[start];
  if (open !== '{' && open !== '(') {
    const name = /^\w*/.exec(value.slice(start))?.[0] ?? '';
    return { body: name, end: start + name.length };
  }
  const close = open === '{' ? '}' : ')';
  let level = 1;
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === open) level++;
    else if (value[at] === close && --level === 0)
      return { body: value.slice(start + 1, at), end: at + 1 };
  }
  throw new MacroError(`truncated macro reference: "${value}"`);
}

function expandReference(body: string, lookup: Lookup, depth: number): string {
  const text = body.trimStart();
  let rest: string;
  let found: string | undefined;
  if (text.startsWith('{')) {
    const left = operand(text);
    const operator = /^(?<sign>==|!=|<=|>=|<|>)(?<kind>\w*)(?<rest>.*)$/s.exec(left.rest)?.groups;
    if (operator === undefined)
      throw new MacroError(`an operator was expected at: "...${left.text}}>>>${left.rest}"`);
    const right = operand((operator.rest ?? '').trimStart());
    const a = expandText(left.text, lookup, depth);
    const b = expandText(right.text, lookup, depth);
    found = holds(a, operator.sign ?? '', b, operator.kind ?? '') ? 'true' : '';
    rest = right.rest;
    if (rest !== '' && rest[0] !== '?' && rest[0] !== ':') {
      throw new MacroError(`"?" or ":" expected at: "...}>>>${rest}"`);
    }
  } else {
    const name = /^\w*/.exec(text)?.[0] ?? '';
    rest = text.slice(name.length).trimStart();
    if (rest.startsWith('{')) return namedFunction(name, rest, lookup, depth);
    if (rest !== '' && rest[0] !== '?' && rest[0] !== ':') {
      throw new MacroError(`attribute name syntax error at: "...${name}>>>${rest}"`);
    }
    found = lookup(name);
  }
  if (rest === '') return found === undefined ? '' : expandText(found, lookup, depth);
  return choose(found !== undefined && found !== '', rest, lookup, depth);
}

/** What follows the name or the comparison: `?text`, `:text`, `?{text}:{text}`. */
function choose(holdsTrue: boolean, rest: string, lookup: Lookup, depth: number): string {
  let result = '';
  let remaining = rest;
  if (remaining.startsWith('?')) {
    const yes = branch(remaining.slice(1));
    if (holdsTrue) result = expandText(yes.text, lookup, depth);
    if (yes.rest === '') return result;
    if (!yes.rest.startsWith(':'))
      throw new MacroError(`":" expected at: "...${yes.text}}>>>${yes.rest}"`);
    remaining = yes.rest;
  }
  const no = branch(remaining.slice(1));
  if (no.rest !== '') throw new MacroError(`unexpected input at: "...${no.text}}>>>${no.rest}"`);
  return holdsTrue ? result : expandText(no.text, lookup, depth);
}

/** `{text}` with what follows it, or all the rest as text, leading blanks included. */
function branch(text: string): { text: string; rest: string } {
  return text.trimStart().startsWith('{') ? operand(text.trimStart()) : { text, rest: '' };
}

function operand(text: string): { text: string; rest: string } {
  if (!text.startsWith('{')) throw new MacroError(`"{expression}" expected at: ">>>${text}"`);
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') level++;
    else if (text[at] === '}' && --level === 0)
      return { text: text.slice(1, at), rest: text.slice(at + 1).trimStart() };
  }
  throw new MacroError(`unbalanced {} in attribute expression: "${text}"`);
}

/**
 * `${domain_to_ascii{…}}` of ≥3.11 is the only one; its argument passes, as names here are compared
 * in ASCII anyway.
 */
function namedFunction(name: string, rest: string, lookup: Lookup, depth: number): string {
  const argument = operand(rest);
  if (argument.rest !== '')
    throw new MacroError(`unexpected input at: "...${argument.text}}>>>${argument.rest}"`);
  if (name !== 'domain_to_ascii')
    throw new MacroError(`unknown function "${name}" at"...>>>${name}{${argument.text}}"`);
  return expandText(argument.text.trim(), lookup, depth);
}

function holds(left: string, sign: string, right: string, kind: string): boolean {
  const difference = compare(left, right, kind);
  switch (sign) {
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
  }
  return difference >= 0;
}

/**
 * Numbers as numbers, other texts as bytes; with the suffix `level`, compatibility levels part by
 * part.
 */
function compare(left: string, right: string, kind: string): number {
  if (kind === 'level') return compareLevels(left, right);
  if (kind !== '') throw new MacroError(`bad operator suffix at: ">>>${kind}"`);
  if (/^\d+$/.test(left) && /^\d+$/.test(right)) return Number(left) - Number(right);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** compat_level_from_string(): `3.10` is later than `3.9`. */
export function compareLevels(left: string, right: string): number {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (Number.isNaN(difference)) throw new MacroError(`bad compatibility level: "${left}"`);
    if (difference !== 0) return difference;
  }
  return 0;
}
