/**
 * Opens a lesson in the classic notebook in headless Chromium, runs all cells and looks at the page:
 *
 *   npx tsx test/jupyter/browser.ts [NAME] [--set imgHeight=64]... [--out DIR]
 *
 * Fails where a picture is not visible, the curves are not, or anything is written to stderr. Prints the seconds from "run all" to the
 * first picture of the preview, to its first change, and to the end; leaves screenshots in DIR (.cache/jupyter). Needs `jupyter
 * notebook` (6) and Chromium.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { jupyterEnvironment } from '../../scripts/notebooks/jupyterEnvironment';
import { freePorts } from '../../scripts/notebooks/kernel';
import { type Chromium, type Page, startChromium } from './chromium';
import { COPIES, writeCopy } from './copies';

const TOKEN = 'wheatfield';
const WIDTH = 1200;
const MOST_SECONDS = 3600;

/** In the page: the pictures that code cells show. */
const IMAGES = `[...document.querySelectorAll('.code_cell .output_subarea img')]`;
const RUNNING = `document.querySelectorAll('.code_cell.running').length`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { set: { type: 'string', multiple: true }, out: { type: 'string', default: COPIES } },
  });
  const [name = 'style-transfer'] = positionals;
  const parameters =
    values.set && Object.fromEntries(values.set.map((each) => each.split('=') as [string, string]));
  await writeCopy(name, parameters);
  await mkdir(values.out, { recursive: true });
  const server = await startServer();
  let chromium: Chromium | undefined;
  try {
    chromium = await startChromium();
    const page = await chromium.open(`${server.url}/notebooks/${name}.ipynb?token=${TOKEN}`);
    await page.resize(WIDTH, 900);
    await page.until('Jupyter.notebook.kernel.is_connected() && Jupyter.notebook._fully_loaded', 60);
    await page.until("document.querySelector('#kernel_indicator_icon').title.includes('Idle')", 60);
    await runAll(page, name);
    await lookAt(page);
    await screenshots(page, path.join(values.out, name));
  } finally {
    await chromium?.close();
    await server.close();
  }
}

async function runAll(page: Page, name: string): Promise<void> {
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(1);
  await page.evaluate('Jupyter.notebook.execute_all_cells(), true');
  await page.until(`${RUNNING} > 0`, 30);
  // The preview is the only picture of a cell that shows two, the second being the curves.
  const preview = `[...document.querySelectorAll('.code_cell')].map((cell) => [...cell.querySelectorAll('.output_subarea img')])
    .find((images) => images.length === 2 && images[1].naturalWidth === 1800)?.[0].src`;
  if (name === 'style-transfer') {
    // A cell that fails ends the rest: then there is nothing to wait for, and lookAt says what the page shows.
    const ended = `${RUNNING} === 0`;
    await page.until(`${preview} || ${ended}`, MOST_SECONDS);
    if (await page.evaluate<boolean>(ended)) return;
    console.log(`first picture of the preview after ${seconds()} s`);
    const first = await page.evaluate<string>(preview);
    await page.until(`${preview} !== ${JSON.stringify(first)} || ${ended}`, MOST_SECONDS);
    console.log(`first change of the preview after ${seconds()} s`);
  }
  await page.until(`${RUNNING} === 0`, MOST_SECONDS);
  console.log(`all cells after ${seconds()} s`);
}

/** @throws Error where the page is not what a student should see */
async function lookAt(page: Page): Promise<void> {
  const complaints = await page.evaluate<string[]>(
    `[...document.querySelectorAll('.output_stderr, .output_error')].map((each) => each.textContent)`,
  );
  if (complaints.length > 0) throw new Error(`The page shows errors: ${complaints.join('\n')}`);
  // Each picture as drawn: how many of its pixels are neither white nor grey paper.
  const pictures = await page.evaluate<
    { width: number; height: number; inked: number }[]
  >(`Promise.all(${IMAGES}.map(async (image) => {
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let inked = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.min(data[i], data[i + 1], data[i + 2]) < 225) inked++;
    const { width, height } = image.getBoundingClientRect();
    return { width, height, inked: inked / (canvas.width * canvas.height) };
  }))`);
  if (pictures.length < 6)
    throw new Error(`The page shows ${pictures.length} pictures, but the lesson has at least 6.`);
  for (const [i, { width, height, inked }] of pictures.entries()) {
    const what = `picture ${i + 1}: ${width.toFixed(0)} x ${height.toFixed(0)}, ${(inked * 100).toFixed(1)} % inked`;
    if (width < 200 || height < 60 || inked < 0.01)
      throw new Error(`A picture of the page is wrong: ${what}.`);
    console.log(what);
  }
}

/** The whole notebook in pieces that can be looked at. */
async function screenshots(page: Page, prefix: string): Promise<void> {
  const height = await page.evaluate<number>(
    "document.querySelector('#notebook-container').scrollHeight + 400",
  );
  const piece = 2000;
  await page.resize(WIDTH, piece);
  for (let top = 0, i = 1; top < height; top += piece - 300, i++) {
    await page.evaluate(
      `(document.querySelector('#site').scrollTop = ${top}, new Promise((done) => setTimeout(done, 300)))`,
    );
    await writeFile(`${prefix}-${i}.png`, await page.screenshot());
  }
}

async function startServer(): Promise<{ url: string; close(): Promise<void> }> {
  const [port] = await freePorts(1);
  const child = spawn(
    'jupyter',
    [
      'notebook',
      '--no-browser',
      '--allow-root',
      `--port=${port}`,
      '--ip=127.0.0.1',
      `--NotebookApp.token=${TOKEN}`,
      `--notebook-dir=${COPIES}`,
    ],
    { env: jupyterEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    if (!line.includes('is running at')) continue;
    child.stderr.resume();
    return {
      url: `http://127.0.0.1:${port}`,
      close: async () => {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error('Jupyter ended before it served anything.');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
