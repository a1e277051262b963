/** `--destinations-from-log`: where mail went, read from the log and added to what is judged. */
import type { MailSeen } from '../alert/incident/run-facts.ts';
import { LOG_BOUNDS } from '../limits.ts';
import type { LogPlace } from '../log/follow.ts';
import type { LogLine } from '../log/line.ts';
import {
  MAIL_DAYS,
  type MailSent,
  NO_MAIL,
  openMailTally,
  recipientsOf,
  withMail as together,
} from '../log/mail-sent.ts';
import { openJournal, openLogs, withRotated } from '../log/read-log.ts';
import { thisZone } from '../log/timestamp.ts';
import type { Bundle } from '../policy/bundle.ts';
import { CONSIDERED, withMailDestinations } from '../policy/mail-destinations.ts';
import { eachLine } from '../run/why/read.ts';
import type { Store } from '../store/keys.ts';
import { saveLogPlace } from '../store/log-place.ts';
import { readMailSent as readKept, saveMailSent } from '../store/mail-sent.ts';
import { StoreError } from '../store/table-error.ts';
import { UsageError } from '../usage-error.ts';

export interface MailLogFlags {
  /** Logs, `journal` or `-`. */
  readonly destinationsFromLog?: readonly string[];
}

/**
 * What the logs tell, those rotated away from them included; undefined where none is named.
 *
 * @param also takes each line, too
 * @throws UsageError where one cannot be read
 */
export async function readMailSent(
  { destinationsFromLog: named = [] }: MailLogFlags,
  now: number,
  also: (line: LogLine) => void = () => undefined,
): Promise<MailSent | undefined> {
  if (named.length === 0) return undefined;
  const paths = named.filter((one) => one !== 'journal');
  const all = await Promise.all(paths.map((path) => (path === '-' ? ['-'] : withRotated(path))));
  const sources = await openLogs([...new Set(all.flat())], now, PIPED);
  const tally = openMailTally(now);
  await eachLine(
    [...sources, ...(paths.length < named.length ? [openJournal(now, MAIL_DAYS)] : [])],
    thisZone,
    (line) => {
      tally.take(line);
      also(line);
    },
  );
  return tally.sent();
}

/** What a log and the store tell together, and what could not be read of either. */
export interface RecalledMail {
  readonly sent: MailSent | undefined;
  /** Sentences; nobody goes unwatched for the sake of a log. */
  readonly problems: readonly string[];
}

/** For `watch`: with what earlier runs read, and without a log that cannot be read today. */
export async function recallMail(
  flags: MailLogFlags,
  store: () => Promise<Store>,
  now: number,
): Promise<RecalledMail> {
  if ((flags.destinationsFromLog ?? []).length === 0) return { sent: undefined, problems: [] };
  const problems: string[] = [];
  const note = (then: string) => (because: string) => problems.push(`${because}; ${then}`);
  const read = await unless(
    readMailSent(flags, now),
    (error) => error instanceof UsageError,
    note('where mail goes is taken from what earlier runs read'),
  );
  const kept = await unless(
    readKept(await store()),
    (error) => error instanceof StoreError && error.kind === 'damaged',
    note('where mail went is read anew'),
  );
  return { sent: together(kept ?? NO_MAIL, read ?? NO_MAIL, now), problems };
}

/** For the next run, what was read of logs; a sentence where the store does not take it. */
export async function keepLog(
  store: Store,
  sent: MailSent | undefined,
  place: LogPlace | undefined,
  now: number,
): Promise<string | undefined> {
  let problem: string | undefined;
  const save = async () => {
    if (sent !== undefined) await saveMailSent(store, sent, now);
    if (place !== undefined) await saveLogPlace(store, place);
  };
  await unless(
    save(),
    (error) => error instanceof StoreError,
    (because) => {
      problem = `${because}; what the log told is not kept`;
    },
  );
  return problem;
}

/** Undefined, and told, where it fails as expected. */
async function unless<T>(
  doing: Promise<T>,
  isExpected: (error: unknown) => boolean,
  told: (because: string) => void,
): Promise<T | undefined> {
  try {
    return await doing;
  } catch (error) {
    if (!(error instanceof Error) || !isExpected(error)) throw error;
    told(error.message);
    return undefined;
  }
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
