/**
 * `npm run pack:deb`: a Debian package of what `npm run pack` packs, with the Node that this machine
 * runs it on, units, manual pages, completion and a file of flags. As any user; dpkg-dev and
 * binutils are needed. Made twice of one commit it is the same bytes.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { VERSION } from '../../lambda/version.ts';
import { ROOT } from '../bundle.ts';
import { termsOf } from '../licences.ts';
import { type Built, buildPackage } from '../pack.ts';
import { sourceDate } from '../source-date.ts';
import { debianChangelog } from './changelog.ts';
import { architecture, controlFiles, maintainer } from './control.ts';
import { debianCopyright } from './copyright.ts';
import { packagedUnit, UNIT_FOLDER, UNITS, withPackagedCommand } from './unit-files.ts';

export interface DebOptions {
  /** That of package.json, unless a test asks for another. */
  readonly version?: string;
  /** Compressed in seconds instead of minutes, for a package that is not passed on. */
  readonly isQuick?: boolean;
}

const NAME = 'postfix-tls-watch';
const HOME = `usr/lib/${NAME}`;
const LAUNCHER = `${NAME}.cjs`;
const DOC = `usr/share/doc/${NAME}`;
const CONFFILE = 'etc/postfix-tls-watch.toml';
const OURS = join(ROOT, 'packaging/debian');

/** Builds the package below `outdir`; answers the path of the .deb. */
export async function packDeb(
  outdir: string,
  { version = VERSION, isQuick = false }: DebOptions = {},
): Promise<string> {
  checkTools();
  const built = await buildPackage(outdir);
  const tree = join(outdir, 'debian');
  rmSync(tree, { recursive: true, force: true });
  const date = sourceDate();
  const put = putIn(tree);

  addProgram(tree, built.root, put);
  addDocuments(tree, built.root, put);
  addManualAndCompletion(built.root, put);
  for (const name of UNITS)
    put(`${UNIT_FOLDER}/${name}`, packagedUnit(name, textOf(join(ROOT, 'docs/examples', name))));
  put(CONFFILE, textOf(join(OURS, 'postfix-tls-watch.toml')));
  put(`usr/lib/sysusers.d/${NAME}.conf`, textOf(join(OURS, 'sysusers.conf')));
  put(`usr/share/lintian/overrides/${NAME}`, overrides(textOf(join(OURS, 'lintian-overrides'))));
  put(`${DOC}/copyright`, copyrightOf(built));
  put(`${DOC}/changelog.gz`, zipped(changelogOf(version, date)));

  for (const { name, text, mode } of controlFiles(tree, {
    version,
    conffile: CONFFILE,
    node: `${HOME}/node`,
  }))
    put(`DEBIAN/${name}`, text, mode);
  settle(tree, date);
  const deb = join(outdir, `${NAME}_${version}_${architecture()}.deb`);
  const compression = isQuick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6'];
  execFileSync('dpkg-deb', [...compression, '--root-owner-group', '--build', tree, deb], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(date) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(tree, { recursive: true });
  return deb;
}

const putIn =
  (tree: string) =>
  (path: string, content: string | Uint8Array, mode = 0o644): void => {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  };

/** @throws Error that says what to install */
function checkTools(): void {
  for (const { program, from } of TOOLS)
    if (spawnSync(program, ['--version']).error !== undefined)
      throw new Error(`pack:deb needs ${program}, which is not here: apt-get install ${from}`);
  if (!existsSync(join(ROOT, NODE_FOLDER, 'bin/node')))
    throw new Error(`pack:deb puts Node in, and ${NODE_FOLDER} is not here: npm ci brings it`);
}

const TOOLS = [
  { program: 'dpkg-deb', from: 'dpkg' },
  { program: 'dpkg-shlibdeps', from: 'dpkg-dev' },
  { program: 'strip', from: 'binutils' },
];
const NODE_FOLDER = `node_modules/node-linux-${process.arch}`;

type Put = ReturnType<typeof putIn>;

/** The bundle, Node without its symbols, and the command. */
function addProgram(tree: string, root: string, put: Put): void {
  cpSync(join(root, 'dist'), join(tree, HOME, 'dist'), { recursive: true });
  // Nothing starts these but the command, which names its Node.
  for (const file of [LAUNCHER, 'dist/cli.js'])
    put(join(HOME, file), textOf(join(root, file)).replace(/^#!.*\n/, ''));
  copyFileSync(join(root, 'package.json'), join(tree, HOME, 'package.json'));
  execFileSync('strip', [
    '--strip-unneeded',
    ...['--remove-section=.comment', '--remove-section=.note'],
    ...['-o', join(tree, HOME, 'node'), join(ROOT, NODE_FOLDER, 'bin/node')],
  ]);
  put(`usr/bin/${NAME}`, `#!/bin/sh\nexec /${HOME}/node /${HOME}/${LAUNCHER} "$@"\n`, 0o755);
}

function addDocuments(tree: string, root: string, put: Put): void {
  cpSync(join(root, 'docs'), join(tree, DOC, 'docs'), { recursive: true });
  for (const page of ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'THIRD-PARTY-LICENCES.txt'])
    put(`${DOC}/${page}`, textOf(join(root, page)));
  for (const path of globSync('**/*', { cwd: join(tree, DOC), withFileTypes: true })) {
    const file = join(path.parentPath, path.name);
    if (path.isFile() && extname(file) !== '.png')
      writeFileSync(file, withPackagedCommand(textOf(file)));
  }
}

function addManualAndCompletion(root: string, put: Put): void {
  for (const name of readdirSync(join(root, 'man'))) {
    const page = withPackagedCommand(textOf(join(root, 'man', name)));
    put(`usr/share/man/man${name.slice(-1)}/${name}.gz`, zipped(page));
  }
  for (const { from, to } of COMPLETION) put(to, textOf(join(root, 'completion', from)));
}

/** Where each shell of Debian's looks. */
const COMPLETION = [
  { from: `${NAME}.bash`, to: `usr/share/bash-completion/completions/${NAME}` },
  { from: `_${NAME}`, to: `usr/share/zsh/vendor-completions/_${NAME}` },
  { from: `${NAME}.fish`, to: `usr/share/fish/vendor_completions.d/${NAME}.fish` },
];

function copyrightOf({ inputs }: Built): string {
  return debianCopyright(NAME, {
    own: textOf(join(ROOT, 'LICENSE')),
    node: { folder: NODE_FOLDER, text: textOf(join(ROOT, NODE_FOLDER, 'LICENSE')) },
    bundled: termsOf(inputs),
  });
}

const changelogOf = (version: string, date: number): string =>
  debianChangelog(textOf(join(ROOT, 'CHANGELOG.md')), NAME, VERSION, {
    maintainer: maintainer(),
    date,
  }).replace(`${NAME} (${VERSION})`, `${NAME} (${version})`);

/** One mode and one date for all, whatever the umask is. */
function settle(tree: string, date: number): void {
  const all = [
    tree,
    ...readdirSync(tree, { recursive: true, encoding: 'utf8' }).map((path) => join(tree, path)),
  ];
  for (const path of all.toReversed()) {
    const { mode } = lstatSync(path);
    const isDirectory = lstatSync(path).isDirectory();
    chmodSync(path, isDirectory || (mode & 0o100) !== 0 ? 0o755 : 0o644);
    lutimesSync(path, date, date);
  }
}

/** Each line with the package that it is of. */
const overrides = (text: string): string => text.replaceAll(/^(?=[a-z])/gm, `${NAME}: `);

const zipped = (text: string): Uint8Array => gzipSync(text, { level: 9 });
const textOf = (path: string): string => readFileSync(path, 'utf8');

if (import.meta.main) {
  const outdir = join(ROOT, 'dist');
  mkdirSync(outdir, { recursive: true });
  console.log(await packDeb(outdir));
}
