/**
 * The function behind the widget of the dashboard: it answers with the first screen, in words. It
 * stands outside any VPC, reads what the first screen is made of, and writes nothing but its log.
 */
import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { CheckedEnvironment } from './environments.ts';
import { asVariables, buildLog, STARTED, vantageOf } from './function.ts';
import { functionCode } from './function-code.ts';
import { dashboardStatement } from './permissions.ts';

export function buildDashboardFunction(
  scope: Construct,
  environment: CheckedEnvironment,
  table: ITable,
): LambdaFunction {
  const { policy, runbook } = environment;
  const vantage = vantageOf(environment);
  const logGroup = buildLog(scope, 'DashboardLog', environment);
  const role = new Role(scope, 'DashboardRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  role.addToPolicy(dashboardStatement(table, { policy, vantage }));
  logGroup.grantWrite(role);
  const made = new LambdaFunction(scope, 'DashboardFunction', {
    ...STARTED,
    description: `Says on the dashboard whether mail flows (${environment.name})`,
    code: functionCode('dashboard'),
    memorySize: 512,
    timeout: Duration.seconds(30),
    environment: asVariables({
      table: table.tableName,
      policy,
      vantage,
      silenceHours: String(environment.thresholds.silenceHours),
      ...(runbook === undefined ? {} : { runbook }),
    }),
    role: role.withoutPolicyUpdates(),
    logGroup,
  });
  made.node.addDependency(role);
  return made;
}
