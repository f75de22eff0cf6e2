/** Memory does not grow while a run goes on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Reading } from './helpers/memoryGrowth';
import { tinyPictures } from './helpers/tinyVgg19';

const HEIGHT = 96;
const EVALUATIONS = 300;
/** L-BFGS's memory is full, and the allocators have settled, after this many. */
const SETTLED = 100;
/** Of the picture's float64 arrays, one lost in every fourth evaluation would come to twice that. */
const MARGIN = (0.5 * (EVALUATIONS - SETTLED) * HEIGHT * (HEIGHT * 1.25) * 3 * 8) / 4;

describe(`the memory of a run over ${EVALUATIONS - SETTLED} evaluations`, () => {
  it(`stays within ${(MARGIN / 1e6).toFixed(0)} MB, and the number of tensors is the same`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-leaks-'));
    const { content, style } = await tinyPictures(folder);
    const script = path.join(__dirname, 'helpers', 'memoryGrowth.ts');
    const iterations = String(Math.ceil(EVALUATIONS / 20));
    const args = ['--expose-gc', '--import', 'tsx', script, content, style, String(HEIGHT), iterations];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    await rm(folder, { recursive: true });
    assert.match(stdout, /^\[/, stderr);
    const readings = (JSON.parse(stdout) as Reading[]).filter(({ evaluations }) => evaluations > SETTLED);
    const [first, last] = [readings[0], readings.at(-1) as Reading];
    assert.ok(last.evaluations - first.evaluations >= 180, stdout);
    const growth = last.rss - first.rss;
    console.log(
      `      ${(growth / 1e6).toFixed(1)} MB over ${last.evaluations - first.evaluations} evaluations`,
    );
    for (const { tensors } of readings) assert.equal(tensors, first.tensors);
    assert.ok(growth < MARGIN, stdout);
  });
});
