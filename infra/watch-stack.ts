/**
 * Everything one environment has on AWS. No resource has a name of our choice, so that several
 * environments fit into one account and a resource can be replaced.
 */
import {
  CfnOutput,
  DefaultStackSynthesizer,
  Duration,
  Fn,
  RemovalPolicy,
  Stack,
  type StackProps,
  Tags,
  Validations,
} from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITableV2,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IManagedPolicy, ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { OUTPUTS, stackName } from '../lambda/config.ts';
import { buildAlarms } from './alarms.ts';
import { buildDashboard } from './dashboard.ts';
import type { CheckedEnvironment } from './environments.ts';
import { buildFunction, vantageOf } from './function.ts';
import { buildWayOut } from './network.ts';
import { printedPolicy, runStatements } from './permissions.ts';
import { buildSchedule } from './schedule.ts';
import { buildTopics } from './topics.ts';

export class WatchStack extends Stack {
  constructor(scope: Construct, environment: CheckedEnvironment, props: StackProps = {}) {
    super(scope, stackName(environment.name), {
      ...props,
      description: `${PURPOSE} (${environment.name})`,
      ...(environment.qualifier === undefined
        ? {}
        : { synthesizer: new DefaultStackSynthesizer({ qualifier: environment.qualifier }) }),
      terminationProtection: environment.keep,
      ...(environment.account === undefined
        ? {}
        : { env: { account: environment.account, region: environment.region } }),
    });

    for (const [key, value] of Object.entries(environment.tags)) Tags.of(this).add(key, value);
    if (environment.permissionsBoundary !== undefined)
      PermissionsBoundary.of(this).apply(boundary(this, environment.permissionsBoundary));

    const table = this.table(environment);
    const topics = buildTopics(this, environment);
    const deadLetters = this.deadLetters();
    const placement = buildWayOut(this, environment, table);
    const runner = buildFunction(this, environment, { table, topics, deadLetters, placement });
    buildSchedule(this, environment, runner, deadLetters);
    const alarms = buildAlarms(this, environment, { runner, deadLetters, topics });
    buildDashboard(this, environment, alarms);

    new CfnOutput(this, OUTPUTS.region, { value: this.region });
    new CfnOutput(this, OUTPUTS.table, { value: table.tableName });
    new CfnOutput(this, OUTPUTS.topic, { value: topics.mail.topicArn });
    new CfnOutput(this, OUTPUTS.chatTopic, { value: topics.chat.topicArn });
    new CfnOutput(this, OUTPUTS.policy, { value: environment.policy });
    new CfnOutput(this, OUTPUTS.vantage, { value: vantageOf(environment) });
    new CfnOutput(this, 'FunctionName', { value: runner.functionName });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetters.queueUrl });
    if (environment.runner === 'mail-host') {
      const statements = runStatements({
        table,
        topics: [topics.mail, topics.chat],
        key: topics.key,
      });
      new CfnOutput(this, 'MailHostPolicy', {
        value: printedPolicy(statements, this),
        description:
          'Attach this to the credentials of the mail host: all that watch and policy push need, ' +
          'and no more',
      });
    }
  }

  /** The first zones of the region, never looked up: a look-up needs credentials at synth. */
  override get availabilityZones(): string[] {
    return [Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs())];
  }

  private table(environment: CheckedEnvironment): ITableV2 {
    if (environment.restoredTable !== undefined)
      return TableV2.fromTableName(this, 'Table', environment.restoredTable);
    return new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: environment.keep,
      removalPolicy: environment.keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** For invocations that could not be handed over and for runs that failed for good. */
  private deadLetters(): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'it is the dead-letter queue itself',
    });
    return queue;
  }
}

function boundary(scope: Construct, policy: string): IManagedPolicy {
  return policy.startsWith('arn:')
    ? ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', policy)
    : ManagedPolicy.fromManagedPolicyName(scope, 'Boundary', policy);
}

const PURPOSE = 'Watches whether the Postfix TLS policy still delivers mail';
