/**
 * The functions' code as CDK takes it, in a checkout: bundled when the stack is deployed, and not
 * for a synth that looks at the template alone. The package of the construct has it ready
 * (prebuilt-code.ts).
 */
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type FunctionName, ROOT, writeBundle } from './bundle.ts';

export function functionCode(name: FunctionName): Code {
  return Code.fromAsset(ROOT, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Asked for by the type, and never started: what is made here is always made.
      image: DockerImage.fromRegistry('none'),
      // Not run either: CDK takes two assets of one folder for the same one where these are alike.
      command: [name],
      local: {
        tryBundle(folder) {
          writeBundle(name, folder);
          return true;
        },
      },
    },
  });
}
