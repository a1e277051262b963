/** docs/monitoring.md has every metric with its labels and what it means, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAMILIES, PREFIX } from '../../../lambda/command/metrics/families.ts';
import { ROOT } from '../../pages.ts';

const page = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');

test('the table of the page is that of the program', () => {
  const rows = Object.entries(FAMILIES).map(([name, { labels, help }]) => {
    const all = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${PREFIX}${name}\` | ${all} | ${help.replace(/\.$/, '')} |`;
  });
  expect(page.match(/^\| `postfix_tls_watch_.*$/gm)).toEqual(rows);
});

test.each(Object.entries(FAMILIES))('%s is named by the conventions of Prometheus', (name, { help }) => {
  expect(name).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
  expect(name).not.toMatch(/_(?:total|ms|days|hours)$|gauge/);
  expect(help).toMatch(/^[^\n\\"]+\.$/);
  if (/(?:^|_)(?:since|from|after|timestamp|duration)(?:_|$)/.test(name)) expect(name).toMatch(/_seconds$/);
});

test('what the page speaks of in short is there', () => {
  const named = [...page.matchAll(/`…_([a-z_]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !Object.keys(FAMILIES).includes(name ?? ''))).toEqual([]);
});
