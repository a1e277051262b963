/**
 * `why [FILE…]`: from log lines, or from the queue, to the answer: which mail waits or bounced for
 * TLS, which line asks for what was not met, and the line to use. Asks nobody
 * but with --live; keeps nothing.
 */

import type { QueueReport } from '../../log/queue.ts';
import { type LogSource, openJournal, openLogs, openQueue, usualLogs } from '../../log/read-log.ts';
import type { LogReport } from '../../log/report.ts';
import { thisZone } from '../../log/timestamp.ts';
import type { Bundle } from '../../policy/bundle.ts';
import { cautionedFrom } from '../../run/why/names.ts';
import { readLogs, readQueue } from '../../run/why/read.ts';
import { isOver } from '../../run/why/today.ts';
import { type Answer, answersOf } from '../../run/why/why.ts';
import { UsageError } from '../../usage-error.ts';
import { remembering } from '../explain/confirm.ts';
import type { Console } from '../terminal/console.ts';
import { type Told, whyDocument } from './document.ts';
import type { WhyFlags } from './flags.ts';
import { lookLive } from './live.ts';
import { policyFor } from './policy.ts';
import { whyText } from './text.ts';

/**
 * 2 mail waits or bounced for TLS, 1 it did and is over, 0 none; with --live the look of today says
 * what is over, where it can tell.
 */
export async function whyCommand(
  paths: readonly string[],
  given: WhyFlags,
  console: Console,
): Promise<number> {
  const now = console.now();
  const piped = console.own('why', ['-']);
  const sources = await sourcesOf(paths, given, now, piped);
  const log = sources === undefined ? undefined : await readLogs(sources, thisZone);
  const queue = await queueOf(given, now);
  const { bundle, unread, flags } = await policyFor(given, log, domainsHeld(log, queue));
  const offline = answersOf({ log, queue, bundle, now });
  const looked =
    flags.live && bundle !== undefined
      ? await lookLive(offline, bundle, flags, console)
      : { answers: offline };
  const answers = await remembered(looked.answers, bundle, flags, console);
  const told: Told = {
    ...looked,
    answers,
    log,
    sources: sources?.map(({ name }) => name) ?? [],
    queue,
    bundle,
    notes: notesOf({ sources, log, queue, bundle, unread, answers, live: flags.live === true }),
    now,
    flags,
    own: console.own,
  };
  if (flags.json) console.json(whyDocument(told));
  else console.out(whyText(told, console.paint, console.width));
  if (!answers.every(isOver)) return 2;
  if (answers.length > 0) return 1;
  // Nothing read is nothing known.
  return queue === undefined && log?.postfixLines === 0 ? 3 : 0;
}

/** Undefined where the queue alone is asked about. */
async function sourcesOf(
  paths: readonly string[],
  { log, queue }: WhyFlags,
  now: number,
  piped: string | undefined,
): Promise<readonly LogSource[] | undefined> {
  if (log !== undefined && log !== 'journal')
    throw new UsageError(
      `--log ${log}: journal is the only log with a name; give files as they are`,
    );
  if (paths.length > 0 || log !== undefined)
    return [
      ...(await openLogs(paths, now, piped)),
      ...(log === undefined ? [] : [openJournal(now)]),
    ];
  if (queue !== undefined) return undefined;
  const usual = await usualLogs();
  return usual.length > 0 ? openLogs(usual, now, piped) : [openJournal(now)];
}

function domainsHeld(log: LogReport | undefined, queue: QueueReport | undefined): string[] {
  const held = [...(log?.held ?? []), ...(queue?.held ?? [])];
  return [...new Set(held.map(({ domain }) => domain))];
}

async function queueOf(
  { queue, configDirectory }: WhyFlags,
  now: number,
): Promise<QueueReport | undefined> {
  if (queue === undefined) return undefined;
  return readQueue(await openQueue(queue === true ? undefined : queue, configDirectory, now));
}

/** With the lines taken away that somebody has to confirm first, by what runs have kept. */
async function remembered(
  answers: readonly Answer[],
  bundle: Bundle | undefined,
  flags: WhyFlags,
  console: Pick<Console, 'env' | 'now' | 'own'>,
): Promise<Answer[]> {
  const all: Answer[] = [];
  for (const answer of answers) {
    const { held, demand, asked, suggestion, today } = answer;
    if (
      bundle === undefined ||
      demand === undefined ||
      asked === undefined ||
      suggestion === null
    ) {
      all.push(answer);
      continue;
    }
    // One that was judged today has more to go by than the log.
    const verdict = today?.is === 'still' ? today.verdict : undefined;
    const cautioned =
      verdict === undefined
        ? cautionedFrom(held, demand, asked, suggestion)
        : { ...verdict, suggestion };
    const { queueLifetimeMs } = bundle.settings;
    const known = await remembering(cautioned, queueLifetimeMs, flags, console);
    const { caution } = known;
    all.push({
      ...answer,
      suggestion: known.suggestion,
      ...(caution === undefined ? {} : { caution }),
    });
  }
  return all;
}

function notesOf({
  sources,
  log,
  queue,
  bundle,
  unread,
  answers,
  live,
}: {
  readonly sources: readonly LogSource[] | undefined;
  readonly log: LogReport | undefined;
  readonly queue: QueueReport | undefined;
  readonly bundle: Bundle | undefined;
  readonly unread: string | undefined;
  readonly answers: readonly Answer[];
  readonly live: boolean;
}): string[] {
  const forgotten = (log?.forgotten ?? 0) + (queue?.forgotten ?? 0);
  return [
    ...(sources ?? []).flatMap(({ notes }) => notes),
    ...(log !== undefined && log.postfixLines === 0
      ? ['no line of Postfix was found: is this its log, and may this user read it all?']
      : []),
    ...(queue !== undefined && queue.unreadable > 0
      ? [`${queue.unreadable} lines of the queue are none that postqueue -j writes`]
      : []),
    ...(forgotten > 0
      ? [
          `there was more than is followed at a time: ${forgotten} may be counted twice or not at all`,
        ]
      : []),
    ...(unread === undefined ? [] : [`this host's Postfix is not compared with: ${unread}`]),
    ...(bundle === undefined && answers.length > 0
      ? [
          'no policy was read; --config-directory DIR of a Postfix here, or --table with ' +
            '--main-cf, shows the line that asks, and the one to use' +
            (live ? '; --live looks at nothing without one' : ''),
        ]
      : []),
  ];
}
