import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { assertAccessible, assertOnPhone, shot } from './looks';

describe('the layer lab in a browser', function () {
  let opened: OpenedStudio;
  let page: Page;
  let complaints: string[];
  before(async function () {
    opened = await openOrSkip(this);
    page = await opened.open();
    complaints = watchComplaints(page);
  });
  after(() => opened?.close());

  const seen = (kind: string, layer: string, picture: string) =>
    page.getByRole('img', { name: `${kind} of ${layer} for the ${picture} picture` });
  /** How many different levels the figure has: one for a blank. */
  const levels = (name: string) =>
    page.getByRole('img', { name }).evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      return new Set(context.getImageData(0, 0, width, height).data).size;
    });

  it('shows what a layer sees of both pictures, by a click, by the mouse and by the keyboard', async () => {
    await page.getByRole('link', { name: 'Layers' }).click();
    await seen('Feature maps', 'block1_conv1', 'content').waitFor();
    await page.getByRole('button', { name: 'Look at block3_conv1' }).click();
    await seen('Feature maps', 'block3_conv1', 'style').waitFor();
    assert.ok((await levels('Feature maps of block3_conv1 for the content picture')) > 50);
    await page.getByRole('button', { name: 'Look at block4_conv2' }).hover();
    await page.getByRole('heading', { name: 'What block4_conv2 sees' }).waitFor();
    await page.getByRole('button', { name: 'Look at block2_conv1' }).focus();
    await page.getByRole('heading', { name: 'What block2_conv1 sees' }).waitFor();
    await page.waitForFunction(() => !document.querySelector('.seen[aria-busy=true]'));
    await shot(page, 'lab');
    await page.getByRole('button', { name: 'Gram matrix' }).click();
    await seen('Gram matrix', 'block2_conv1', 'content').waitFor();
    await seen('Gram matrix', 'block2_conv1', 'style').waitFor();
    assert.ok((await levels('Gram matrix of block2_conv1 for the style picture')) > 50);
  });

  it('uses a layer for the content and the style of the next painting', async () => {
    const use = (name: string) => page.getByRole('button', { name, exact: true });
    assert.equal(await use('block4_conv2 for content').getAttribute('aria-pressed'), 'true');
    await use('block5_conv2 for content').click();
    await use('block3_conv2 for style').click();
    await use('block1_conv1 for style').click();
    await page.getByRole('navigation').getByRole('link', { name: 'Paint' }).click();
    for (const [name, isPressed] of [
      ['2, block5_conv2 for content layer', 'true'],
      ['2, block3_conv2 for style layers', 'true'],
      ['2, block4_conv2 for content layer', 'true'],
    ]) {
      assert.equal(await page.getByLabel(name).getAttribute('aria-pressed'), isPressed, name);
    }
    await page.getByRole('link', { name: 'Layers' }).click();
    assert.equal(await use('block5_conv2 for content').getAttribute('aria-pressed'), 'true');
  });

  it('fills the wall layer by layer, stops, goes on, and keeps what is painted', async () => {
    const painted = page.getByRole('img', { name: /^The style as block/ });
    await page.getByRole('button', { name: 'Paint the wall' }).click();
    await painted.nth(1).waitFor();
    await shot(page, 'lab-wall');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('It is stopped. What is painted stays.').waitFor();
    const stopped = await painted.count();
    await page.reload();
    await painted.first().waitFor();
    assert.equal(await painted.count(), stopped);
    await page.getByRole('button', { name: 'Go on' }).click();
    await painted.nth(stopped).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('It is stopped. What is painted stays.').waitFor();
    assert.ok((await levels(await painted.first().evaluate((image: HTMLImageElement) => image.alt))) > 50);
  });

  it('says in its place what is wrong', async () => {
    await page.route('**/block1_conv2/maps.png**', (route) =>
      route.fulfill({ status: 422, json: { error: 'The picture is gone. Choose another.' } }),
    );
    await page.getByRole('button', { name: 'Feature maps' }).click();
    await page.getByRole('button', { name: 'Look at block1_conv2' }).click();
    await page.getByText('The picture is gone. Choose another.').first().waitFor();
    await page.getByRole('button', { name: 'Look at block2_conv1' }).click();
    await seen('Feature maps', 'block2_conv1', 'content').waitFor();
  });

  it('has nothing that axe finds serious, on a phone and in the dark', async () => {
    await assertAccessible(page);
    await assertOnPhone(opened, 'lab', async (phone) => {
      await phone.getByRole('link', { name: 'Layers' }).click();
      await phone.getByRole('img', { name: 'Feature maps of block1_conv1 for the style picture' }).waitFor();
    });
  });

  it('had no errors, and asked nothing of other machines', () => {
    assert.deepEqual(complaints, []);
  });
});
