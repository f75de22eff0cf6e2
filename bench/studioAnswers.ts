/**
 * How soon the studio's page answers while VGG19 computes: milliseconds from an input to the next frame that the browser draws. Without
 * VGG19's weights on this machine, vgg19-slim computes.
 *
 *     npx tsx bench/studioAnswers.ts [height]
 */
import type { Page } from 'playwright-core';
import { findWeights } from '../src/network/weights';
import { openInBrowser } from './openedStudio';

const HEIGHT = Number(process.argv[2] ?? 400);
const TIMES = 15;
/** What is aimed at, in milliseconds. */
const LIMIT = 100;

type Act = 'click' | 'slide';

/** What a person does, by the selectors of the elements; each is there in the room before it. */
const ACTS: readonly [name: string, act: Act, selectors: readonly string[]][] = [
  ['the slider before and after', 'slide', ['.compare input']],
  ['a group of settings', 'click', ['.settings summary']],
  ['another room', 'click', ['nav a[href="#layers"]', 'nav a[href="#paint"]']],
  ['a layer of the network', 'click', ['.network .see >> nth=3', '.network .see >> nth=9']],
];

/** Milliseconds until the frame after the one in which the page has dealt with it. */
async function answered(page: Page, selector: string, act: Act, turn: number): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate(
      async (element: HTMLElement, { act, turn }) => {
        const began = performance.now();
        if (act === 'slide') {
          (element as HTMLInputElement).value = String(20 + turn);
          element.dispatchEvent(new Event('input', { bubbles: true }));
        } else {
          element.click();
        }
        // The first frame is drawn with what has changed; by the second it was drawn.
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return performance.now() - began;
      },
      { act, turn },
    );
}

async function main(): Promise<void> {
  const network = findWeights(undefined) ? 'vgg19' : 'vgg19-slim';
  const studio = await openInBrowser();
  const { page } = studio;
  page.setDefaultTimeout(300_000);
  await page.goto(studio.address);
  await studio.paint({ network, height: HEIGHT, iterations: 100, evaluations: 20 });
  await page.locator('img[src*="preview.png"]').waitFor();
  console.log(`milliseconds to answer while ${network} paints ${HEIGHT} rows, of ${TIMES} times`);
  for (const [name, act, selectors] of ACTS) {
    if (name === 'a layer of the network') await page.locator('nav a[href="#layers"]').click();
    const took: number[] = [];
    for (let turn = 0; turn < TIMES; turn++) {
      took.push(await answered(page, selectors[turn % selectors.length], act, turn));
      await page.waitForTimeout(200);
    }
    took.sort((a, b) => a - b);
    const [median, most] = [took[Math.floor(TIMES / 2)], took[TIMES - 1]].map((each) => each.toFixed(0));
    console.log(
      `  ${name.padEnd(30)} median ${median.padStart(4)}  most ${most.padStart(4)}  limit ${LIMIT}`,
    );
  }
  await studio.stop();
  await studio.close();
}

void main();
