/** The store's promises on the embedded store: dynalite in its child process, on disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../lambda/store/embedded/embedded.ts';
import { describeStore } from './contract.ts';

describeStore('embedded store', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-'));
  const { table, close } = await openEmbedded(dir);
  return {
    table,
    async close() {
      await close();
      rmSync(dir, { recursive: true });
    },
  };
});
