/**
 * What a deploy prints, and commands find again by these names where the construct is the `Default`
 * of its stack.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { OUTPUTS } from '../lambda/config.ts';
import type { CheckedEnvironment } from './environments.ts';
import { vantageOf } from './function.ts';
import { printedPolicy, pushStatement, runStatements, viewStatement } from './permissions.ts';
import type { Topics } from './topics.ts';

interface Made {
  readonly table: ITable;
  readonly topics: Topics;
  readonly runner: IFunction;
  readonly deadLetters: IQueue;
  readonly dashboardReader: IFunction;
}

export function buildOutputs(
  scope: Construct,
  environment: CheckedEnvironment,
  { table, topics, runner, deadLetters, dashboardReader }: Made,
): void {
  const stack = Stack.of(scope);
  const output = (name: string, value: string, description?: string) =>
    new CfnOutput(scope, name, { value, ...(description === undefined ? {} : { description }) });

  output(OUTPUTS.region, stack.region);
  output(OUTPUTS.table, table.tableName);
  output(OUTPUTS.topic, topics.mail.topicArn);
  output(OUTPUTS.chatTopic, topics.chat.topicArn);
  output(OUTPUTS.policy, environment.policy);
  output(OUTPUTS.vantage, vantageOf(environment));
  output('FunctionName', runner.functionName);
  output('DeadLetterQueueUrl', deadLetters.queueUrl);
  output(
    'PushPolicy',
    printedPolicy([pushStatement(table, environment.policy)], stack),
    'Attach this to the credentials that push the policy, on a mail host or in a pipeline: all ' +
      'that policy push needs, and no more',
  );
  output(
    'ViewerPolicy',
    printedPolicy([viewStatement(dashboardReader)], stack),
    'Attach this to whoever is to read on the dashboard whether mail flows, besides ' +
      'CloudWatchReadOnlyAccess',
  );
  if (environment.runner === 'mail-host')
    output(
      'MailHostPolicy',
      printedPolicy(
        runStatements({ table, topics: [topics.mail, topics.chat], key: topics.key }),
        stack,
      ),
      'Attach this to the credentials of the mail host: all that watch and policy push need, ' +
        'and no more',
    );
}
