/**
 * Opens every page of the site in headless Chromium, from the folder and without a server, as wide as a desk and as narrow as a phone:
 *
 *   npm run site && npx tsx test/site/check.ts
 *
 * Fails where a page reports an error, a picture or plot is missing, or a page is wider than the screen. Leaves screenshots in
 * .cache/site. Skips with a word where there is no Chromium.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Page, chromium } from 'playwright-core';
import { filesIn } from '../../scripts/site/links';

const ROOT = path.join(__dirname, '..', '..');
const SITE = path.join(ROOT, 'site');
const SCREENSHOTS = path.join(ROOT, '.cache', 'site');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SCREENS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 800 } };

/** What is wrong with the page that is open; runs in the page. */
const FAULTS = `(async () => {
  const faults = [];
  for (const image of document.querySelectorAll('img')) {
    image.loading = 'eager';
    await image.decode().catch(() => faults.push('the picture ' + image.src + ' cannot be shown'));
  }
  const plots = document.querySelectorAll('script[type="application/vnd.plotly.v1+json"]').length;
  const drawn = document.querySelectorAll('.plot .main-svg').length;
  if (plots > 0 && drawn < plots) faults.push(plots + ' plots, of which ' + drawn + ' layers are drawn');
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push('it is ' + scrollWidth + ' pixels wide on a screen of ' + clientWidth);
  return faults;
})()`;

/** The reference has too many pages to open each on both screens, and all are made alike. */
function isLookedAt(file: string): boolean {
  return (
    file.endsWith('.html') &&
    (!file.startsWith('reference/') ||
      /^reference\/(index|modules|functions\/index\.paint)\.html$/.test(file))
  );
}

async function main(): Promise<void> {
  if (!existsSync(CHROMIUM)) {
    console.log(`There is no Chromium at ${CHROMIUM}, so the site is not looked at. Set CHROMIUM to one.`);
    return;
  }
  const files = (await filesIn(SITE)).filter(isLookedAt).sort();
  if (!files.includes('index.html')) throw new Error('There is no site yet. Run npm run site first.');
  await mkdir(SCREENSHOTS, { recursive: true });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const faults: string[] = [];
  try {
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      const page = await browser.newPage({ viewport });
      for (const file of files) faults.push(...(await look(page, file, screen)));
      await page.close();
    }
  } finally {
    await browser.close();
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
  console.log(
    `${files.length} pages on ${Object.keys(SCREENS).join(' and ')}: no error, every picture and plot is there.`,
  );
}

async function look(page: Page, file: string, screen: string): Promise<string[]> {
  const faults: string[] = [];
  const onError = (error: Error) => faults.push(error.message);
  page.on('pageerror', onError);
  await page.goto(pathToFileURL(path.join(SITE, file)).href);
  faults.push(...(await page.evaluate<string[]>(FAULTS)));
  page.off('pageerror', onError);
  const name = `${file.replace(/\W/g, '-')}-${screen}.png`;
  await page.screenshot({ path: path.join(SCREENSHOTS, name), fullPage: true });
  return faults.map((fault) => `${file} (${screen}): ${fault}.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
