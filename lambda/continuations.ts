/**
 * The queue that brings a run back to the function: a message with the event that began it, delayed.
 *
 * A message that is sent or delivered twice does nothing twice: whoever comes first holds the lease
 * and does what is left, and the other finds it done.
 */
import { plain } from './text/strangers.ts';

/**
 * @param afterMs how long from now, at most 15 minutes
 * @throws Error where it was not sent, in words for an operator
 */
export async function bringBack(queueUrl: string, runId: string, afterMs: number): Promise<void> {
  const sdk = await import('@aws-sdk/client-sqs');
  const client = new sdk.SQSClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  });
  try {
    await client.send(
      new sdk.SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify({ scheduledTime: runId }),
        DelaySeconds: Math.min(LONGEST_DELAY_S, Math.max(0, Math.ceil(afterMs / 1_000))),
      }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    );
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
    throw new Error(`queue ${queueUrl}: ${plain(`${name}: ${message}`, 300)}`, { cause: error });
  } finally {
    client.destroy();
  }
}

/** SQS takes no more. */
const LONGEST_DELAY_S = 900;
const ATTEMPTS = 4;
const ANSWER_MS = 5_000;
/** For the whole call, retries included. */
const DEADLINE_MS = 20_000;
