/** Runs on record in the store of a scene, of which nothing was ever run. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Store, spaceOf } from '../../../lambda/store/keys.ts';
import { advanceRun, beginRun } from '../../../lambda/store/runs.ts';
import { openToWatch } from '../../../lambda/store/sqlite/open.ts';
import type { RunRecord, Stage } from '../../../lambda/store/stored-values.ts';
import { type Scene, sceneNow } from '../scene.ts';

/** A run that is on record as it would be after a process ended at that stage, so many hours ago. */
export async function onRecord(
  scene: Scene,
  policy: string,
  stage: Stage,
  hoursAgo: number,
  learned: Partial<RunRecord> = {},
): Promise<void> {
  const { table } = await openToWatch(join(scene.dir, 'store'), sceneNow());
  try {
    const store: Store = { table, space: spaceOf(policy, hostname()) };
    const at = sceneNow() - hoursAgo * HOUR;
    const start = { runId: new Date(at).toISOString(), scope: 'all' as const, holder: 'test', digests: {} };
    const begun = await beginRun(store, start, at);
    if (begun.kind === 'new' && stage !== 'started') await advanceRun(store, begun.run, stage, learned, at);
  } finally {
    table.close();
  }
}

const HOUR = 3_600_000;
