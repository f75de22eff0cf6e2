import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { FastStyleModel } from '../../src/fastStyle/modelFile';
import { fastStyleOnnx } from '../../src/fastStyle/onnx';
import { type StyleModel, bundledStyles, findModel, mixedModel } from '../../src/stylize/models';
import { type Stylizer, openStylizer } from '../../src/stylize/stylizer';
import { type Picture, loadImage, pictureSize } from '../../src/picture/image';
import { randomModel } from '../helpers/randomFastStyle';
import { type OpenedStudio, openOrSkip, watchComplaints } from './browser';
import { assertAccessible, assertOnPhone, shot } from './looks';

const HEIGHT = 120;
const PICTURE = 'bazille_ramparts_aigues-mortes_1867.png';
/** Of few pixels: a graphics card that the processor plays is slow. */
const NARROW = 'narrow.png';

describe('fast styles in a browser', function () {
  let opened: OpenedStudio;
  let page: Page;
  let complaints: string[];
  before(async function () {
    opened = await openOrSkip(this, {
      flags: [
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        // SwiftShader stands in for a graphics card.
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
      ],
    });
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    await sharp({ create: { width: 10, height: 160, channels: 3, background: 'white', noise } }).toFile(
      path.join(opened.folder, 'img', NARROW),
    );
    page = await opened.open();
    complaints = watchComplaints(page);
  });
  after(() => opened?.close());

  /** The levels on the canvas. */
  const shown = async (): Promise<Picture> => {
    const { width, height, rgba } = await page
      .getByRole('img', { name: 'The painting' })
      .evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        return { width, height, rgba: Array.from(pixels) };
      });
    return { width, height, data: Uint8Array.from(rgba.filter((_, i) => i % 4 !== 3)) };
  };
  const rate = () => page.locator('.rate').textContent();
  const slide = (name: string | RegExp, value: number) =>
    page.getByRole('slider', { name }).fill(String(value));

  it('paints a picture as the program does, within a grey level', async () => {
    await page.getByRole('link', { name: 'Fast styles' }).click();
    await page.getByLabel('Height').selectOption(String(HEIGHT));
    await page.getByRole('button', { name: 'great wave' }).click();
    await page.getByLabel('Mix with').selectOption('starry-night');
    await slide(/^Part of starry night/, 40);
    await slide(/^Strength/, 70);
    const right = await ofProgram(0.7);
    // A canvas that nothing was drawn on is 300 pixels wide.
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLCanvasElement>('.palette canvas')].every(
        ({ width }) => width !== 300,
      ),
    );
    await until(async () => mostApart(await shown(), right) <= 1);
    console.log(`      ${await rate()}`);
    await slide(/^Strength/, 0);
    await until(async () => mostApart(await shown(), await original()) === 0);
    await slide(/^Strength/, 100);
    await shot(page, 'fast');
  });

  it('paints the same on WebGPU', async function () {
    const computing = page.getByLabel('Computed by');
    if ((await computing.locator('option').count()) === 1) {
      console.log('      This Chromium has no WebGPU, not even SwiftShader.');
      this.skip();
    }
    assert.equal(await computing.inputValue(), 'wasm', 'a processor that plays a graphics card is preferred');
    await page.locator('.picture-field button').first().click();
    await page.getByRole('button', { name: NARROW }).click();
    await until(async () => (await shown()).width < 20);
    await computing.selectOption('webgpu');
    await page.getByText(/painted in/).waitFor();
    assert.ok(mostApart(await shown(), await ofProgram(1, NARROW)) <= 1);
    await computing.selectOption('wasm');
    await page.getByText(/painted in/).waitFor();
    assert.ok(mostApart(await shown(), await ofProgram(1, NARROW)) <= 1);
  });

  const original = async (name = PICTURE) => {
    const file = path.join(opened.folder, 'img', name);
    const { width, height } = await pictureSize(file);
    const size = { height: HEIGHT, width: Math.floor((width * HEIGHT) / height) };
    return loadImage(file, { size, resize: 'lanczos3' });
  };
  const ofProgram = async (strength: number, name?: string) => {
    const shares = [
      { model: 'great-wave', share: 0.6 },
      { model: 'starry-night', share: 0.4 },
    ];
    return painted(await mixedModel(shares), strength, name);
  };
  const painted = async (model: StyleModel, strength: number, name?: string) => {
    let stylizer: Stylizer | undefined;
    try {
      stylizer = await openStylizer(model);
      return await stylizer.stylize(await original(name), strength);
    } finally {
      await stylizer?.dispose();
    }
  };
  const until = async (isReached: () => Promise<boolean>) => {
    const end = Date.now() + 240_000;
    while (!(await isReached())) {
      assert.ok(Date.now() < end, 'it does not come');
      await page.waitForTimeout(100);
    }
  };

  it('shows every style on the picture at hand', async () => {
    const names = await page.locator('.palette button').allTextContents();
    assert.equal(names.length, Object.keys(await bundledStyles()).length);
  });

  it('computes with threads, because the page is isolated', async () => {
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    assert.match(await page.locator('option[value=wasm]').innerText(), /WebAssembly, [2-8] threads/);
  });

  it('paints a camera, frame by frame, and rests', async () => {
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByText(/frames a second/).waitFor();
    const first = await shown();
    await until(async () => mostApart(await shown(), first) > 8);
    await page.waitForTimeout(3000);
    console.log(`      ${await rate()}`);
    await shot(page, 'fast-camera');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForTimeout(500);
    const resting = await shown();
    await page.waitForTimeout(500);
    assert.deepEqual(await shown(), resting);
    await page.getByRole('button', { name: 'Go on' }).click();
  });

  it('answers at once while it paints', async () => {
    const lasted: number[] = [];
    for (let i = 0; i < 15; i++) {
      lasted.push(
        await page
          .getByRole('slider', { name: /^Strength/ })
          .evaluate(async (input: HTMLInputElement, value) => {
            const began = performance.now();
            input.value = String(value);
            input.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(requestAnimationFrame);
            return performance.now() - began;
          }, 60 + i),
      );
    }
    const middle = lasted.sort((a, b) => a - b)[7];
    console.log(`      the slider answers within ${middle.toFixed(0)} ms (median of 15)`);
    assert.ok(middle < 100);
  });

  it('paints a video, and says what it cannot play', async () => {
    await page.getByRole('button', { name: 'Video' }).click();
    const input = page.locator('input[accept="video/*"]');
    const broken = path.join(opened.folder, 'broken.mp4');
    await writeFile(broken, 'no video');
    await input.setInputFiles(broken);
    await page.getByText('The browser cannot play this video. Choose an MP4 or WebM file.').waitFor();
    const video = path.join(opened.folder, 'film.webm');
    await writeFile(video, Buffer.from(await page.evaluate(recorded)));
    await input.setInputFiles(video);
    await page.getByText(/frames a second/).waitFor();
    assert.equal((await shown()).height, HEIGHT);
  });

  for (const precision of ['float16', 'float32'] as const) {
    it(`paints with a network of one's own in ${precision}, found by the keyboard`, async () => {
      const model = ownModel();
      const file = path.join(opened.folder, `my-${precision}.onnx`);
      await writeFile(file, await fastStyleOnnx(model, 'mine', { precision }));
      await page.getByRole('button', { name: 'Picture', exact: true }).click();
      const chooser = page.waitForEvent('filechooser');
      await page.getByLabel('Height').focus();
      await page.keyboard.press('Shift+Tab');
      await page.locator('.own-style input:focus').waitFor({ state: 'attached' });
      await page.keyboard.press('Enter');
      await (await chooser).setFiles(file);
      const button = page.getByRole('button', { name: `my ${precision} yours` });
      await button.waitFor();
      assert.equal(await button.getAttribute('aria-pressed'), 'true');
      await slide(/^Strength/, 100);
      const own = await findModel(file);
      await until(async () => mostApart(await shown(), await painted(own, 1)) <= 1);
      assert.equal(await page.getByLabel('Mix with').locator('option').count(), 1);
    });
  }

  it("films with one's own network", async () => {
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByText(/frames a second/).waitFor();
    await shot(page, 'fast-own');
    await page.getByRole('button', { name: 'Video' }).click();
    await page.locator('input[accept="video/*"]').setInputFiles(path.join(opened.folder, 'film.webm'));
    // The camera's pictures are narrower.
    await until(async () => (await shown()).width === 200);
    const first = await shown();
    await until(async () => mostApart(await shown(), first) > 8);
    const button = page.getByRole('button', { name: 'my float32 yours' });
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await page.getByRole('button', { name: 'Picture', exact: true }).click();
  });

  it('says of any other file what is wrong with it, beside the chooser', async () => {
    const model = ownModel();
    const whole = Buffer.from(await fastStyleOnnx(model, 'mine'));
    const files: Record<string, [Buffer, RegExp]> = {
      'photo.onnx': [Buffer.from('no network'), /^photo\.onnx is not /],
      'half.onnx': [whole.subarray(0, whole.length / 2), /^half\.onnx is not a whole /],
      'all.onnx': [Buffer.from(await fastStyleOnnx(model)), /^all\.onnx takes its style as an input/],
    };
    const place = page.locator('.own-style');
    for (const [name, [buffer, words]] of Object.entries(files)) {
      // Dropped, as from the desktop.
      const transfer = await page.evaluateHandle(
        ([text, as]) => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], as));
          return dropped;
        },
        [buffer.toString('base64'), name] as const,
      );
      await place.dispatchEvent('drop', { dataTransfer: transfer });
      const alert = place.getByRole('alert').filter({ hasText: words });
      await alert.waitFor();
      assert.match(await alert.innerText(), /^[^.]+\.onnx .+\. [A-Z].+\.$/);
    }
    await shot(page, 'fast-own-wrong');
    await assertAccessible(page);
    assert.equal((await readdir(path.join(opened.folder, 'results', 'studio-styles'))).length, 2);
  });

  it("keeps one's own styles over a reload", async () => {
    await page.reload();
    const button = page.getByRole('button', { name: 'my float16 yours' });
    await button.click();
    const own = await findModel(path.join(opened.folder, 'my-float16.onnx'));
    await page.getByLabel('Height').selectOption(String(HEIGHT));
    await until(async () => mostApart(await shown(), await painted(own, 1)) <= 1);
  });

  it('says that there is no camera for it', async () => {
    const context = await opened.browser.newContext({ viewport: { width: 390, height: 844 } });
    const other = await context.newPage();
    await other.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('denied', 'NotAllowedError'));
    });
    await other.goto(`${opened.studio.address}#fast`);
    await other.getByRole('button', { name: 'Camera' }).click();
    await other.getByText(/The browser does not let this page see the camera\. Allow it/).waitFor();
    await shot(other, 'fast-no-camera');
    await context.close();
  });

  it('has nothing that axe finds serious, on a phone and in the dark', async () => {
    await page.getByRole('button', { name: 'Picture', exact: true }).click();
    await page.getByText(/painted in/).waitFor();
    await assertAccessible(page);
    await assertOnPhone(opened, 'fast', async (phone) => {
      await phone.getByRole('link', { name: 'Fast styles' }).click();
      await phone.getByText(/painted in/).waitFor();
    });
  });

  it('had no errors, and asked nothing of other machines', () => {
    assert.deepEqual(complaints, []);
  });
});

/** As wheatfield train has them, untrained, and with one style. */
function ownModel(): FastStyleModel {
  const model = randomModel('quality');
  return { ...model, styles: { mine: model.styles.one } };
}

/** In the page: a film of a second, a ball that moves. */
async function recorded(): Promise<number[]> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 200, height: 120 });
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  for (let frame = 0; frame < 30; frame++) {
    context.fillStyle = '#357';
    context.fillRect(0, 0, 200, 120);
    context.fillStyle = '#fc3';
    context.fillRect(4 * frame, 40, 30, 30);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  recorder.stop();
  await ended;
  return Array.from(new Uint8Array(await new Blob(pieces).arrayBuffer()));
}

function mostApart(a: Picture, b: Picture): number {
  if (a.width !== b.width || a.height !== b.height) return 255;
  return a.data.reduce((most, level, i) => Math.max(most, Math.abs(level - b.data[i])), 0);
}
