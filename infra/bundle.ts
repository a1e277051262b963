/** How the function's code is bundled: by CDK at synth, and by tests that look into the very same bundle. */
import { fileURLToPath } from 'node:url';
import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type BuildResult, build, type Metafile } from 'esbuild';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const ENTRY = fileURLToPath(new URL('../lambda/handler.ts', import.meta.url));

const TARGET = 'node24';
/** The modules of a package before its CommonJS: only those can be shaken. 523 KB against 738 KB without. */
const MAIN_FIELDS = ['module', 'main'];
/** For CommonJS packages inside an ES module: they call `require` for Node's own modules. */
const BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** For NodejsFunction. The SDK is bundled too: what was tested is what runs, and it starts faster than the runtime's own. */
export const CDK_BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: TARGET,
  mainFields: MAIN_FIELDS,
  banner: BANNER,
  minify: true,
  bundleAwsSDK: true,
};

/** The same bundle from esbuild itself, with the graph of what went into it. Writes nothing unless told where. */
export async function bundle(
  entry: string = ENTRY,
  outfile?: string,
): Promise<{ readonly code: Uint8Array; readonly metafile: Metafile }> {
  const result: BuildResult<{ metafile: true; write: false }> = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    mainFields: MAIN_FIELDS,
    banner: { js: BANNER },
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
    outfile: outfile ?? 'index.mjs',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  if (outfile !== undefined) {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(outfile, file.contents);
  }
  return { code: file.contents, metafile: result.metafile };
}
