/** What the commands add at the end of their --help. */

export const EXPLAIN_HELP = `
Where MX hosts and certificates have nothing in common with those that were authenticated before, \
no line to use is
given until it is confirmed: a forged DNS answer looks the same. What was seen before is read from \
--store, or where
this user's runs keep it.

Who may be believed about the hosts is asked, too: DNSSEC, and the MTA-STS policy of the domain, \
which is fetched
once, over HTTPS, where a record announces it. Where today's cannot be had, the one that runs of
watch keep counts until it runs out.
`;

export const WHY_HELP = `
FILE is a log of Postfix as syslog or postlogd writes it, plain, gzip or zstd, rotated ones too, \
in any order;
"-" is standard input:

  journalctl -o short-iso -u 'postfix*' | postfix-tls-watch why -

Without FILE the usual ones below /var/log are read, or else the journal.

Where a line was authenticated before, and leads to hosts that are strange to it, no line to use \
is given until it is
confirmed (explain --confirmed); what was seen before is in the log, and in --store.

With --live each next hop that is told of is looked at today, as explain does: over, still, or it \
cannot be told.

Exit status: 2 mail waits or bounced for TLS, 1 it did and that is over (with --live by the look of \
today, where it
can tell), 0 there was none, 3 it could not be read, or has no line of Postfix.`;

export const DOCTOR_HELP = `
The daily run is "watch", so that what stands below [watch] in the file of flags counts here, too. \
Give what else
that run is given on its command line. Way out: the control hosts are met, else up to five entries.

Exit status: 2 a promise cannot be kept, 1 something needs attention, 0 all is well, 3 wrong usage \
or our own error.`;

export const WHAT_IF_HELP = `
Compared with the policy that was pushed, or else with this host's Postfix. What the flags do not \
name stays as it is
there; --main-cf and --config-directory replace it as a whole. Both are judged on the same \
sightings, with no network.
What is not stored is never guessed: it is counted as what cannot be told.

Exit status: 2 something would newly fail, 1 something would be worse or cannot be told, 0 nothing \
turns or only for the
better, 3 nothing was seen yet, or it could not be compared.`;

export const SUGGEST_HELP = `
What is proposed: lines for entries that fail, match lists that hold longer or say the same with \
less, lines that nobody
looks up. Nothing else of the table changes. The days that are remembered are those of --store, or \
where this user's runs
keep them; nothing is written there.

A line whose names only unsigned DNS gives says so, and after a move it is given only once that is \
confirmed (explain
--confirmed). MTA-STS policies are fetched where an entry fails, or with --upgrade or --new, once a domain.

With --new each destination that no line covers gets the strongest line that would deliver today, and \
would have on
each day that "watch --observe" has seen; those of one provider stand together, most mail first. \
Nothing is said of lines
that are there.

Exit status: 2 an entry fails and no line would help, 1 something is proposed, 3 something could \
not be seen, or wrong
usage, 0 nothing to change.
`;

export const FORGET_HELP = `
Superseded versions are kept for 400 days otherwise. The version in use stays. On DynamoDB the \
whole table is
read for it, and point-in-time recovery keeps what was deleted for 35 days.

Exit status: 0 done, 1 the version in use holds secrets of an earlier release: push it anew first.`;

export const STATUS_HELP = `
The table (or --config-directory, --main-cf) tells which entries are not watched where no run has
told yet.

Exit status, with the word of a plugin (--nagios): 2 (CRITICAL) an open incident fails, else 1
(WARNING) one needs attention, else 3 (UNKNOWN) no complete run in 26 hours, the latest could not
tell, was blind, watched nothing, or did not judge an entry for long, or a channel takes nothing, else
0 (OK). What is muted does not count. With --warning or --critical the age of the last complete run is
1 or 2 beyond them.`;

export const METRICS_HELP = `
The collector reads names that end in .prom. The file is replaced as a whole, readable for every
user; where it cannot be written, the old one stays.

Exit status: 0 written, 3 not.`;

export const REPORT_HELP = `
The table (or --config-directory, --main-cf) tells lines, services and what is asked where no policy \
was pushed. The
page is below 2 MB; it can be read without scripts, and printed. Whoever gets it reads the policy \
and what was seen.

Exit status: 0 the page was written, 3 it was not.`;

export const MUTE_HELP = `
KEY is the key of an entry, a recipient of its domain, or the id of an incident as "status" shows
it. The mute covers what is open now, as bad as it is now; another cause, or a worse \
one, is told all
the same. Muted ones stand at the end of every message.`;

export const IMPORT_HELP = `
A file becomes a new store where --store has none, and is added to the one that is there \
otherwise: what is there
already is kept. A folder of release 0.1 is left as it is, and the new store is put beside it \
unless --store names
another directory; this needs the package dynalite (npm install --global dynalite@4.0.0).

Exit status: 0 everything is there now, 1 other content was there under some keys and was kept, 3 \
nothing was imported.`;

export const PUSH_HELP = `
Never stored: parameters of main.cf that are not read, private keys, and how databases are reached.

Refused without --force:
  lines that would defer mail, by lint, unless the version in use has them too;
  entries that deliver today and would not, judged on what was last seen, with no network;
  a version in use that was not shown on this machine ("policy show" and "policy status" show it).

Exit status: 0 pushed or in use already, 2 refused for mail that would be deferred, 3 refused or
failed otherwise.`;
