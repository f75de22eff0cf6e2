/** Exported networks in onnxruntime-web in Chromium, in WebAssembly and on WebGPU, where SwiftShader stands in for a GPU. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';
import { fastStyleOnnx, readFastStyleOnnx } from '../src/fastStyle/onnx';
import { levels, planes, randomModel, randomPicture, stylised } from './helpers/randomFastStyle';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const RUNTIME = path.join(__dirname, '..', 'node_modules', 'onnxruntime-web', 'dist');
/** Of 255. */
const SAME = 1e-3;
/** SwiftShader takes a quarter of a minute to begin with a model. */
const CASES = {
  wasm: [
    { architecture: 'quality', precision: 'float32', height: 32, width: 48 },
    { architecture: 'quality', precision: 'float16', height: 37, width: 45 },
    { architecture: 'webcam', precision: 'float32', height: 37, width: 46 },
  ],
  webgpu: [{ architecture: 'webcam', precision: 'float16', height: 37, width: 46 }],
} as const;
const TYPES: Record<string, string> = {
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '': 'text/html',
};

/** In the page: loads the model, runs it on the picture, and returns the levels. */
const RUN = `async ({ model, provider, levels, height, width }) => {
  const ort = await import('/ort.webgpu.min.mjs');
  const bytes = Uint8Array.from(atob(model), (letter) => letter.charCodeAt(0));
  const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  const image = new ort.Tensor('float32', Float32Array.from(levels), [1, 3, height, width]);
  const { stylized } = await session.run({ image });
  const data = await stylized.getData();
  await session.release();
  return { shape: stylized.dims, levels: Array.from(data) };
}`;

/** The files of onnxruntime-web, and an empty page. */
function serve(): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    response.setHeader('content-type', TYPES[path.extname(url)] ?? 'application/octet-stream');
    const file = path.join(RUNTIME, path.basename(url));
    response.end(url === '/' || !existsSync(file) ? '<!doctype html>' : readFileSync(file));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe('a fast style network in a browser', function () {
  this.timeout(300_000);
  let server: Server;
  let browser: Browser;
  let page: Page;

  before(async function () {
    if (!existsSync(CHROMIUM)) {
      console.log(`      There is no Chromium at ${CHROMIUM}. Set CHROMIUM to one.`);
      this.skip();
    }
    server = await serve();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  after(async () => {
    await (browser as Browser | undefined)?.close();
    (server as Server | undefined)?.close();
  });

  for (const provider of ['wasm', 'webgpu'] as const) {
    it(`computes in ${provider} what the traced function does`, async function () {
      if (
        provider === 'webgpu' &&
        !(await page.evaluate<boolean>('navigator.gpu.requestAdapter().then(Boolean)'))
      ) {
        console.log('      This Chromium has no WebGPU adapter, not even SwiftShader.');
        this.skip();
      }
      for (const { architecture, precision, height, width } of CASES[provider]) {
        const bytes = await fastStyleOnnx(randomModel(architecture), 'one', { precision });
        const held = await readFastStyleOnnx(bytes, architecture);
        const picture = randomPicture(height, width);
        const right = await stylised(held, held.styles.one, picture);
        const given = {
          model: Buffer.from(bytes).toString('base64'),
          provider,
          levels: [...planes(levels(picture))],
          height,
          width,
        };
        const came = await page.evaluate<{ shape: number[]; levels: number[] }>(
          `(${RUN})(${JSON.stringify(given)})`,
        );
        assert.deepEqual(came.shape, [1, 3, height, width]);
        const error = right.reduce((most, level, i) => Math.max(most, Math.abs(level - came.levels[i])), 0);
        assert.ok(error / 255 < SAME, `${architecture} ${precision}: ${error} apart`);
      }
    });
  }
});
