/** Entries that fail by the last look while the memory that messages go by knows nothing of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { flowSentence } from '../../../lambda/command/report/flow.ts';
import { readStatus, statusCode } from '../../../lambda/command/status/read.ts';
import { recall } from '../../../lambda/run/watch/recall.ts';
import { spaceOf } from '../../../lambda/store/keys.ts';
import { openToWatch } from '../../../lambda/store/sqlite/open.ts';
import { writeYear } from '../../browser/year.ts';

const dir = mkdtempSync(join(tmpdir(), 'uncounted-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('no sentence says that all is delivered while an entry is on record as failing', async () => {
  const end = Date.parse('2026-11-28T06:00Z');
  // The fourteenth fails, and no run came to count it.
  await writeYear(dir, { names: Array.from({ length: 14 }, (_, i) => `c${i}.example`), days: 30, end });
  const { table } = await openToWatch(dir, end);
  const store = { table, space: spaceOf('default', 'mx.demo.example') };
  try {
    const of = { notWatched: [] };
    const status = await readStatus(store, end, of);
    expect(status.counts).toMatchObject({ pass: 13, fail: 1 });
    expect(status.incidents).toEqual([]);
    expect(status.pending).toMatchObject([{ name: 'c13.example', sentence: expect.stringContaining('would be deferred') }]);
    expect(flowSentence(status)).toBe(
      'Mail flows to all 14 watched entries, but c13.example turned for the worse at the last look, and a second one is to confirm it.',
    );
    expect(statusCode(status)).toBe(1);

    const recalled = await recall(store, [], end);
    const id = 'c13.example';
    const known = { id, label: id, told: [], now: { settled: { standing: 'failing' as const, since: end } } };
    const counted = { ...recalled, state: { ...recalled.state, entries: { [id]: known } } };
    expect((await readStatus(store, end, of, counted)).pending).toEqual([]);
  } finally {
    table.close();
  }
});
