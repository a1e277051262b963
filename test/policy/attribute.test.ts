/**
 * Each attribute of a policy entry: where it may stand, from which version on, what repeating it does, and how it is
 * printed.
 */
import { describe, expect, test } from 'vitest';
import { attributesWhere } from '../../lambda/policy/attribute.ts';
import { SECURITY_LEVELS, type SecurityLevel } from '../../lambda/policy/level.ts';
import { cureOf } from '../../lambda/policy/lint/cure.ts';
import { parsePolicy, printPolicy } from '../../lambda/policy/parse.ts';
import type { PostfixVersion } from '../../lambda/postfix/version.ts';

interface Row {
  readonly name: string;
  /** The last version that does not know it; absent where all that are judged do. */
  readonly unknownTo?: PostfixVersion;
  readonly levels?: readonly SecurityLevel[];
  readonly good: string;
  readonly again: string;
  /** What good and again come to at secure, or the warning. */
  readonly both: string;
  readonly bad?: { readonly value: string; readonly warning: string; readonly cure: string };
}

const EMPTY = (name: string) => ({
  value: '',
  warning: `attribute "${name}" has empty value`,
  cure: `give ${name} a value, or delete it: then main.cf's setting counts`,
});
const YES_NO = (name: string) => ({
  value: 'on',
  warning: `attribute "${name}" has bad value: "on"`,
  cure: `write ${name}=yes or ${name}=no`,
});
const twice = (name: string) => `attribute "${name}" is specified multiple times`;

const ROWS: readonly Row[] = [
  {
    name: 'match',
    levels: ['fingerprint', 'verify', 'secure'],
    good: 'a.test',
    again: '.b.test',
    both: 'match=a.test:.b.test',
    bad: EMPTY('match'),
  },
  {
    name: 'tafile',
    levels: ['verify', 'secure'],
    good: '/a.pem',
    again: '/b.pem',
    both: 'tafile=/a.pem tafile=/b.pem',
    bad: EMPTY('tafile'),
  },
  { name: 'ciphers', good: 'high', again: 'medium', both: twice('ciphers'), bad: EMPTY('ciphers') },
  { name: 'protocols', good: '!TLSv1', again: '', both: twice('protocols') },
  { name: 'exclude', good: '', again: 'aNULL', both: twice('exclude') },
  {
    name: 'servername',
    unknownTo: '3.3',
    good: 'hostname',
    again: 'nexthop',
    both: twice('servername'),
    bad: {
      value: '-a',
      warning: '"servername=-a" specifies an invalid hostname',
      cure: 'write a host name, hostname or nexthop behind servername=',
    },
  },
  {
    name: 'connection_reuse',
    unknownTo: '3.3',
    good: 'yes',
    again: 'no',
    both: 'connection_reuse=no',
    bad: YES_NO('connection_reuse'),
  },
  { name: 'enable_rpk', unknownTo: '3.8', good: 'no', again: 'YES', both: 'enable_rpk=yes', bad: YES_NO('enable_rpk') },
  {
    name: 'policy_type',
    unknownTo: '3.9',
    good: 'sts',
    again: 'sts',
    both: twice('policy_type'),
    bad: {
      value: 'dane',
      warning: 'attribute "policy_type" has an unexpected value: "dane"',
      cure: 'write policy_type=sts or policy_type=no-policy-found',
    },
  },
  {
    name: 'policy_domain',
    unknownTo: '3.9',
    good: 'a.test',
    again: 'b.test',
    both: twice('policy_domain'),
    bad: {
      value: '-a',
      warning: 'attribute "policy_domain" has a malformed value: "-a"',
      cure: 'write policy_domain as a host name',
    },
  },
  {
    name: 'policy_ttl',
    unknownTo: '3.9',
    good: '86400',
    again: '1',
    both: twice('policy_ttl'),
    bad: {
      value: '1d',
      warning: 'attribute "policy_ttl" has a malformed value: "1d"',
      cure: 'write policy_ttl as whole seconds',
    },
  },
  { name: 'policy_string', unknownTo: '3.9', good: 'a', again: 'b', both: 'policy_string=a policy_string=b' },
  {
    name: 'mx_host_pattern',
    unknownTo: '3.9',
    good: 'a.test',
    again: '*.a.test',
    both: 'mx_host_pattern=a.test mx_host_pattern=*.a.test',
  },
  {
    name: 'policy_failure',
    unknownTo: '3.9',
    good: 'validation-failure',
    again: 'sts-policy-invalid',
    both: twice('policy_failure'),
    bad: {
      value: 'no',
      warning: 'attribute "policy_failure" has an unexpected value: "no"',
      cure: 'write one of sts-policy-fetch-error, sts-policy-invalid, sts-webpki-invalid, validation-failure',
    },
  },
];

test('every attribute has its rules below', () => {
  expect(ROWS.map(({ name }) => name)).toEqual(attributesWhere(() => true));
});

/** Those of MTA-STS stand beside a policy_type. */
const needsType = (name: string) => attributesWhere((row) => row.needsPolicyType === true).includes(name);
const beside = (name: string) => (needsType(name) ? 'policy_type=sts ' : '');

/** As it would be printed again, without the policy_type beside it; or the warning. */
function outcome(value: string, version: PostfixVersion = '3.11', without = ''): string {
  const policy = parsePolicy(value, version);
  if (policy.kind === 'broken') return policy.warning;
  const printed = printPolicy(policy.level, policy.attributes);
  return printed.replace(`${policy.level} `, '').replace(without, '');
}

describe.each(ROWS)('$name', ({ name, unknownTo, levels, good, again, both }) => {
  test('is known from its version on', () => {
    const value = `secure ${name}=${good}`;
    if (unknownTo === undefined) expect(outcome(value, '2.11')).toBe(`${name}=${good}`);
    else expect(outcome(value, unknownTo)).toBe(`invalid attribute name: "${name}"`);
  });

  test.each(SECURITY_LEVELS.filter((level) => level !== 'none'))('at %s', (level) => {
    const value = `${level} ${beside(name)}${name.toUpperCase()}=${good}`;
    expect(outcome(value, '3.11', beside(name))).toBe(
      levels === undefined || levels.includes(level)
        ? `${name}=${good}`
        : `attribute "${name.toUpperCase()}" invalid at security level "${level}"`,
    );
  });

  test('is ignored at none', () => {
    expect(parsePolicy(`none ${name}=${good}`, '3.11')).toEqual({ kind: 'policy', level: 'none', attributes: {} });
  });

  test('said twice', () => {
    expect(outcome(`secure ${beside(name)}${name}=${good} ${name}=${again}`, '3.11', beside(name))).toBe(both);
  });
});

const refused = ROWS.flatMap(({ name, bad }) => (bad === undefined ? [] : [{ name, ...bad }]));

test.each(refused)('$name=$value: $warning', ({ name, value, warning, cure }) => {
  const entry = `secure ${beside(name)}${name}=${value}`;
  expect(outcome(entry)).toBe(warning);
  expect(cureOf(warning, entry, '3.11')).toBe(cure);
});

test.each(ROWS.filter(({ name }) => needsType(name)))('$name without a policy_type', ({ name, good }) => {
  expect(outcome(`secure ${name}=${good}`)).toBe(
    'built-in policy has unexpected attribute policy_ttl, policy_domain, policy_string, mx_host_pattern or policy_failure',
  );
});

test.each([
  { value: 'encrypt match=', warning: 'attribute "match" has empty value', because: 'match is looked at before its level' },
  {
    value: 'encrypt tafile=',
    warning: 'attribute "tafile" invalid at security level "encrypt"',
    because: 'tafile after it',
  },
  {
    value: 'may ciphers=high ciphers=',
    warning: 'attribute "ciphers" has empty value',
    because: 'an empty value before a second',
  },
])('$value: $because', ({ value, warning }) => {
  expect(outcome(value)).toBe(warning);
});
