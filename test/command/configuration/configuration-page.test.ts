/** docs/configuration.md lists every name that a file of flags may have, with its value and its commands. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkedSettings } from '../../../lambda/command/configuration/checked-settings.ts';
import { ONE_RUN } from '../../../lambda/command/flags.ts';
import { program } from '../../../lambda/command/program.ts';
import { processConsole } from '../../../lambda/command/terminal/console.ts';
import { PAGE, withNames } from './names-table.ts';

const page = readFileSync(PAGE, 'utf8');

test('the page has the names of today (npm run docs:configuration writes them)', () => {
  expect(page).toBe(withNames(page));
  expect(page).toMatch(
    /^\| `vantage` \| text \| explain, why, watch, doctor, status, metrics, history, diff, report, what-if, suggest, mute, unmute, policy push/m,
  );
});

test('the example of the page is one that every command takes', () => {
  const example = page.split('\n\n').filter((block) => block.startsWith('    '));
  const text = example.join('\n\n').replaceAll(/^ {4}/gm, '');
  expect(checkedSettings(text, 'x.toml', program(processConsole())).length).toBe(8);
});

test('the page names what stands in no file', () => {
  const [, list = ''] = /stand in no file: ([^.]*)\./.exec(page) ?? [];
  const names = [...list.matchAll(/`--([a-z-]+)`/g)].map(([, name = '']) => name);
  expect(names).toEqual([...ONE_RUN].filter((name) => !name.endsWith('config')));
});
