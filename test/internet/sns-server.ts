/**
 * SNS as strict as the real one, on loopback: form-encoded requests, XML answers, and it refuses what SNS refuses.
 *
 * Any SDK client reaches it by `endpoint` or AWS_ENDPOINT_URL_SNS. Signatures are not verified; the rest of Publish is, after
 * the API reference and what the service answers: a lenient stub would let a subject through that costs the alert in production.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SnsMessage {
  readonly messageId: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** As a subscriber by mail gets it. */
  readonly message: string;
  /** What each protocol gets, where MessageStructure is json; `default` alone otherwise. */
  readonly byProtocol: Readonly<Record<string, string>> & { readonly default: string };
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SnsSubscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** Pending ones have no ARN yet and receive nothing. */
  readonly confirmed: boolean;
}

/** How it can be out of order: all requests, or the next few. */
export type SnsFault = 'InternalError' | 'AuthorizationError' | 'NotFound' | 'Throttling' | 'drop' | 'answer-lost' | 'hang';

export interface SnsServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Everything accepted, in order. */
  readonly messages: readonly SnsMessage[];
  /** What was refused, as `Code: message`. */
  readonly refusals: readonly string[];
  /** Replaces the subscriptions of a topic; `deleted` ones are simply gone. */
  subscribe(topicArn: string, subscriptions: readonly SnsSubscription[]): void;
  /**
   * From now on, or for so many requests, of one topic or of all; undefined ends it. `drop` closes the connection without an
   * answer, `answer-lost` does so after it did what was asked, `hang` keeps it open and says nothing.
   */
  fail(fault: SnsFault | undefined, times?: number, topicArn?: string): void;
  forget(): void;
  close(): Promise<void>;
}

export interface SnsOptions {
  /** Topics that exist; any other is NotFound. */
  readonly topics: readonly string[];
  readonly port?: number;
}

export async function startSns({ topics, port = 0 }: SnsOptions): Promise<SnsServer> {
  const messages: SnsMessage[] = [];
  const refusals: string[] = [];
  const subscriptions = new Map<string, readonly SnsSubscription[]>();
  let fault: { readonly kind: SnsFault; left: number; readonly topicArn: string | undefined } | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const kind = faultFor(form.get('TopicArn'));
    if (kind === 'drop') return void request.socket.destroy();
    if (kind === 'hang') return;
    if (kind !== undefined && kind !== 'answer-lost') return refuse(response, FAULTS[kind]);
    try {
      if (request.method !== 'POST') throw new Refusal('InvalidAction', 'only POST is understood here');
      if (!/^AWS4-HMAC-SHA256 /u.test(request.headers.authorization ?? ''))
        throw new Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
      const result = act(form);
      if (kind === 'answer-lost') return void request.socket.destroy();
      answer(response, form.get('Action') ?? '', result);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(response, error);
    }
  }

  /** Each request that a fault is for takes one of its times. */
  function faultFor(topicArn: string | null): SnsFault | undefined {
    if (fault === undefined || (fault.topicArn !== undefined && fault.topicArn !== topicArn)) return undefined;
    const { kind } = fault;
    fault.left--;
    if (fault.left <= 0) fault = undefined;
    return kind;
  }

  function act(form: URLSearchParams): string {
    switch (form.get('Action')) {
      case 'Publish': {
        const message = published(form, topicOf(form, topics));
        messages.push(message);
        return `<MessageId>${message.messageId}</MessageId>`;
      }
      case 'ListSubscriptionsByTopic': {
        const topicArn = topicOf(form, topics);
        return listed(topicArn, subscriptions.get(topicArn) ?? [], Number(form.get('NextToken') ?? 0));
      }
      default:
        throw new Refusal('InvalidAction', `The action ${form.get('Action') ?? ''} is not valid for this web service`);
    }
  }

  function refuse(response: ServerResponse, { code, message, status }: Refusal): void {
    refusals.push(`${code}: ${message}`);
    const type = status < 500 ? 'Sender' : 'Receiver';
    const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
    send(response, status, `<ErrorResponse ${XMLNS}>${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    refusals,
    subscribe: (topicArn, all) => void subscriptions.set(topicArn, all),
    fail(kind, times = Number.POSITIVE_INFINITY, topicArn = undefined) {
      fault = kind === undefined ? undefined : { kind, left: times, topicArn };
    },
    forget() {
      messages.length = 0;
      refusals.length = 0;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const FAULTS: Readonly<Record<Exclude<SnsFault, 'drop' | 'answer-lost' | 'hang'>, Refusal>> = {
  InternalError: new Refusal('InternalError', 'We encountered an internal error. Please try again.', 500),
  AuthorizationError: new Refusal('AuthorizationError', 'User is not authorized to perform: SNS:Publish on resource', 403),
  NotFound: new Refusal('NotFound', 'Topic does not exist', 404),
  Throttling: new Refusal('Throttling', 'Rate exceeded', 400),
};

const invalid = (what: string): Refusal => new Refusal('InvalidParameter', `Invalid parameter: ${what}`);

function topicOf(form: URLSearchParams, topics: readonly string[]): string {
  const arn = form.get('TopicArn') ?? '';
  if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/u.test(arn)) throw invalid('TopicArn');
  if (!topics.includes(arn)) throw FAULTS.NotFound;
  return arn;
}

function published(form: URLSearchParams, topicArn: string): SnsMessage {
  const message = form.get('Message') ?? '';
  const subject = form.get('Subject') ?? undefined;
  const attributes = attributesOf(form);
  // ASCII, beginning with a letter, a number or punctuation, without control characters, below 100 characters.
  if (subject !== undefined && !/^[!-~][ -~]{0,98}$/u.test(subject)) throw invalid('Subject');
  if (message === '') throw invalid('Empty message');
  const size = Object.entries(attributes).reduce((sum, [name, value]) => sum + bytes(name) + bytes(value), bytes(message));
  if (size > MESSAGE_BYTES) throw invalid('Message too long');
  const structure = form.get('MessageStructure');
  if (structure !== null && structure !== 'json') throw invalid('MessageStructure');
  const byProtocol = structure === 'json' ? byProtocolOf(message) : { default: message };
  const forMail = byProtocol.email ?? byProtocol.default;
  return { messageId: randomUUID(), topicArn, subject, message: forMail, byProtocol, attributes };
}

function byProtocolOf(message: string): SnsMessage['byProtocol'] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalid('Message Structure - JSON message body failed to parse');
  const entries = Object.entries(parsed).map(([protocol, value]: [string, unknown]) => {
    if (typeof value !== 'string') throw invalid('Message Structure - JSON message body failed to parse');
    return [protocol, value] as const;
  });
  const byProtocol = Object.fromEntries(entries);
  const { default: forAll = '' } = byProtocol;
  if (forAll === '') throw invalid('Message Structure - No default entry in JSON message body');
  return { ...byProtocol, default: forAll };
}

function attributesOf(form: URLSearchParams): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let i = 1; form.has(`MessageAttributes.entry.${i}.Name`); i++) {
    const at = `MessageAttributes.entry.${i}`;
    const value = form.get(`${at}.Value.StringValue`);
    if (form.get(`${at}.Value.DataType`) === null || value === null || value === '')
      throw new Refusal('ParameterValueInvalid', 'The message attribute must contain a non-empty value of its type.');
    attributes[form.get(`${at}.Name`) ?? ''] = value;
  }
  return attributes;
}

function listed(topicArn: string, all: readonly SnsSubscription[], from: number): string {
  const members = all.slice(from, from + PAGE).map(({ protocol, endpoint, confirmed }, i) => {
    const arn = confirmed ? `${topicArn}:00000000-0000-4000-8000-${String(from + i).padStart(12, '0')}` : 'PendingConfirmation';
    return `<member><TopicArn>${topicArn}</TopicArn><Protocol>${protocol}</Protocol><SubscriptionArn>${arn}</SubscriptionArn><Owner>${topicArn.split(':')[4]}</Owner><Endpoint>${escaped(endpoint)}</Endpoint></member>`;
  });
  const next = from + PAGE < all.length ? `<NextToken>${from + PAGE}</NextToken>` : '';
  return `<Subscriptions>${members.join('')}</Subscriptions>${next}`;
}

function answer(response: ServerResponse, action: string, result: string): void {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  send(response, 200, `<${action}Response ${XMLNS}><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`);
}

function send(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}

const bytes = (value: string): number => Buffer.byteLength(value);
const escaped = (value: string): string => value.replace(/[<>&"]/gu, (character) => `&#${character.charCodeAt(0)};`);

const XMLNS = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"';
const MESSAGE_BYTES = 256 * 1024;
/** SNS lists a hundred subscriptions to a page. */
const PAGE = 100;
