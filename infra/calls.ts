/**
 * The AWS calls the code makes, in one place. infra/permissions.ts turns them into statements.
 *
 * A test compares these lists with the SDK commands in what each program is bundled from: a command
 * that is neither granted here nor named as never sent on AWS fails it, and so does a grant that
 * nothing needs.
 */

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
export type Action = (typeof RUN_CALLS)[Call];

/** What the sentinel needs: it reads run records and asks how many subscribers there are. */
export const SENTINEL_CALLS: readonly Call[] = ['QueryCommand', 'ListSubscriptionsByTopicCommand'];

/** Commands in the code that are never sent to AWS, each with the reason. */
export const NEVER_ON_AWS: Readonly<Record<string, string>> = {
  CreateTableCommand: 'the stack makes the table; only the embedded store creates its own',
  DescribeTableCommand: 'the embedded store waits for its own table',
  ScanCommand: 'housekeeping of the embedded store; on AWS items age out by TTL',
};

export const runActions = (): readonly Action[] => Object.values(RUN_CALLS);
export const sentinelActions = (): readonly Action[] =>
  SENTINEL_CALLS.map((call) => RUN_CALLS[call]);
