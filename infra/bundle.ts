/**
 * How the code of the functions is bundled, for synth (function-code.ts) and for the tests that run
 * a bundle or look at what went into it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, buildSync, type Metafile } from 'esbuild';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The function that judges, or the sentinel; and the one behind the dashboard, which only reads. */
export type FunctionName = 'function' | 'dashboard';

export const ENTRIES: Readonly<Record<FunctionName, string>> = {
  function: join(ROOT, 'lambda/handler.ts'),
  dashboard: join(ROOT, 'lambda/dashboard-handler.ts'),
};

export const TARGET = 'node24';
/**
 * What a bundle may have, in bytes: a library that slips in would show. On 2026-11-28 the function
 * had 999,785: 429 KB of ours, 134 the list of public suffixes, the rest the SDK. The dashboard had
 * 376,807: 80 KB of ours.
 */
export const MOST_BYTES: Readonly<Record<FunctionName, number>> = {
  function: 1_050_000,
  dashboard: 400_000,
};
/**
 * A package's ES modules before its CommonJS: esbuild drops unused code from ES modules alone. The
 * bundle would have an eighth more.
 */
export const MAIN_FIELDS = ['module', 'main'];
/** For CommonJS packages in an ES module bundle: they call `require` for Node's own modules. */
export const BANNER =
  "import{createRequire as requireFor}from'node:module';const require=requireFor(import.meta.url);";

/**
 * Credential providers of the SDK for laptops, loaded only where the environment has no
 * credentials. A function's environment always has some, so 100 KB are left out.
 */
const LEFT_OUT = [
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/token-providers',
];

export interface Bundle {
  readonly code: Uint8Array;
  /** What went in, by path from the root. */
  readonly metafile: Metafile;
}

/** Bundles one entry, the SDK included, and writes nothing. */
export async function bundle(
  entry: string = ENTRIES.function,
  more: BuildOptions = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...settings(entry),
    ...more,
    outfile: 'index.mjs',
    metafile: true,
    write: false,
  });
  const [file] = outputFiles ?? [];
  if (file === undefined || metafile === undefined)
    throw new Error(`esbuild made nothing of ${entry}`);
  return { code: file.contents, metafile };
}

/** A function's bundle, written as Lambda starts it; at once, since CDK waits for no promise. */
export function writeBundle(name: FunctionName, folder: string): void {
  buildSync({ ...settings(ENTRIES[name]), outfile: join(folder, 'index.mjs') });
}

const settings = (entry: string): BuildOptions => ({
  entryPoints: [entry],
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: TARGET,
  mainFields: MAIN_FIELDS,
  banner: { js: BANNER },
  external: LEFT_OUT,
  minify: true,
  logLevel: 'silent',
});
