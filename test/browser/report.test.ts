/** The page in a real browser: its looks in any width, what can be done with it, and what it never does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axeCore from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser, openPage, overflow, startBrowser, writeReport } from './browser.ts';
import { DAY, writeYear } from './year.ts';

const dir = mkdtempSync(join(tmpdir(), 'browser-'));
let browser: Browser;
let file: string;
beforeAll(async () => {
  if (missingBrowser !== undefined) return;
  const names = Array.from({ length: 24 }, (_, i) => `customer${String(i).padStart(2, '0')}.example`);
  await writeYear(join(dir, 'store'), { names, days: 365, end: Date.now() - DAY / 8 });
  file = await writeReport(dir);
  // The whole tree that a screen reader gets, and not the first part of it.
  browser = await startBrowser(['--force-renderer-accessibility']);
});
afterAll(async () => {
  await browser?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens the page, and at the end expects that it said nothing. */
async function onPage(options: Parameters<typeof openPage>[2], work: (page: Page) => Promise<void>): Promise<void> {
  const { page, said, close } = await openPage(browser, file, options);
  try {
    await work(page);
    expect(said).toEqual([]);
  } finally {
    await close();
  }
}

const namesShown = (page: Page) => page.locator('#list tbody:visible th summary').allTextContents();

describe.skipIf(missingBrowser !== undefined)(`the page${missingBrowser === undefined ? '' : `: ${missingBrowser}`}`, () => {
  test.each([360, 768, 1440])('is no wider than a window of %i pixels, whatever is open', async (width) => {
    await onPage({ viewport: { width, height: 800 } }, async (page) => {
      expect(await overflow(page)).toBe(0);
      await page.locator('#list details.open summary').first().click();
      await page.locator('#zoom details.row summary').first().click();
      await page.locator('[data-z="31"]').click();
      expect(await overflow(page)).toBe(0);
      expect(await page.locator('#now h1').isVisible()).toBe(true);
    });
  });

  test('prints on A4 without controls, and no wider than the paper', async () => {
    await onPage({ viewport: { width: 718, height: 1000 } }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await overflow(page)).toBe(0);
      expect(await page.locator('nav, #filter, .zoom').filter({ visible: true }).count()).toBe(0);
      expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    });
  });

  test.each(['light', 'dark'] as const)('axe finds nothing, %s', async (colorScheme) => {
    await onPage({ colorScheme }, async (page) => {
      await page.locator('#list details.open summary').first().click();
      await page.locator('#zoom details.row summary').first().click();
      expect(await findings(page)).toEqual([]);
    });
    await onPage({ colorScheme, viewport: { width: 360, height: 800 } }, async (page) => {
      expect(await findings(page)).toEqual([]);
    });
  });

  test.each([360, 768, 1440])('is a table for a screen reader at %i pixels, whatever it is laid out as', async (width) => {
    await onPage({ viewport: { width, height: 800 } }, async (page) => {
      const cells = 24 * 6;
      expect(await rolesBelow(page, '#list')).toEqual({ table: 1, row: 25, columnheader: 7, rowheader: 24, cell: cells });
      await page.locator('#list details.open summary').first().click();
      await expect.poll(() => rolesBelow(page, '#list')).toMatchObject({ row: 26, cell: cells + 1 });
      await page.locator('#list details.open summary').first().click();
      await expect.poll(() => rolesBelow(page, '#list')).toMatchObject({ row: 25, cell: cells });
    });
  });

  test.each([360, 1440])('what is filtered out is out of sight at %i pixels', async (width) => {
    await onPage({ viewport: { width, height: 800 } }, async (page) => {
      await page.locator('#filter').getByLabel('Text').fill('customer13');
      expect(await namesShown(page)).toEqual(['customer13.example']);
      expect((await page.locator('#list').boundingBox())?.height).toBeLessThan(400);
    });
  });

  test('columns sort by mouse and by keyboard, and say how', async () => {
    await onPage({}, async (page) => {
      const states = () => page.locator('#list tbody td:nth-child(2) > span').allTextContents();
      expect((await states())[0]).toBe('fail');
      const head = page.locator('#list thead th').first();
      await head.getByRole('button', { name: 'Entry' }).click();
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect((await namesShown(page)).slice(0, 2)).toEqual(['customer00.example', 'customer01.example']);
      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      expect((await namesShown(page))[0]).toBe('customer23.example');
      const end = page.locator('#list thead th').last();
      await end.getByRole('button').focus();
      await page.keyboard.press('Space');
      expect([await head.getAttribute('aria-sort'), await end.getAttribute('aria-sort')]).toEqual(['none', 'ascending']);
      // What has no end comes behind every date.
      expect((await states()).at(-1)).toBe('fail');
    });
  });

  test('filters by text, state, level and provider, counts what is left, and clears', async () => {
    await onPage({}, async (page) => {
      const form = page.locator('#filter');
      const count = () => form.locator('output').textContent();
      await form.getByLabel('Text').fill('customer0');
      expect(await count()).toBe('10 of 24');
      await form.getByLabel('State').selectOption('fail');
      expect([await count(), await namesShown(page)]).toEqual(['0 of 24', []]);
      await form.getByLabel('Text').fill('customer1');
      expect([await count(), await namesShown(page)]).toEqual(['1 of 24', ['customer13.example']]);
      await form.getByRole('button', { name: 'Clear' }).click();
      await expect.poll(count).toBe('24 of 24');
      await form.getByLabel('Provider').selectOption('customer07.example');
      expect(await namesShown(page)).toEqual(['customer07.example']);
      await form.getByLabel('Provider').selectOption('');
      await form.getByLabel('Level').selectOption('secure');
      expect(await count()).toBe('24 of 24');
    });
  });

  test('a row opens to its story by keyboard, and from there leads to its line in time', async () => {
    await onPage({}, async (page) => {
      const story = page.locator('#list .story').first();
      expect(await story.isVisible()).toBe(false);
      await page.locator('#list details.open summary').first().focus();
      await page.keyboard.press('Enter');
      expect(await story.isVisible()).toBe(true);
      expect(await story.innerText()).toContain('Server certificate not verified');
      await story.getByRole('link', { name: 'Timeline' }).click();
      await expect.poll(() => page.locator('#t0').getAttribute('open')).not.toBeNull();
      expect(await page.locator('#t0 ol').innerText()).toContain('pass → fail (name mismatch)');
    });
  });

  test('zooms to days by the buttons, by drawing with the mouse, and by keyboard', async () => {
    await onPage({}, async (page) => {
      const days = async () => Number(/(\d+) days$/.exec((await page.locator('#shown').textContent()) ?? '')?.[1]);
      const drawn = () => page.locator('#zoom .row svg.z > svg').first().getAttribute('width');
      const whole = await days();
      expect(whole).toBeGreaterThan(400);
      await page.getByRole('button', { name: 'Week' }).click();
      expect(await days()).toBe(7);
      expect(await page.getByRole('button', { name: 'Week' }).getAttribute('aria-pressed')).toBe('true');
      const labels = await page.locator('#axis text').allTextContents();
      expect(new Set(labels).size).toBeGreaterThanOrEqual(7);
      await page.getByRole('button', { name: 'All' }).click();
      expect([await days(), await drawn()]).toEqual([whole, '100%']);

      const axis = page.locator('#axis');
      await axis.scrollIntoViewIfNeeded();
      const box = await axis.boundingBox();
      if (box === null) throw new Error('the dates are not there');
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.25, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.4, y, { steps: 3 });
      await page.mouse.move(box.x + box.width * 0.5, y);
      await page.mouse.up();
      expect(Math.abs((await days()) - whole / 4)).toBeLessThanOrEqual(2);

      await axis.focus();
      const before = await days();
      await page.keyboard.press('+');
      expect(Math.abs((await days()) - before / 2)).toBeLessThanOrEqual(1);
      const shown = await page.locator('#shown').textContent();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#shown').textContent()).not.toBe(shown);
      await page.keyboard.press('Home');
      expect(await days()).toBe(whole);
    });
  });

  test('its policy stops whatever is not its own, and that would be seen here', async () => {
    const { page, said, close } = await openPage(browser, file);
    try {
      const ran = await page.evaluate(async () => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "ran"';
        document.body.append(script);
        document.body.setAttribute('style', 'display: none');
        const image = document.createElement('img');
        image.src = 'https://192.0.2.1/x.png';
        const stopped = new Promise((resolve) => image.addEventListener('error', resolve));
        document.body.append(image);
        await stopped;
        return document.title === 'ran' || getComputedStyle(document.body).display === 'none';
      });
      expect(ran).toBe(false);
      await expect.poll(() => said.filter((one) => one.includes('Content Security Policy')).length).toBe(3);
    } finally {
      await close();
    }
  });

  test('reads without scripts: nothing is lost but what they do', async () => {
    await onPage({ javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('#now h1').innerText()).toMatch(/^Mail flows/);
      expect(await page.locator('#filter, .zoom').filter({ visible: true }).count()).toBe(0);
      expect((await namesShown(page)).length).toBe(24);
      const story = page.locator('#list .story').first();
      await page.locator('#list details.open summary').first().click();
      expect(await story.isVisible()).toBe(true);
      expect(await page.locator('#axis text').count()).toBeGreaterThan(10);
    });
  });
});

/** How often each role of a table is in the tree that a screen reader gets, below an element. */
async function rolesBelow(page: Page, selector: string): Promise<Readonly<Record<string, number>>> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('Accessibility.enable');
    const { root } = await session.send('DOM.getDocument');
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector });
    const { nodes } = await session.send('Accessibility.queryAXTree', { nodeId });
    const roles = nodes.filter(({ ignored }) => !ignored).map(({ role }) => String(role?.value));
    const counted = (role: string) => roles.filter((one) => one === role).length;
    return Object.fromEntries(['table', 'row', 'columnheader', 'rowheader', 'cell'].map((role) => [role, counted(role)]));
  } finally {
    await session.detach();
  }
}

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axeCore.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run(): Promise<{
          passes: readonly unknown[];
          violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
        }>;
      };
    };
    const { violations, passes } = await axe.run();
    if (passes.length < 15) throw new Error(`axe looked at hardly anything: ${passes.length} rules`);
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
  });
}
