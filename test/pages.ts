/** The pages for people, as Markdown: what they link to, and what they show as code. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly headings: readonly string[];
  /** Targets of its links, as written. */
  readonly links: readonly string[];
  /** Code within a line, on one line each. */
  readonly spans: readonly string[];
  /** Lines of code of their own; one that goes on after a `\` is one line. */
  readonly blocks: readonly string[];
}

export const ROOT = join(import.meta.dirname, '..');

export const PAGES: readonly Page[] = globSync(['*.md', 'docs/*.md'], { cwd: ROOT })
  .toSorted()
  .map((path) => readPage(path, readFileSync(join(ROOT, path), 'utf8')));

/** The page a link leads to, from the root, and the heading in it. */
export function targetOf(page: Page, link: string): { readonly path: string; readonly anchor: string | undefined } {
  const [path = '', anchor] = link.split('#');
  return { path: path === '' ? page.path : join(dirname(page.path), path), anchor };
}

/** A heading as GitHub makes an anchor of it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function readPage(path: string, text: string): Page {
  const lines = text.split('\n');
  const isCode = (line: string) => line.startsWith('    ');
  const prose = lines.filter((line) => !isCode(line)).join('\n');
  return {
    path,
    headings: lines.flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link),
    spans: [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' ')),
    blocks: lines
      .filter(isCode)
      .join('\n')
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim()),
  };
}
