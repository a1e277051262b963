/** How long the page of `report` takes to open in Chromium, beside a page of as many bytes that is text alone. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { missingBrowser, openPage, startBrowser } from '../browser/browser.ts';
import { printRow } from './table.ts';

/** @param dir a directory to work in */
export async function benchOpening(dir: string, page: string, rounds: number, again: string): Promise<void> {
  if (missingBrowser !== undefined) throw new Error(missingBrowser);
  const paths = [join(dir, 'page.html'), join(dir, 'plain.html')] as const;
  const line = '<p>As much text, and nothing to draw.</p>\n';
  writeFileSync(paths[0], page);
  writeFileSync(paths[1], `<!doctype html><title>plain</title>${line.repeat(Buffer.byteLength(page) / line.length)}`);
  const browser = await startBrowser();
  try {
    const ours: number[] = [];
    const figures: number[] = [];
    for (let i = 0; i < rounds; i++) {
      ours.push(await opened(browser, paths[0]));
      figures.push(await opened(browser, paths[1]));
    }
    printRow({ figure: '  its page opens in Chromium', ours, beside: { name: 'plain text', figures }, unit: 'ms', again });
  } finally {
    await browser.close();
  }
}

/** Ms from the request to the end of the load event. */
async function opened(browser: Browser, path: string): Promise<number> {
  const { page, close } = await openPage(browser, path);
  const ms = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return Math.round(entry?.loadEventEnd ?? Number.NaN);
  });
  await close();
  if (!(ms > 0)) throw new Error('the page was not loaded: the bench is broken');
  return ms;
}
