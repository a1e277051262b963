/**
 * From the calls the code makes to the statements that allow them: least privilege for function,
 * sentinel and mail host.
 */
import { Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { keys, type Space } from '../lambda/store/keys.ts';
import {
  type Action,
  dashboardActions,
  pushActions,
  runActions,
  sentinelActions,
} from './calls.ts';

/** What the statements are about. */
export interface Resources {
  readonly table: ITable;
  readonly topics: readonly ITopic[];
  readonly key: IKey;
  /** Where the function sends what brings it back; absent on a mail host. */
  readonly continuations?: IQueue;
}

/** The function runner, and `watch` on a mail host: the same calls, but for the queue. */
export function runStatements(resources: Resources): readonly PolicyStatement[] {
  return statements(runActions(), resources);
}

export function sentinelStatements(resources: Resources): readonly PolicyStatement[] {
  return statements(sentinelActions(), resources);
}

/**
 * `policy push` and nothing else: the items under which the policy of that name is kept, and none
 * of what was seen, told or muted.
 */
export function pushStatement(table: ITable, policy: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'PushPolicy',
    actions: [...pushActions()],
    resources: [table.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${policy}/policy*`] } },
  });
}

/**
 * What the first screen is made of, as seen from one vantage: neither the policy, nor history, nor
 * certificates.
 */
export function dashboardStatement(table: ITable, space: Space): PolicyStatement {
  return new PolicyStatement({
    sid: 'ReadStatus',
    actions: [...dashboardActions()],
    resources: [table.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': dashboardKeys(space) } },
  });
}

/** Patterns of the partitions. No name of a policy or vantage has a letter that means another. */
export const dashboardKeys = (space: Space): readonly string[] => [
  keys.nowShard(space, '?'),
  keys.incidents(space),
  keys.mutes(space),
  keys.confirmations(space),
  keys.runs(space),
  keys.tellings(space, '*'),
  keys.owedOf(space),
  keys.stsPolicies(space),
];

/** Whoever is to see what a function answers on a dashboard. */
export function viewStatement(reader: IFunction): PolicyStatement {
  return new PolicyStatement({
    sid: 'SeeDashboard',
    actions: ['lambda:InvokeFunction'],
    resources: [reader.functionArn],
  });
}

/** The calls that a VPC's gateway lets through to DynamoDB: those of a run, whoever makes them. */
export function tableActions(): readonly string[] {
  return runActions().filter((action) => action.startsWith('dynamodb:'));
}

/** A policy as JSON, to paste where credentials for a mail host outside AWS are made. */
export function printedPolicy(statements: readonly PolicyStatement[], scope: Stack): string {
  return scope.toJsonString(new PolicyDocument({ statements: [...statements] }).toJSON());
}

function statements(
  actions: readonly Action[],
  { table, topics, key, continuations }: Resources,
): readonly PolicyStatement[] {
  const onTable = actions.filter((action) => action.startsWith('dynamodb:'));
  const onTopics = actions.filter((action) => action.startsWith('sns:'));
  return [
    new PolicyStatement({ sid: 'Table', actions: onTable, resources: [table.tableArn] }),
    new PolicyStatement({
      sid: 'Topics',
      actions: onTopics,
      resources: topics.map((topic) => topic.topicArn),
    }),
    // SNS encrypts what is published under the caller's name, and nobody else may ask for that;
    // listing subscriptions needs no key.
    ...(onTopics.includes('sns:Publish')
      ? [
          new PolicyStatement({
            sid: 'TopicKey',
            actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
            resources: [key.keyArn],
            conditions: {
              StringEquals: { 'kms:ViaService': `sns.${Stack.of(key).region}.amazonaws.com` },
            },
          }),
        ]
      : []),
    ...(continuations === undefined
      ? []
      : [
          new PolicyStatement({
            sid: 'HandOver',
            actions: actions.filter((action) => action.startsWith('sqs:')),
            resources: [continuations.queueArn],
          }),
        ]),
  ];
}
