/** deb-control(5) and what goes with it: whom the package is of, what it needs, what it holds. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wrap } from '../../lambda/text/wrap.ts';
import { ROOT } from '../bundle.ts';

export interface ControlFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

interface Contents {
  readonly version: string;
  /** Paths in the tree. */
  readonly conffile: string;
  readonly node: string;
}

/** @param tree all that the package installs, and nothing else yet */
export function controlFiles(
  tree: string,
  { version, conffile, node }: Contents,
): readonly ControlFile[] {
  const files = filesBelow(tree);
  const kibibytes = files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 1024), 0);
  const sums = files.map((file) => `${md5(file)}  ${file.slice(tree.length + 1)}\n`);
  const depends = `${sharedLibraries(tree, join(tree, node))}, ${SYSUSERS}`;
  return [
    { name: 'md5sums', text: sums.join(''), mode: 0o644 },
    { name: 'conffiles', text: `/${conffile}\n`, mode: 0o644 },
    { name: 'control', text: controlText(version, depends, kibibytes), mode: 0o644 },
    ...['postinst', 'prerm', 'postrm'].map((name) => ({
      name,
      text: readFileSync(join(ROOT, 'packaging/debian', name), 'utf8'),
      mode: 0o755,
    })),
  ];
}

function controlText(version: string, depends: string, kibibytes: number): string {
  const [, intro = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/\n{2,}/);
  return [
    'Package: postfix-tls-watch',
    `Version: ${version}`,
    `Architecture: ${architecture()}`,
    `Maintainer: ${maintainer()}`,
    `Installed-Size: ${kibibytes}`,
    `Depends: ${depends}`,
    'Recommends: postfix',
    'Suggests: prometheus-node-exporter',
    'Section: mail',
    'Priority: optional',
    `Description: ${SYNOPSIS}`,
    ...wrap(intro.replaceAll('`', '').replaceAll('\n', ' '), 78).map((line) => ` ${line}`),
    '',
  ].join('\n');
}

/** Whoever packs, by Debian's own variables. */
export function maintainer(): string {
  const {
    DEBFULLNAME = 'postfix-tls-watch contributors',
    DEBEMAIL = 'postfix-tls-watch@example.com',
  } = process.env;
  return `${DEBFULLNAME} <${DEBEMAIL}>`;
}

/** Debian's name of the one that this runs on. */
export const architecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);

/** As dpkg-shlibdeps finds them for Node: the oldest libraries that have what it uses. */
function sharedLibraries(tree: string, node: string): string {
  const folder = join(tree, '..', 'shlibdeps');
  mkdirSync(join(folder, 'debian'), { recursive: true });
  writeFileSync(join(folder, 'debian/control'), 'Source: x\n\nPackage: x\nArchitecture: any\n');
  const command = ['-O', '--warnings=0', `-e${node}`];
  const found = execFileSync('dpkg-shlibdeps', command, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  rmSync(folder, { recursive: true });
  return found.trim().replace(/^shlibs:Depends=/, '');
}

const filesBelow = (tree: string): string[] =>
  readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

const md5 = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex');

const SYNOPSIS = 'tells before a line of the Postfix TLS policy stops delivering mail';
const SYSUSERS = 'systemd | systemd-standalone-sysusers | systemd-sysusers';
