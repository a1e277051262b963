/**
 * `--ping URL`: one GET after each complete run, for a dead-man's switch elsewhere, which raises
 * the alarm when runs stop.
 */
import { plain } from '../../text/strangers.ts';

export class PingError extends Error {
  override readonly name = 'PingError';
}

/**
 * Any 2xx will do; redirects are followed. The answer's body is not read. A user and password in
 * the address are sent as HTTP's own (Basic), and never shown.
 *
 * @throws PingError where it was not taken; the run is complete all the same
 */
export async function ping(url: string, deadlineMs = PING_DEADLINE_MS): Promise<void> {
  const target = targetOf(url);
  const { shown } = target;
  const response = await fetch(target.url, {
    signal: AbortSignal.timeout(deadlineMs),
    headers: { 'user-agent': 'postfix-tls-watch', ...target.headers },
  }).catch((error: unknown) => {
    throw new PingError(`ping ${shown}: ${because(error, deadlineMs)}`);
  });
  await response.body?.cancel();
  if (!response.ok) throw new PingError(`ping ${shown}: answered ${response.status}, expected 2xx`);
}

interface Target {
  /** Without user and password, which fetch() refuses with a text that shows them. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The host alone: in such an address user, password, path and query are the secret. */
  readonly shown: string;
}

function targetOf(given: string): Target {
  if (!URL.canParse(given) || !/^https?:/i.test(given))
    throw new PingError('ping: --ping wants an http or https address');
  const url = new URL(given);
  const credentials = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = '';
  url.password = '';
  const headers: Readonly<Record<string, string>> =
    credentials === ':'
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  return { url: url.href, headers, shown: url.host };
}

/** A percent sign that escapes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Only what the network said is repeated: other texts may show the address, or a redirect's. */
function because(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${deadlineMs / 1_000} seconds`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  const code = cause !== undefined && 'code' in cause ? cause.code : undefined;
  return cause === undefined || typeof code !== 'string' || cause.message.includes('://')
    ? 'could not be reached (its address, or one it redirects to, cannot be used)'
    : `could not be reached (${plain(cause.message, 200)})`;
}

const PING_DEADLINE_MS = 10_000;
