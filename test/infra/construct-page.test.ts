import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAGE, sourceOfConstruct, withTables } from './api-tables.ts';

test('the API of the construct is described in the words of its comments, every member of it', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toBe(withTables(page, sourceOfConstruct()));
  expect([...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)).toEqual([
    'WatchSchedule',
    'WatchRetention',
    'WatchSlackChannel',
    'WatchThresholds',
    'TlsWatchProps',
    'TlsWatch',
  ]);
  expect(page).not.toMatch(/\| {2}\|$/m);
});
