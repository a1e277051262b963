/**
 * One page for the operator: what the entries come to over time, how long until the first fails,
 * how the runs go.
 */
import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricName } from '../lambda/metrics.ts';
import { productMetric } from './alarms.ts';
import type { CheckedEnvironment } from './environments.ts';

export function buildDashboard(
  scope: Construct,
  environment: CheckedEnvironment,
  alarms: readonly Alarm[],
): Dashboard {
  const daily = (name: MetricName, label: string, color?: string) =>
    productMetric(environment, name, Duration.days(1)).with({
      label,
      ...(color === undefined ? {} : { color }),
    });

  return new Dashboard(scope, 'Dashboard', {
    start: '-P3M',
    widgets: [
      [
        new AlarmStatusWidget({
          title: `TLS watch ${environment.name}`,
          alarms: [...alarms],
          width: 24,
          height: 3,
        }),
      ],
      [
        new GraphWidget({
          title: 'Entries by verdict',
          stacked: true,
          width: 16,
          height: 8,
          left: [
            daily('EntriesFail', 'fail', '#d62728'),
            daily('EntriesDegraded', 'degraded', '#ff7f0e'),
            daily('EntriesUndetermined', 'undetermined', '#9467bd'),
            daily('EntriesUnchecked', 'unchecked', '#c7c7c7'),
            daily('EntriesPass', 'pass', '#2ca02c'),
          ],
          leftYAxis: { min: 0, showUnits: false },
        }),
        new SingleValueWidget({
          title: 'At the last run',
          width: 8,
          height: 8,
          metrics: [
            daily('EntriesFail', 'fail'),
            daily('EntriesNotWatched', 'not watched'),
            daily('EntriesUnfinished', 'unfinished'),
            daily('ConfirmedSubscribers', 'confirmed subscribers'),
          ],
        }),
      ],
      [
        new GraphWidget({
          title: 'Days to the first failure',
          width: 8,
          left: [daily('DaysToFirstFailure', 'days')],
          leftYAxis: { min: 0, showUnits: false },
        }),
        new GraphWidget({
          title: 'Duration of the run (ms)',
          width: 8,
          left: [daily('Duration', 'duration')],
          leftYAxis: { min: 0, showUnits: false },
        }),
        new GraphWidget({
          title: 'Conversations',
          width: 8,
          left: [daily('Conversations', 'conversations')],
          leftYAxis: { min: 0, showUnits: false },
        }),
      ],
    ],
  });
}
