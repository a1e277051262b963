/**
 * The last line shown for an exception: our usage and store errors as they are, anything else as a
 * fault of ours.
 */

import { StoreError } from '../store/table-error.ts';
import { cut } from '../text/strangers.ts';
import { UsageError } from '../usage-error.ts';
import { Interrupted } from './terminal/interruption.ts';

/** `error: …`, with the stack only where POSTFIX_TLS_WATCH_DEBUG is set. */
export function describeFailure(
  error: unknown,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (error instanceof UsageError || error instanceof StoreError || error instanceof Interrupted)
    return `error: ${cut(error.message, SHOWN_CHARS)}`;
  const text = cut(error instanceof Error ? error.message : String(error), SHOWN_CHARS);
  const stack =
    error instanceof Error && (env.POSTFIX_TLS_WATCH_DEBUG ?? '') !== '' ? `\n${error.stack}` : '';
  return (
    `error: ${text}\nhint: this is a fault of postfix-tls-watch; set POSTFIX_TLS_WATCH_DEBUG=1 ` +
    `and report what it prints${stack}`
  );
}

/** What is told may quote a value of main.cf, which may be as long as the file. */
const SHOWN_CHARS = 4_000;
