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
  BatchWriteCommand: 'dynamodb:BatchWriteItem',
  PutCommand: 'dynamodb:PutItem',
  UpdateCommand: 'dynamodb:UpdateItem',
  DeleteCommand: 'dynamodb:DeleteItem',
  PublishCommand: 'sns:Publish',
  ListSubscriptionsByTopicCommand: 'sns:ListSubscriptionsByTopic',
  /** The function's alone: a mail host has no queue. */
  SendMessageCommand: 'sqs:SendMessage',
} as const;

export type Call = keyof typeof RUN_CALLS;
export type Action = (typeof RUN_CALLS)[Call];

/** What the sentinel needs: it reads run records and asks how many subscribers there are. */
export const SENTINEL_CALLS: readonly Call[] = ['QueryCommand', 'ListSubscriptionsByTopicCommand'];

/** The dashboard's function reads single partitions. */
const DASHBOARD_CALLS: readonly Call[] = ['GetCommand', 'QueryCommand'];

/** `policy push` reads the version in use, writes another, and lets the former expire. */
const PUSH_CALLS: readonly Call[] = ['GetCommand', 'QueryCommand', 'PutCommand', 'UpdateCommand'];

/** Commands in the code that no run sends, each with the reason. */
export const NOT_OF_A_RUN: Readonly<Record<string, string>> = {
  ScanCommand:
    '"store export", "policy forget" and "policy status" alone, by a person whose own ' +
    'credentials may read the whole table',
};

export const runActions = (): readonly Action[] => Object.values(RUN_CALLS);
export const sentinelActions = (): readonly Action[] =>
  SENTINEL_CALLS.map((call) => RUN_CALLS[call]);
export const dashboardActions = (): readonly Action[] =>
  DASHBOARD_CALLS.map((call) => RUN_CALLS[call]);
export const pushActions = (): readonly Action[] => PUSH_CALLS.map((call) => RUN_CALLS[call]);
