/** Publishing through the real SDK to an SNS that refuses what SNS refuses. */
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { confirmedSubscribers, publishCard, publishMail, TopicError } from '../../../lambda/alert/channel/sns.ts';
import { webhookSchema } from '../../../lambda/alert/channel/webhook/document-schema.ts';
import { cardOf } from '../../../lambda/alert/message/chat-card.ts';
import type { Alert } from '../../../lambda/alert/message/describe.ts';
import { mailOf } from '../../../lambda/alert/message/mail.ts';
import { testMessage } from '../../../lambda/alert/message/test-message.ts';
import { openTopics } from '../../../lambda/doors.ts';
import { startFaultyProxy } from '../../internet/faulty-proxy.ts';
import { type SnsServer, startSns } from '../../internet/sns-server.ts';
import { Watch } from '../days.ts';
import { failing, START } from '../verdicts.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:postfix-tls-watch-mail';
const GONE = 'arn:aws:sns:eu-central-1:123456789012:postfix-tls-watch-gone';
const ATTRIBUTES = { severity: 'failing', incident: [] };
let sns: SnsServer;

beforeAll(async () => {
  sns = await startSns({ topics: [TOPIC] });
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', sns.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  sns.fail(undefined);
  sns.forget();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sns.close();
});

/** A message with everything a stranger could put into it. */
function hostileAlert(): Alert {
  const watch = new Watch();
  const name = `x\r\nBcc: y\u202e<!channel>\`${'ü'.repeat(300)}`;
  watch.run({
    verdicts: [failing('a.example', { key: name, destination: name, sentence: `mail to ${name} would wait`, mx: name })],
  });
  if (watch.alert === undefined) throw new Error('no alert was due');
  return watch.alert;
}

test('a mail arrives as it was written', async () => {
  const mail = mailOf(testMessage('mx1', [`the mail topic ${TOPIC}`], START));
  const id = await publishMail(TOPIC, mail, [], ATTRIBUTES);
  expect(sns.messages.map(({ messageId, subject, message }) => ({ messageId, subject, message }))).toEqual([
    { messageId: id, subject: 'Test message from postfix-tls-watch on mx1: no news', message: mail.text },
  ]);
});

test('in the same call, subscribers that are no mailbox get the document of a webhook', async () => {
  const alert = hostileAlert();
  const mail = mailOf(alert);
  await openTopics({ topic: TOPIC })[0]?.tell(mail, alert);
  expect(sns.messages).toHaveLength(1);
  const [{ byProtocol } = { byProtocol: { default: '' } }] = sns.messages;
  expect(byProtocol).toEqual({ email: mail.text, sms: mail.subject, default: byProtocol.default });
  const document = v.parse(webhookSchema, JSON.parse(byProtocol.default));
  expect(document).toMatchObject({ subject: mail.subject, severity: 'failing', text: mail.text, leftOut: 0 });
});

test.each([
  { because: 'a mail of middle size leaves room for a part', items: 400, chars: 300, whole: false },
  { because: 'the largest one for little', items: 4_000, chars: 300, whole: false },
  { because: 'a small one for all of it', items: 30, chars: 300, whole: true },
])('$because', async ({ items, chars, whole }) => {
  const [item] = hostileAlert().items;
  if (item === undefined) throw new Error('no item');
  const blocks = [{ kind: 'text', text: `${'é'.repeat(10)} `.repeat(chars / 11) }] as const;
  const alert = { ...hostileAlert(), items: Array.from({ length: items }, () => ({ ...item, blocks })) };
  const mail = mailOf(alert);
  await openTopics({ topic: TOPIC })[0]?.tell(mail, alert);
  expect(sns.refusals).toEqual([]);
  const [{ message, byProtocol } = { message: '', byProtocol: { default: '' } }] = sns.messages;
  expect(message).toBe(mail.text);
  const document = v.parse(webhookSchema, JSON.parse(byProtocol.default));
  expect(document.text === mail.text).toBe(whole);
  expect(document.text.endsWith('(cut here: the mail has all of it)\n')).toBe(!whole);
  expect(document.items.length + document.leftOut).toBe(items);
});

test('where nothing fits beside the text, everybody gets the text', async () => {
  const text = '"\\'.repeat(70_000);
  await publishMail(TOPIC, { subject: 'x', text }, [{ version: 1 }], ATTRIBUTES);
  expect(sns.messages.map(({ byProtocol }) => byProtocol)).toEqual([{ default: text }]);
});

test('a subscription can filter by severity, incident and environment', async () => {
  const alert = hostileAlert();
  const [mail, chat] = openTopics({ topic: TOPIC, chatTopic: TOPIC, environment: 'prod' });
  await mail?.tell(mailOf(alert), alert);
  await chat?.tell(mailOf(alert), alert);
  const attributes = {
    severity: 'failing',
    incident: JSON.stringify([alert.items[0]?.incident]),
    environment: 'prod',
  };
  expect(sns.messages.map((message) => message.attributes)).toEqual([attributes, attributes]);
  sns.forget();
  const quiet = testMessage('mx1', [], START);
  await openTopics({ topic: TOPIC })[0]?.tell(mailOf(quiet), quiet);
  expect(sns.messages[0]?.attributes).toEqual({ severity: 'news' });
});

test('SNS refuses nothing, whatever strangers wrote', async () => {
  const alert = hostileAlert();
  await publishMail(TOPIC, mailOf(alert), [], ATTRIBUTES);
  await publishCard(TOPIC, cardOf(alert), ATTRIBUTES);
  expect(sns.refusals).toEqual([]);
  expect(sns.messages).toHaveLength(2);
});

test('a card is the JSON that the chat service reads, without a subject', async () => {
  const card = cardOf(hostileAlert());
  await publishCard(TOPIC, card, ATTRIBUTES);
  expect(sns.messages[0]?.subject).toBeUndefined();
  expect(JSON.parse(sns.messages[0]?.message ?? '')).toEqual(card);
});

test('only confirmed subscriptions count, over all pages', async () => {
  const subscription = (i: number) => ({ protocol: 'email', endpoint: `${i}@example.org`, confirmed: i % 2 === 0 });
  sns.subscribe(
    TOPIC,
    Array.from({ length: 150 }, (_, i) => subscription(i)),
  );
  expect(await confirmedSubscribers(TOPIC)).toBe(75);
  sns.subscribe(TOPIC, []);
  expect(await confirmedSubscribers(TOPIC)).toBe(0);
});

test.each([
  {
    because: 'a topic that is gone',
    topic: GONE,
    kind: 'gone',
    message: `topic ${GONE}: it does not exist, check --topic against the outputs of the deployment`,
  },
  {
    because: 'credentials that may not',
    fault: 'AuthorizationError' as const,
    kind: 'denied',
    message: `topic ${TOPIC}: AWS denies it (User is not authorized to perform: SNS:Publish on resource), check the credentials and what their policy allows`,
  },
  {
    because: 'a request to slow down that lasts',
    fault: 'Throttling' as const,
    kind: 'throttled',
    message: `topic ${TOPIC}: AWS asks to slow down (Rate exceeded), the next run tries again`,
  },
  {
    because: 'something that is no ARN',
    topic: 'postfix-tls-watch',
    kind: 'wrong-arn',
    message:
      'topic "postfix-tls-watch": not the ARN of an SNS topic, which looks like arn:aws:sns:eu-central-1:123456789012:name',
  },
])('$because', async ({ topic = TOPIC, fault, kind, message }) => {
  if (fault !== undefined) sns.fail(fault);
  const error = await publishMail(topic, { subject: 'x', text: 'y' }, [], ATTRIBUTES).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TopicError);
  expect(error).toMatchObject({ kind, message });
});

test('a fault that passes is tried again, and the message arrives once', async () => {
  sns.fail('InternalError', 2);
  await publishMail(TOPIC, { subject: 'x', text: 'y' }, [], ATTRIBUTES);
  expect(sns.messages).toHaveLength(1);
});

test('a connection that is cut is told as unreachable', async () => {
  sns.fail('drop');
  const error = await publishMail(TOPIC, { subject: 'x', text: 'y' }, [], ATTRIBUTES).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'TopicError', kind: 'unreachable' });
});

test('what SNS would refuse is told as a fault of ours', async () => {
  const error = await publishMail(TOPIC, { subject: 'x'.repeat(100), text: 'y' }, [], ATTRIBUTES).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    kind: 'refused',
    message: `topic ${TOPIC}: SNS refuses the message (Invalid parameter: Subject), please report this`,
  });
});

test.each([
  { lost: 1, told: true, copies: 2, because: 'a lost answer costs one copy, and the second answer counts' },
  { lost: 9, told: false, copies: 2, because: 'answers that are all lost cost no more copies' },
])('$because', async ({ lost, told, copies }) => {
  const proxy = await startFaultyProxy(sns.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', proxy.endpoint);
  try {
    proxy.pick(({ nth }) => (nth < lost ? { kind: 'answer-lost' } : undefined));
    const said = await publishMail(TOPIC, { subject: 'x', text: 'y' }, [], ATTRIBUTES).catch((caught: unknown) => caught);
    if (told) expect(said).toBe(sns.messages[1]?.messageId);
    else expect(said).toMatchObject({ name: 'TopicError', kind: 'unreachable' });
    expect(sns.messages).toHaveLength(copies);
  } finally {
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', sns.endpoint);
    await proxy.close();
  }
});
