/**
 * The attributes of a policy entry: which exist in which version, at which levels, how often, with
 * which values.
 *
 * Follows the loop in tls_policy_lookup_one() in src/smtp/smtp_tls_policy.c, and its wording. A
 * tafile is opened by Postfix inside that loop; here policy/demand looks at it, because reading
 * files is not parsing.
 */

import { isHostname } from '../postfix/hostname.ts';
import { tokens } from '../postfix/token.ts';
import { atLeast, type PostfixVersion } from '../postfix/version.ts';
import type { Attributes, SecurityLevel } from './entry.ts';

/** What one attribute adds, or Postfix's warning about it. */
export type AttributeResult = { readonly attributes: Attributes } | { readonly warning: string };

/**
 * Attribute names in the order in which entries are printed, with the first version that knows
 * each.
 */
export const ATTRIBUTE_SINCE: Readonly<Record<string, PostfixVersion>> = {
  match: '2.11',
  tafile: '2.11',
  ciphers: '2.11',
  protocols: '2.11',
  exclude: '2.11',
  servername: '3.4',
  connection_reuse: '3.4',
  enable_rpk: '3.9',
  policy_type: '3.10',
  policy_domain: '3.10',
  policy_ttl: '3.10',
  policy_string: '3.10',
  mx_host_pattern: '3.10',
  policy_failure: '3.10',
};

export const POLICY_FAILURES: readonly string[] = [
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
  'validation-failure',
];

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
  const known = name.toLowerCase();
  const since = Object.hasOwn(ATTRIBUTE_SINCE, known) ? ATTRIBUTE_SINCE[known] : undefined;
  if (since === undefined || !atLeast(version, since))
    return { warning: `invalid attribute name: "${name}"` };
  const empty = { warning: `attribute "${name}" has empty value` };
  const again = { warning: `attribute "${name}" is specified multiple times` };
  const wrongLevel = { warning: `attribute "${name}" invalid at security level "${level}"` };
  const unexpected = { warning: `attribute "${name}" has an unexpected value: "${value}"` };
  const malformed = { warning: `attribute "${name}" has a malformed value: "${value}"` };
  const verifies = level === 'verify' || level === 'secure';

  switch (known) {
    case 'ciphers':
      if (value === '') return empty;
      return so.ciphers === undefined ? { attributes: { ...so, ciphers: value } } : again;
    case 'protocols':
      return so.protocols === undefined ? { attributes: { ...so, protocols: value } } : again;
    case 'exclude':
      return so.exclude === undefined ? { attributes: { ...so, exclude: value } } : again;
    case 'servername':
      if (so.servername !== undefined) return again;
      if (!isHostname(value))
        return { warning: `"${name}=${value}" specifies an invalid hostname` };
      return { attributes: { ...so, servername: value } };
    case 'match': {
      if (value === '') return empty;
      if (!verifies && level !== 'fingerprint') return wrongLevel;
      const elements = tokens(value, level === 'fingerprint' ? '|' : ':');
      return { attributes: { ...so, match: longer(so.match, elements) } };
    }
    case 'tafile':
      if (!verifies) return wrongLevel;
      if (value === '') return empty;
      return { attributes: { ...so, tafile: longer(so.tafile, [value]) } };
    case 'connection_reuse':
    case 'enable_rpk': {
      const choice = value.toLowerCase();
      if (choice !== 'yes' && choice !== 'no')
        return { warning: `attribute "${name}" has bad value: "${value}"` };
      const on = choice === 'yes';
      return {
        attributes:
          known === 'enable_rpk' ? { ...so, enableRpk: on } : { ...so, connectionReuse: on },
      };
    }
    case 'policy_ttl':
      if (so.policyTtl !== undefined) return again;
      return isTtl(value) ? { attributes: { ...so, policyTtl: value } } : malformed;
    case 'policy_type': {
      if (so.policyType !== undefined) return again;
      const type = value.toLowerCase();
      if (type !== 'sts' && type !== 'no-policy-found') return unexpected;
      return { attributes: { ...so, policyType: type } };
    }
    case 'policy_domain':
      if (so.policyDomain !== undefined) return again;
      return isHostname(value) ? { attributes: { ...so, policyDomain: value } } : malformed;
    case 'policy_string':
      return { attributes: { ...so, policyString: longer(so.policyString, [value]) } };
    case 'mx_host_pattern':
      return { attributes: { ...so, mxHostPattern: longer(so.mxHostPattern, [value]) } };
    case 'policy_failure': {
      if (so.policyFailure !== undefined) return again;
      const failure = value.toLowerCase();
      return POLICY_FAILURES.includes(failure)
        ? { attributes: { ...so, policyFailure: failure } }
        : unexpected;
    }
  }
  return { warning: `invalid attribute name: "${name}"` };
}

/**
 * In place: only the newest attributes are looked at, and a line that repeats match= 100,000 times
 * should not take minutes.
 */
function longer(list: readonly string[] = [], more: readonly string[]): readonly string[] {
  const grown = list as string[];
  for (const element of more) grown.push(element);
  return grown;
}

/** After the last attribute: the policy_ attributes need a policy_type beside them. */
export function missingPolicyType(attributes: Attributes): string | undefined {
  if (attributes.policyType !== undefined) return undefined;
  const needs = [
    attributes.policyTtl,
    attributes.policyString,
    attributes.policyDomain,
    attributes.mxHostPattern,
    attributes.policyFailure,
  ];
  if (needs.every((value) => value === undefined)) return undefined;
  return 'built-in policy has unexpected attribute policy_ttl, policy_domain, policy_string, mx_host_pattern or policy_failure';
}

/** alldig() and sane_strtol() into an int. */
function isTtl(value: string): boolean {
  return /^\d+$/.test(value) && Number(value) <= 2_147_483_647;
}
