/**
 * The function's code as CDK takes it, in a checkout: bundled when the stack is deployed, and not
 * for a synth that looks at the template alone. The package of the construct has it ready
 * (prebuilt-code.ts).
 */
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { ROOT, writeBundle } from './bundle.ts';

export function functionCode(): Code {
  return Code.fromAsset(ROOT, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Asked for by the type, and never started: what is made here is always made.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle(folder) {
          writeBundle(folder);
          return true;
        },
      },
    },
  });
}
