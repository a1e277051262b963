/**
 * Which file imports which: read from the text, so that types count as much as values do.
 *
 * TypeScript drops type imports before anything can be asked at run time, and a bundler follows
 * values alone; a circle made of types is a circle for whoever reads the files.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface Import {
  /** As written: `./token.ts`, `node:fs`, `valibot`. */
  readonly from: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** Imports by importing file, both relative to the folder that was read. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * The imports of a module, in the order of its text by kind of statement: `import … from`,
 * `export … from`, `import '…'`, then `import('…')`, which type queries use too, and `require('…')`.
 */
export function importsOf(text: string): readonly Import[] {
  const code = text.replace(STRING_OR_COMMENT, (found) => (/^['"]/.test(found) ? found : ' '));
  return [
    ...[...code.matchAll(STATEMENT)].map(({ groups }) => ({
      from: groups?.from ?? '',
      typeOnly: /^type\b/.test(groups?.what ?? '') || allTypes(groups?.what ?? ''),
    })),
    ...[...code.matchAll(SIDE_EFFECT)].map(({ groups }) => ({
      from: groups?.from ?? '',
      typeOnly: false,
    })),
    ...[...code.matchAll(CALL)].map(({ groups }) => ({
      from: groups?.from ?? '',
      typeOnly: groups?.query !== undefined,
    })),
  ];
}

/** `{ type A, type B }`: every name is a type, so the import vanishes. */
function allTypes(what: string): boolean {
  const names = /^\{(?<names>[\s\S]*)\}$/.exec(what.trim())?.groups?.names;
  const each = names?.split(',').filter((name) => name.trim() !== '') ?? [];
  return each.length > 0 && each.every((name) => /^\s*type\s/.test(name));
}

/** Every `.ts` and `.cjs` file below a folder, with its imports. */
export function readImports(root: string): ReadonlyMap<string, readonly Import[]> {
  return new Map(
    globSync('**/*.{ts,cjs}', { cwd: root })
      .sort()
      .map((file) => [file, importsOf(readFileSync(join(root, file), 'utf8'))]),
  );
}

/** The relative imports alone, as files. */
export function graphOf(files: ReadonlyMap<string, readonly Import[]>): Graph {
  return new Map(
    [...files].map(([file, imports]) => [
      file,
      imports.filter(({ from }) => from.startsWith('.')).map(({ from }) => normalize(join(dirname(file), from))),
    ]),
  );
}

/** One circle of files for each that there is, as `a → b → a`; none where imports run one way. */
export function circlesOf(graph: Graph): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/** Every file that is reached from one, by any kind of import, with the way there. */
export function reachedFrom(start: string, graph: Graph): ReadonlyMap<string, string> {
  const ways = new Map([[start, start]]);
  for (const [file, way] of ways)
    for (const next of graph.get(file) ?? []) if (!ways.has(next)) ways.set(next, `${way} → ${next}`);
  return ways;
}

const STRING_OR_COMMENT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/gm;
const STATEMENT = /^\s*(?:import|export)\s+(?<what>[^;'"]*?)\s*\bfrom\s*(?<quote>['"])(?<from>[^'"\n]+)\k<quote>/gm;
const SIDE_EFFECT = /^\s*import\s*(?<quote>['"])(?<from>[^'"\n]+)\k<quote>/gm;
const CALL = /(?<query>\btypeof\s+)?\b(?:import|require)\s*\(\s*(?<quote>['"])(?<from>[^'"\n]+)\k<quote>/g;
