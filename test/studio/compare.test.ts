import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { PRESETS } from '../../src/presets';
import { openTinyVgg19 } from '../helpers/tinyVgg19';
import { assertAccessible, assertFits, shot } from './looks';

describe('comparing in a browser', function () {
  let opened: OpenedStudio;
  let page: Page;
  let complaints: string[];
  before(async function () {
    opened = await openOrSkip(this, { openNetwork: openTinyVgg19 });
    page = await opened.open();
    complaints = watchComplaints(page);
  });
  after(() => opened?.close());

  const button = (name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' });
  const cells = () => page.locator('.one-grid .cell');
  const transformOf = (place: number) =>
    page
      .locator('.beside figure')
      .nth(place)
      .locator('img.layer')
      .evaluate(({ style }: HTMLElement) => [style.left, style.top, style.width, style.height]);

  it('is a room that the keyboard reaches, and says that there is nothing yet', async () => {
    await page.getByRole('link', { name: 'Layers', exact: true }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('There are no runs in results/ yet.').waitFor();
    assert.match(await page.title(), /^Compare/);
    assert.equal(await page.locator('nav a[aria-current]').textContent(), 'Compare');
    await shot(page, 'compare-empty');
  });

  it('takes the settings of the room to paint in for a grid', async () => {
    await page.getByRole('link', { name: 'Paint', exact: true }).click();
    for (const group of ['Pictures', 'Optimiser']) {
      await page.locator('summary', { hasText: group }).click();
    }
    for (const [setting, value] of Object.entries({ height: '120', iterations: '2', evaluations: '6' })) {
      await page.locator(`#setting-${setting}`).fill(value);
      await page.locator(`#setting-${setting}`).blur();
    }
    await page.getByRole('link', { name: 'Compare', exact: true }).click();
    await page.getByText('New grid over two settings').click();
    await page.getByText(/height 120.*iterations 2, evaluations 6/).waitFor();
    const weights = [0.5, 1, 2].map((factor) => factor * PRESETS.painter.contentWeight);
    assert.equal(await page.locator('#axis-rows-values').inputValue(), weights.join(', '));
    assert.equal(await page.locator('#axis-columns-values').inputValue(), '0.5, 1, 2');
    await button('Paint 9 runs').waitFor();
    await shot(page, 'compare-new-grid');
  });

  it('says what is wrong with a value beside it', async () => {
    await page.locator('#axis-rows-values').fill('28, much');
    await button('Paint 6 runs').click();
    const problem = page.locator('#axis-rows-problem');
    await problem.waitFor();
    assert.match((await problem.textContent()) ?? '', /cannot be 'much'\. Give a number/);
    assert.equal(await page.locator('.one-grid').count(), 0);
  });

  it('paints a grid that fills while one looks on, stops, and goes on after a reload', async () => {
    await page.locator('#axis-rows-values').fill('28, 2800');
    await page.locator('#axis-columns-values').fill('0.5, 2');
    await button('Paint 4 runs').click();
    await page.waitForSelector('.cell.painting img');
    await shot(page, 'compare-grid');
    await page.waitForSelector('.cell.done img');
    await button('Stop').click();
    await page.getByText(/^[12] of 4 runs are done\.$/).waitFor();
    await page.reload();
    await page.getByText(/^[12] of 4 runs are done\.$/).waitFor();
    await button('Go on').click();
    await page.getByText('4 of 4 runs are done.').waitFor();
    assert.equal(await page.locator('.cell.done img').count(), 4);
    assert.equal(await button('Go on').count(), 0);
    await page.waitForFunction(() => document.querySelectorAll('.gallery li img').length === 4);
  });

  it('shows runs side by side, which are enlarged and moved together', async () => {
    await cells().nth(0).click();
    await page.locator('.differences').getByText('Not as usual').waitFor();
    await cells().nth(3).click();
    await cells().nth(1).click();
    await page.waitForFunction(() => document.querySelectorAll('.beside img.layer').length === 3);
    await page.getByRole('group', { name: /The result of grid-1\/1-1/ }).focus();
    for (const key of ['+', '+', '+', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
    const [first, second, third] = [await transformOf(0), await transformOf(1), await transformOf(2)];
    assert.deepEqual([second, third], [first, first]);
    assert.notEqual(first[0], '0px');
    await shot(page, 'compare-three');
    assert.equal(await cells().nth(3).getAttribute('aria-pressed'), 'true');
    await cells().nth(2).click();
    const names = await page.locator('.beside figcaption b').allTextContents();
    assert.deepEqual(names, ['1grid-1/1-1', '2grid-1/2-2', '3grid-1/2-1']);
  });

  it('lists what differs, and nothing else, and what came out', async () => {
    const rows = await page.locator('.differences tbody').first().locator('tr').allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split('\t')),
      [
        ['Style scale', '0.5', '2', '0.5'],
        ['Content weight', '28', '2800', '2800'],
      ],
    );
    const outcome = await page.locator('.differences .outcome tr').allInnerTexts();
    assert.ok(
      outcome.some((row) => /^Loss(\t\S.*){3}$/.test(row)),
      outcome.join('\n'),
    );
    await page.getByText('their losses do not say which is better').waitFor();
  });

  it('keeps the choice over a reload, and finds runs by their settings', async () => {
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('.beside img.layer').length === 3);
    await page.getByLabel('Find runs by name or setting').fill('content weight 2800');
    await page.waitForFunction(() => document.querySelectorAll('.gallery li').length === 2);
    await page.getByLabel('Find runs by name or setting').fill('');
    await button('Take away grid-1/2-2').click();
    assert.equal(await page.locator('.beside figure').count(), 2);
  });

  it('paints on with the settings of a run', async () => {
    await button('Paint with these settings (grid-1/2-1)').click();
    await page.locator('#setting-contentWeight').waitFor();
    assert.equal(await page.locator('#setting-contentWeight').inputValue(), '2800');
    await page.goBack();
    await page.locator('.beside').waitFor();
  });

  it('fits a phone, and has nothing that axe finds serious, light and dark', async () => {
    await page.getByText('New grid over two settings').click();
    await assertAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page);
    await shot(page, 'compare-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await assertFits(page);
    await shot(page, 'compare-phone');
    await page.locator('.one-grid').scrollIntoViewIfNeeded();
    await shot(page, 'compare-phone-grid');
    await page.setViewportSize({ width: 2560, height: 1440 });
    await shot(page, 'compare-wide');
  });

  it('had no errors, and asked nothing of other machines', () => {
    assert.deepEqual(complaints, []);
  });
});
