import { expect, test } from 'vitest';
import { readConfig } from '../lambda/config.ts';

const NEEDED = {
  WATCH_ENVIRONMENT: 'prod',
  WATCH_TABLE: 'tls-watch-prod-Table-1',
  WATCH_TOPIC: 'arn:aws:sns:eu-central-1:123456789012:mail',
  WATCH_VANTAGE: 'function',
};

test('what is not set has its default', () => {
  expect(readConfig({ ...NEEDED, PATH: '/bin' })).toEqual({
    environment: 'prod',
    table: 'tls-watch-prod-Table-1',
    topic: 'arn:aws:sns:eu-central-1:123456789012:mail',
    vantage: 'function',
    policy: 'default',
    controlHosts: [],
    mtaSts: 'daily',
    concurrency: 64,
    perNetwork: 4,
    allowPrivateAddresses: false,
    runIntervalHours: 24,
    silenceHours: 26,
    historyDays: 400,
    reserveSeconds: 120,
  });
});

test('what is set is read, lists at commas', () => {
  const config = readConfig({
    ...NEEDED,
    WATCH_CHAT_TOPIC: 'arn:aws-cn:sns:cn-north-1:123456789012:chat',
    WATCH_CONTINUATIONS: 'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/Stack-Continuations-1A2B',
    WATCH_HELO: 'tls-watch.example.com',
    WATCH_CONTROL_HOSTS: 'mx1.example.com, mx2.example.com,',
    WATCH_CONCURRENCY: '8',
    WATCH_RESOLVER: '127.0.0.1:5353',
    WATCH_DNSSEC_RESOLVER: 'tls://192.0.2.53#dns.example.net',
    WATCH_DNSSEC_SIGNED_NAME: 'signed.example',
    WATCH_DNSSEC_BROKEN_NAME: 'broken.example',
    WATCH_SMTP_PORT: '2525',
    WATCH_ALLOW_PRIVATE_ADDRESSES: 'yes',
    WATCH_MTA_STS: 'never',
  });
  expect(config).toMatchObject({
    chatTopic: 'arn:aws-cn:sns:cn-north-1:123456789012:chat',
    continuations: 'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/Stack-Continuations-1A2B',
    helo: 'tls-watch.example.com',
    controlHosts: ['mx1.example.com', 'mx2.example.com'],
    concurrency: 8,
    resolver: '127.0.0.1:5353',
    dnssecResolver: 'tls://192.0.2.53#dns.example.net',
    dnssecSignedName: 'signed.example',
    dnssecBrokenName: 'broken.example',
    smtpPort: 2525,
    allowPrivateAddresses: true,
    mtaSts: 'never',
  });
});

const REFUSED = [
  {
    because: 'a variable is missing',
    set: { WATCH_TABLE: undefined },
    says: 'environment variable WATCH_TABLE is not set: the stack of this function sets it',
  },
  {
    because: 'an empty variable is as good as none',
    set: { WATCH_TABLE: '' },
    says: 'environment variable WATCH_TABLE is not set: the stack of this function sets it',
  },
  {
    because: 'a topic is named by ARN',
    set: { WATCH_TOPIC: 'mail' },
    says: 'environment variable WATCH_TOPIC: "mail" is no ARN of an SNS topic',
  },
  {
    because: 'a queue is named by URL',
    set: { WATCH_CONTINUATIONS: 'arn:aws:sqs:eu-central-1:123456789012:queue' },
    says: 'environment variable WATCH_CONTINUATIONS: "arn:aws:sqs:eu-central-1:123456789012:queue" is no URL of an SQS queue',
  },
  {
    because: 'a number is whole',
    set: { WATCH_CONCURRENCY: '6.5' },
    says: 'environment variable WATCH_CONCURRENCY: "6.5" is no whole number',
  },
  {
    because: 'a number has bounds',
    set: { WATCH_SMTP_PORT: '70000' },
    says: 'environment variable WATCH_SMTP_PORT: "70000" is above 65535',
  },
  {
    because: 'a switch is yes or no',
    set: { WATCH_ALLOW_PRIVATE_ADDRESSES: 'true' },
    says: 'environment variable WATCH_ALLOW_PRIVATE_ADDRESSES: "true" is neither "yes" nor "no"',
  },
  {
    because: 'daily or never',
    set: { WATCH_MTA_STS: 'no' },
    says: 'environment variable WATCH_MTA_STS: "no" is neither "daily" nor "never"',
  },
  {
    because: 'all that is wrong is told at once',
    set: { WATCH_VANTAGE: undefined, WATCH_RESERVE_SECONDS: '0' },
    says:
      'environment variable WATCH_VANTAGE is not set: the stack of this function sets it; ' +
      'environment variable WATCH_RESERVE_SECONDS: "0" is below 1',
  },
];

test.for(REFUSED)('refused: $because', ({ set, says }) => {
  expect(() => readConfig({ ...NEEDED, ...set })).toThrow(new Error(says));
});
