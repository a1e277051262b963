/**
 * `npm run docs:report`: the picture of the page in README, of the demo's ten days, in docs/report.png.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../pages.ts';
import { openPage, startBrowser } from './browser.ts';

const PICTURE = join(ROOT, 'docs/report.png');
const MOST_BYTES = 150_000;

const dir = mkdtempSync(join(tmpdir(), 'picture-'));
const browser = await startBrowser();
try {
  const file = join(dir, 'page.html');
  const demo = spawnSync(process.execPath, [join(ROOT, 'test/demo/demo.ts'), '--report', file], { encoding: 'utf8' });
  if (demo.status !== 0) throw new Error(demo.stderr);
  const { page, close } = await openPage(browser, file, { viewport: { width: 1000, height: 640 }, colorScheme: 'light' });
  await page.screenshot({ path: PICTURE });
  await close();
  const { size } = statSync(PICTURE);
  if (size > MOST_BYTES) throw new Error(`docs/report.png has ${size} bytes, and ${MOST_BYTES} at most are wanted`);
} finally {
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
}
