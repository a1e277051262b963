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
  readonly licence: string;
  /** Which repository it is from and under which licence: packages alike in both share a text. */
  readonly origin: string;
  /** Empty where the package brings no text of its own. */
  readonly terms: string;
}

/** Packages under one text. */
export interface Terms {
  /** `commander 15.1.0 (MIT)`. */
  readonly titles: readonly string[];
  /** From the root of the checkout: `node_modules/commander`. */
  readonly folders: readonly string[];
  /** As the first of them names it: `MIT`. */
  readonly licence: string;
  readonly text: string;
}

/** The name, version and terms of each package that gave a file, as one text. */
export function licencesOf(inputs: readonly string[]): string {
  return termsOf(inputs)
    .map(({ titles, text }) => `${titles.join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(72)}\n\n`);
}

/**
 * A text that several packages share stands once.
 * @param inputs paths of the bundled files from the root, as esbuild's metafile has them
 * @throws Error where neither a package nor another one of its repository brings a text
 */
export function termsOf(inputs: readonly string[]): readonly Terms[] {
  const folders = new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []));
  const packages = [...folders].toSorted().map(bundled);
  const byText = new Map<string, Bundled[]>();
  for (const one of packages) {
    const beside = packages.find((other) => other.origin === one.origin && other.terms !== '');
    const text = one.terms === '' ? beside?.terms : one.terms;
    if (text === undefined)
      throw new Error(
        `${one.folder} brings no licence to pass on: find its terms, or bundle something else`,
      );
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  return [...byText].map(([text, under]) => ({
    titles: under.map(({ title }) => title),
    folders: under.map(({ folder }) => folder),
    licence: under[0]?.licence ?? '',
    text,
  }));
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
    licence: license ?? '',
    origin: `${url} ${license}`,
    terms: texts.join('\n\n'),
  };
}
