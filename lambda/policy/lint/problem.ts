/**
 * A problem that lint finds: its place, what it does to mail and the cure; and the sentences that
 * several rules share.
 */
import type { WordProblem } from '../../postfix/tls-words.ts';
import type { Attributes } from '../attribute.ts';
import type { Bundle } from '../bundle.ts';
import type { Demand } from '../demand.ts';
import type { SecurityLevel } from '../level.ts';
import type { TableEntry } from '../parse.ts';

export interface LintProblem {
  readonly place: {
    /** `hash:/etc/postfix/tls_policy`, or the main.cf. */
    readonly file: string;
    /** From 1; null where it is about the whole file or a parameter that is not set. */
    readonly line: number | null;
  };
  /** The lookup key or the main.cf parameter it is about; null where it is about the file. */
  readonly key: string | null;
  /**
   * `defers`: mail would be deferred; `warning`: mail goes another way than the line says; `note`:
   * worth knowing.
   */
  readonly severity: 'defers' | 'warning' | 'note';
  readonly code: LintCode;
  /** What Postfix logs behind `warning: ` or `fatal: `; null where it says nothing. */
  readonly postfixSays: string | null;
  /** What it does to mail. One clause, lower case, no full stop. */
  readonly effect: string;
  /** What to write or do instead. */
  readonly cure: string;
}

export type LintCode = (typeof LINT_CODES)[number];

/** A problem before its place and key are known. */
export type Finding = Omit<LintProblem, 'place' | 'key' | 'postfixSays'> & {
  readonly postfixSays?: string;
};

/** One entry that parsed, with what Postfix makes of it. */
export interface Judged {
  readonly entry: TableEntry;
  readonly level: SecurityLevel;
  readonly attributes: Attributes;
  readonly demand: Demand;
  readonly bundle: Bundle;
}

/** Shared with main.cf's lists, which have no key: what a bad word does to mail at a level. */
export function wordFinding(
  where: string,
  problem: WordProblem,
  level: SecurityLevel,
  key: string | undefined,
): Finding {
  if (!problem.fails) {
    return {
      code: 'unknown-word',
      severity: 'warning',
      effect: `${where}: ${problem.wrong}`,
      cure: problem.cure,
    };
  }
  const whom = key === undefined ? 'all mail at encrypt and above' : `all mail to ${whomOf(key)}`;
  return level === 'may'
    ? {
        code: 'handshake-impossible',
        severity: 'warning',
        effect:
          `${where}: ${problem.wrong}, so the TLS handshake fails at every host, and after a ` +
          'first delay mail goes out in plaintext',
        cure: problem.cure,
      }
    : {
        code: 'handshake-impossible',
        severity: 'defers',
        effect:
          `${where}: ${problem.wrong}, so the TLS handshake fails at every host, and ${whom} ` +
          'would be deferred (4.7.5 Cannot start TLS: handshake failure)',
        cure: problem.cure,
      };
}

/** How much a level asks for; for comparing an entry with the one it hides. */
export const STRENGTH: Readonly<Record<SecurityLevel, number>> = {
  none: 0,
  may: 1,
  encrypt: 2,
  dane: 2,
  'dane-only': 3,
  fingerprint: 3,
  verify: 3,
  secure: 4,
};

/**
 * What deferring comes to, by key (a parent entry stands for many next hops) and the text Postfix
 * logs with 4.7.5.
 */
export function defersFor(key: string, text = 'client TLS configuration problem'): string {
  return `all mail to ${whomOf(key)} would be deferred (4.7.5 ${text})`;
}

/** `this next hop`, or for a parent entry `domains below example.com`. */
export function whomOf(key: string): string {
  return key.startsWith('.') ? `domains below ${key.slice(1)}` : 'this next hop';
}

/** The text for an entry that is well-formed and that no certificate meets. */
export const NOT_VERIFIED = 'Server certificate not verified';

/** Closed; documented with the schema of `lint --json`. */
export const LINT_CODES = [
  'line-ignored',
  'duplicate-key',
  'broken-entry',
  'no-policy-table',
  'ignored-attribute',
  'never-looked-up',
  'handshake-impossible',
  'unknown-word',
  'address-in-match',
  'address-next-hop',
  'literal-star',
  'trailing-dot',
  'no-usable-name',
  'provider-domain',
  'provider-host',
  'unsigned-name',
  'replaced-match',
  'ignored-failure',
  'digest',
  'weak-digest',
  'leaf-digest',
  'parent-alone',
  'weaker-than-parent',
  'dane-off',
  'no-dnssec',
  'wrapper-mode',
  'weaker-fallback',
  'smtp-dies',
  'unknown-parameter',
  'main-cf-line',
  'secure-is-verify',
  'no-anchors',
  'tls-engine-off',
  'unreadable-file',
  'no-hash-link',
  'table-missing',
  'table-not-listable',
  'table-stale',
] as const;
