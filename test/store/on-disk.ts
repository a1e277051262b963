/** A store on disk for tests: a directory of its own, opened as a run opens it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToWatch } from '../../lambda/store/sqlite/open.ts';
import type { Table } from '../../lambda/store/table.ts';

export interface StoreOnDisk {
  readonly table: Table;
  readonly directory: string;
  /** Closes it and removes the directory. */
  close(): void;
}

export async function storeOnDisk(now = Date.now(), under = tmpdir()): Promise<StoreOnDisk> {
  const directory = mkdtempSync(join(under, 'store-'));
  const { table } = await openToWatch(directory, now);
  return {
    table,
    directory,
    close() {
      table.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
