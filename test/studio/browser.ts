/** The studio in a browser that a program drives, as a person would. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';
import type { OpenNetwork } from '../../src/network/network';
import { type Studio, openStudio } from '../../src/studio/server';

const IMG = path.join(__dirname, '..', '..', 'img');
/** Where browsers lie that drive this page; WHEATFIELD_BROWSER names another. */
const BROWSERS = [process.env.WHEATFIELD_BROWSER, '/usr/bin/chromium', '/usr/bin/google-chrome'];

export const BROWSER = BROWSERS.find((file) => file !== undefined && existsSync(file));

export interface OpenedStudio {
  studio: Studio;
  browser: Browser;
  /** A folder of its own, with the two paintings of img/. */
  folder: string;
  /** Opens the page in a new window of this size. */
  open(options?: { width?: number; height?: number; dark?: boolean; phone?: boolean }): Promise<Page>;
  close(): Promise<void>;
}

/** @param flags of the browser */
export async function openInBrowser(
  openNetwork?: OpenNetwork,
  flags: readonly string[] = [],
): Promise<OpenedStudio> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-studio-'));
  await mkdir(path.join(folder, 'img'));
  for (const name of ['bazille_ramparts_aigues-mortes_1867.png', 'vangogh_village_street_auvers_1890.png']) {
    await cp(path.join(IMG, name), path.join(folder, 'img', name));
  }
  const studio = await openStudio({ folder, openNetwork });
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
