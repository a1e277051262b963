/** `--destinations-from-log`: where mail went, read from the log and added to what is judged. */
import type { MailSeen } from '../alert/incident/run-facts.ts';
import { LOG_BOUNDS } from '../limits.ts';
import { MAIL_DAYS, type MailSent, openMailTally, recipientsOf } from '../log/mail-sent.ts';
import { openJournal, openLogs, withRotated } from '../log/read-log.ts';
import { thisZone } from '../log/timestamp.ts';
import type { Bundle } from '../policy/bundle.ts';
import { CONSIDERED, withMailDestinations } from '../policy/mail-destinations.ts';
import { eachLine } from '../run/why/read.ts';

export interface MailLogFlags {
  /** Logs, `journal` or `-`. */
  readonly destinationsFromLog?: readonly string[];
}

/**
 * What the logs tell, those rotated away from them included; undefined where none is named.
 *
 * @throws UsageError where one cannot be read
 */
export async function readMailSent(
  { destinationsFromLog: named = [] }: MailLogFlags,
  now: number,
): Promise<MailSent | undefined> {
  if (named.length === 0) return undefined;
  const paths = named.filter((one) => one !== 'journal');
  const all = await Promise.all(paths.map((path) => (path === '-' ? ['-'] : withRotated(path))));
  const sources = await openLogs([...new Set(all.flat())], now, PIPED);
  const tally = openMailTally(now);
  await eachLine(
    [...sources, ...(paths.length < named.length ? [openJournal(now, MAIL_DAYS)] : [])],
    thisZone,
    tally.take,
  );
  return tally.sent();
}

/** Domains that tables are to be asked about. */
export const domainsOf = (sent: MailSent | undefined): readonly string[] =>
  sent === undefined ? [] : [...recipientsOf(sent).byDomain.keys()].slice(0, CONSIDERED);

/** The bundle with where mail went; the same without a log. */
export function withMail(
  bundle: Bundle,
  sent: MailSent | undefined,
  now: number,
): { readonly bundle: Bundle; readonly mail?: MailSeen } {
  if (sent === undefined) return { bundle };
  const found = withMailDestinations(bundle, recipientsOf(sent), LOG_BOUNDS.mailDestinations);
  return { bundle: found.bundle, mail: { ...found.shares, since: sent.since ?? now } };
}

const PIPED = 'postfix-tls-watch check --destinations-from-log -';
