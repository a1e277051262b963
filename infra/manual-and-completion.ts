/** What man(1) and the shells have of the command, as files of a package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../lambda/version.ts';
import { ROOT } from './bundle.ts';
import { commandTree } from './command-tree.ts';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';
import { commandPage } from './manual/command-page.ts';
import { flagsFilePage } from './manual/flags-file-page.ts';

export const PAGES = ['postfix-tls-watch.1', 'postfix-tls-watch.toml.5'] as const;
export const COMPLETIONS = {
  bash: 'postfix-tls-watch.bash',
  zsh: '_postfix-tls-watch',
  fish: 'postfix-tls-watch.fish',
} as const;

/** By file name. @param date epoch seconds, for the foot of the pages */
export function manualPages(date: number): Readonly<Record<(typeof PAGES)[number], string>> {
  const tree = commandTree();
  const edition = {
    version: VERSION,
    date: new Date(date * 1000).toISOString().slice(0, 'YYYY-MM-DD'.length),
  };
  const { description: summary } = JSON.parse(read('package.json')) as { description: string };
  return {
    'postfix-tls-watch.1': commandPage(tree, edition, { readme: read('README.md'), summary }),
    'postfix-tls-watch.toml.5': flagsFilePage(tree, edition, {
      configuration: read('docs/configuration.md'),
    }),
  };
}

/** By shell. */
export function completions(): Readonly<Record<keyof typeof COMPLETIONS, string>> {
  const tree = commandTree();
  return { bash: bashCompletion(tree), zsh: zshCompletion(tree), fish: fishCompletion(tree) };
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
