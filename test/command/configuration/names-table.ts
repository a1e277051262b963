/**
 * The names that docs/configuration.md lists, from the flags as the commands declare them. `npm run docs:configuration`
 * writes them; configuration-page.test.ts holds the page to them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlagKind } from '../../../lambda/command/configuration/flag-kind.ts';
import { knownFlags } from '../../../lambda/command/configuration/known-flags.ts';
import { program } from '../../../lambda/command/program.ts';
import { processConsole } from '../../../lambda/command/terminal/console.ts';
import { ROOT } from '../../pages.ts';

export const PAGE = join(ROOT, 'docs/configuration.md');

/** The page with its last section made anew; all before is written by hand. */
export function withNames(page: string): string {
  const [prose = ''] = page.split(`\n${HEADING}\n`);
  const rows = [...knownFlags(program(processConsole())).values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind, commands }) => `| \`${name}\` | ${VALUES[kind]} | ${commands.join(', ')} |`);
  return `${prose}\n${HEADING}\n\n| name | value | of |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

const VALUES: Readonly<Record<FlagKind, string>> = {
  text: 'text',
  number: 'number',
  switch: '`true`, `false`',
  list: 'list of texts',
  'switch or text': '`true`, `false` or text',
};

const HEADING = '## Names';

if (import.meta.main) writeFileSync(PAGE, withNames(readFileSync(PAGE, 'utf8')));
