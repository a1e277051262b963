/** Debian's Chromium without a window, and pages of a store in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { runCommand } from '../command/run-command.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why there is no browser here; undefined where there is one. */
export const missingBrowser = existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not installed (Debian: chromium)`;

export const startBrowser = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      ...['--disable-sync', '--no-first-run'],
      ...flags,
    ],
    timeout: WAIT_MS,
  });

export interface Opened {
  readonly page: Page;
  /** What the page said on its console, violations of its policy and errors of its script among it. */
  readonly said: readonly string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  file: string,
  { hash = '', ...options }: BrowserContextOptions & { readonly hash?: string } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', ({ message }) => said.push(`error: ${message}`));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) said.push(`request: ${request.url()}`);
  });
  await page.goto(`${pathToFileURL(file).href}${hash}`);
  return { page, said, close: () => context.close() };
}

/** `report` as a process; answers the path of the page. */
export async function writeReport(directory: string, ...more: readonly string[]): Promise<string> {
  const file = join(directory, 'page.html');
  const flags = ['--store', join(directory, 'store'), '--vantage', 'mx.demo.example', '--no-config'];
  const { code, err } = await runCommand(['report', '--output', file, ...flags, ...more]);
  if (code !== 0) throw new Error(err);
  return file;
}

/** How far the page is wider than its window, in CSS pixels; 0 where it is not. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

/** Every wait has this end; a busy machine may take its time. */
const WAIT_MS = 120_000;
