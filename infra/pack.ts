/**
 * `npm run pack`: the installable command as a tarball. Node strips no types below node_modules, so
 * what is packed is bundled JavaScript. The Node of each platform stays a real dependency; dynalite
 * is asked for by nobody but "store import FOLDER", and installed by whoever needs that.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BANNER, MAIN_FIELDS, ROOT, TARGET } from './bundle.ts';
import { licencesOf } from './licences.ts';
import { COMPLETIONS, completions, PAGES as MANUAL, manualPages } from './manual-and-completion.ts';
import { sourceDate } from './source-date.ts';

/** Not bundled and not installed: it brings a native database. */
const OPTIONAL_PEER = 'dynalite';

/** For people: an alarm names docs/runbook.md to somebody who may have nothing but the package. */
const PAGES = ['README.md', 'LICENSE', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs'];

/** The terms of the packages that `dist` was bundled from. */
const LICENCES = 'THIRD-PARTY-LICENCES.txt';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly repository?: unknown;
  readonly keywords: readonly string[];
  readonly engines: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Builds the package below `outdir` and packs it there; answers the tarball's path. */
export async function pack(outdir: string): Promise<string> {
  const { root } = await buildPackage(outdir);
  const command = ['pack', '--silent', '--ignore-scripts', '--pack-destination', outdir];
  const tarball = execFileSync('npm', command, { cwd: root, encoding: 'utf8' });
  return join(outdir, tarball.trim());
}

export interface Built {
  /** The folder that is packed. */
  readonly root: string;
  /** Files that were bundled, from the root of the checkout. */
  readonly inputs: readonly string[];
}

/** Builds the package below `outdir`, as a folder. */
export async function buildPackage(outdir: string): Promise<Built> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const root = join(outdir, 'package');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });

  const { metafile } = await build({
    metafile: true,
    absWorkingDir: ROOT,
    entryPoints: { cli: 'lambda/cli.ts', worker: 'lambda/fleet/worker.ts' },
    outdir: join(root, 'dist'),
    bundle: true,
    // Commands are imported when they run; splitting keeps it so.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    mainFields: MAIN_FIELDS,
    banner: { js: BANNER },
    external: [OPTIONAL_PEER],
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  });
  copyFileSync(join(ROOT, 'lambda/launcher.cjs'), join(root, 'postfix-tls-watch.cjs'));
  chmodSync(join(root, 'postfix-tls-watch.cjs'), 0o755);
  for (const file of PAGES) cpSync(join(ROOT, file), join(root, file), { recursive: true });
  writeAll(join(root, 'man'), manualPages(sourceDate()));
  const { bash, zsh, fish } = completions();
  writeAll(join(root, 'completion'), {
    [COMPLETIONS.bash]: bash,
    [COMPLETIONS.zsh]: zsh,
    [COMPLETIONS.fish]: fish,
  });
  const inputs = Object.keys(metafile.inputs);
  writeFileSync(join(root, LICENCES), licencesOf(inputs));
  writeFileSync(join(root, 'package.json'), `${JSON.stringify(packed(manifest), null, 2)}\n`);
  return { root, inputs };
}

function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function packed({
  name,
  version,
  description,
  license,
  repository,
  keywords,
  engines,
  devDependencies,
  optionalDependencies,
}: Manifest) {
  return {
    name,
    version,
    description,
    license,
    repository,
    keywords,
    type: 'module',
    bin: { [name]: 'postfix-tls-watch.cjs' },
    // npm links these where man(1) looks, when it installs globally.
    man: MANUAL.map((name) => `man/${name}`),
    files: ['dist', 'postfix-tls-watch.cjs', 'man', 'completion', LICENCES, ...PAGES],
    // What may start the launcher; it goes on with the Node that the package brings.
    engines,
    // Whoever publishes it proves from which commit it was built: npm does so in a CI alone.
    publishConfig: { access: 'public', provenance: true },
    peerDependencies: { [OPTIONAL_PEER]: devDependencies[OPTIONAL_PEER] },
    peerDependenciesMeta: { [OPTIONAL_PEER]: { optional: true } },
    optionalDependencies,
  };
}

if (import.meta.main) console.log(await pack(join(ROOT, 'dist')));
