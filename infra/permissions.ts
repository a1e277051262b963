/**
 * From the calls the code makes to the statements that allow them: least privilege for function, sentinel and mail host.
 *
 * The lists below are compared with the code by a test: every SDK command in what a program is bundled from is
 * granted here or named as never sent on AWS, and nothing else is granted.
 */
import type { Stack } from 'aws-cdk-lib';
import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/** SDK commands that a run sends on AWS, by the IAM action that allows each. */
export const RUN_CALLS = {
  GetCommand: 'dynamodb:GetItem',
  BatchGetCommand: 'dynamodb:BatchGetItem',
  QueryCommand: 'dynamodb:Query',
  PutCommand: 'dynamodb:PutItem',
  UpdateCommand: 'dynamodb:UpdateItem',
  DeleteCommand: 'dynamodb:DeleteItem',
  PublishCommand: 'sns:Publish',
  ListSubscriptionsByTopicCommand: 'sns:ListSubscriptionsByTopic',
} as const;

export type Call = keyof typeof RUN_CALLS;

/** What the sentinel needs: it reads run records and asks for subscribers. */
export const SENTINEL_CALLS: readonly Call[] = [
  'GetCommand',
  'BatchGetCommand',
  'QueryCommand',
  'ListSubscriptionsByTopicCommand',
];

/** Commands in the code that are never sent to AWS, each with the reason. */
export const NEVER_ON_AWS: Readonly<Record<string, string>> = {
  CreateTableCommand: 'the stack makes the table; only the embedded store creates its own',
  DescribeTableCommand: 'the embedded store waits for its own table',
  ScanCommand: 'housekeeping of the embedded store; on AWS items age out by TTL',
};

/** What the statements are about. */
export interface Resources {
  readonly table: ITableV2;
  readonly topics: readonly ITopic[];
  readonly key: IKey;
}

/** The function runner, and `watch` on a mail host: the same calls. */
export function runStatements(resources: Resources): readonly PolicyStatement[] {
  return statements(Object.keys(RUN_CALLS) as Call[], resources);
}

export function sentinelStatements(resources: Resources): readonly PolicyStatement[] {
  return statements(SENTINEL_CALLS, resources);
}

/** What leaves a VPC towards DynamoDB through its gateway: the run's calls on this table, whoever makes them. */
export function tableActions(): readonly string[] {
  return Object.values(RUN_CALLS).filter((action) => action.startsWith('dynamodb:'));
}

/** A policy as JSON, for credentials that live outside AWS: paste it where those are made. */
export function printedPolicy(statements: readonly PolicyStatement[], scope: Stack): string {
  return scope.toJsonString(new PolicyDocument({ statements: [...statements] }).toJSON());
}

function statements(calls: readonly Call[], { table, topics, key }: Resources): readonly PolicyStatement[] {
  const actions = calls.map((call) => RUN_CALLS[call]);
  const onTable = actions.filter((action) => action.startsWith('dynamodb:'));
  const onTopics = actions.filter((action) => action.startsWith('sns:'));
  return [
    new PolicyStatement({ sid: 'Table', actions: onTable, resources: [table.tableArn] }),
    new PolicyStatement({ sid: 'Topics', actions: onTopics, resources: topics.map((topic) => topic.topicArn) }),
    // SNS encrypts what is published under the caller's name; listing subscriptions needs no key.
    ...(onTopics.some((action) => action === 'sns:Publish')
      ? [new PolicyStatement({ sid: 'TopicKey', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] })]
      : []),
  ];
}
