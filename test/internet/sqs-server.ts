/**
 * SQS as strict as the real one, on loopback, for what a function sends: JSON requests (AmazonJSON 1.0) at the queue's URL, and
 * it refuses what SQS refuses. A message is handed out when its delay is over, as often as a test asks.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SqsMessage {
  readonly messageId: string;
  readonly body: string;
  readonly delaySeconds: number;
}

export type SqsFault = 'AccessDenied' | 'NonExistentQueue' | 'ServiceUnavailable' | 'drop';

export interface SqsServer {
  /** The URL of the one queue that there is. */
  readonly queueUrl: string;
  /** Everything accepted, in order. */
  readonly messages: readonly SqsMessage[];
  readonly refusals: readonly string[];
  /** All requests from now on; undefined ends it. */
  fail(fault: SqsFault | undefined): void;
  forget(): void;
  close(): Promise<void>;
}

export async function startSqs(): Promise<SqsServer> {
  const messages: SqsMessage[] = [];
  const refusals: string[] = [];
  let fault: SqsFault | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (fault === 'drop') return void request.socket.destroy();
    try {
      if (fault !== undefined) throw FAULTS[fault];
      send(response, 200, sent(request, body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(`${error.code}: ${error.message}`);
      send(response, error.status, { __type: error.code, message: error.message });
    }
  }

  function sent(request: IncomingMessage, body: string): object {
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/x-amz-json-1.0')
      throw new Refusal('InvalidAction', 'only POST of application/x-amz-json-1.0 is understood here');
    if (request.headers['x-amz-target'] !== 'AmazonSQS.SendMessage')
      throw new Refusal('InvalidAction', `The action ${request.headers['x-amz-target']} is not valid for this endpoint.`);
    if (!/^AWS4-HMAC-SHA256 Credential=\S+\/sqs\/aws4_request, /u.test(request.headers.authorization ?? ''))
      throw new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
    const asked = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(asked).find((name) => !['QueueUrl', 'MessageBody', 'DelaySeconds'].includes(name));
    if (unknown !== undefined) throw invalid(`${unknown} is none of a standard queue's, or not known to this server`);
    if (asked.QueueUrl !== queueUrl) throw FAULTS.NonExistentQueue;
    const { MessageBody: content, DelaySeconds: delaySeconds = 0 } = asked;
    if (typeof content !== 'string' || content === '')
      throw new Refusal('MissingParameter', 'The request must contain MessageBody.');
    if (Buffer.byteLength(content) > MESSAGE_BYTES) throw invalid('Message must be shorter than 262144 bytes.');
    // XML 1.0's characters, which are the only ones that SQS takes.
    if (!/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(content))
      throw new Refusal('InvalidMessageContents', 'The message contains characters outside the allowed set.');
    if (typeof delaySeconds !== 'number' || !Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900)
      throw invalid(
        `Value ${String(delaySeconds)} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
      );
    const message = { messageId: randomUUID(), body: content, delaySeconds };
    messages.push(message);
    // The SDK holds the digest against what it sent.
    return { MessageId: message.messageId, MD5OfMessageBody: createHash('md5').update(content).digest('hex') };
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const queueUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/123456789012/continuations`;

  return {
    queueUrl,
    messages,
    refusals,
    fail(kind) {
      fault = kind;
    },
    forget() {
      messages.length = 0;
      refusals.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** As the event source mapping hands a message to the function. */
export const eventOf = ({ messageId, body }: SqsMessage) => ({
  Records: [
    {
      messageId,
      receiptHandle: 'MessageReceiptHandle',
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1523232000000',
        SenderId: '123456789012',
        ApproximateFirstReceiveTimestamp: '1523232000001',
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:continuations',
      awsRegion: 'eu-central-1',
    },
  ],
});

class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const invalid = (what: string) => new Refusal('InvalidParameterValue', what);

const FAULTS: Readonly<Record<Exclude<SqsFault, 'drop'>, Refusal>> = {
  AccessDenied: new Refusal('AccessDenied', 'User: watch is not authorized to perform: sqs:SendMessage', 403),
  NonExistentQueue: new Refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
  ServiceUnavailable: new Refusal('ServiceUnavailable', 'Service is unavailable', 503),
};

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

const MESSAGE_BYTES = 262_144;
