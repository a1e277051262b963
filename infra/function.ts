/** The function that runs, as runner or as sentinel: its code, its role, its log, its place. */
import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { VARIABLES, type Variable } from '../lambda/config.ts';
import { takingStatements } from './continuations.ts';
import type { CheckedEnvironment } from './environments.ts';
import { functionCode } from './function-code.ts';
import type { Placement } from './network.ts';
import { runStatements, sentinelStatements } from './permissions.ts';
import type { Topics } from './topics.ts';

export interface Surroundings {
  readonly table: ITable;
  readonly topics: Topics;
  readonly deadLetters: Queue;
  /** Absent for a mail host. */
  readonly continuations: Queue | undefined;
  readonly placement: Placement | undefined;
}

/**
 * The vantage of an environment. A function's is always `function`, because its generated name may
 * change with a deploy.
 */
export function vantageOf(environment: CheckedEnvironment): string {
  return environment.runner === 'mail-host' ? environment.vantage : 'function';
}

export function buildFunction(
  scope: Construct,
  environment: CheckedEnvironment,
  around: Surroundings,
): LambdaFunction {
  const logGroup = buildLog(scope, 'Log', environment);
  const role = buildRole(scope, environment, around, logGroup);
  const made = new LambdaFunction(scope, 'Function', {
    ...judgingOrWatching(environment),
    ...STARTED,
    code: functionCode('function'),
    environment: variables(environment, around),
    // buildRole grants all that is needed; the destination below would add more.
    role: role.withoutPolicyUpdates(),
    logGroup,
    // The schedule invokes asynchronously: these retries, this age and this queue are Lambda's, in
    // addition to the scheduler's.
    retryAttempts: 2,
    maxEventAge: Duration.hours(3),
    onFailure: new SqsDestination(around.deadLetters),
    ...around.placement,
  });
  made.node.addDependency(role);
  return made;
}

/** Of one function, kept for the time asked. */
export function buildLog(scope: Construct, id: string, environment: CheckedEnvironment): LogGroup {
  return new LogGroup(scope, id, {
    retention: environment.retention.logDays,
    removalPolicy: environment.keep
      ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
      : RemovalPolicy.DESTROY,
  });
}

function buildRole(
  scope: Construct,
  environment: CheckedEnvironment,
  { placement, table, topics, deadLetters, continuations }: Surroundings,
  logGroup: LogGroup,
): Role {
  const role = new Role(scope, 'FunctionRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  const resources = {
    table,
    topics: [topics.mail, topics.chat],
    key: topics.key,
    ...(continuations === undefined ? {} : { continuations }),
  };
  const statements =
    environment.runner === 'function' ? runStatements(resources) : sentinelStatements(resources);
  for (const statement of statements) role.addToPolicy(statement);
  if (continuations !== undefined)
    for (const statement of takingStatements(scope, continuations)) role.addToPolicy(statement);
  logGroup.grantWrite(role);
  if (placement !== undefined) {
    role.addToPolicy(networkInterfaces());
    role.addToPolicy(noNetworkInterfaces(scope));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Lambda makes the network interfaces of a function in a VPC with its role, ' +
        'and their names are not known before',
    });
  }
  role.addToPolicy(
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
  );
  return role;
}

/** What differs between a runner and a sentinel, which watches the runs of a mail host. */
function judgingOrWatching(environment: CheckedEnvironment) {
  if (environment.runner === 'mail-host') {
    return {
      description: `Watches over the runs on ${environment.vantage} (${environment.name})`,
      memorySize: 256,
      timeout: Duration.minutes(1),
    };
  }
  return {
    description: `Judges the TLS policy once a day (${environment.name})`,
    memorySize: environment.memoryMb,
    timeout: Duration.minutes(environment.timeoutMinutes),
    ...(environment.reserveConcurrency ? { reservedConcurrentExecutions: 1 } : {}),
  };
}

function variables(
  environment: CheckedEnvironment,
  { table, topics, continuations }: Surroundings,
): Readonly<Record<string, string>> {
  const values: Readonly<Partial<Record<Variable, string>>> = {
    environment: environment.name,
    table: table.tableName,
    topic: topics.mail.topicArn,
    chatTopic: topics.chat.topicArn,
    policy: environment.policy,
    silenceHours: String(environment.thresholds.silenceHours),
    historyDays: String(environment.retention.historyDays),
    vantage: vantageOf(environment),
    ...(continuations === undefined ? {} : { continuations: continuations.queueUrl }),
    ...(environment.runner === 'mail-host'
      ? {}
      : {
          concurrency: String(environment.concurrency),
          perNetwork: String(environment.perNetwork),
          ...(environment.helo === undefined ? {} : { helo: environment.helo }),
          ...(environment.dnssecResolver === undefined
            ? {}
            : { dnssecResolver: environment.dnssecResolver }),
          ...(environment.mtaSts === undefined ? {} : { mtaSts: environment.mtaSts }),
          ...(environment.controlHosts.length === 0
            ? {}
            : { controlHosts: environment.controlHosts.join(',') }),
        }),
  };
  return asVariables(values);
}

/** By the names under which the code reads them. */
export const asVariables = (
  values: Readonly<Partial<Record<Variable, string>>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).map(([field, value]) => [VARIABLES[field as Variable], value]),
  );

/**
 * What Lambda itself needs of the role to put the function into a VPC; AWS has no way to narrow it
 * to one interface.
 */
function networkInterfaces(): PolicyStatement {
  return new PolicyStatement({
    sid: 'NetworkInterfaces',
    actions: [...INTERFACE_ACTIONS],
    resources: ['*'],
  });
}

/**
 * The same refused to the code itself, which meets strangers: Lambda names the function in whose
 * name a call of the code is made, and none in its own.
 */
function noNetworkInterfaces(scope: Construct): PolicyStatement {
  const functions = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return new PolicyStatement({
    sid: 'NoNetworkInterfacesForTheCode',
    effect: Effect.DENY,
    actions: [...INTERFACE_ACTIONS],
    resources: ['*'],
    conditions: { ArnLike: { 'lambda:SourceFunctionArn': functions } },
  });
}

/** How Lambda starts what bundle.ts makes. */
export const STARTED = {
  handler: 'index.handler',
  runtime: Runtime.NODEJS_24_X,
  architecture: Architecture.ARM_64,
  loggingFormat: LoggingFormat.JSON,
} as const;

const INTERFACE_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
] as const;
