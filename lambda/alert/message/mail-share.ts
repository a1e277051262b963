/** How much of the mail is watched, in a sentence: for messages, `status` and `check`. Pure. */
import { named } from '../../named-record.ts';
import { calendarDays, day } from '../../text/dates.ts';
import { listed } from '../../text/listed.ts';
import { plainName } from '../../text/strangers.ts';
import type { EntryVerdict } from '../../verdict/verdict.ts';
import type { MailSeen } from '../incident/run-facts.ts';
import { isWatched } from '../incident/standing.ts';

/** As kept in the record of a run. Times are epoch ms. */
export interface MailShare {
  readonly since: number;
  /** Recipients whose mail was delivered. */
  readonly recipients: number;
  readonly watched: number;
  readonly unasked: number;
  /** Where TLS is asked and nobody looks, most mail first. */
  readonly elsewhere: readonly { readonly name: string; readonly recipients: number }[];
}

export function shareOf(mail: MailSeen, verdicts: Iterable<EntryVerdict>): MailShare {
  let watched = 0;
  const elsewhere: { readonly name: string; readonly recipients: number }[] = [];
  for (const verdict of verdicts) {
    const recipients = named(mail.byDestination, verdict.id) ?? 0;
    if (isWatched(verdict)) watched += recipients;
    else if (recipients > 0) elsewhere.push({ name: verdict.destination, recipients });
  }
  const { since, recipients, unasked } = mail;
  elsewhere.sort((a, b) => b.recipients - a.recipients || (a.name < b.name ? -1 : 1));
  return { since, recipients, watched, unasked, elsewhere: elsewhere.slice(0, NAMED) };
}

/** Without a full stop. */
export function shareSentence(share: MailShare, now: number): string {
  const { since, recipients, watched, unasked, elsewhere } = share;
  const days = Math.max(1, calendarDays(since, now));
  const time = days === 1 ? "one day's" : `${days} days'`;
  if (recipients === 0) return `no mail went out by the log since ${day(since)}`;
  const rest = recipients - watched - unasked;
  const names = elsewhere.map(
    ({ name, recipients }) => `${plainName(name)} (${counted(recipients)})`,
  );
  const where = names.length === 0 ? '' : `, for instance ${listed(names)}`;
  return [
    `${percent(watched / recipients)} of ${time} mail is watched (${counted(watched)} of ` +
      `${counted(recipients)} recipients, by the log since ${day(since)})`,
    ...(unasked === 0 ? [] : [`for ${percent(unasked / recipients)} nothing is asked of TLS`]),
    ...(rest <= 0 ? [] : [`${counted(rest)} went where nobody looks${where}`]),
  ].join('; ');
}

/** Never more than it is: 99.97 are no 100. */
const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
const counted = (n: number): string => n.toLocaleString('en-US');
const NAMED = 5;
