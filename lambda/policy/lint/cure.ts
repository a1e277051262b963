/**
 * What to write instead of an entry that Postfix calls broken. The warning says which rule it
 * broke.
 */

import { nearest } from '../../postfix/nearest.ts';
import { atLeast, type PostfixVersion } from '../../postfix/version.ts';
import { attributeNamed, attributesWhere } from '../attribute.ts';
import { SECURITY_LEVELS } from '../level.ts';

/** One clause for the person who edits the table. */
export function cureOf(warning: string, value: string, version: PostfixVersion): string {
  for (const { pattern, cure } of CURES) {
    const groups = pattern.exec(warning)?.groups;
    if (groups !== undefined) return cure(groups, value, version);
  }
  return 'compare the entry with the manual page of smtp_tls_policy_maps';
}

interface Cure {
  readonly pattern: RegExp;
  readonly cure: (
    found: Readonly<Record<string, string | undefined>>,
    value: string,
    version: PostfixVersion,
  ) => string;
}

const CURES: readonly Cure[] = [
  {
    pattern: /^invalid empty policy(?<all>)$/,
    cure: () => `write one of the levels ${SECURITY_LEVELS.join(', ')}`,
  },
  {
    pattern: /^invalid security level "(?<level>.*)"$/s,
    cure: ({ level = '' }) => {
      if (/^["'“”„]/.test(level)) return 'write the level without quotes';
      if (level === '=') return 'write the level behind the key, without "="';
      if (level.startsWith('#'))
        return 'put the comment on a line of its own, and a level behind the key';
      if (level.toLowerCase() === 'halfdane') return 'use dane: halfdane is only a word of the log';
      const meant = nearest(level, SECURITY_LEVELS);
      return meant === undefined
        ? `use one of the levels ${SECURITY_LEVELS.join(', ')}`
        : `use ${meant}, if that is what was meant`;
    },
  },
  { pattern: /^malformed attribute\/value pair "(?<text>.*)": (?<why>.*)$/s, cure: malformedPair },
  { pattern: /^invalid attribute name: "(?<name>.*)"$/s, cure: unknownAttribute },
  {
    pattern: /^attribute "(?<name>\w+)" has empty value$/,
    cure: ({ name = '' }, value) =>
      blankBehind(name, value)
        ? `write ${name}=… without a blank behind "="`
        : `give ${name} a value, or delete it: then main.cf's setting counts`,
  },
  {
    pattern: /^attribute "(?<name>\w+)" is specified multiple times$/,
    cure: ({ name = '' }) => `keep one ${name}=, with all that it should say`,
  },
  {
    pattern: /^attribute "(?<name>\w+)" invalid at security level "(?<level>[\w-]+)"$/,
    cure: ({ name = '', level = '' }) => {
      if (level.startsWith('dane'))
        return `delete ${name}=: at ${level} DNS says what the certificate must be`;
      if (level === 'fingerprint') return `delete ${name}=: at fingerprint the digest alone counts`;
      return (
        `delete ${name}=, as ${level} checks no certificate; ` +
        'or write secure to have it checked'
      );
    },
  },
  {
    pattern: /^attribute "(?<name>\w+)" has (?:bad|an unexpected|a malformed) value: /,
    cure: otherValue,
  },
  { pattern: /^"(?<name>\w+)=.*" specifies an invalid hostname$/s, cure: otherValue },
  {
    pattern: /^built-in policy has unexpected attribute(?<all>)/,
    cure: () =>
      'add policy_type=sts, or delete the attributes that begin with policy_ and mx_host_pattern',
  },
];

/**
 * Whether a blank follows `NAME=`, as in `match= x.test`: Postfix then takes `x.test` for an
 * attribute.
 */
function blankBehind(name: string, value: string): boolean {
  const next = new RegExp(`\\b${name}=\\s+(?<next>\\S+)`, 'i').exec(value)?.groups?.next;
  return next !== undefined && !next.includes('=') && !next.startsWith('{');
}

function otherValue({ name = '' }: Readonly<Record<string, string | undefined>>): string {
  return attributeNamed(name.toLowerCase())?.cure?.(name) ?? `give ${name} another value`;
}

function malformedPair(
  found: Readonly<Record<string, string | undefined>>,
  value: string,
  version: PostfixVersion,
): string {
  const text = found.text ?? '';
  if (text.startsWith('#'))
    return 'put the comment on a line of its own: Postfix has no comments behind an entry';
  if (text.startsWith('{') && !atLeast(version, '3.10')) {
    return '{ name = value } came with Postfix 3.10: write name=value without blanks';
  }
  if (found.why?.startsWith("missing '}'") || found.why?.startsWith('syntax error after'))
    return 'close the brace, and put a blank behind it';
  if (text.startsWith('=') || new RegExp(`\\b${escapeRegExp(text)}\\s+=`, 'i').test(value)) {
    return 'write name=value without blanks around "="';
  }
  const list = UNFINISHED_LIST.exec(value.slice(0, value.indexOf(text)))?.groups;
  if (list !== undefined) {
    const name = (list.name ?? '').toLowerCase();
    const level = /^fingerprint\b/i.test(value) ? 'fingerprint' : 'secure';
    const separator = attributeNamed(name)?.separator?.(level) ?? ':';
    const example = `${name}=${list.first}${separator}${text}`;
    return `separate the elements by "${separator}", as in ${example}`;
  }
  return `write it as name=value, or delete "${text}"`;
}

function unknownAttribute(
  found: Readonly<Record<string, string | undefined>>,
  value: string,
  version: PostfixVersion,
): string {
  const name = (found.name ?? '').toLowerCase();
  const since = attributeNamed(name)?.since;
  if (since !== undefined)
    return `${name} came with Postfix ${since}: delete it for ${version}, or upgrade`;
  if (name.startsWith('#') || value.includes('#')) {
    return 'put the comment on a line of its own: Postfix has no comments behind an entry';
  }
  const known = attributesWhere((row) => atLeast(version, row.since));
  const meant = nearest(name, known);
  return meant === undefined
    ? `delete it; Postfix ${version} knows ${known.join(', ')}`
    : `write ${meant}=, if that is what was meant`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const LISTS = attributesWhere(({ separator }) => separator !== undefined).join('|');

/** `match=a.test, ` before an element that a blank separates from its list. */
const UNFINISHED_LIST = new RegExp(`(?<name>${LISTS})=(?<first>[^\\s,]*)[\\s,]+$`, 'i');
