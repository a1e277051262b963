/** When everything was looked at, by the records of the runs. */
import type { Store } from '../../store/keys.ts';
import { recentRuns } from '../../store/runs.ts';
import { type Look, looksOf } from './seen.ts';

/** Of the last runs that are on record; `now` is epoch ms. A record that cannot be read is a gap. */
export async function readLooks(store: Store, now: number): Promise<Look[]> {
  const { runs } = await recentRuns(store, now, RUNS_READ);
  return looksOf(runs.map(({ value }) => value));
}

/** Two a day for as long as history is kept. */
const RUNS_READ = 800;
