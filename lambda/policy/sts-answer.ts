/**
 * Entries that a daemon for MTA-STS gives, as postfix-mta-sts-resolver and postfix-tlspol do: it
 * makes them of the policy that the receiver publishes, and nobody edits them. Pure.
 */
import type { EntryPlace } from './entry.ts';

/** Known by policy_type=sts, or by what such daemons answer over socketmap or tcp. */
export function isStsAnswer(entry: EntryPlace | undefined): boolean {
  if (entry === undefined || entry.line !== 0 || !isDaemon(entry.table)) return false;
  return /^secure[\s,]/i.test(entry.value) && /[\s,{](?:match|policy_type)\s*=/i.test(entry.value);
}

/** The same of what is published of an entry. */
export function isStsVerdict(verdict: {
  readonly table: string | null;
  readonly line: number | null;
  readonly level: string;
}): boolean {
  const { table, line, level } = verdict;
  return table !== null && line === null && level === 'secure' && isDaemon(table);
}

const isDaemon = (table: string): boolean => /^(?:proxy:)?(?:socketmap|tcp):/.test(table);
