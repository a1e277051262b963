/** The SNS stub, asked by the real SDK. */
import { ListSubscriptionsByTopicCommand, PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startSns } from './sns-server.ts';

const topic = 'arn:aws:sns:eu-central-1:123456789012:alerts';
const sns = await startSns({ topics: [topic] });
const client = new SNSClient({
  endpoint: sns.endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  maxAttempts: 1,
});

beforeEach(() => {
  sns.forget();
  sns.fail(undefined);
});

afterAll(async () => {
  client.destroy();
  await sns.close();
});

const publish = (input: Partial<PublishCommandInput>) =>
  client.send(new PublishCommand({ TopicArn: topic, Message: 'text', ...input }));

test('a message is recorded as published', async () => {
  const message = 'fastmail.fm will defer\nfrom Sun 2027-01-03 <& "more">';
  const { MessageId } = await publish({ Subject: 'fastmail.fm will defer', Message: message });
  expect(sns.messages).toEqual([
    {
      messageId: MessageId,
      topicArn: topic,
      subject: 'fastmail.fm will defer',
      message,
      byProtocol: { default: message },
      attributes: {},
    },
  ]);
});

test('a structured message is recorded for each protocol', async () => {
  await publish({ MessageStructure: 'json', Message: JSON.stringify({ default: 'all', email: 'mail' }) });
  expect(sns.messages.map(({ byProtocol }) => byProtocol)).toEqual([{ default: 'all', email: 'mail' }]);
});

test.each([
  { because: 'a subject of 99 characters', input: { Subject: 'a'.repeat(99) } },
  { because: 'a message of 256 KiB', input: { Message: 'a'.repeat(256 * 1024) } },
  { because: 'a subject that begins with punctuation', input: { Subject: '[watch] news' } },
])('taken: $because', async ({ input }) => {
  await publish(input);
  expect(sns.messages.length).toBe(1);
});

test.each([
  { because: 'a subject of 100 characters', input: { Subject: 'a'.repeat(100) }, says: 'Invalid parameter: Subject' },
  { because: 'an empty subject', input: { Subject: '' }, says: 'Invalid parameter: Subject' },
  { because: 'a line break in the subject', input: { Subject: 'a\nb' }, says: 'Invalid parameter: Subject' },
  { because: 'a control character in the subject', input: { Subject: 'a\u0007b' }, says: 'Invalid parameter: Subject' },
  { because: 'a subject beyond ASCII', input: { Subject: 'für dich' }, says: 'Invalid parameter: Subject' },
  { because: 'a subject that begins with a blank', input: { Subject: ' a' }, says: 'Invalid parameter: Subject' },
  { because: 'an empty message', input: { Message: '' }, says: 'Invalid parameter: Empty message' },
  {
    because: 'a message of 256 KiB and a byte',
    input: { Message: 'a'.repeat(256 * 1024 + 1) },
    says: 'Invalid parameter: Message too long',
  },
  {
    because: 'bytes are counted, not characters',
    input: { Message: 'ü'.repeat(128 * 1024 + 1) },
    says: 'Invalid parameter: Message too long',
  },
  {
    because: 'no default',
    input: { MessageStructure: 'json', Message: '{"email":"a"}' },
    says: 'Invalid parameter: Message Structure - No default entry in JSON message body',
  },
  {
    because: 'a default that is no string',
    input: { MessageStructure: 'json', Message: '{"default":{"a":1}}' },
    says: 'Invalid parameter: Message Structure - JSON message body failed to parse',
  },
  {
    because: 'no JSON',
    input: { MessageStructure: 'json', Message: 'default' },
    says: 'Invalid parameter: Message Structure - JSON message body failed to parse',
  },
  { because: 'another structure', input: { MessageStructure: 'xml' }, says: 'Invalid parameter: MessageStructure' },
  { because: 'a topic of no form', input: { TopicArn: 'alerts' }, says: 'Invalid parameter: TopicArn' },
  { because: 'a topic that is not there', input: { TopicArn: `${topic}2` }, says: 'Topic does not exist' },
])('refused: $because', async ({ input, says }) => {
  await expect(publish(input)).rejects.toThrow(says);
  expect(sns.messages).toEqual([]);
});

test.each([
  { fault: 'InternalError', name: 'InternalErrorException', status: 500 },
  { fault: 'AuthorizationError', name: 'AuthorizationErrorException', status: 403 },
  { fault: 'NotFound', name: 'NotFoundException', status: 404 },
] as const)('told to fail with $fault, once', async ({ fault, name, status }) => {
  sns.fail(fault, 1);
  await expect(publish({})).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  await publish({});
  expect(sns.messages.length).toBe(1);
});

test('a dropped connection is no answer', async () => {
  sns.fail('drop');
  await expect(publish({})).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(sns.messages).toEqual([]);
});

test('subscriptions are listed a hundred at a time, pending ones without an ARN', async () => {
  const confirmed = Array.from({ length: 100 }, (_, i) => ({
    protocol: 'email',
    endpoint: `u${i}@example.org`,
    confirmed: true,
  }));
  sns.subscribe(topic, [...confirmed, { protocol: 'email', endpoint: 'late@example.org', confirmed: false }]);
  const first = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
  expect(first.Subscriptions?.length).toBe(100);
  const second = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic, NextToken: first.NextToken }));
  expect(second.NextToken).toBeUndefined();
  expect(second.Subscriptions).toEqual([
    expect.objectContaining({ SubscriptionArn: 'PendingConfirmation', Endpoint: 'late@example.org', Owner: '123456789012' }),
  ]);
});
