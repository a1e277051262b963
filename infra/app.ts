/**
 * `cdk synth` and `cdk deploy`: one stack per environment; `--context env=NAME` for one of them,
 * all without; `--context environments=FILE` for the file they stand in.
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { environmentFile, readRecords } from './environment-file.ts';
import { chooseEnvironments } from './environments.ts';
import { WatchStack } from './watch-stack.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try {
  const records = readRecords(environmentFile(app.node.tryGetContext('environments')));
  for (const environment of chooseEnvironments(app.node.tryGetContext('env'), records))
    new WatchStack(app, environment);
} catch (error) {
  // The error is about the operator's own record, so it is shown without a stack trace.
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
