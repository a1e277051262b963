/**
 * `npm run pack:construct`: the construct as a tarball for the CDK apps of others: compiled, with
 * its types, and with the functions' code bundled already. CDK is the app's own.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ENTRIES, type FunctionName, ROOT, writeBundle } from './bundle.ts';

/** Asked of the app, in the version that this was tested with or a newer one. */
const PEERS = ['aws-cdk-lib', 'constructs'] as const;

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Builds the package below `outdir` and packs it there; answers the tarball's path. */
export async function packConstruct(outdir: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const root = join(outdir, 'construct');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });

  await compile(root);
  declareTypes(root);
  for (const name of Object.keys(ENTRIES) as FunctionName[]) {
    mkdirSync(join(root, name));
    writeBundle(name, join(root, name));
  }
  copyFileSync(join(ROOT, 'docs/construct.md'), join(root, 'README.md'));
  copyFileSync(join(ROOT, 'docs/runbook.md'), join(root, 'runbook.md'));
  copyFileSync(join(ROOT, 'LICENSE'), join(root, 'LICENSE'));
  writeFileSync(join(root, 'package.json'), `${JSON.stringify(packed(manifest), null, 2)}\n`);

  const command = ['pack', '--silent', '--ignore-scripts', '--pack-destination', outdir];
  const tarball = execFileSync('npm', command, { cwd: root, encoding: 'utf8' });
  return join(outdir, tarball.trim());
}

/** CommonJS, which an app of either kind can load. */
async function compile(root: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { index: 'infra/tls-watch.ts' },
    outdir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: PEERS.flatMap((name) => [name, `${name}/*`]),
    logLevel: 'warning',
    plugins: [
      {
        name: 'prebuilt-code',
        setup({ onResolve }) {
          onResolve({ filter: /^\.\/function-code\.ts$/ }, () => ({
            path: join(ROOT, 'infra/prebuilt-code.ts'),
          }));
        },
      },
    ],
  });
}

/** The public types stand in one file, which imports nothing but the peers. */
function declareTypes(root: string): void {
  const project = join(root, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ROOT,
    outDir: join(root, 'types'),
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(ROOT, 'infra/tsconfig.json'),
      compilerOptions,
      include: [],
      files: [join(ROOT, 'infra/tls-watch.ts')],
    }),
  );
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', project], { stdio: 'inherit' });
  copyFileSync(join(root, 'types/infra/tls-watch.d.ts'), join(root, 'index.d.ts'));
  rmSync(join(root, 'types'), { recursive: true });
  rmSync(project);
}

function packed({ version, description, license, devDependencies }: Manifest) {
  return {
    name: 'postfix-tls-watch-construct',
    version,
    description,
    license,
    main: 'index.js',
    types: 'index.d.ts',
    files: ['index.js', 'index.d.ts', ...Object.keys(ENTRIES), 'runbook.md'],
    engines: { node: '>=20' },
    peerDependencies: Object.fromEntries(PEERS.map((name) => [name, `^${devDependencies[name]}`])),
  };
}

if (import.meta.main) {
  const outdir = join(ROOT, 'dist');
  mkdirSync(outdir, { recursive: true });
  console.log(await packConstruct(outdir));
}
