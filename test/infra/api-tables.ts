/**
 * The tables of docs/construct.md, from the doc comments of infra/tls-watch.ts. `npm run docs:construct` writes them;
 * construct-page.test.ts holds the page to them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../infra/bundle.ts';

export const PAGE = join(ROOT, 'docs/construct.md');

/** The page with its API section made anew; all before that heading is written by hand. */
export function withTables(page: string, source: string): string {
  const [prose = ''] = page.split(`\n${HEADING}\n`);
  return `${prose}\n${HEADING}\n\n${apiTables(source)}`;
}

export const sourceOfConstruct = () => readFileSync(join(ROOT, 'infra/tls-watch.ts'), 'utf8');

/** A section for each exported type, with a row for each public member. */
function apiTables(source: string): string {
  const types = [
    ...source.matchAll(/^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:interface|class) (\w+)[^{]*\{\n([\s\S]*?)^\}/gm),
  ];
  return types
    .map(([, doc = '', name, body = '']) => {
      const rows = membersOf(body).map(({ member, type, doc }) => `| \`${member}\` | \`${type}\` | ${doc} |`);
      return `### ${name}\n\n${prose(doc)}\n\n| member | type | means |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

/** Every public member, with or without a comment: one without shows as an empty cell, which the test refuses. */
function membersOf(body: string) {
  const fields = /^ {2}(?:\/\*\*([\s\S]*?)\*\/\n {2})?(?:readonly (\w+\??): ([^;]+);|(\w+)(\(.*\)): (\w+) \{)$/gm;
  return [...body.matchAll(fields)].map(([, doc = '', field, type = '', method, args = '', returned = '']) => ({
    member: field ?? `${method}${args}`,
    type: field === undefined ? returned : type,
    doc: prose(doc),
  }));
}

const prose = (doc: string) => doc.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim();

const HEADING = '## API';

if (import.meta.main) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), sourceOfConstruct()));
