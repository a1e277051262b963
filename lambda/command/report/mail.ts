/** Where mail went by the log, and how much of it is watched. Pure. */
import { isWatched } from '../../alert/incident/standing.ts';
import { type MailSent, recipientsOf } from '../../log/mail-sent.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { CONSIDERED, idsOfDomains } from '../../policy/mail-destinations.ts';
import type { EntrySnapshot } from '../../snapshot/entry-snapshot.ts';
import { plainName } from '../../text/strangers.ts';

export interface MailPart {
  /** Epoch ms: how far back the log goes. */
  readonly since: number;
  readonly recipients: number;
  /** Recipients whose mail is watched. */
  readonly watched: number;
  /** Undefined where only what earlier runs kept of logs is known. */
  readonly messages: number | undefined;
  /** Most mail first. */
  readonly rows: readonly MailRow[];
  /** Domains beyond those that are shown. */
  readonly more: number;
}

export interface MailRow {
  readonly name: string;
  readonly messages: number | undefined;
  readonly recipients: number;
  readonly isWatched: boolean;
}

/**
 * @param messages by domain; undefined where no log was read now
 * @param bundle says which entry a domain's mail goes by; without, it is told by name
 */
export function mailPart(
  sent: MailSent,
  messages: ReadonlyMap<string, number> | undefined,
  entries: readonly EntrySnapshot[],
  bundle: Bundle | undefined,
): MailPart | undefined {
  if (sent.since === undefined) return undefined;
  const { all, byDomain } = recipientsOf(sent);
  const domains = [...byDomain.keys()];
  const isSeen = watchedBy(entries, bundle, domains.slice(0, CONSIDERED));
  const rows = domains.map((domain) => ({
    name: plainName(domain),
    messages: messages === undefined ? undefined : (messages.get(domain) ?? 0),
    recipients: byDomain.get(domain) ?? 0,
    isWatched: isSeen(domain),
  }));
  return {
    since: sent.since,
    recipients: all,
    watched: rows.reduce((sum, row) => sum + (row.isWatched ? row.recipients : 0), 0),
    messages:
      messages === undefined ? undefined : [...messages.values()].reduce((sum, n) => sum + n, 0),
    rows: rows.slice(0, ROWS),
    more: Math.max(0, rows.length - ROWS),
  };
}

function watchedBy(
  entries: readonly EntrySnapshot[],
  bundle: Bundle | undefined,
  domains: readonly string[],
): (domain: string) => boolean {
  const watched = entries.filter(isWatched);
  const names = new Set(watched.flatMap(({ key, destination }) => [key, destination]));
  const known = new Set(watched.map(({ id }) => id));
  const ids = bundle === undefined ? new Map<string, string>() : idsOfDomains(bundle, domains);
  return (domain) => names.has(domain) || known.has(ids.get(domain) ?? '');
}

const ROWS = 200;
