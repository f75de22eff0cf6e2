import assert from 'node:assert/strict';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { loadImage } from '../../src/picture/image';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { assertAccessible, shot } from './looks';

describe('painting in a browser', function () {
  let opened: OpenedStudio;
  let page: Page;
  let complaints: string[];
  before(async function () {
    opened = await openOrSkip(this);
    page = await opened.open();
    complaints = watchComplaints(page);
  });
  after(() => opened?.close());

  const button = (name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' });
  const status = () => page.locator('.doing').textContent();

  it('paints first within a second', async () => {
    const fresh = await opened.open();
    await fresh.getByRole('button', { name: 'Paint', exact: true }).waitFor();
    const [{ startTime }] = await fresh.evaluate(() =>
      performance.getEntriesByName('first-contentful-paint').map(({ startTime }) => ({ startTime })),
    );
    console.log(`      first paint after ${startTime.toFixed(0)} ms`);
    await fresh.close();
  });

  it('chooses, drops and refuses pictures', async () => {
    await button(/^Choose or drop|Content/)
      .first()
      .click();
    await page.getByRole('dialog', { name: 'Content picture' }).waitFor();
    await shot(page, 'choose');
    await page
      .getByRole('button', { name: /bazille/ })
      .last()
      .click();
    await page
      .locator('.picture-field')
      .nth(1)
      .locator('input[type=file]')
      .setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('no picture'),
      });
    const problem = page.locator('.picture-field').nth(1).getByRole('alert').first();
    assert.match((await problem.textContent()) ?? '', /is of no kind that can be read\. Convert it first/);
    const blue = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#24f' } })
      .png()
      .toBuffer();
    const dropped = await page.evaluateHandle(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], 'blue.png', { type: 'image/png' }));
        return transfer;
      },
      [...blue],
    );
    await page.locator('.picture-field').nth(1).dispatchEvent('drop', { dataTransfer: dropped });
    await page
      .locator('.picture-field')
      .nth(1)
      .getByText(/^blue-/)
      .first()
      .waitFor();
    await page.locator('.picture-field').nth(1).getByRole('button').first().click();
    await page
      .getByRole('button', { name: /vangogh/ })
      .last()
      .click();
  });

  it('says what is wrong with a setting beside it', async () => {
    await page.getByLabel('Content weight', { exact: true }).fill('much');
    await button('Paint').click();
    const problem = page.locator('#setting-contentWeight-problem');
    await problem.waitFor();
    assert.match((await problem.textContent()) ?? '', /cannot be 'much'\. Give a number/);
    await shot(page, 'refused');
    await page.getByLabel(/Content weight: back to/).click();
  });

  it('paints, and the picture grows', async () => {
    await page.locator('summary', { hasText: 'Network' }).click();
    await page.locator('#setting-network').selectOption('vgg19-slim');
    await page.locator('summary', { hasText: 'Pictures' }).click();
    await page.locator('#setting-height').fill('200');
    await page.locator('#setting-height').blur();
    const began = Date.now();
    await button('Paint').click();
    await page.waitForSelector('img[src*="preview.png"]', { timeout: 60_000 });
    console.log(`      first changed preview after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const first = await page.locator('img[src*="preview.png"]').getAttribute('src');
    await page.waitForFunction(
      (src) => document.querySelector('img[src*="preview.png"]')?.getAttribute('src') !== src,
      first,
    );
    await page.locator('.curves .scatterlayer').waitFor();
    await shot(page, 'painting');
  });

  it('answers at once while it computes', async () => {
    const slider = page.getByLabel('Before and after');
    const lasted: number[] = [];
    for (let i = 0; i < 20; i++) {
      lasted.push(
        await slider.evaluate(
          async (input: HTMLInputElement, value) => {
            const began = performance.now();
            input.value = String(value);
            input.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise((resolve) => requestAnimationFrame(resolve));
            return performance.now() - began;
          },
          30 + 2 * i,
        ),
      );
    }
    const middle = [...lasted].sort((a, b) => a - b)[10];
    console.log(`      the slider moves the divider within ${middle.toFixed(0)} ms (median of 20)`);
    await button('Pixels').click();
    assert.equal(await page.locator('img.close').count(), 1);
    await button('Whole').click();
    await page.getByRole('group', { name: /The painting after/ }).focus();
    for (const key of ['+', '+', 'ArrowLeft', '0']) await page.keyboard.press(key);
    assert.ok(await button('Whole').isDisabled());
  });

  it('is the same painting in a second tab and after a reload', async () => {
    const other = await opened.open({ width: 390, height: 844, phone: true, dark: true });
    await other.waitForSelector('img[src*="preview.png"]');
    assert.equal(await other.locator('#setting-network').inputValue(), 'vgg19-slim');
    assert.equal(await other.getByRole('button', { name: 'Go on with these settings' }).count(), 0);
    await shot(other, 'painting');
    await other.close();
    await page.reload();
    await page.waitForSelector('img[src*="preview.png"]');
    assert.match((await status()) ?? '', /It paints/);
  });

  it('pauses, goes on with other settings from the picture at hand, and stops', async () => {
    await button('Pause').click();
    await page.getByText('It rests.').waitFor();
    await page.getByLabel('2, block5_conv2 for content layer').click();
    await button('Go on with these settings').click();
    await page.getByText('It paints.').waitFor({ timeout: 60_000 });
    await page.getByText('results/studio-2').waitFor();
    await page.waitForSelector('img[src*="leg=1"]', { timeout: 60_000 });
    await shot(page, 'steered');
    await button('Stop').click();
    await page.getByText(/^Stopped within/).waitFor();
  });

  it('downloads the picture that is shown, and copies the command', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const file = await (await downloading).path();
    // The run's file holds its settings too, so its bytes differ.
    const saved = path.join(opened.folder, 'results', 'studio-2', 'result_when_stopped.png');
    assert.deepEqual(await loadImage(file), await loadImage(saved));
    await button('Copy as…').click();
    await shot(page, 'copy');
    await button('Copy').click();
    await page.getByText('Copied.').waitFor();
    assert.match(
      await page.evaluate(() => navigator.clipboard.readText()),
      /^npx wheatfield transfer .*--init results\/studio-2\/first.png/,
    );
    await button('Close').last().click();
  });

  it('has nothing that axe finds serious, light and dark', async () => {
    await assertAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page);
    await shot(page, 'stopped-dark');
  });

  it('had no errors, and asked nothing of other machines', () => {
    assert.deepEqual(complaints, []);
  });
});
