/** What a page looks like, to people and to axe. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { OpenedStudio } from './browser';

const SHOTS = path.join(__dirname, '..', '..', '.cache', 'studio');

/** A screenshot in .cache/studio, to be looked at. */
export async function shot(page: Page, name: string): Promise<void> {
  const width = page.viewportSize()?.width ?? 0;
  await page.waitForTimeout(250);
  await page.screenshot({ path: path.join(SHOTS, `${name}-${width}.png`) });
}

/** @throws AssertionError that names what axe finds serious or critical */
export async function assertAccessible(page: Page): Promise<void> {
  // Evaluated as text, because the page's policy lets no script in that is not its own.
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
  assert.deepEqual(found, []);
}

/** @throws AssertionError where the page has to be moved sideways */
export async function assertFits(page: Page): Promise<void> {
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(wider <= 0, `The page is ${wider} pixels wider than the screen.`);
}

/**
 * Opens the studio on a phone in the dark, goes where it is to be looked at, and looks.
 *
 * @throws AssertionError as assertAccessible and assertFits do
 */
export async function assertOnPhone(
  { open }: Pick<OpenedStudio, 'open'>,
  name: string,
  go: (phone: Page) => Promise<void>,
): Promise<void> {
  const phone = await open({ width: 390, height: 844, phone: true, dark: true });
  await go(phone);
  await assertAccessible(phone);
  await shot(phone, name);
  await assertFits(phone);
  await phone.close();
}
