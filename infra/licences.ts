/**
 * The licences of what is bundled. Bundling leaves behind the files that carry them, and their
 * terms ask that the notices go along with every copy.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bundle.ts';

/** As packages name the files that hold their terms. */
const TERMS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

interface Bundled {
  readonly folder: string;
  readonly title: string;
  /** Which repository it is from and under which licence: packages alike in both share a text. */
  readonly origin: string;
  /** Empty where the package brings no text of its own. */
  readonly terms: string;
}

/**
 * The name, version and terms of each package that gave a file, a text that several share once.
 * @param inputs paths of the bundled files from the root, as esbuild's metafile has them
 * @throws Error where neither a package nor another one of its repository brings a text
 */
export function licencesOf(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []));
  const packages = [...folders].toSorted().map(bundled);
  const titles = new Map<string, string[]>();
  for (const { folder, title, origin, terms: own } of packages) {
    const beside = packages.find((other) => other.origin === origin && other.terms !== '');
    const terms = own === '' ? beside?.terms : own;
    if (terms === undefined)
      throw new Error(
        `${folder} brings no licence to pass on: find its terms, or bundle something else`,
      );
    titles.set(terms, [...(titles.get(terms) ?? []), title]);
  }
  return [...titles]
    .map(([terms, under]) => `${under.join('\n')}\n\n${terms}\n`)
    .join(`\n${'-'.repeat(72)}\n\n`);
}

function bundled(folder: string): Bundled {
  const path = join(ROOT, folder);
  const { name, version, license, repository } = JSON.parse(
    readFileSync(join(path, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string; repository?: string | { url: string } };
  const url = typeof repository === 'object' ? repository.url : (repository ?? name);
  const files = readdirSync(path).filter((file) => TERMS.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(path, file), 'utf8').trim());
  return {
    folder,
    title: `${name} ${version} (${license ?? 'no licence named'})`,
    origin: `${url} ${license}`,
    terms: texts.join('\n\n'),
  };
}
