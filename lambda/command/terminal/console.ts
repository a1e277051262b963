/** The streams, environment and clock of a command, as the process has them. */

import { steadyClock } from '../../steady-clock.ts';
import { bareCommand, type OwnCommand } from '../../text/own-command.ts';
import { jsonParts, terminalText } from '../../text/terminal.ts';
import { unknownText } from '../monitor/plugin.ts';
import { type Paint, paintFor } from './colour.ts';
import { type Drawing, drawingFor } from './drawing.ts';
import { type Interruption, onInterruption } from './interruption.ts';
import { CLEAR_LINE } from './progress.ts';

export interface Console {
  readonly out: (text: string) => void;
  /**
   * As `out`, for text that must arrive: resolves once it is written, with the error if it was not.
   */
  readonly deliver: (text: string, to?: 'stdout' | 'stderr') => Promise<string | undefined>;
  /** One JSON document to standard output. */
  readonly json: (document: unknown) => void;
  /** Bytes to standard output, as they are. */
  readonly bytes: (content: Uint8Array) => void;
  /** `text` on a terminal, and elsewhere these bytes as they are: for what another program reads. */
  readonly piped: (content: Uint8Array, text: string) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  readonly width: number;
  /** What pictures on standard output are drawn with; undefined where there are to be none. */
  readonly drawing: Drawing | undefined;
  /** Whether a progress line on stderr is welcome. */
  readonly progress: boolean;
  /** How wide such a line may be: the terminal may be made smaller meanwhile. */
  readonly columns: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch ms, by a clock that goes on steadily while the command runs. */
  readonly now: () => number;
  /** When the command began, by that clock: what `--deadline` counts from. */
  readonly started: number;
  readonly interruption: Interruption;
  /** Commands to be printed, as this run prints them. */
  readonly own: OwnCommand;
}

/** @param asPlugin what is said where a signal ends the process is a plugin's line, too */
export function processConsole(asPlugin = false): Console {
  process.stdout.on('error', outputLost);
  process.stderr.on('error', () => undefined);
  const now = steadyClock();
  return {
    out: (text) => void process.stdout.write(terminalText(text, process.stdout.isTTY)),
    deliver: (text, to = 'stdout') =>
      new Promise((resolve) => {
        process[to].write(terminalText(text, process[to].isTTY), (error) =>
          resolve(error?.message),
        );
      }),
    json: (document) => {
      for (const part of inChunks(jsonParts(document))) process.stdout.write(part);
    },
    bytes: (content) => void process.stdout.write(content),
    piped: (content, text) =>
      void process.stdout.write(process.stdout.isTTY ? terminalText(text, true) : content),
    err: (text) => void process.stderr.write(terminalText(text, process.stderr.isTTY)),
    paint: paintFor(process.stdout, process.env),
    width: Math.max(40, Math.min(process.stdout.isTTY ? process.stdout.columns : 100, 140)),
    drawing: drawingFor(process.stdout, process.env),
    progress: process.stderr.isTTY === true,
    // A terminal that does not know its size says 0.
    columns: () => process.stderr.columns || 80,
    env: process.env,
    now,
    started: now(),
    own: bareCommand,
    interruption: onInterruption(({ message }) => {
      if (asPlugin) process.stdout.write(unknownText(message));
      else process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}error: ${message}\n`);
    }),
  };
}

/** The same text in pieces of a size to be written. */
function* inChunks(parts: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

const CHUNK_CHARS = 65_536;

/**
 * A closed pipe (`| head`) is no error, and the exit status stays the verdict's. Any other failure,
 * such as a full disk, is one.
 */
function outputLost({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`error: cannot write to standard output: ${message}\n`);
  process.once('exit', () => {
    process.exitCode = 3;
  });
}
