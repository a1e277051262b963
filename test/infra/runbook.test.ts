import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RUNBOOK } from '../../infra/alarms.ts';
import { CANNOT_SAY, troubleOf } from '../../lambda/dashboard/runbook.ts';

test('the runbook has an entry for each alarm, under the name the alarm gives, one for the dashboard, and no other', () => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  const entries = [...runbook.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect(entries.toSorted()).toEqual([...Object.values(RUNBOOK), CANNOT_SAY].toSorted());
  for (const entry of runbook.split('\n## ').slice(1)) {
    expect(entry).toMatch(/\*Means:\*[\s\S]*\*Look at:\*[\s\S]*\*Resolve:\*/);
  }
});

test('what the dashboard names is an alarm of that name', () => {
  const sight = { silent: false, failed: false, blind: false, owed: [], sentence: '' };
  const named = [
    { ...sight, silent: true },
    { ...sight, failed: true },
    { ...sight, blind: true },
  ].map(troubleOf);
  expect(named).toEqual([RUNBOOK.RunMissed, RUNBOOK.RunFailed, RUNBOOK.Blind]);
  expect(troubleOf(sight)).toBeUndefined();
});
