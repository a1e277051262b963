/**
 * `--ping URL`: one GET after each complete run, for a dead-man's switch elsewhere, which raises
 * the alarm when runs stop.
 */
import { plain } from '../../text/strangers.ts';

export class PingError extends Error {
  override readonly name = 'PingError';
}

/**
 * Any 2xx will do; redirects are followed. The answer's body is not read.
 *
 * @throws PingError where it was not taken; the run is complete all the same
 */
export async function ping(url: string, deadlineMs = PING_DEADLINE_MS): Promise<void> {
  const shown = shownUrl(url);
  const response = await fetch(url, {
    signal: AbortSignal.timeout(deadlineMs),
    headers: { 'user-agent': 'postfix-tls-watch' },
  }).catch((error: unknown) => {
    throw new PingError(`ping ${shown}: ${because(error, deadlineMs)}`);
  });
  await response.body?.cancel();
  if (!response.ok) throw new PingError(`ping ${shown}: answered ${response.status}, expected 2xx`);
}

/** The host alone: in such an address the path is the secret. */
function shownUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw new PingError('ping: --ping wants an http or https address');
  return new URL(url).host;
}

function because(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${deadlineMs / 1_000} seconds`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (
    'could not be reached ' +
    `(${plain(cause instanceof Error ? cause.message : String(cause), 200)})`
  );
}

const PING_DEADLINE_MS = 10_000;
