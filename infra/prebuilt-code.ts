/** The function's code in the package of the construct, in the place of function-code.ts. */
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';

export function functionCode(): Code {
  return Code.fromAsset(join(__dirname, 'function'));
}
