import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Picture } from '../src/picture/image';
import { saveImage } from '../src/picture/save';
import { noise } from '../src/problem/fromSettings';
import { readRegions } from '../src/problem/masks';
import { skyMask } from '../src/problem/sky';
import type { ProblemSource } from '../src/problem/problem';
import { recordedTransfer } from '../src/runFolder/recordedTransfer';
import { type RunRecord, beginResults } from '../src/runFolder/results';
import { readSettings } from '../src/settings';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

const [WIDTH, HEIGHT] = [120, 90];

/** Where the land begins: hills, and a mast of one column. */
const horizon = (x: number) => Math.round(50 + 8 * Math.sin(x / 11) - (x === 60 ? 30 : 0));

/** A sky that grows lighter towards the horizon, and land of rough stones. */
function landscape(): Picture {
  const { data: rough } = noise({ width: WIDTH, height: HEIGHT }, 3);
  const data = new Uint8Array(rough.length);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const i = 3 * (y * WIDTH + x);
      const grain = rough[i] / 64;
      const colour =
        y < horizon(x) ? [90 + y + grain, 130 + y + grain, 200 + y / 2] : [rough[i] / 2, rough[i] / 3, 30];
      data.set(colour, i);
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

describe('the sky of a picture', () => {
  it('reaches to the horizon, and a mast does not cut it', async () => {
    const { width, height, data } = await skyMask(landscape());
    assert.deepEqual([width, height], [WIDTH, HEIGHT]);
    for (let x = 0; x < WIDTH; x++) {
      const rows = Array.from({ length: HEIGHT }, (_, y) => data[y * WIDTH + x]);
      const border = rows.indexOf(0);
      assert.ok(rows.slice(border).every((share) => share === 0));
      if (x !== 60) assert.ok(Math.abs(border - horizon(x)) <= 3, `column ${x}: ${border}, ${horizon(x)}`);
      else assert.ok(border > 40, String(border));
    }
  });

  it('is found at a smaller size in a large picture', async () => {
    const large = {
      width: 700,
      height: 500,
      data: new Uint8Array(700 * 500 * 3).fill(200, 0, 700 * 250 * 3),
    };
    const { width, height, data } = await skyMask(large);
    assert.deepEqual([width, height], [320, 229]);
    const share = data.reduce((sum, each) => sum + each) / data.length;
    assert.ok(Math.abs(share - 0.5) < 0.02, String(share));
  });

  it('is not found where there is none', async () => {
    const message = 'No plain sky is found in the content picture. Give --mask a grey picture instead.';
    const size = { width: WIDTH, height: HEIGHT };
    const plain = { ...size, data: new Uint8Array(WIDTH * HEIGHT * 3).fill(90) };
    for (const picture of [noise(size, 1), plain, { width: 1, height: 1, data: new Uint8Array(3) }]) {
      await assert.rejects(skyMask(picture), { name: 'UserError', message });
    }
  });

  it('is a mask by its name, and the land is what it leaves', async () => {
    const [sky, land] = await readRegions(['sky'], 2, landscape());
    const at = (region: typeof sky) => region({ width: 2, height: 2 }).arraySync();
    assert.ok(at(sky)[0].every((share) => share > 0.9) && at(sky)[1].every((share) => share < 0.25));
    assert.ok(at(land)[0].every((share) => share < 0.1) && at(land)[1].every((share) => share > 0.75));
  });
});

describe('wheatfield transfer --mask sky', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-sky-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('paints, and the run can be repeated', async () => {
    const { style } = await tinyPictures(folder);
    const content = path.join(folder, 'landscape.png');
    await saveImage(landscape(), content);
    const out = path.join(folder, 'out');
    const settings = readSettings({
      content,
      style: [style, content],
      mask: 'sky',
      height: 40,
      iterations: 1,
      evaluations: 2,
      threads: 1,
      out,
    });
    const open = (source: ProblemSource) => beginResults(out, settings, source);
    const run = recordedTransfer(settings, { openNetwork: openTinyVgg19, open });
    while (!(await run.next()).done);
    const record = JSON.parse(readFileSync(path.join(out, 'settings.json'), 'utf8')) as RunRecord;
    assert.deepEqual(record.settings.mask, ['sky']);
    assert.equal(record.source.masks, undefined);
  });
});
