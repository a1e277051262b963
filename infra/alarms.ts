/**
 * Silence is not health: what raises an alarm, to both topics. Each has its entry in
 * docs/runbook.md, by the same name.
 *
 * Data come once a day from a runner, once an hour from a sentinel. An alarm over missing data with
 * a short period would ring all day, so each says what a missing value means.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { DIMENSION, type MetricName, NAMESPACE } from '../lambda/metrics.ts';
import type { CheckedEnvironment } from './environments.ts';
import type { Topics } from './topics.ts';

/**
 * A metric of the product, in this environment. `Maximum`, for one run may be reported several
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

export function buildAlarms(
  scope: Construct,
  environment: CheckedEnvironment,
  {
    runner,
    deadLetters,
    topics,
  }: { readonly runner: IFunction; readonly deadLetters: Queue; readonly topics: Topics },
): readonly Alarm[] {
  const { silenceHours, unfinishedEntries } = environment.thresholds;
  const actions = [new SnsAction(topics.mail), new SnsAction(topics.chat)];
  const alarm = (
    id: string,
    told: string,
    props: Omit<AlarmProps, 'alarmDescription' | 'alarmName'>,
  ) => {
    const made = new Alarm(scope, `${id}Alarm`, {
      ...props,
      alarmDescription: `TLS watch ${environment.name}: ${told}. See docs/runbook.md, entry "${RUNBOOK[id]}".`,
    });
    made.addAlarmAction(...actions);
    return made;
  };
  const hourly = Duration.hours(1);
  const metric = (name: MetricName) => productMetric(environment, name, hourly);
  const onSentinel = environment.runner === 'mail-host';

  return [
    alarm('RunFailed', 'a run failed; what was due may not have been told', {
      metric: onSentinel
        ? metric('RunFailed')
        : runner.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    alarm('RunMissed', `no complete run for ${silenceHours} hours; nobody is watching`, {
      metric: metric('RunCompleted'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      // The sentinel counts the hours itself, and its own silence counts as theirs after two.
      evaluationPeriods: onSentinel ? 2 : silenceHours,
      treatMissingData: TreatMissingData.BREACHING,
    }),
    alarm(
      'Blind',
      'port 25 cannot be reached from the runner; time-outs say nothing about the servers',
      {
        metric: metric('Blind'),
        ...AT_LEAST_ONE,
        treatMissingData: TreatMissingData.IGNORE,
      },
    ),
    alarm('Partial', 'the run ended before every entry was judged', {
      metric: metric('EntriesUnfinished'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: unfinishedEntries,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    }),
    alarm('DeadLetters', 'an invocation failed for good and lies in the dead-letter queue', {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      ...AT_LEAST_ONE,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }),
    alarm('NoSubscriber', 'nobody has confirmed a subscription; messages reach no one', {
      metric: metric('ConfirmedSubscribers'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.IGNORE,
    }),
  ];
}

/** Title of each alarm's entry in docs/runbook.md, by the alarm's id. */
export const RUNBOOK: Readonly<Record<string, string>> = {
  RunFailed: 'Run failed',
  RunMissed: 'Run missed',
  Blind: 'Blind',
  Partial: 'Partial run',
  DeadLetters: 'Dead letters',
  NoSubscriber: 'No confirmed subscriber',
};

const AT_LEAST_ONE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  evaluationPeriods: 1,
} as const;
