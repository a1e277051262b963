/**
 * What a command that looks at the world waits for, and how long: on a terminal in one line, in
 * place; elsewhere, for those who ask for it, a line a minute.
 */
import type { Progress, WaitsFor } from '../../run/check/look.ts';
import { cut, plainName } from '../../text/strangers.ts';

export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the line away, until there is something new to show. */
  clear(): void;
}

/** Where it is shown: a console. */
interface Place {
  readonly err: (text: string) => void;
  /** Epoch ms. */
  readonly now: () => number;
  /** Whether there is a terminal. */
  readonly progress: boolean;
  /** How wide that is. */
  readonly columns: () => number;
}

/** Undefined where nobody would see it. */
export function progressLine(
  { err, now, progress, columns }: Place,
  verbose: boolean,
): ProgressLine | undefined {
  if (!progress && !verbose) return undefined;
  let shown: { readonly progress: Progress; readonly since: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (shown === undefined) return;
    const words = progressWords(shown.progress, now(), shown.since);
    // There is room for the ^C that a terminal writes behind it.
    err(progress ? `${CLEAR_LINE}${cut(words, columns() - 3)}` : `${words}\n`);
  };
  return {
    show(next) {
      const first = shown === undefined;
      const same = shown?.progress.kind === next.kind;
      shown = { progress: next, since: same ? (shown?.since ?? now()) : now() };
      if (progress || first) draw();
      timer ??= setInterval(draw, progress ? SECOND_MS : MINUTE_MS).unref();
    },
    clear() {
      clearInterval(timer);
      timer = undefined;
      if (progress && shown !== undefined) err(CLEAR_LINE);
      shown = undefined;
    },
  };
}

/**
 * `waiting 4:12 for mx.rate.test, which said 421; 18 of 19 conversations done`. Times are epoch ms;
 * `since` is when that began.
 */
export function progressWords(progress: Progress, now: number, since: number): string {
  switch (progress.kind) {
    case 'resolving': {
      const hops = progress.nextHops === 1 ? 'next hop' : 'next hops';
      const long = now - since < WORTH_TELLING_MS ? '' : `, for ${clock(now - since)} now`;
      return `asking DNS about ${progress.nextHops} ${hops}${long}`;
    }
    case 'probing': {
      const count = `${progress.done} of ${progress.conversations} conversations`;
      const wait = progress.waitsFor();
      return wait === undefined ? count : waitWords(wait, count, now);
    }
    case 'looking-again': {
      const what = progress.entries === 1 ? 'failure' : 'failures';
      return `looking again in ${clock(progress.at - now)} at ${progress.entries} new ${what}`;
    }
  }
}

function waitWords({ host, others, why }: WaitsFor, count: string, now: number): string {
  const name = plainName(host);
  const more = others === 0 ? '' : ` and ${others} more`;
  switch (why.kind) {
    case 'rest':
      return `waiting ${clock(why.until - now)} for ${name}${more}, which said 421; ${count} done`;
    case 'answer':
      return now - why.since < WORTH_TELLING_MS
        ? count
        : `${count}; no answer from ${name}${more} for ${clock(now - why.since)}`;
  }
}

/** `4:12`, minutes and seconds. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export const CLEAR_LINE = '\r\u001b[K';
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Nobody wonders before. */
const WORTH_TELLING_MS = 5_000;
