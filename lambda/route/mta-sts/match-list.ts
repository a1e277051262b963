/**
 * A policy's hosts as a match list, in the way of postfix-mta-sts-resolver: a host is itself, and
 * the star is left out of `*.parent`. Pure.
 *
 * Postfix reads `.parent` as every name below, of any depth, where the policy means one label.
 */
import type { MatchPattern } from '../../policy/entry.ts';
import type { StsPolicy } from './policy.ts';

export function matchListOf({ mx }: Pick<StsPolicy, 'mx'>): MatchPattern[] {
  return mx.map((pattern) =>
    pattern.startsWith('*.')
      ? { kind: 'subdomains', parent: pattern.slice(2) }
      : { kind: 'name', name: pattern },
  );
}
