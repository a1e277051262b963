/**
 * Every metric that is told to Prometheus, with its labels and what it means: the one table that
 * types, output and docs/monitoring.md follow. Names and units by Prometheus' own conventions
 * ("Metric and label naming"). A name, once published, is never renamed.
 *
 * Each has the labels `policy` and `vantage` besides, for files of several policies on one host.
 */

export interface Family {
  readonly help: string;
  readonly labels: readonly string[];
}

/** In the order in which they are written. */
export const FAMILIES = {
  build_info: {
    help: 'The version of postfix-tls-watch that wrote this, and of its Node.',
    labels: ['version', 'node'],
  },
  last_run_timestamp_seconds: {
    help: 'When the latest run began, whatever became of it.',
    labels: [],
  },
  last_run_failed: {
    help:
      '1 where the latest run died or could not tell what was due, or a channel is owed a ' +
      'message.',
    labels: [],
  },
  last_complete_run_timestamp_seconds: {
    help: 'When the last complete run ended.',
    labels: [],
  },
  last_complete_run_duration_seconds: {
    help: 'How long the last complete run took.',
    labels: [],
  },
  blind: {
    help: '1 where the latest run saw nothing that it could believe.',
    labels: [],
  },
  address_family_state: {
    help: 'What the latest run could see over an address family: 1 for the one that holds.',
    labels: ['family', 'state'],
  },
  conversations: {
    help: 'Conversations with mail servers in the latest run.',
    labels: [],
  },
  entries: {
    help: 'Entries by the verdict last reached.',
    labels: ['verdict'],
  },
  entries_watched: {
    help: 'Entries of which something is asked that can be judged.',
    labels: [],
  },
  entries_not_watched: {
    help:
      'Entries that are not watched: nothing is asked of them, or nothing can be judged by ' +
      'design.',
    labels: [],
  },
  entries_not_judged: {
    help: 'Entries that could not be judged when last looked at.',
    labels: [],
  },
  entries_not_confirmed: {
    help: 'Entries that were seen worse once, which the next look has yet to confirm.',
    labels: [],
  },
  entries_unfinished: {
    help: 'Entries that the latest run had no time for.',
    labels: [],
  },
  entries_muted: {
    help: 'Entries of open incidents that are muted.',
    labels: [],
  },
  incidents_open: {
    help: 'Open incidents by how bad they are, and whether all of their entries are muted.',
    labels: ['standing', 'muted'],
  },
  entry_open_since_timestamp_seconds: {
    help: 'Since when an entry is part of an open incident; gone once that is over.',
    labels: ['entry', 'standing', 'reason', 'incident', 'muted'],
  },
  entry_verdict: {
    help: 'The verdict last reached of an entry: 1 for the one that holds.',
    labels: ['entry', 'verdict'],
  },
  entry_fails_from_timestamp_seconds: {
    help:
      'From when mail to an entry that delivers would fail, by what was seen; missing ' +
      'while no end is in sight.',
    labels: ['entry'],
  },
  entry_not_judged_since_timestamp_seconds: {
    help: 'Since when an entry could not be judged; gone once it is.',
    labels: ['entry'],
  },
  certificate_not_after_timestamp_seconds: {
    help: 'When the certificate that a mail server presents ends; the first of several.',
    labels: ['host', 'port'],
  },
  channels_failing: {
    help: 'Channels that take no message.',
    labels: [],
  },
  channel_failing_since_timestamp_seconds: {
    help: 'Since when a channel takes no message; gone once it does.',
    labels: ['channel'],
  },
  mail_recipients: {
    help:
      'Recipients of delivered mail in the last 30 days by the log: watched, nothing ' +
      'asked, or gone where nobody looks.',
    labels: ['coverage'],
  },
  store_unreadable_items: {
    help: 'Things remembered that could not be read.',
    labels: [],
  },
  series_left_out: {
    help:
      'Entries, entries of open incidents and mail servers without series of their own, ' +
      'beyond the thousand that have them.',
    labels: ['of'],
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;

export const PREFIX = 'postfix_tls_watch_';
