/** What the sentinel makes of run records: silence, failure, blindness, and the sentence for each. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookForSilence } from '../../../lambda/run/watch/sentinel.ts';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { advanceRun, beginRun } from '../../../lambda/store/runs.ts';
import type { Stage } from '../../../lambda/store/stored-values.ts';
import { type StoreOnDisk, storeOnDisk } from '../../store/on-disk.ts';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 24, 12);
let opened: StoreOnDisk;

beforeAll(async () => {
  opened = await storeOnDisk();
});
afterAll(() => opened.close());

interface Run {
  readonly hoursAgo: number;
  readonly stage: Stage;
  readonly scope?: 'some';
  readonly vantage?: Readonly<Record<string, string>>;
  readonly exceptions?: readonly string[];
}

const ROWS: readonly {
  readonly because: string;
  readonly runs: readonly Run[];
  readonly is: Readonly<Record<'silent' | 'failed' | 'blind', boolean>>;
  readonly says: string;
}[] = [
  {
    because: 'there never was a run',
    runs: [],
    is: { silent: true, failed: false, blind: false },
    says: 'no run from mx1 is on record: is its timer enabled, and is --vantage mx1?',
  },
  {
    because: 'the last run was complete and recent',
    runs: [{ hoursAgo: 6, stage: 'complete' }],
    is: { silent: false, failed: false, blind: false },
    says: 'all is well: the last complete run from mx1 was Tue 2026-11-24 06:00Z',
  },
  {
    because: '26 hours are borne',
    runs: [{ hoursAgo: 26, stage: 'complete' }],
    is: { silent: false, failed: false, blind: false },
    says: 'all is well: the last complete run from mx1 was Mon 2026-11-23 10:00Z',
  },
  {
    because: 'what a clock wrote that ran ten years ahead breaks no silence',
    runs: [
      { hoursAgo: 30, stage: 'complete' },
      { hoursAgo: -87_600, stage: 'complete' },
    ],
    is: { silent: true, failed: false, blind: false },
    says: 'no complete run from mx1 for 30 hours: the last was Mon 2026-11-23 06:00Z',
  },
  {
    because: '27 hours are not',
    runs: [{ hoursAgo: 27, stage: 'complete' }],
    is: { silent: true, failed: false, blind: false },
    says: 'no complete run from mx1 for 27 hours: the last was Mon 2026-11-23 09:00Z',
  },
  {
    because: 'a run of some destinations is no complete run',
    runs: [
      { hoursAgo: 30, stage: 'complete' },
      { hoursAgo: 2, stage: 'complete', scope: 'some' },
    ],
    is: { silent: true, failed: false, blind: false },
    says: 'no complete run from mx1 for 30 hours: the last was Mon 2026-11-23 06:00Z',
  },
  {
    because: 'what was due could not be told',
    runs: [{ hoursAgo: 6, stage: 'untold', exceptions: ['topic mail: no such topic'] }],
    is: { silent: true, failed: true, blind: false },
    says: 'the run of Tue 2026-11-24 06:00Z from mx1 could not tell what was due: topic mail: no such topic',
  },
  {
    because: 'a run that stands still for hours has died',
    runs: [{ hoursAgo: 4, stage: 'judged' }],
    is: { silent: true, failed: true, blind: false },
    says: 'the run of Tue 2026-11-24 08:00Z from mx1 ended at stage "judged": look at its log there',
  },
  {
    because: 'a run under way is no failure',
    runs: [
      { hoursAgo: 25, stage: 'complete' },
      { hoursAgo: 1, stage: 'started' },
    ],
    is: { silent: false, failed: false, blind: false },
    says: 'all is well: the last complete run from mx1 was Mon 2026-11-23 11:00Z',
  },
  {
    because: 'a failure that a later run made good is over',
    runs: [
      { hoursAgo: 30, stage: 'judged' },
      { hoursAgo: 6, stage: 'complete' },
    ],
    is: { silent: false, failed: false, blind: false },
    says: 'all is well: the last complete run from mx1 was Tue 2026-11-24 06:00Z',
  },
  {
    because: 'the run saw nothing it could believe',
    runs: [{ hoursAgo: 6, stage: 'complete', vantage: { ipv4: 'blind', ipv6: 'untried' } }],
    is: { silent: false, failed: false, blind: true },
    says: 'the run of Tue 2026-11-24 06:00Z from mx1 was blind: port 25 could not be reached from there',
  },
  {
    because: 'a blind family beside a clear one is not blindness',
    runs: [{ hoursAgo: 6, stage: 'complete', vantage: { ipv4: 'clear', ipv6: 'blind' } }],
    is: { silent: false, failed: false, blind: false },
    says: 'all is well: the last complete run from mx1 was Tue 2026-11-24 06:00Z',
  },
  {
    because: 'runs were begun and none came to its end',
    runs: [{ hoursAgo: 1, stage: 'judged' }],
    is: { silent: true, failed: false, blind: false },
    says: 'no run from mx1 was ever complete: the last began Tue 2026-11-24 11:00Z',
  },
];

test.for(ROWS.map((row, i) => ({ ...row, i })))('$because', async ({ runs, is, says, i }) => {
  const store: Store = { table: opened.table, space: spaceOf(`policy${i}`, 'mx1') };
  for (const run of runs) await record(store, run);
  const sight = await lookForSilence(store, 26 * HOUR, now);
  expect({ silent: sight.silent, failed: sight.failed, blind: sight.blind }).toEqual(is);
  expect(sight.sentence).toBe(says);
});

test('another vantage is another matter', async () => {
  const space = { table: opened.table, space: spaceOf('shared', 'mx2') };
  await record(space, { hoursAgo: 1, stage: 'complete' });
  const sight = await lookForSilence({ table: opened.table, space: spaceOf('shared', 'mx1') }, 26 * HOUR, now);
  expect(sight.silent).toBe(true);
});

async function record(store: Store, { hoursAgo, stage, scope, vantage, exceptions }: Run): Promise<void> {
  const at = now - hoursAgo * HOUR;
  const runId = new Date(at).toISOString();
  const begun = await beginRun(store, { runId, scope: scope ?? 'all', holder: 'mx1 1', digests: {} }, at);
  if (begun.kind !== 'new') throw new Error(`run ${runId} is ${begun.kind}`);
  if (stage === 'started') return;
  await advanceRun(store, begun.run, stage, { vantage: vantage ?? { ipv4: 'clear' }, exceptions: exceptions ?? [] }, at);
}
