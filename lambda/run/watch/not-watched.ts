/**
 * What a run did not watch, named: kept in its record, so that `status` can name it without
 * probing. Pure.
 *
 * Nothing is asked of these entries, or nothing can be judged of them by design; what merely was
 * not seen today is not among them.
 */
import * as v from 'valibot';
import { isWatched } from '../../alert/incident/standing.ts';
import type { MailShare } from '../../alert/message/mail-share.ts';
import { reasonWords } from '../../alert/message/wording.ts';
import { firstWithin } from '../../first-within.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { destinationsOf } from '../../policy/destinations.ts';
import type { EntryPlace } from '../../policy/entry.ts';
import type { RunRecord } from '../../store/stored-values.ts';
import type { Reason } from '../../verdict/reason.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';

export interface NotWatched {
  readonly name: string;
  readonly line: number | null;
  /** In words, as messages say it. */
  readonly because: string;
}

/** Of a run's verdicts, for `more` of its record: the first 500, as far as there is room. */
export function notWatchedIn(verdicts: Iterable<EntryVerdict>): readonly NotWatched[] {
  const all = [...verdicts]
    .filter((verdict) => !isWatched(verdict))
    .slice(0, KEPT.most)
    .map(({ key, destination, line, reason }) => notWatched(key ?? destination, line, reason));
  return firstWithin(all, KEPT);
}

/** What a record says of them; undefined where an older release wrote it. */
export function notWatchedOf(record: RunRecord | undefined): readonly NotWatched[] | undefined {
  const parsed = v.safeParse(MORE, record?.more);
  return parsed.success ? parsed.output.notWatched : undefined;
}

/** How much of the mail was watched; undefined where no log was read. */
export function mailShareOf(record: RunRecord | undefined): MailShare | undefined {
  const read = v.safeParse(MAIL, record?.more);
  return read.success ? read.output.mail : undefined;
}

/**
 * What a policy alone says: private addresses and what DNS would have to tell are not known to it.
 */
export function notWatchedBy(bundle: Bundle): NotWatched[] {
  return destinationsOf(bundle).flatMap(({ entry, name, unchecked }) =>
    unchecked === undefined
      ? []
      : [notWatched(entry?.key ?? name, lineOf(entry), unchecked.reason)],
  );
}

/** Null for what stands in no line: an answer of a table that was asked. */
const lineOf = (entry: EntryPlace | undefined): number | null =>
  entry === undefined || entry.line === 0 ? null : entry.line;

const notWatched = (name: string, line: number | null, reason: Reason | null): NotWatched => ({
  name,
  line,
  because: reason === null ? 'no reason given' : reasonWords(reason),
});

const MAIL = v.object({
  mail: v.object({
    since: v.number(),
    recipients: v.number(),
    watched: v.number(),
    unasked: v.number(),
    elsewhere: v.array(v.object({ name: v.string(), recipients: v.number() })),
  }),
});
const MORE = v.object({
  notWatched: v.array(
    v.object({ name: v.string(), line: v.nullable(v.number()), because: v.string() }),
  ),
});
/** Of the run record, which has names of its own. */
const KEPT = { chars: 100_000, most: 500 };
