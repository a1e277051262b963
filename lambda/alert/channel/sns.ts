/**
 * The SNS topics: one for mail, one for chat cards. The SDK is loaded when first needed, because
 * most commands never need it.
 *
 * Publishing the same again repeats the message: SNS does not deduplicate (its FIFO topics do, and
 * deliver no mail). So what was published and not answered is tried once more and no oftener: one
 * lost answer costs one copy. Concurrent calls do not disturb one another. Region and account come
 * from the topic's ARN.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { plain } from '../../text/strangers.ts';
import type { ChatCard } from '../message/chat-card.ts';

/** A call of SNS that failed, in words for an operator. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
  /**
   * `gone`: no such topic. `denied`: our credentials do not allow it. `throttled` and
   * `unreachable`: may work in the next run.
   */
  readonly kind: 'gone' | 'denied' | 'throttled' | 'refused' | 'unreachable' | 'wrong-arn';
  constructor(kind: TopicError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What a subscription can filter by (a filter policy on message attributes). */
export interface Attributes {
  /** The kind of the worst item; `news` where there is none. */
  readonly severity: string;
  /** Ids of incidents, the first of them. */
  readonly incident: readonly string[];
  /** Absent from a command line. */
  readonly environment?: string;
}

function attributesOf({ severity, incident, environment }: Attributes) {
  const word = (value: string) => ({ DataType: 'String', StringValue: value });
  return {
    severity: word(severity),
    ...(incident.length === 0
      ? {}
      : { incident: { DataType: 'String.Array', StringValue: JSON.stringify(incident) } }),
    ...(environment === undefined ? {} : { environment: word(environment) }),
  };
}

/**
 * Publishes a mail; returns SNS's message id. In the same call a document for subscribers that are
 * no mailbox: https, SQS, Lambda, Firehose, `email-json`.
 *
 * @param mail subject: printable ASCII, 1 to 99 characters
 * @param documents the largest first; the first that fits beside the text goes with it. Where none
 *   does everybody gets the text, which has at most 256 KiB
 * @throws TopicError where it was not published
 */
export function publishMail(
  topicArn: string,
  { subject, text }: { readonly subject: string; readonly text: string },
  documents: Iterable<object>,
  attributes: Attributes,
): Promise<string> {
  for (const document of documents) {
    const Message = JSON.stringify({
      default: JSON.stringify(document),
      email: text,
      sms: subject,
    });
    if (Buffer.byteLength(Message) <= MESSAGE_BYTES)
      return publish(topicArn, { Subject: subject, Message, MessageStructure: 'json' }, attributes);
  }
  return publish(topicArn, { Subject: subject, Message: text }, attributes);
}

/**
 * Publishes a chat card, without a subject: the chat service reads the JSON alone. Otherwise as
 * `publishMail`.
 */
export function publishCard(
  topicArn: string,
  card: ChatCard,
  attributes: Attributes,
): Promise<string> {
  return publish(topicArn, { Message: JSON.stringify(card) }, attributes);
}

function publish(
  topicArn: string,
  message: {
    readonly Subject?: string;
    readonly Message: string;
    readonly MessageStructure?: 'json';
  },
  attributes: Attributes,
): Promise<string> {
  return call(topicArn, async ({ client, sdk, signal }) => {
    const MessageAttributes = attributesOf(attributes);
    const answer = await client.send(
      new sdk.PublishCommand({ TopicArn: topicArn, ...message, MessageAttributes }),
      { abortSignal: signal },
    );
    return answer.MessageId ?? '';
  });
}

/**
 * How many subscriptions of a topic are confirmed. With none nobody reads it, and an unsubscribe
 * link can be followed by anybody, a mail scanner too.
 *
 * @throws TopicError where it could not be asked
 */
export function confirmedSubscribers(topicArn: string): Promise<number> {
  return call(topicArn, async ({ client, sdk, signal }) => {
    let confirmed = 0;
    let next: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const command = new sdk.ListSubscriptionsByTopicCommand({
        TopicArn: topicArn,
        ...(next === undefined ? {} : { NextToken: next }),
      });
      const answer = await client.send(command, { abortSignal: signal });
      // Pending and deleted ones have a word in place of an ARN.
      confirmed += (answer.Subscriptions ?? []).filter(({ SubscriptionArn }) =>
        SubscriptionArn?.startsWith('arn:'),
      ).length;
      next = answer.NextToken;
      if (next === undefined) break;
    }
    return confirmed;
  });
}

type Sdk = typeof import('@aws-sdk/client-sns');
interface Session {
  readonly client: InstanceType<Sdk['SNSClient']>;
  readonly sdk: Sdk;
  readonly signal: AbortSignal;
}

async function call<T>(topicArn: string, act: (session: Session) => Promise<T>): Promise<T> {
  const region = regionOf(topicArn);
  const sdk = await import('@aws-sdk/client-sns');
  const client = new sdk.SNSClient({
    region,
    // The SDK repeats what was not answered as often as what was refused.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  });
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    return await repeatedly(() => act({ client, sdk, signal }), signal);
  } catch (error) {
    throw topicError(topicArn, error);
  } finally {
    client.destroy();
  }
}

async function repeatedly<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let unanswered = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      const how = failureOf(error);
      if (how === 'unanswered') unanswered++;
      const last = attempt >= ATTEMPTS || unanswered >= ATTEMPTS_UNANSWERED;
      if (how === 'final' || last || signal.aborted) throw error;
      await wait(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

/**
 * `passing`: nothing was done, and another attempt may succeed. `unanswered`: it may have been done
 * all the same.
 */
function failureOf(error: unknown): 'passing' | 'unanswered' | 'final' {
  const { name, code, $metadata } = error as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  };
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) {
    const passes = status >= 500 || /Throttl/.test(name ?? '') || $metadata?.clockSkewCorrected;
    return passes === true ? 'passing' : 'final';
  }
  if (NOT_SENT.has(code ?? '')) return 'passing';
  return name === 'TimeoutError' || /^E[A-Z]+$/.test(code ?? '') ? 'unanswered' : 'final';
}

const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function regionOf(topicArn: string): string {
  const region = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/.exec(
    topicArn,
  )?.[1];
  if (region === undefined)
    throw new TopicError(
      'wrong-arn',
      `topic "${topicArn}": not the ARN of an SNS topic, which looks like ` +
        'arn:aws:sns:eu-central-1:123456789012:name',
    );
  return region;
}

function topicError(topicArn: string, error: unknown): TopicError {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const said = plain(message, 300);
  switch (name) {
    case 'NotFound':
    case 'NotFoundException':
      return new TopicError(
        'gone',
        `topic ${topicArn}: it does not exist, check --topic against the outputs of the deployment`,
      );
    case 'AuthorizationError':
    case 'AuthorizationErrorException':
    case 'AccessDeniedException':
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
    case 'SignatureDoesNotMatch':
    case 'ExpiredToken':
    case 'KMSAccessDeniedException':
      return new TopicError(
        'denied',
        `topic ${topicArn}: AWS denies it (${said}), check the credentials and what their policy ` +
          'allows',
      );
    case 'CredentialsProviderError':
      return new TopicError(
        'denied',
        `topic ${topicArn}: no AWS credentials were found, set a profile or a role`,
      );
    case 'Throttled':
    case 'Throttling':
    case 'ThrottledException':
    case 'ThrottlingException':
    case 'KMSThrottlingException':
      return new TopicError(
        'throttled',
        `topic ${topicArn}: AWS asks to slow down (${said}), the next run tries again`,
      );
    case 'InvalidParameter':
    case 'InvalidParameterException':
    case 'InvalidParameterValueException':
    case 'ValidationException':
      return new TopicError(
        'refused',
        `topic ${topicArn}: SNS refuses the message (${said}), please report this`,
      );
    default:
      return new TopicError(
        'unreachable',
        `topic ${topicArn}: SNS could not be reached (${said}), the next run tries again`,
      );
  }
}

/** SNS takes 262,144 bytes, attributes included. */
const MESSAGE_BYTES = 258_000;
/** For the whole call, retries included. */
const DEADLINE_MS = 60_000;
const ATTEMPTS = 4;
const ATTEMPTS_UNANSWERED = 2;
const ANSWER_MS = 20_000;
const FIRST_PAUSE_MS = 50;
/** Pages of a hundred subscriptions each. */
const MOST_PAGES = 20;
