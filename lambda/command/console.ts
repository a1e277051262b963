/** What a command has of the outside: streams, environment, clock. Tests run commands as processes; this keeps the files thin. */
import { type Paint, paintFor } from '../show/colour.ts';
import { jsonText, terminalText } from '../show/terminal.ts';

export interface Console {
  readonly out: (text: string) => void;
  /** One document, to the same place. */
  readonly json: (document: unknown) => void;
  /** To the same place, as they are. */
  readonly bytes: (content: Uint8Array) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  readonly width: number;
  /** Whether a progress line on stderr is welcome. */
  readonly progress: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch ms. */
  readonly now: () => number;
}

export function processConsole(): Console {
  return {
    out: (text) => void process.stdout.write(terminalText(text, process.stdout.isTTY)),
    json: (document) => void process.stdout.write(jsonText(document)),
    bytes: (content) => void process.stdout.write(content),
    err: (text) => void process.stderr.write(terminalText(text, process.stderr.isTTY)),
    paint: paintFor(process.stdout, process.env),
    width: Math.max(40, Math.min(process.stdout.isTTY ? process.stdout.columns : 100, 140)),
    progress: process.stderr.isTTY === true,
    env: process.env,
    now: () => Date.now(),
  };
}
