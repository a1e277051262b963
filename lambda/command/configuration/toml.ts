/**
 * TOML (1.0) → settings with their lines: `name = value` for every command that has the flag, and
 * below `[command]` for that one alone. Values are never part of an error: they may be secret. Pure.
 */
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

export type ConfigValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'switch'; readonly on: boolean }
  | { readonly kind: 'list'; readonly items: readonly ConfigValue[] }
  /** A date, or a table where a value is wanted. */
  | { readonly kind: 'other' };

export interface Setting {
  /** The command as it is typed, such as `policy push`; absent: every command. */
  readonly command?: string;
  readonly name: string;
  readonly value: ConfigValue;
  /** From 1. */
  readonly line: number;
}

export type TomlRead =
  | { readonly kind: 'read'; readonly settings: readonly Setting[] }
  | { readonly kind: 'broken'; readonly line: number; readonly says: string };

export function readToml(text: string): TomlRead {
  try {
    const [top] = parseTOML(text, { tomlVersion: '1.0' }).body;
    return { kind: 'read', settings: top.body.flatMap((node) => settingsOf(node, [])) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const says = error.message.toLowerCase();
    return { kind: 'broken', line: error.lineNumber, says: `${says} (column ${error.column + 1})` };
  }
}

function settingsOf(node: AST.TOMLKeyValue | AST.TOMLTable, above: readonly string[]): Setting[] {
  const path = [...above, ...node.key.keys.map(nameOf)];
  if (node.type === 'TOMLTable') {
    if (node.kind === 'array') return [settingAt(path, { kind: 'other' }, node)];
    return node.body.flatMap((inner) => settingsOf(inner, path));
  }
  const { value } = node;
  if (value.type === 'TOMLInlineTable')
    return value.body.flatMap((inner) => settingsOf(inner, path));
  return [settingAt(path, configValue(value), node)];
}

function settingAt(path: readonly string[], value: ConfigValue, node: AST.TOMLNode): Setting {
  const command = path.slice(0, -1).join(' ');
  return {
    ...(command === '' ? {} : { command }),
    name: path.at(-1) ?? '',
    value,
    line: node.loc.start.line,
  };
}

const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string =>
  key.type === 'TOMLBare' ? key.name : key.value;

function configValue(node: AST.TOMLContentNode): ConfigValue {
  switch (node.type) {
    case 'TOMLArray':
      return { kind: 'list', items: node.elements.map(configValue) };
    case 'TOMLInlineTable':
      return { kind: 'other' };
    case 'TOMLValue':
      switch (node.kind) {
        case 'string':
          return { kind: 'text', text: node.value };
        case 'boolean':
          return { kind: 'switch', on: node.value };
        case 'integer':
        case 'float':
          return { kind: 'number', text: String(node.value) };
        case 'offset-date-time':
        case 'local-date-time':
        case 'local-date':
        case 'local-time':
          return { kind: 'other' };
      }
  }
}
