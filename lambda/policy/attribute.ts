/**
 * The attributes of a policy entry, one row each: since which version, at which levels, how often,
 * with which values, and how they are printed. The type of a parsed entry, the parser, lint and
 * printing derive from these rows, so that a new attribute is a new row, its test and the place
 * where it has its effect.
 *
 * Follows the loop in tls_policy_lookup_one() in src/smtp/smtp_tls_policy.c, and its wording. A
 * tafile is opened by Postfix inside that loop; here policy/demand looks at it, because reading
 * files is not parsing.
 */

import { isHostname } from '../postfix/hostname.ts';
import {
  exclusionProblems,
  gradeProblem,
  protocolProblem,
  type WordProblem,
} from '../postfix/tls-words.ts';
import { tokens } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';
import type { SecurityLevel } from './level.ts';

/** `Value` is what an entry holds of the attribute: a list where it accumulates. */
export interface AttributeRow<Value> {
  readonly name: string;
  /** The first version that knows it, of those judged here (2.11 and later). */
  readonly since: PostfixVersion;
  /** Where it may stand; absent where every level above `none` takes it. */
  readonly levels?: readonly SecurityLevel[];
  /** Of several in one entry: the entry is broken, the last one counts, or all of them do. */
  readonly repeats: 'refuse' | 'last' | 'accumulate';
  /** Refused empty, before or after the level is looked at; absent where `read` decides. */
  readonly empty?: 'refused-first' | 'refused-last';
  /** Only beside a policy_type. */
  readonly needsPolicyType?: true;
  /** It means the same at dane-only, should the level be raised to that. */
  readonly sameAtDaneOnly?: true;
  /** Undefined for a value that breaks the entry. */
  read(value: string, level: SecurityLevel): Value | undefined;
  /** Postfix's warning about such a value. */
  readonly refusal?: (name: string, value: string) => string;
  /** What to write instead. */
  readonly cure?: (name: string) => string;
  /** The values to write: one for each time that the attribute is repeated. */
  print(value: Value, level: SecurityLevel): readonly string[];
  /** Between the elements of a value that is a list in itself. */
  readonly separator?: (level: SecurityLevel) => ':' | '|';
  /** What Postfix looks at only when the handshake begins, which then fails. */
  handshakeProblems?(value: Value, version: PostfixVersion): readonly WordProblem[];
}

const row = <Value>(columns: AttributeRow<Value>): AttributeRow<Value> => columns;

const ONE_TEXT = {
  read: (value: string): string | undefined => value,
  print: (value: string) => [value],
};

const LIST = {
  repeats: 'accumulate',
  read: (value: string): readonly string[] => [value],
  print: (values: readonly string[]) => values,
} as const;

const YES_NO = {
  repeats: 'last',
  read: (value: string) => YES.get(value.toLowerCase()),
  refusal: (name: string, value: string) => `attribute "${name}" has bad value: "${value}"`,
  cure: (name: string) => `write ${name}=yes or ${name}=no`,
  print: (on: boolean) => [on ? 'yes' : 'no'],
} as const;

const YES: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
]);

const POLICY_FAILURES = [
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
  'validation-failure',
];

const COLON = () => ':' as const;
const malformed = (name: string, value: string) =>
  `attribute "${name}" has a malformed value: "${value}"`;
const unexpected = (name: string, value: string) =>
  `attribute "${name}" has an unexpected value: "${value}"`;

/** By the name under which an entry holds the value, in the order in which entries are printed. */
const ATTRIBUTES = {
  /** Names split at `:`, digests at `|`; empty elements dropped. */
  match: row<readonly string[]>({
    name: 'match',
    since: '2.11',
    levels: ['fingerprint', 'verify', 'secure'],
    repeats: 'accumulate',
    empty: 'refused-first',
    separator: matchSeparator,
    read: (value, level) => tokens(value, matchSeparator(level)),
    // A list without elements (`match=:`) still replaces main.cf's.
    print: (elements, level) => [elements.join(matchSeparator(level)) || matchSeparator(level)],
  }),
  tafile: row<readonly string[]>({
    ...LIST,
    name: 'tafile',
    since: '2.11',
    levels: ['verify', 'secure'],
    empty: 'refused-last',
  }),
  ciphers: row<string>({
    ...ONE_TEXT,
    name: 'ciphers',
    since: '2.11',
    repeats: 'refuse',
    empty: 'refused-first',
    sameAtDaneOnly: true,
    handshakeProblems: (grade) => [gradeProblem(grade)].filter((problem) => problem !== undefined),
  }),
  protocols: row<string>({
    ...ONE_TEXT,
    name: 'protocols',
    since: '2.11',
    repeats: 'refuse',
    sameAtDaneOnly: true,
    separator: COLON,
    handshakeProblems: (value, version) =>
      [protocolProblem(value, version)].filter((problem) => problem !== undefined),
  }),
  exclude: row<string>({
    ...ONE_TEXT,
    name: 'exclude',
    since: '2.11',
    repeats: 'refuse',
    sameAtDaneOnly: true,
    separator: COLON,
    handshakeProblems: exclusionProblems,
  }),
  servername: row<string>({
    ...ONE_TEXT,
    name: 'servername',
    since: '3.4',
    repeats: 'refuse',
    read: hostname,
    refusal: (name, value) => `"${name}=${value}" specifies an invalid hostname`,
    cure: () => 'write a host name, hostname or nexthop behind servername=',
  }),
  connectionReuse: row<boolean>({
    ...YES_NO,
    name: 'connection_reuse',
    since: '3.4',
    sameAtDaneOnly: true,
  }),
  enableRpk: row<boolean>({ ...YES_NO, name: 'enable_rpk', since: '3.9' }),
  policyType: row<'sts' | 'no-policy-found'>({
    name: 'policy_type',
    since: '3.10',
    repeats: 'refuse',
    read: (value) => (['sts', 'no-policy-found'] as const).find((is) => is === value.toLowerCase()),
    refusal: unexpected,
    cure: () => 'write policy_type=sts or policy_type=no-policy-found',
    print: (type) => [type],
  }),
  policyDomain: row<string>({
    ...ONE_TEXT,
    name: 'policy_domain',
    since: '3.10',
    repeats: 'refuse',
    needsPolicyType: true,
    read: hostname,
    refusal: malformed,
    cure: (name) => `write ${name} as a host name`,
  }),
  policyTtl: row<string>({
    ...ONE_TEXT,
    name: 'policy_ttl',
    since: '3.10',
    repeats: 'refuse',
    needsPolicyType: true,
    // alldig() and sane_strtol() into an int.
    read: (value) => (/^\d+$/.test(value) && Number(value) <= 2_147_483_647 ? value : undefined),
    refusal: malformed,
    cure: () => 'write policy_ttl as whole seconds',
  }),
  policyString: row<readonly string[]>({
    ...LIST,
    name: 'policy_string',
    since: '3.10',
    needsPolicyType: true,
  }),
  mxHostPattern: row<readonly string[]>({
    ...LIST,
    name: 'mx_host_pattern',
    since: '3.10',
    needsPolicyType: true,
  }),
  policyFailure: row<string>({
    ...ONE_TEXT,
    name: 'policy_failure',
    since: '3.10',
    repeats: 'refuse',
    needsPolicyType: true,
    read: (value) => POLICY_FAILURES.find((failure) => failure === value.toLowerCase()),
    refusal: unexpected,
    cure: () => `write one of ${POLICY_FAILURES.join(', ')}`,
  }),
};

type ValueOf<Row> = Row extends AttributeRow<infer Value> ? Value : never;

/**
 * Attributes as written, after the version's rules were applied. What is absent was not given:
 * main.cf decides.
 */
export type Attributes = {
  readonly [Key in keyof typeof ATTRIBUTES]?: ValueOf<(typeof ATTRIBUTES)[Key]>;
};

type AnyRow = AttributeRow<NonNullable<Attributes[keyof Attributes]>>;

const ROWS = Object.entries(ATTRIBUTES) as unknown as readonly (readonly [
  keyof Attributes,
  AnyRow,
])[];

const BY_NAME: ReadonlyMap<string, readonly [keyof Attributes, AnyRow]> = new Map(
  ROWS.map((keyed) => [keyed[1].name, keyed]),
);

/** The row of an attribute of any version, by its name in lower case. */
export const attributeNamed = (name: string): AnyRow | undefined => BY_NAME.get(name)?.[1];

/** Names of the attributes whose rows are as asked, in the order in which entries are printed. */
export function attributesWhere(holds: (row: AnyRow) => boolean): readonly string[] {
  return ROWS.flatMap(([, row]) => (holds(row) ? [row.name] : []));
}

/** The attributes that an entry has, in the order in which entries are printed. */
export function given(
  attributes: Attributes,
): readonly { readonly row: AnyRow; readonly value: NonNullable<Attributes[keyof Attributes]> }[] {
  return ROWS.flatMap(([key, row]) => {
    const value = attributes[key];
    return value === undefined ? [] : [{ row, value }];
  });
}

/** What one attribute adds, or Postfix's warning about it. */
export type AttributeResult = { readonly attributes: Attributes } | { readonly warning: string };

/**
 * Adds `name=value` to what the entry has so far, whose lists become those of the result. The name
 * is shown as written, compared without case.
 */
export function addAttribute(
  so: Attributes,
  name: string,
  value: string,
  level: SecurityLevel,
  version: PostfixVersion,
): AttributeResult {
  const [key, row] = BY_NAME.get(name.toLowerCase()) ?? [];
  if (key === undefined || row === undefined || !atLeast(version, row.since))
    return { warning: `invalid attribute name: "${name}"` };
  const empty = { warning: `attribute "${name}" has empty value` };
  if (value === '' && row.empty === 'refused-first') return empty;
  const before = so[key];
  if (before !== undefined && row.repeats === 'refuse')
    return { warning: `attribute "${name}" is specified multiple times` };
  if (row.levels?.includes(level) === false)
    return { warning: `attribute "${name}" invalid at security level "${level}"` };
  if (value === '' && row.empty === 'refused-last') return empty;
  const read = row.read(value, level);
  if (read === undefined) return { warning: (row.refusal ?? malformed)(name, value) };
  const added = row.repeats === 'accumulate' ? longer(before, read) : read;
  return { attributes: { ...so, [key]: added } };
}

/**
 * In place: only the newest attributes are looked at, and a line that repeats match= 100,000 times
 * should not take minutes.
 */
function longer(list: unknown = [], more: unknown): readonly string[] {
  const grown = list as string[];
  for (const element of more as readonly string[]) grown.push(element);
  return grown;
}

/** After the last attribute: the policy_ attributes need a policy_type beside them. */
export function missingPolicyType(attributes: Attributes): string | undefined {
  if (attributes.policyType !== undefined) return undefined;
  if (!given(attributes).some(({ row }) => row.needsPolicyType)) return undefined;
  return (
    'built-in policy has unexpected attribute policy_ttl, policy_domain, policy_string, ' +
    'mx_host_pattern or policy_failure'
  );
}

export function matchSeparator(level: SecurityLevel): ':' | '|' {
  return level === 'fingerprint' ? '|' : ':';
}

function hostname(value: string): string | undefined {
  return isHostname(value) ? value : undefined;
}
