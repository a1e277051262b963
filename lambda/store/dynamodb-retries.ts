/**
 * How often a request to DynamoDB is sent again. The SDK's own way has a purse of retries for the
 * whole client, which a run with thousands of writes empties while a table that is busy still takes
 * every second one.
 */
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

type Strategy = Extract<
  Exclude<DynamoDBClientConfig['retryStrategy'], undefined>,
  { readonly acquireInitialRetryToken: unknown }
>;
type Token = Awaited<ReturnType<Strategy['acquireInitialRetryToken']>>;

/**
 * `attempts` of one request, the first included; where DynamoDB throttles, `throttled`. Both come
 * with pauses that double and are drawn by lot, so that lanes do not come back together.
 */
export function retriesWithPauses(attempts: number, throttled: number): Strategy {
  return {
    acquireInitialRetryToken: async () => token(0, 0),
    refreshRetryTokenForRetry: async (last, { errorType }) => {
      const tries = last.getRetryCount() + 1;
      const most = errorType === 'THROTTLING' ? throttled : attempts;
      if (errorType === 'CLIENT_ERROR' || tries >= most) throw new Error('tried often enough');
      return token(tries, Math.random() * pauseMs(tries));
    },
    recordSuccess: () => undefined,
  };
}

/** The longest pause before the try after so many. */
export const pauseMs = (tries: number): number => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** tries);

const token = (count: number, delayMs: number): Token => ({
  getRetryCount: () => count,
  getRetryDelay: () => delayMs,
});

const LONGEST_PAUSE_MS = 1_600;
