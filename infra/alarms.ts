/**
 * The alarms of one environment; each goes to both topics, and to those that the record names, and
 * has its entry in docs/runbook.md, by the same name.
 *
 * A runner reports once a day, a sentinel once an hour. An alarm with a shorter period that rings
 * on missing data would ring all day, so each alarm says what a missing value means.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  type AlarmProps,
  AlarmRule,
  AlarmState,
  type CfnCompositeAlarm,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarmAction,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { DIMENSION, type MetricName, NAMESPACE } from '../lambda/metrics.ts';
import type { CheckedEnvironment } from './environments.ts';
import type { Topics } from './topics.ts';

/**
 * A metric of the product, in this environment. `Maximum`, because a run may be reported several
 * times.
 */
export function productMetric(
  environment: CheckedEnvironment,
  name: MetricName,
  period: Duration,
): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { [DIMENSION]: environment.name },
    statistic: 'Maximum',
    period,
  });
}

interface Watched {
  readonly runner: IFunction;
  readonly deadLetters: Queue;
  /** Absent for a mail host. */
  readonly continuations: Queue | undefined;
  readonly topics: Topics;
}

export function buildAlarms(
  scope: Construct,
  environment: CheckedEnvironment,
  watched: Watched,
): readonly AlarmBase[] {
  const { mail, chat } = watched.topics;
  const elsewhere = environment.alarmTopicArns.map(
    (arn, index) => new SnsAction(Topic.fromTopicArn(scope, `AlarmTopic${index + 1}`, arn)),
  );
  return alarmsOf(environment, watched).map(({ id, told, ...props }) => {
    const alarmDescription =
      `TLS watch ${environment.name}: ${told}. ` + `See docs/runbook.md, entry "${RUNBOOK[id]}".`;
    const looking = new Alarm(scope, `${id}Alarm`, { ...props, alarmDescription });
    const alarm =
      id === 'RunMissed' ? onceInUse(scope, environment, looking, alarmDescription) : looking;
    alarm.addAlarmAction(new SnsAction(mail), new SnsAction(chat));
    addActions(alarm, elsewhere);
    return alarm;
  });
}

/**
 * "Run missed" from the first policy on: without one there is nothing to run. That a policy is in
 * use is an alarm without actions, which keeps its state while no run reports anything.
 */
function onceInUse(
  scope: Construct,
  environment: CheckedEnvironment,
  missed: Alarm,
  alarmDescription: string,
): CompositeAlarm {
  const inUse = new Alarm(scope, 'PolicyInUseAlarm', {
    alarmDescription: `TLS watch ${environment.name}: a policy is in use. This is no fault`,
    metric: hourly(environment, 'PolicyInUse'),
    ...AT_LEAST_ONE,
    treatMissingData: TreatMissingData.IGNORE,
  });
  const both = new CompositeAlarm(scope, 'RunMissedOnceInUse', {
    alarmDescription,
    alarmRule: AlarmRule.allOf(
      AlarmRule.fromAlarm(missed, AlarmState.ALARM),
      AlarmRule.fromAlarm(inUse, AlarmState.ALARM),
    ),
  });
  // CDK would name it; CloudFormation does, as everything else here.
  (both.node.defaultChild as CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
  return both;
}

/** For whoever keeps an alarm open until its end is told; people hear of the beginning alone. */
export function addActions(alarm: AlarmBase, actions: readonly IAlarmAction[]): void {
  if (actions.length === 0) return;
  alarm.addAlarmAction(...actions);
  alarm.addOkAction(...actions);
}

interface AlarmRow extends Omit<AlarmProps, 'alarmDescription' | 'alarmName'> {
  readonly id: string;
  /** One clause: what has happened. */
  readonly told: string;
}

function alarmsOf(environment: CheckedEnvironment, watched: Watched): readonly AlarmRow[] {
  return [
    ...runAlarms(environment, watched),
    ...wayAlarms(environment, watched),
    ...deliveryAlarms(watched),
    ...subscriberAlarms(environment),
  ];
}

function runAlarms(environment: CheckedEnvironment, { runner }: Watched): readonly AlarmRow[] {
  const { silenceHours, unfinishedEntries } = environment.thresholds;
  const metric = (name: MetricName) => hourly(environment, name);
  const onSentinel = environment.runner === 'mail-host';
  return [
    {
      id: 'RunFailed',
      told: 'a run failed; what was due may not have been told',
      metric: onSentinel
        ? metric('RunFailed')
        : runner.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'RunMissed',
      told: `no complete run for about ${silenceHours} hours; nobody is watching`,
      metric: metric('RunCompleted'),
      ...NONE_AT_ALL,
      // The sentinel reports once an hour and counts `silenceHours` itself; two hours without a
      // report from the sentinel ring as well.
      evaluationPeriods: onSentinel ? 2 : silenceHours,
      treatMissingData: TreatMissingData.BREACHING,
    },
    {
      id: 'Blind',
      told: 'port 25 cannot be reached from the runner; time-outs say nothing about the servers',
      metric: metric('Blind'),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.IGNORE,
    },
    {
      id: 'Partial',
      told: 'the run ended before every entry was judged',
      metric: metric('EntriesUnfinished'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: unfinishedEntries,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    },
    {
      id: 'ToldLate',
      told: 'a failure was told later than 15 minutes after the look that first saw it',
      metric: metric('EntriesToldLate'),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
  ];
}

/** About the ways that invocations come in and messages go out. */
function wayAlarms(
  environment: CheckedEnvironment,
  { deadLetters, continuations }: Watched,
): readonly AlarmRow[] {
  return [
    ...(continuations === undefined ? [] : [waitingAlarm(continuations)]),
    {
      id: 'DeadLetters',
      told: 'an invocation failed for good and lies in the dead-letter queue',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    },
    {
      id: 'NoSubscriber',
      told: 'nobody has confirmed a subscription; messages reach no one',
      metric: hourly(environment, 'ConfirmedSubscribers'),
      ...NONE_AT_ALL,
      treatMissingData: TreatMissingData.IGNORE,
    },
  ];
}

/** Longer than two invocations that fail, and than any delay. */
const waitingAlarm = (continuations: Queue): AlarmRow => ({
  id: 'RunWaits',
  told: 'a run was to go on, and nobody goes on with it',
  metric: continuations.metricApproximateAgeOfOldestMessage({
    period: Duration.minutes(5),
    statistic: 'Maximum',
  }),
  ...AT_LEAST_ONE,
  threshold: Duration.minutes(45).toSeconds(),
  treatMissingData: TreatMissingData.NOT_BREACHING,
});

/** SNS took a message, and a subscriber did not. */
function deliveryAlarms({ topics }: Watched): readonly AlarmRow[] {
  const failed = (topic: Topic) =>
    topic.metricNumberOfNotificationsFailed({ period: Duration.minutes(5), statistic: 'Sum' });
  const rest = { ...AT_LEAST_ONE, treatMissingData: TreatMissingData.NOT_BREACHING };
  return [
    {
      id: 'MailNotDelivered',
      told: 'SNS could not deliver a message of the mail topic to a subscriber',
      metric: failed(topics.mail),
      ...rest,
    },
    {
      id: 'ChatNotDelivered',
      told: 'SNS could not deliver a message of the chat topic to a subscriber',
      metric: failed(topics.chat),
      ...rest,
    },
  ];
}

/** By topic, so that an address never confirmed is not hidden by a channel that listens. */
function subscriberAlarms(environment: CheckedEnvironment): readonly AlarmRow[] {
  const { emails, slack } = environment;
  const fewer = (name: MetricName, threshold: number) => ({
    metric: hourly(environment, name),
    ...NONE_AT_ALL,
    threshold,
    treatMissingData: TreatMissingData.IGNORE,
  });
  return [
    ...(emails.length === 0
      ? []
      : [
          {
            id: 'NoMailSubscriber',
            told: `fewer than ${emails.length} confirmed subscribers of the mail topic`,
            ...fewer('MailSubscribers', emails.length),
          },
        ]),
    ...(slack === undefined
      ? []
      : [
          {
            id: 'NoChatSubscriber',
            told: 'the chat channel does not listen to the chat topic',
            ...fewer('ChatSubscribers', 1),
          },
        ]),
  ];
}

const hourly = (environment: CheckedEnvironment, name: MetricName): Metric =>
  productMetric(environment, name, Duration.hours(1));

/** Title of each alarm's entry in docs/runbook.md, by the alarm's id. */
export const RUNBOOK: Readonly<Record<string, string>> = {
  RunFailed: 'Run failed',
  RunMissed: 'Run missed',
  Blind: 'Blind',
  Partial: 'Partial run',
  ToldLate: 'Told late',
  RunWaits: 'Run not continued',
  DeadLetters: 'Dead letters',
  NoSubscriber: 'No confirmed subscriber',
  NoMailSubscriber: 'Mail subscriber missing',
  NoChatSubscriber: 'Chat subscriber missing',
  MailNotDelivered: 'Mail not delivered',
  ChatNotDelivered: 'Chat card not delivered',
};

const AT_LEAST_ONE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  evaluationPeriods: 1,
} as const;

const NONE_AT_ALL = {
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  threshold: 1,
  evaluationPeriods: 1,
} as const;
