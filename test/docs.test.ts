/** What the pages and comments name is there: links, paths, scripts, and each other. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorOf, PAGES, ROOT, targetOf } from './pages.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

test('there are pages to hold to something', () => {
  expect(PAGES.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['CONTRIBUTING.md', 'README.md', 'SECURITY.md', 'docs/architecture.md', 'docs/runbook.md']),
  );
  expect(PAGES.flatMap(({ links }) => links).length).toBeGreaterThan(20);
});

test('every link between pages leads to a page, and to a heading of it', () => {
  const dead = PAGES.flatMap((page) =>
    page.links.flatMap((link) => {
      if (/^https?:/.test(link)) return [];
      const { path, anchor } = targetOf(page, link);
      if (!existsSync(join(ROOT, path))) return [`${page.path}: ${link}`];
      const headings = PAGES.find((other) => other.path === path)?.headings ?? [];
      return anchor === undefined || headings.map(anchorOf).includes(anchor) ? [] : [`${page.path}: ${link}`];
    }),
  );
  expect(dead).toEqual([]);
});

test('every page can be reached from README', () => {
  const reached = new Set(['README.md']);
  for (const path of reached)
    for (const page of PAGES.filter((one) => one.path === path))
      for (const link of page.links) reached.add(targetOf(page, link).path);
  expect(PAGES.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

test('every path of the repository that a page names is there', () => {
  const missing = PAGES.flatMap(({ path, spans }) =>
    spans
      .filter((span) => /^(lambda|infra|test|docs|\.ci)\/\S*$/.test(span))
      .filter((span) => globSync(patternOf(span), { cwd: ROOT }).length === 0)
      .map((span) => `${path}: ${span}`),
  );
  expect(missing).toEqual([]);
});

test('every script that a page runs is in package.json', () => {
  const missing = PAGES.flatMap(({ path, spans, blocks }) =>
    [...spans, ...blocks]
      .flatMap((code) => [...code.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)])
      .flatMap(([, name = '']) => (Object.hasOwn(manifest.scripts, name) ? [] : [`${path}: npm run ${name}`])),
  );
  expect(missing).toEqual([]);
});

test('the folders of lambda/ are those that the architecture explains', () => {
  const rows = [...read('docs/architecture.md').matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, name]) => name);
  const folders = globSync('lambda/*/', { cwd: ROOT }).map((path) => basename(path));
  expect(rows.toSorted()).toEqual(folders.toSorted());
});

const COMMENTS = globSync(['{lambda,infra,test}/**/*.{ts,cjs}', '*.ts'], {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules'),
}).map((path) => ({
  path,
  texts: [...read(path).matchAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm)].map(([text]) => text.replaceAll(/\n\s*\*? ?/g, ' ')),
}));

test('every page that a comment names is there, with the heading it names', () => {
  const missing = COMMENTS.flatMap(({ path, texts }) =>
    texts
      .flatMap((text) => [...text.matchAll(/(?<![\w/])((?:docs\/)?[\w-]+\.md)\b(?:, "([^"]+)")?/g)])
      .filter(([, name, heading]) => {
        const page = PAGES.find((one) => one.path === name);
        return page === undefined || (heading !== undefined && !page.headings.includes(heading));
      })
      .map(([text]) => `${path}: ${text}`),
  );
  expect(missing).toEqual([]);
});

test('every file that a comment names is there', () => {
  const paths = COMMENTS.map(({ path }) => `/${path}`);
  const missing = COMMENTS.flatMap(({ path, texts }) =>
    texts
      .flatMap((text) => [...text.matchAll(/(?<![\w*./-])(?:[\w-]+\/)*[a-z][\w-]*(?:\.[\w-]+)*\.ts\b/g)])
      .flatMap(([name]) => (paths.some((one) => one.endsWith(`/${name}`)) ? [] : [`${path}: ${name}`])),
  );
  expect(missing).toEqual([]);
});

test('every file of the product opens with what it is for', () => {
  const silent = globSync('{lambda,infra}/**/*.{ts,cjs}', { cwd: ROOT, exclude: ['**/*.d.ts'] }).filter(
    (path) => !/^(#!.*\n)?\/\*/.test(read(path)),
  );
  expect(silent).toEqual([]);
});

test('README fits on a few screens', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
});

test('one Node starts it, one runs it, and everything says so', () => {
  const [, oldest] = /^>=(\d+)$/.exec(manifest.engines.node) ?? [];
  const [, needed] = /^const NEEDED = (\d+);$/m.exec(read('lambda/launcher.cjs')) ?? [];
  const brought = read('.node-version').trim();
  expect(read('README.md')).toContain(`Linux with Node ${oldest} or newer; the project brings the Node ${needed} it runs on.`);
  expect(brought.split('.')[0]).toBe(needed);
  for (const [name, version] of Object.entries(manifest.optionalDependencies))
    if (name.startsWith('node-')) expect(version, name).toBe(brought);
});

/** `store-VERSION.json`: what is in capitals stands for anything. */
function patternOf(path: string): string {
  return path.replaceAll(/(?<![\w])[A-Z]{2,}(?![\w])/g, '*').replace(/\/$/, '');
}
