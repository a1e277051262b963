import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RUNBOOK } from '../../infra/alarms.ts';

test('the runbook has an entry for each alarm, under the name the alarm gives, and no other', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const entries = [...runbook.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect(entries.toSorted()).toEqual(Object.values(RUNBOOK).toSorted());
  for (const entry of runbook.split('\n## ').slice(1)) {
    expect(entry).toMatch(/\*Means:\*[\s\S]*\*Look at:\*[\s\S]*\*Resolve:\*/);
  }
});
