/** When the function starts and what raises an alarm: the two that must not be wrong for silence to mean health. */
import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../lambda/metrics.ts';
import { ALL, EXISTING_VPC, example } from './examples.ts';
import { only, templateOf } from './synth.ts';

const prod = templateOf(example('prod'));
const mailHost = templateOf(example('mail-host'));
const existing = templateOf(EXISTING_VPC);

describe('schedule', () => {
  test('a runner starts once a day, in its time zone, with jitter, and its run is named by the scheduled time', () => {
    expect(only(prod, 'AWS::Scheduler::Schedule')).toMatchObject({
      ScheduleExpression: 'cron(0 6 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      State: 'ENABLED',
      Target: { Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
    });
    expect(only(existing, 'AWS::Scheduler::Schedule')).toMatchObject({
      ScheduleExpression: 'cron(30 4 * * ? *)',
      ScheduleExpressionTimezone: 'America/New_York',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
  });

  test('the sentinel looks every hour, on time', () => {
    expect(only(mailHost, 'AWS::Scheduler::Schedule')).toMatchObject({
      ScheduleExpression: 'cron(0 * * * ? *)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Input: '{"sentinel":true}' },
    });
  });

  test.for(ALL)('$name: hand-over is retried, then goes to the same queue as failed runs', (environment) => {
    const template = templateOf(environment);
    const queue = Object.keys(template.findResources('AWS::SQS::Queue')).find((id) => id.startsWith('DeadLetters'));
    expect(only(template, 'AWS::Scheduler::Schedule').Target).toMatchObject({
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
    });
    expect(only(template, 'AWS::Lambda::EventInvokeConfig')).toMatchObject({
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 10_800,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
    });
  });
});

describe('alarms', () => {
  const product = { Namespace: 'PostfixTlsWatch', Statistic: 'Maximum', Period: 3_600 };
  const atLeastOne = { ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 1, EvaluationPeriods: 1 };
  const belowOne = { ComparisonOperator: 'LessThanThreshold', Threshold: 1 };

  const notDelivered = (topic: string) => ({
    Namespace: 'AWS/SNS',
    MetricName: 'NumberOfNotificationsFailed',
    Statistic: 'Sum',
    Period: 300,
    Dimensions: [{ Name: 'TopicName', Value: { 'Fn::GetAtt': [expect.stringContaining(topic), 'TopicName'] } }],
    ...atLeastOne,
    TreatMissingData: 'notBreaching',
  });

  test('a function runner: what each looks at, and what missing data mean', () => {
    expect(alarmsOf(prod)).toMatchObject({
      RunFailed: { Namespace: 'AWS/Lambda', MetricName: 'Errors', ...atLeastOne, TreatMissingData: 'notBreaching' },
      RunMissed: {
        ...product,
        MetricName: 'RunCompleted',
        ...belowOne,
        EvaluationPeriods: 26,
        TreatMissingData: 'breaching',
      },
      Blind: { ...product, MetricName: 'Blind', ...atLeastOne, TreatMissingData: 'ignore' },
      Partial: {
        ...product,
        MetricName: 'EntriesUnfinished',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        EvaluationPeriods: 1,
        TreatMissingData: 'ignore',
      },
      ToldLate: { ...product, MetricName: 'EntriesToldLate', ...atLeastOne, TreatMissingData: 'notBreaching' },
      RunWaits: {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 2_700,
        TreatMissingData: 'notBreaching',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [expect.stringContaining('Continuations'), 'QueueName'] } }],
      },
      DeadLetters: {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        ...atLeastOne,
        TreatMissingData: 'notBreaching',
      },
      NoSubscriber: {
        ...product,
        MetricName: 'ConfirmedSubscribers',
        ...belowOne,
        EvaluationPeriods: 1,
        TreatMissingData: 'ignore',
      },
      NoMailSubscriber: { ...product, MetricName: 'MailSubscribers', ...belowOne, TreatMissingData: 'ignore' },
      MailNotDelivered: notDelivered('MailTopic'),
      ChatNotDelivered: notDelivered('ChatTopic'),
    });
  });

  test('a mail host: the sentinel tells of failed runs and counts the hours of silence itself', () => {
    expect(alarmsOf(mailHost)).toMatchObject({
      RunFailed: { ...product, MetricName: 'RunFailed', ...atLeastOne, TreatMissingData: 'notBreaching' },
      RunMissed: { ...product, MetricName: 'RunCompleted', EvaluationPeriods: 2, TreatMissingData: 'breaching' },
    });
  });

  test('thresholds are those of the environment', () => {
    expect(alarmsOf(existing)).toMatchObject({ RunMissed: { EvaluationPeriods: 50 }, Partial: { Threshold: 3 } });
  });

  test('subscribers of each topic are counted where it has any to have', () => {
    const subscribers = (template: Template) => Object.keys(alarmsOf(template)).filter((id) => /^No(Mail|Chat)/.test(id));
    expect(subscribers(templateOf(example('dev')))).toEqual([]);
    expect(subscribers(mailHost)).toEqual(['NoMailSubscriber']);
    expect(alarmsOf(existing)).toMatchObject({
      NoMailSubscriber: { MetricName: 'MailSubscribers', Threshold: 2 },
      NoChatSubscriber: { ...product, MetricName: 'ChatSubscribers', ...belowOne, TreatMissingData: 'ignore' },
    });
  });

  test.for(ALL)('$name: all tell both topics, and others that are named, and name their entry in the runbook', (environment) => {
    const template = templateOf(environment);
    const topics = Object.keys(template.findResources('AWS::SNS::Topic')).map((Ref) => ({ Ref }));
    const named = environment.alarmTopicArns ?? [];
    const alarms = Object.values(tellingOf(template));
    expect(alarms.length).toBeGreaterThanOrEqual(8);
    for (const alarm of alarms) {
      expect(alarm.AlarmActions).toEqual(expect.arrayContaining([...topics, ...named]));
      expect(alarm.AlarmActions).toHaveLength(2 + named.length);
      expect(alarm.OKActions ?? []).toEqual(named);
      expect(alarm.AlarmDescription).toMatch(/^TLS watch [a-z-]+: .+\. See docs\/runbook\.md, entry "[A-Z][a-z ]+"\.$/);
    }
  });

  test.for(ALL)('$name: silence rings once a policy is in use, and nothing rings that one is', (environment) => {
    const template = templateOf(environment);
    const { PolicyInUse, RunMissed } = alarmsOf(template);
    expect(PolicyInUse).toMatchObject({ ...product, MetricName: 'PolicyInUse', ...atLeastOne, TreatMissingData: 'ignore' });
    for (const part of [PolicyInUse, RunMissed]) expect(part).not.toHaveProperty('AlarmActions');
    const { AlarmRule } = only(template, 'AWS::CloudWatch::CompositeAlarm') as { AlarmRule: { 'Fn::Join': [string, unknown[]] } };
    const rule = AlarmRule['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('');
    expect(rule).toMatch(/^\(ALARM\(".*RunMissedAlarm\w+.*"\) AND ALARM\(".*PolicyInUseAlarm\w+.*"\)\)$/);
  });

  test('the cost of the alarms is told as it is: 0.10 each, and 0.50 for one of several', () => {
    const cost = Object.keys(alarmsOf(prod)).length * 0.1 + 0.5;
    expect(Object.keys(alarmsOf(prod))).toHaveLength(12);
    const page = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');
    expect(page).toContain(`| twelve alarms, and one of two of them | ${cost.toFixed(2)} |`);
  });

  test('silence is told as what it is, about so many hours', () => {
    expect(tellingOf(prod).RunMissedOnceInUse?.AlarmDescription).toContain(
      'no complete run for about 26 hours; nobody is watching',
    );
  });

  test('every metric an alarm or the dashboard asks for is one the product reports', () => {
    const dashboard = JSON.stringify(prod.findResources('AWS::CloudWatch::Dashboard')).replaceAll('\\', '');
    const shown = [...dashboard.matchAll(/"PostfixTlsWatch","(\w+)"/g)].map((match) => match[1]);
    const alarmed = Object.values(alarmsOf(prod)).flatMap((alarm) =>
      alarm.Namespace === 'PostfixTlsWatch' ? [alarm.MetricName] : [],
    );
    expect(shown.length).toBeGreaterThan(10);
    expect(alarmed).toHaveLength(7);
    expect([...shown, ...alarmed].filter((name) => !(String(name) in METRICS))).toEqual([]);
  });
});

/** Properties of each alarm, by the name it has in the runbook's table. */
function alarmsOf(template: Template): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
  return Object.fromEntries(alarms.map(([id, { Properties }]) => [id.replace(/Alarm[0-9A-F]{8}$/, ''), Properties]));
}

/** Those that tell somebody. */
function tellingOf(template: Template): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const { PolicyInUse: _, RunMissed: __, ...alone } = alarmsOf(template);
  return { ...alone, RunMissedOnceInUse: only(template, 'AWS::CloudWatch::CompositeAlarm') };
}
