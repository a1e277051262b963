/**
 * The queue by which a run comes back to the function: what the time limit left over, and the second
 * look at what newly fails. A queue, and no schedule: a function that meets strangers has no right to
 * make schedules or to pass roles.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { CheckedEnvironment } from './environments.ts';

/** Undefined for a mail host, which has no time limit. */
export function buildContinuations(
  scope: Construct,
  environment: CheckedEnvironment,
  deadLetters: IQueue,
): Queue | undefined {
  if (environment.runner === 'mail-host') return undefined;
  return new Queue(scope, 'Continuations', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // What is older belongs to a run that the next one has made up for.
    retentionPeriod: Duration.days(1),
    // One invocation, and not six as AWS advises for functions that must not work on a message
    // twice: a run has a lease. So what failed is tried again in a quarter of an hour.
    visibilityTimeout: Duration.minutes(environment.timeoutMinutes + 1),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
  });
}

/** A message at a time: two, so that one that waits for the lease keeps nobody from a message. */
export function feedFrom(scope: Construct, queue: IQueue, runner: IFunction): void {
  new EventSourceMapping(scope, 'Continuation', {
    target: runner,
    eventSourceArn: queue.queueArn,
    batchSize: 1,
    maxConcurrency: 2,
  });
}

/**
 * Lambda takes messages with the role of the function; the code itself may only send. Lambda names
 * the function in whose name a call of the code is made, and none in its own.
 */
export function takingStatements(scope: Construct, queue: IQueue): readonly PolicyStatement[] {
  const functions = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const taking = {
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  };
  return [
    new PolicyStatement({ sid: 'Continuations', ...taking }),
    new PolicyStatement({
      sid: 'NoTakingForTheCode',
      effect: Effect.DENY,
      ...taking,
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': functions } },
    }),
  ];
}
