/**
 * When the function runs: once a day as runner, once an hour as sentinel.
 *
 * EventBridge Scheduler delivers at least once and invokes asynchronously. Its retries and dead
 * letters cover the hand-over alone; those of the run are the function's (function.ts). The
 * scheduled time is in the event and is the run's id, so that a repeated event finds the run done.
 */
import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { CheckedEnvironment } from './environments.ts';

export function buildSchedule(
  scope: Construct,
  environment: CheckedEnvironment,
  runner: IFunction,
  deadLetters: Queue,
): void {
  const { hour, minute, timeZone, jitterMinutes } = environment.schedule;
  const role = new Role(scope, 'ScheduleRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: ofOwnSchedules(Stack.of(scope)),
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [runner.functionArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
  );
  const hourly = environment.runner === 'mail-host';

  new Schedule(scope, 'Schedule', {
    description: hourly
      ? `Has the sentinel of ${environment.name} look for silence`
      : `Starts the daily run of ${environment.name}`,
    schedule: ScheduleExpression.cron({
      minute: String(minute),
      hour: hourly ? '*' : String(hour),
      timeZone: TimeZone.of(timeZone),
    }),
    timeWindow:
      jitterMinutes === 0 || hourly
        ? TimeWindow.off()
        : TimeWindow.flexible(Duration.minutes(jitterMinutes)),
    target: new LambdaInvoke(runner, {
      // The target would add every version and alias of the function to the role.
      role: role.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject(
        hourly ? { sentinel: true } : { scheduledTime: ContextAttribute.scheduledTime },
      ),
      retryAttempts: 3,
      maxEventAge: Duration.hours(1),
      deadLetterQueue: deadLetters,
    }),
  }).node.addDependency(role);
}

/** EventBridge names the group of a schedule as the source, never the schedule. */
const ofOwnSchedules = (stack: Stack) => ({
  StringEquals: {
    'aws:SourceAccount': stack.account,
    'aws:SourceArn': stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    }),
  },
});
