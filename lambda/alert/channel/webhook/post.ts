/** One request and its answer: redirects are not followed, and of a body no more than a part is read. */
import type { Answer, Outgoing } from './medium.ts';

export type Exchange = { readonly kind: 'answer'; readonly answer: Answer } | Unanswered;

/**
 * `unsent`: nobody got it. `unanswered`: somebody may have. `tls`: the certificate was not believed.
 * `why` is what the network said, and shows no address beyond the host's.
 */
export interface Unanswered {
  readonly kind: 'unsent' | 'unanswered' | 'tls';
  readonly why: string;
}

export async function exchange(
  { method, url, body, headers }: Outgoing,
  credentials: Readonly<Record<string, string>>,
  deadlineMs: number,
): Promise<Exchange> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        'content-type': 'application/json',
        // One that was kept open may be closed just as it is used again.
        connection: 'close',
        'user-agent': 'postfix-tls-watch',
        ...headers,
        ...credentials,
      },
      body: JSON.stringify(body),
    });
    const read = await bodyOf(response);
    return {
      kind: 'answer',
      answer: {
        status: response.status,
        ...read,
        retryAfter: response.headers.get('retry-after'),
        location: response.headers.get('location'),
      },
    };
  } catch (error) {
    if (signal.aborted)
      return { kind: 'unanswered', why: `no answer within ${deadlineMs / 1_000} seconds` };
    return failureOf(error);
  }
}

async function bodyOf({ body }: Response): Promise<Pick<Answer, 'body' | 'whole'>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > BODY_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, BODY_BYTES).toString('utf8');
  return { body: text, whole: bytes <= BODY_BYTES };
}

/** Texts of `fetch` itself may show the address, so that only the network's are repeated. */
const failureOf = (error: unknown): Unanswered =>
  failureOfNetwork(error instanceof Error ? error.cause : undefined);

/** What a socket fails with. */
export function failureOfNetwork(error: unknown): Unanswered {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (NOT_SENT.has(code)) return { kind: 'unsent', why: code };
  if (/CERT|ALTNAME|SELF_SIGNED|VERIFY|^ERR_SSL|^EPROTO$/.test(code))
    return { kind: 'tls', why: code };
  if (code === '') return { kind: 'unsent', why: 'the address cannot be used' };
  return { kind: 'unanswered', why: `the connection ended before an answer (${code})` };
}

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

const BODY_BYTES = 65_536;
