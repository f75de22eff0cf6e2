/** The studio in a browser that a program drives, as a person would. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Context } from 'mocha';
import { type Browser, type Page, chromium } from 'playwright-core';
import { type Studio, type StudioOptions, openStudio } from '../../src/studio/server';
import { newTestFolder } from '../helpers/studio';

/** Where browsers lie that drive this page; WHEATFIELD_BROWSER names another. */
const BROWSERS = [process.env.WHEATFIELD_BROWSER, '/usr/bin/chromium', '/usr/bin/google-chrome'];

const BROWSER = BROWSERS.find((file) => file !== undefined && existsSync(file));

export interface OpenedStudio {
  studio: Studio;
  browser: Browser;
  /** A folder of its own, with the two paintings of img/. */
  folder: string;
  /** Opens the page in a new window of this size. */
  open(options?: { width?: number; height?: number; dark?: boolean; phone?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

export interface OpenOptions extends Pick<StudioOptions, 'openNetwork' | 'framedBy'> {
  /** Of the browser. */
  flags?: readonly string[];
}

/** Opens a studio in a browser; where there is none, says so and skips the tests. */
export async function openOrSkip(context: Context, options: OpenOptions = {}): Promise<OpenedStudio> {
  if (!BROWSER) {
    console.log('      There is no Chromium here (WHEATFIELD_BROWSER names one): the studio is not driven.');
    context.skip();
  }
  return openInBrowser(options);
}

/**
 * Collects what goes wrong in a page: errors in its console, and requests to other machines. An answer of 422 is none; the page shows it.
 */
export function watchComplaints(page: Page): string[] {
  const complaints: string[] = [];
  // A machine that has much else to do paints slowly.
  page.setDefaultTimeout(120_000);
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 422/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && !['127.0.0.1', 'localhost'].includes(hostname)) {
      complaints.push(`asked ${request.url()}`);
    }
  });
  return complaints;
}

async function openInBrowser({ flags = [], ...options }: OpenOptions): Promise<OpenedStudio> {
  const folder = await newTestFolder();
  const studio = await openStudio({ folder, ...options });
  const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', ...flags] });
  return {
    studio,
    browser,
    folder,
    async open({ width = 1440, height = 900, dark = false, phone = false } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        isMobile: phone,
        hasTouch: phone,
        deviceScaleFactor: phone ? 2 : 1,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      await page.goto(studio.address);
      return page;
    },
    async close() {
      await browser.close();
      await studio.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
