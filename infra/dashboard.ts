/**
 * One page for the operator: whether mail flows, in words, what the entries come to over time, how
 * long until the first fails, how the runs go.
 */
import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  CustomWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IWidget,
  type Metric,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { MetricName } from '../lambda/metrics.ts';
import { productMetric } from './alarms.ts';
import type { CheckedEnvironment } from './environments.ts';

export function buildDashboard(
  scope: Construct,
  environment: CheckedEnvironment,
  alarms: readonly IAlarm[],
  reader: IFunction,
): Dashboard {
  const words = new CustomWidget({
    title: `Does mail flow? (${environment.name})`,
    functionArn: reader.functionArn,
    width: 24,
    height: 10,
    // It says how things stand now, whatever is zoomed or moved.
    updateOnRefresh: true,
    updateOnResize: false,
    updateOnTimeRangeChange: false,
  });
  const status = new AlarmStatusWidget({
    title: `TLS watch ${environment.name}`,
    alarms: [...alarms],
    width: 24,
    height: 3,
  });
  const daily: Daily = (name, label, color) =>
    productMetric(environment, name, Duration.days(1)).with({
      label,
      ...(color === undefined ? {} : { color }),
    });
  return new Dashboard(scope, 'Dashboard', {
    start: '-P3M',
    widgets: [[words], [status], verdicts(daily), runs(daily)],
  });
}

/** A metric of the product, one value a day. */
type Daily = (name: MetricName, label: string, color?: string) => Metric;

function verdicts(daily: Daily): IWidget[] {
  return [
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
      leftYAxis: FROM_ZERO,
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
  ];
}

function runs(daily: Daily): IWidget[] {
  const graph = (title: string, metric: Metric) =>
    new GraphWidget({ title, width: 8, left: [metric], leftYAxis: FROM_ZERO });
  return [
    graph('Days to the first failure', daily('DaysToFirstFailure', 'days')),
    graph('Duration of the run (ms)', daily('Duration', 'duration')),
    graph('Conversations', daily('Conversations', 'conversations')),
  ];
}

const FROM_ZERO = { min: 0, showUnits: false } as const;
