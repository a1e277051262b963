/**
 * What a monitoring plugin prints, for Nagios, Icinga and whatever else runs one: a line of text and
 * performance data, then details. By the Monitoring Plugins Development Guidelines. Pure.
 *
 * A `|` begins performance data wherever it stands, and web interfaces have shown output as markup:
 * both are made visible escapes, as strangers' control characters are.
 */
import { cut, plain } from '../../text/strangers.ts';
import { UsageError } from '../../usage-error.ts';

/** By the exit status, which is the state for whoever runs a plugin. */
export type PluginCode = 0 | 1 | 2 | 3;

export interface Performance {
  /** Letters, digits, spaces and underscores. */
  readonly label: string;
  readonly value: number;
  /** `s` for seconds; '' for a number of things. */
  readonly unit: 's' | '';
  /** A larger value is a warning; absent: none is. */
  readonly warnAbove?: number;
  readonly criticalAbove?: number;
  /** Absent: no end. The least is 0 in all of them. */
  readonly most?: number;
}

export interface PluginOutput {
  readonly code: PluginCode;
  /** What is the matter, in a line; without a full stop. */
  readonly summary: string;
  readonly performance: readonly Performance[];
  /** A line each. */
  readonly details: readonly string[];
}

/**
 * The whole output, below 8 KB, where Nagios stops reading; its first line is below 1 KB, where old
 * releases of NRPE do.
 */
export function pluginText({ code, summary, performance, details }: PluginOutput): string {
  const text = `POSTFIX-TLS ${WORDS[code]} - ${within(harmless(summary), SUMMARY_BYTES)}`;
  const data = performance.map(performanceText).join(' ');
  const first = data === '' ? text : `${text} | ${data}`;
  return `${[first, ...shownOf(details, OUTPUT_BYTES - Buffer.byteLength(first))].join('\n')}\n`;
}

/** Of a command that could not say how things stand: its error, as a person would be shown it. */
export function unknownText(error: string): string {
  const [summary = '', ...details] = error.replace(/^error: /, '').split('\n');
  return pluginText({ code: 3, summary, performance: [], details });
}

/**
 * Whether the command line asks for a plugin, so that whatever goes wrong is said as one.
 *
 * @param args without the program's own
 */
export const asksForPlugin = (args: readonly string[]): boolean => args.includes('--nagios');

/** @throws UsageError where both ways to print are asked for */
export function eitherWay(flags: { readonly json?: boolean; readonly nagios?: boolean }): void {
  if (flags.json && flags.nagios)
    throw new UsageError('--json and --nagios: each prints in a way of its own, give one of them');
}

function performanceText(one: Performance): string {
  const { label, value, unit, warnAbove, criticalAbove, most } = one;
  const bounds = [warnAbove, criticalAbove, 0, most].map((bound) =>
    bound === undefined ? '' : decimal(bound),
  );
  return `'${label}'=${decimal(value)}${unit};${bounds.join(';')}`.replace(/;+$/, '');
}

/** Never with an exponent, which the guidelines do not know. */
const decimal = (value: number): string => String(Number(value.toFixed(3)));

/** As many lines as there is room for, and in one more how many there are besides. */
function shownOf(details: readonly string[], bytes: number): string[] {
  const shown: string[] = [];
  let left = bytes - MORE_BYTES;
  for (const detail of details) {
    const line = within(harmless(detail), LINE_BYTES);
    left -= Buffer.byteLength(line) + 1;
    if (left < 0)
      return [...shown, `and ${details.length - shown.length} more lines, without --nagios`];
    shown.push(line);
  }
  return shown;
}

/** Keeps the indentation of a line. */
const harmless = (text: string): string =>
  plain(text, LINE_BYTES).replace(/[|<>`]/g, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`);

/** In UTF-8 one unit of a string takes three bytes at most. */
const within = (text: string, bytes: number): string => {
  const short = cut(text, bytes);
  return Buffer.byteLength(short) <= bytes ? short : cut(text, Math.floor(bytes / 3));
};

/** Wider than any line: what reads a plugin's details breaks them itself. */
export const UNWRAPPED = 100_000;

const WORDS = { 0: 'OK', 1: 'WARNING', 2: 'CRITICAL', 3: 'UNKNOWN' } as const;
const SUMMARY_BYTES = 450;
const LINE_BYTES = 1_000;
const OUTPUT_BYTES = 8_000;
const MORE_BYTES = 60;
