/** The functions' code in the package of the construct, in the place of function-code.ts. */
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from './bundle.ts';

export function functionCode(name: FunctionName): Code {
  return Code.fromAsset(join(__dirname, name));
}
