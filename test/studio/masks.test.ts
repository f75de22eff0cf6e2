import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type Picture, loadImage } from '../../src/picture/image';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { assertAccessible, assertOnPhone, shot } from './looks';

describe('a mask, drawn in a browser', function () {
  let opened: OpenedStudio;
  let page: Page;
  let complaints: string[];
  before(async function () {
    opened = await openOrSkip(this);
    page = await opened.open();
    complaints = watchComplaints(page);
  });
  after(() => opened?.close());

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const canvas = () => page.getByRole('application', { name: /^The mask over the content picture/ });
  /** Draws a line between two places, in parts of the picture. */
  const draw = async (...places: [number, number][]) => {
    const box = await canvas().boundingBox();
    assert.ok(box);
    for (const [i, [x, y]] of places.entries()) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 5 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  };
  const uploads = () => path.join(opened.folder, 'results', 'studio-pictures');
  const masks = async () => (await readdir(uploads()).catch(() => [])).filter((name) => /^mask-/.test(name));
  const level = ({ width, height, data }: Picture, x: number, y: number) =>
    data[3 * (Math.round(y * (height - 1)) * width + Math.round(x * (width - 1)))];

  it('is painted, erased, undone and softened', async () => {
    await page.locator('.masks summary').click();
    await button('Draw with a brush…').click();
    assert.ok(await button('Use this mask').isDisabled());
    await page.getByRole('slider', { name: /^Brush size/ }).fill('40');
    await page.getByRole('slider', { name: /^Soft edge/ }).fill('0');
    await draw([0, 0.5], [0.5, 0.5], [1, 0.5]);
    await draw([0.5, 0.05], [0.5, 0.1]);
    await button('Undo').click();
    await button('Erase').click();
    await draw([0.9, 0.5], [1, 0.5]);
    await shot(page, 'brush');
    await assertAccessible(page);
    await button('Use this mask').click();
    await page.getByText('1 in use').waitFor();
    const [name] = await masks();
    const mask = await loadImage(path.join(uploads(), name));
    assert.deepEqual(
      [level(mask, 0.3, 0.5), level(mask, 0.5, 0.05), level(mask, 0.95, 0.5), level(mask, 0.3, 0.95)],
      [255, 0, 0, 0],
    );
  });

  it('can be drawn by the keyboard, with a soft edge', async () => {
    const before = await masks();
    await button('Draw with a brush…').click();
    await button('Clear').click();
    await page.getByRole('slider', { name: /^Soft edge/ }).fill('100');
    await page.locator('.tools').getByRole('button', { name: 'Paint' }).click();
    await canvas().hover();
    await canvas().focus();
    for (const key of [' ', ...Array.from({ length: 10 }, () => 'ArrowRight'), ' '])
      await page.keyboard.press(key);
    await button('Use this mask').click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    const [name] = (await masks()).filter((each) => !before.includes(each));
    const soft = await loadImage(path.join(uploads(), name));
    const most = soft.data.reduce((a, b) => Math.max(a, b));
    assert.ok(soft.data.includes(0) && most > 200, `${most} at most`);
    const greys = new Set(soft.data);
    assert.ok(greys.size > 100, `${greys.size} levels only`);
  });

  it('keeps the style within it', async () => {
    await page.locator('summary', { hasText: 'Network' }).click();
    await page.locator('#setting-network').selectOption('vgg19-slim');
    await page.locator('summary', { hasText: 'Pictures' }).click();
    await page.locator('#setting-height').fill('100');
    await page.locator('#setting-height').blur();
    await button('Paint').first().click();
    await page.waitForSelector('img[src*="preview.png"]');
    await button('Stop').click();
    await page.getByText(/^Stopped/).waitFor();
    await button('Copy as…').click();
    assert.match(
      (await page.locator('.copying pre').textContent()) ?? '',
      /--mask results\/studio-pictures\/mask-[0-9a-f]{8}\.png/,
    );
    await button('Close').last().click();
  });

  it('goes to the first of two styles, and is removed', async () => {
    await button('Add a style').click();
    await page.getByRole('button', { name: /Style 2 none yet/ }).click();
    await page
      .getByRole('dialog', { name: 'Style 2 picture' })
      .getByRole('button', { name: /bazille/ })
      .first()
      .click();
    await page.getByText('The last style gets what the others leave.').waitFor();
    await page.getByRole('button', { name: /^Mask of style 1/ }).waitFor();
    await shot(page, 'masks');
    await button('Remove the mask').click();
    assert.equal(await page.getByText('1 in use').count(), 0);
  });

  it('fits a phone', async () => {
    await assertOnPhone(opened, 'brush', async (phone) => {
      await phone.locator('.masks summary').click();
      await phone.getByRole('button', { name: 'Draw with a brush…' }).click();
    });
  });

  it('had no errors, and asked nothing of other machines', () => {
    assert.deepEqual(complaints, []);
  });
});
