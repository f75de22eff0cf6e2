import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Picture, loadImage } from '../src/picture/image';
import { maskWithMargin, withMargin, withoutMargin } from '../src/problem/margin';
import { readRegions } from '../src/problem/masks';
import { type ProblemOptions, createProblem } from '../src/problem/problem';
import { transfer } from '../src/transfer/transfer';
import { freePixels, pixels } from '../src/variables/pixels';
import { pyramid } from '../src/variables/pyramid';
import { openTinyVgg19, tinyPictures } from './helpers/tinyVgg19';

interface Stored {
  shape: number[];
  data: number[];
}

const { margin: reference } = JSON.parse(
  readFileSync(path.join(__dirname, 'fixtures/losses/losses.json'), 'utf8'),
) as { margin: { x: Stored; value: Stored } };

function pictureOf({ shape: [, height, width], data }: Stored): Picture {
  return { height, width, data: Uint8Array.from(data) };
}

function valuesOf(picture: Picture) {
  return { ...picture, data: Float64Array.from(picture.data) };
}

describe('a margin', () => {
  const picture = pictureOf(reference.x);

  it("mirrors a picture as PyTorch's reflect padding does", () => {
    assert.deepEqual(withMargin(picture, 3), pictureOf(reference.value));
  });

  it('goes there and back again where it is wider than the picture', () => {
    const line = (width: number, margin: number) => {
      const mask = { width, height: 1, data: Float32Array.from({ length: width }, (_, i) => i) };
      const { data } = maskWithMargin(mask, margin);
      return [...data.subarray(0, width + 2 * margin)];
    };
    assert.deepEqual(line(3, 5), [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
    assert.deepEqual(line(1, 2), [0, 0, 0, 0, 0]);
  });

  it('comes off again', () => {
    for (const margin of [0, 3, 9]) {
      const cut = withoutMargin(valuesOf(withMargin(picture, margin)), margin);
      assert.deepEqual(cut, valuesOf(picture));
    }
  });

  it('continues a region', async () => {
    const data = new Uint8Array(3 * 4).fill(255, 0, 6);
    const picture = { width: 4, height: 1, data };
    const [left] = await readRegions([picture], 1, picture, 1);
    const row = [1, 1, 1, 0, 0, 0];
    assert.deepEqual([...left({ width: 6, height: 3 }).dataSync()], [...row, ...row, ...row]);
  });
});

describe('a transfer with a margin', () => {
  let folder: string;
  let options: ProblemOptions;
  before(async () => {
    await tf.setBackend('cpu');
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-margin-'));
    const { content, style } = await tinyPictures(folder);
    const common = { height: 32, resize: 'nearest', openNetwork: openTinyVgg19, threads: 1 } as const;
    options = { content, styles: [style], margin: 7, ...common };
  });
  after(() => rm(folder, { recursive: true }));

  const loop = { iterations: 1, evaluations: 3, restart: false, rounding: 'round' } as const;

  for (const [name, variables] of Object.entries({ pyramid, pixels, freePixels })) {
    it(`shows the picture without it: ${name}`, async () => {
      const problem = await createProblem({ ...options, variables });
      const content = await loadImage(options.content);
      assert.deepEqual([problem.width, problem.height], [40 + 14, 32 + 14]);
      assert.deepEqual([problem.source.width, problem.source.height], [40, 32]);
      const run = transfer(problem, loop);
      assert.deepEqual([...(await run.picture()).data], [...content.data], 'before the first step');
      while (!(await run.next()).done);
      const [picture, deep] = [await run.picture(), await run.deepPicture()];
      assert.deepEqual([picture.width, picture.height, picture.data.length], [40, 32, 40 * 32 * 3]);
      assert.deepEqual([deep.width, deep.height, deep.data.length], [40, 32, 40 * 32 * 3]);
      assert.notDeepEqual([...picture.data], [...content.data]);
      await problem.dispose();
    });
  }

  it("keeps the content picture's chroma where it was", async () => {
    const problem = await createProblem({ ...options, color: 'luminance' });
    const run = transfer(problem, loop);
    const { data } = await loadImage(options.content);
    const shown = await run.picture();
    assert.ok(shown.data.every((level, i) => Math.abs(level - data[i]) <= 1));
    await problem.dispose();
  });

  it('asks for the memory of the canvas', async () => {
    const bytes: number[] = [];
    for (const margin of [0, 7]) {
      const problem = await createProblem({
        ...options,
        margin,
        beforeWork: async ({ source, bytesAt }) => void bytes.push(await bytesAt(source)),
      });
      await problem.dispose();
    }
    assert.ok(bytes[1] > bytes[0] * 1.2, String(bytes));
  });
});
