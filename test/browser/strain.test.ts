/** Names that would be markup, and a thousand entries with a year each: the page stays a text, small, and quick to use. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser, openPage, overflow, startBrowser, writeReport } from './browser.ts';
import { DAY, writeYear } from './year.ts';

const dir = mkdtempSync(join(tmpdir(), 'browser-'));
const END = Date.now() - DAY / 8;
let browser: Browser;
beforeAll(async () => {
  if (missingBrowser === undefined) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** As a table, a resolver or a certificate may have them. */
const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '"><script>document.title=2</script>',
  "'+document.title+'",
  '</style><script>document.title=3</script>',
  '&lt;b&gt;&amp;',
  '{{7*7}}',
  'right\u202eelpmaxe.to',
  'two\nlines',
  'nul\u0000and\u001b[31mred',
  `${'long'.repeat(300)}.example`,
  'javascript:alert(1)',
];

describe.skipIf(missingBrowser !== undefined)(`under strain${missingBrowser === undefined ? '' : `: ${missingBrowser}`}`, () => {
  test('hostile names are text: shown, inert, on one line, and no wider than the window', async () => {
    const own = join(dir, 'hostile');
    mkdirSync(own);
    const certificateNames = ['<svg onload=document.title=4>', '*.evil"onmouseover="x'];
    await writeYear(join(own, 'store'), { names: HOSTILE, days: 90, end: END, certificateNames });
    for (const width of [360, 1440]) {
      const { page, said, close } = await openPage(browser, await writeReport(own), { viewport: { width, height: 800 } });
      for (const summary of await page.locator('#list details.open summary').all()) await summary.click();
      const names = await page.locator('#list th summary').allTextContents();
      expect(names.toSorted()).toEqual(
        [
          ...HOSTILE.filter((name) => !/[\u0000\u202e\n]|long/.test(name)),
          'right\\u{202e}elpmaxe.to',
          'two lines',
          'nul\\u{0}and\\u{1b}[31mred',
          `${'long'.repeat(300).slice(0, 39)}…${'long'.repeat(300).slice(-72)}.example`,
        ].toSorted(),
      );
      const made = await page.evaluate(() => ({
        images: document.querySelectorAll('img, iframe, object, embed').length,
        scripts: document.scripts.length,
        styles: document.querySelectorAll('style').length,
        handlers: [...document.querySelectorAll('*')].filter((one) =>
          one.getAttributeNames().some((name) => name.startsWith('on')),
        ).length,
        links: [...document.querySelectorAll('a')].filter((one) => !one.getAttribute('href')?.startsWith('#')).length,
      }));
      expect(made).toEqual({ images: 0, scripts: 1, styles: 1, handlers: 0, links: 0 });
      expect(await page.title()).toMatch(/postfix-tls-watch/);
      expect(await page.locator('#certificates').textContent()).toContain('<svg onload=document.title=4>');
      expect(await overflow(page)).toBe(0);
      expect(said).toEqual([]);
      await close();
    }
  });

  test('1,000 entries with a year each are below 2 MB, and can be sorted, filtered and zoomed', async () => {
    const own = join(dir, 'large');
    mkdirSync(own);
    const names = Array.from({ length: 1_000 }, (_, i) => `customer${i}.example`);
    await writeYear(join(own, 'store'), { names, days: 365, end: END });
    const table = join(own, 'tls_policy');
    writeFileSync(table, names.map((name) => `${name} secure match=.${name}\n`).join(''));
    const began = performance.now();
    const file = await writeReport(own, table);
    const { size } = statSync(file);
    console.log(`measured: report, 1,000 entries × 365 days: ${seconds(began)} s, ${size} bytes`);
    expect(size).toBeLessThan(2_000_000);

    const { page, said, close } = await openPage(browser, file);
    const loaded = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      return Math.round(entry?.loadEventEnd ?? 0);
    });
    console.log(`measured: its page in Chromium: open within ${loaded} ms`);
    expect(await page.locator('#list tbody').count()).toBe(1_000);
    expect(await page.locator('#list .story').first().textContent()).toContain('asks');
    // Those that never failed share a line; of the hosts there are at least those that end next.
    expect(await page.locator('#zoom .row').count()).toBeGreaterThanOrEqual(100 + 1 + 300);
    const used = performance.now();
    await page.locator('#list thead button').first().click();
    await page.locator('#filter').getByLabel('Text').fill('customer99');
    expect(await page.locator('#filter output').textContent()).toBe('11 of 1000');
    await page.getByRole('button', { name: 'Week' }).click();
    expect(await page.locator('#shown').textContent()).toMatch(/ 7 days$/);
    console.log(`measured: sorted, filtered, zoomed: ${seconds(used)} s`);
    expect(said).toEqual([]);
    await close();
  });
});

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(2);
