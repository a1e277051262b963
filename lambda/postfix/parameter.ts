/**
 * One main.cf parameter at a time: its value or the version's default, typed as smtp(8) types it.
 *
 * Follows get_mail_conf_str(), get_mail_conf_bool() and their kin in src/global/mail_conf_*.c, in
 * wording too: what they call fatal ends smtp(8) before it delivers anything.
 */

import { named } from '../named-record.ts';
import { defaultOf, isKnownParameter, parameterSince } from './defaults.ts';
import { expand } from './expand.ts';
import { type TableName, tableType } from './lookup-table.ts';
import { bracedTokens } from './token.ts';
import type { PostfixVersion } from './version.ts';

export interface SettingProblem {
  readonly name: string;
  /**
   * `fatal`: smtp(8) dies at start. `unknown`: the version has no such parameter, the setting does
   * nothing.
   */
  readonly kind: 'fatal' | 'unknown';
  /** Postfix's wording behind `fatal: `, or for `unknown` that of postconf behind `warning: `. */
  readonly says: string;
}

/** Reads parameters and collects what is wrong with them. Every reader returns something usable. */
export interface ParameterReader {
  readonly problems: readonly SettingProblem[];
  fatal(name: string, says: string): void;
  text(name: string): string;
  /** Text that must not be empty. */
  required(name: string): string;
  yesNo(name: string): boolean;
  count(name: string): number;
  /** Only whether smtp(8) takes it: what it waits for is no matter here. */
  time(name: string, least: 0 | 1): void;
  /** One of some words, without case; `says` words the fatal error. */
  oneOf<const T extends string>(
    name: string,
    words: readonly T[],
    fallback: T,
    says: (value: string) => string,
  ): T;
  tables(name: string): TableName[];
}

export function parameterReader(
  parameters: Readonly<Record<string, string>>,
  version: PostfixVersion,
): ParameterReader {
  const problems: SettingProblem[] = unknownIn(parameters, version);
  const fatal = (name: string, says: string) => {
    problems.push({ name, kind: 'fatal', says });
  };
  const text = (name: string) => effectiveValue(name, parameters, version);
  return {
    problems,
    fatal,
    text,
    required(name) {
      const value = text(name);
      if (value === '') fatal(name, `bad string length 0 < 1: ${name} = `);
      return value;
    },
    yesNo(name) {
      const value = text(name).toLowerCase();
      if (value !== 'yes' && value !== 'no')
        fatal(name, `bad boolean configuration: ${name} = ${text(name)}`);
      return value === 'yes';
    },
    count(name) {
      const value = text(name);
      // A limit of 0 is none, and so is a negative one: Postfix checks no lower bound of 0.
      if (/^[-+]?\d+$/.test(value)) return Math.max(0, Number(value));
      fatal(name, `bad numerical configuration: ${name} = ${value}`);
      return Number(defaultOf(name, version) ?? 0);
    },
    time(name, least) {
      const problem = timeProblem(name, text(name), least);
      if (problem !== undefined) fatal(name, problem);
    },
    oneOf(name, words, fallback, says) {
      const value = text(name);
      const found = words.find((word) => word === value.toLowerCase());
      if (found === undefined) fatal(name, says(value));
      return found ?? fallback;
    },
    tables(name) {
      return bracedTokens(text(name)).flatMap((map) => {
        const { type, path } = tableType(map);
        if (type !== '' && path !== '') return [{ type, path }];
        fatal(name, `open dictionary: expecting "type:name" form instead of "${map}"`);
        return [];
      });
    },
  };
}

/** Parameters that this version does not have, though another one does. */
function unknownIn(
  parameters: Readonly<Record<string, string>>,
  version: PostfixVersion,
): SettingProblem[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    isKnownParameter(name) && defaultOf(name, version) === undefined
      ? [{ name, kind: 'unknown', says: `main.cf: unused parameter: ${name}=${value}` }]
      : [],
  );
}

/**
 * The value that counts; a parameter the version lacks has its first default, whatever main.cf
 * says.
 */
function effectiveValue(
  name: string,
  parameters: Readonly<Record<string, string>>,
  version: PostfixVersion,
): string {
  const fallback = defaultOf(name, version);
  if (fallback === undefined)
    return NEUTRAL[name] ?? defaultOf(name, parameterSince(name) ?? version) ?? '';
  const given = (other: string) => named(parameters, other);
  const value = given(name);
  if (value !== undefined) return value;
  const expanded = expand(
    fallback,
    (other) => given(other) ?? (other === 'mail_version' ? version : defaultOf(other, version)),
  );
  return 'error' in expanded ? '' : expanded.text;
}

/** What Postfix says of a time that is none, or too short; undefined where it takes it. */
function timeProblem(name: string, value: string, least: 0 | 1): string | undefined {
  const parsed = /^([+-]?\d+)([wdhms]|$)/.exec(value);
  const seconds = Number(parsed?.[1] ?? -1);
  if (parsed === null || seconds < 0) return `parameter ${name}: bad time value or unit: ${value}`;
  return seconds < least ? `invalid ${name}: ${seconds} (min ${least})` : undefined;
}

/**
 * What older versions do where a later parameter did not exist yet and its first default would be
 * wrong.
 */
const NEUTRAL: Readonly<Record<string, string>> = {
  smtp_tls_enforce_sts_mx_patterns: 'no',
  smtp_balance_inet_protocols: 'no',
  smtp_delivery_status_filter: '',
};
