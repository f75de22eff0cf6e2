import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { featureExtractor } from '../src/losses/features';
import { regionOf } from '../src/losses/regions';
import { styleTermRelative } from '../src/losses/terms';
import { targetsOf, transferLoss } from '../src/losses/transferLoss';
import { gramThroughHead, throughHead } from '../src/network/vgg19Slim';
import type { Picture } from '../src/picture/image';
import { saveImage } from '../src/picture/save';
import { problemFromSettings } from '../src/problem/fromSettings';
import { readRegions } from '../src/problem/masks';
import { createProblem } from '../src/problem/problem';
import { readSettings } from '../src/settings';
import type { Checkpoint } from '../src/transfer/checkpoint';
import { type LoopEvent, type Transfer, type TransferOptions, transfer } from '../src/transfer/transfer';
import { openTinyVgg19, tinyPicture, tinyPictures } from './helpers/tinyVgg19';

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  Array.from(expected).forEach((value, i) => assert.ok(Math.abs(actual[i] - value) <= tolerance * scale));
}

/** Rising from left to right, with rows that differ. */
function guideOf(height: number, width: number): tf.Tensor2D {
  return tf.tensor2d(
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (__, x) => (x + 1) / (width + y))),
  );
}

/** The sum of weight f f' over positions, as it is defined. */
function weightedGram(activations: number[][][], weights: number[][]): number[] {
  const channels = activations[0][0].length;
  const gram = new Array<number>(channels * channels).fill(0);
  activations.forEach((row, y) =>
    row.forEach((f, x) => {
      for (let i = 0; i < channels; i++)
        for (let j = 0; j < channels; j++) gram[i * channels + j] += weights[y][x] * f[i] * f[j];
    }),
  );
  return gram;
}

describe('regions', () => {
  before(() => tf.setBackend('cpu'));

  it('bring a mask to any size by the mean over what each position covers', () => {
    const mask = { width: 3, height: 2, data: Float32Array.of(1, 0, 0, 1, 1, 0) };
    near(regionOf(mask)({ height: 1, width: 1 }).dataSync(), [3 / 6]);
    near(regionOf(mask)({ height: 2, width: 2 }).dataSync(), [2 / 3, 0, 1, 1 / 3]);
    near(regionOf(mask)({ height: 1, width: 3 }).dataSync(), [1, 0.5, 0]);
  });

  it('count each position of a Gram matrix by its share', () => {
    const activations = tf.randomNormal<tf.Rank.R3>([5, 6, 4], 0, 2, 'float32', 3);
    const guide = guideOf(5, 6);
    const seen = featureExtractor(() => ({ layer: activations.expandDims<tf.Tensor4D>(0) }));
    near(
      seen(tf.zeros([1, 5, 6, 3]))
        .gramMatrix('layer', guide)
        .dataSync(),
      weightedGram(activations.arraySync(), guide.arraySync()),
    );
  });

  it('do so through a head of vgg19-slim, too', () => {
    const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
    const layer = {
      kernel: tf.zeros<tf.Rank.R4>([3, 3, 1, 1]),
      bias: tf.zeros<tf.Rank.R1>([1]),
      head: random([4, 7], 1) as tf.Tensor2D,
      headBias: random([7], 2) as tf.Tensor1D,
    };
    const own = random([1, 5, 6, 4], 3) as tf.Tensor4D;
    const guide = guideOf(5, 6);
    const mapped = throughHead(own, layer).squeeze<tf.Tensor3D>([0]);
    near(gramThroughHead(own, layer, guide).dataSync(), weightedGram(mapped.arraySync(), guide.arraySync()));
  });

  it('divide by the area: the whole as a region is no region, and a region knows nothing of the rest', () => {
    const pixels = featureExtractor((picture) => ({ pixels: tf.square(picture) }));
    const [x, style] = [tinyPicture(8, 12, 1), tinyPicture(8, 12, 2)];
    const whole = () => tf.ones<tf.Rank.R2>([8, 12]);
    const left = () => tf.concat2d([tf.ones([8, 5]), tf.zeros([8, 7])], 1);
    const lossOf = (picture: tf.Tensor4D, region?: number) => {
      const terms = [styleTermRelative({ weight: 1, layers: { pixels: 1 }, region })];
      const targets = targetsOf(terms, 0, pixels)(style);
      return transferLoss(terms, pixels, targets, [whole, left])(picture).style?.dataSync() ?? [];
    };
    near(lossOf(x, 0), lossOf(x));
    near(lossOf(x, 1), lossOf(tf.slice4d(x, [0, 0, 0, 0], [1, 8, 5, 3])));
  });
});

describe('masks', () => {
  const size = { width: 4, height: 2 };
  const grey = (...levels: number[]): Picture => ({
    ...size,
    data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
  });
  const content = grey(0, 0, 0, 0, 0, 0, 0, 0);
  const half = grey(255, 255, 0, 0, 255, 51, 0, 0);

  it('are grey pictures, and the last style gets what they leave', async () => {
    const regions = await readRegions([half], 2, content);
    near(regions[0]?.(size).dataSync() ?? [], [1, 1, 0, 0, 1, 0.2, 0, 0]);
    near(regions[1]?.(size).dataSync() ?? [], [0, 0, 1, 1, 0, 0.8, 1, 1]);
    assert.equal((await readRegions([half], 1, content)).length, 1);
  });

  it('are refused where they do not fit the styles, or leave a style nothing', async () => {
    const [black, white] = [0, 255].map((level) => grey(...new Array<number>(8).fill(level))) as [
      Picture,
      Picture,
    ];
    const refusals: [Picture[], number, RegExp][] = [
      [
        [half],
        3,
        /^There are 1 masks for 3 style pictures\. Give one mask for each, or leave out the last\.$/,
      ],
      [[half, black], 2, /^Mask 2 is black everywhere, .* Paint its region white\.$/],
      [[white], 2, /^The masks leave nothing for the last style\. Paint a part of them black\.$/],
    ];
    for (const [masks, styles, message] of refusals) {
      await assert.rejects(readRegions(masks, styles, content), { name: 'UserError', message });
    }
  });

  it("need Gram matrices per position: not the chapter's sums", () => {
    const settings = readSettings({ content: 'a', style: ['b', 'c'], mask: 'm', preset: 'chapter' });
    assert.throws(() => problemFromSettings(settings), {
      message: 'Masks need Gram matrices per position. Use --measure shares, or leave --mask out.',
    });
  });

  it('paint each region by its own style, and resume with the same numbers', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-masks-'));
    const { content, style } = await tinyPictures(folder);
    const mask = path.join(folder, 'mask.png');
    const data = new Uint8Array(40 * 32 * 3).map((_, i) => (i % 120 < 60 ? 255 : 0));
    await saveImage({ width: 40, height: 32, data }, mask);
    const settings = readSettings({ content, style: [style, content], mask, height: 32, threads: 1 });
    const problem = await createProblem({ ...problemFromSettings(settings), openNetwork: openTinyVgg19 });
    assert.equal(problem.source.masks?.length, 1);
    const options: TransferOptions = { iterations: 2, evaluations: 3, restart: false, rounding: 'round' };

    const whole = transfer(problem, options);
    let from: Checkpoint | undefined;
    let names: string[] = [];
    const losses: number[] = [];
    for await (const event of whole) {
      if (event.type !== 'iteration') continue;
      from ??= structuredClone(await whole.checkpoint());
      names = Object.keys(event.terms);
      losses.push(event.loss);
    }
    assert.deepEqual(names, ['content', 'style 1', 'style 2', 'totalVariation', 'clipping']);
    const resumed: Transfer<LoopEvent> = transfer(problem, { ...options, from });
    for await (const event of resumed) if (event.type === 'iteration') assert.equal(event.loss, losses[1]);
    assert.deepEqual(await resumed.picture(), await whole.picture());
    await problem.dispose();
    await rm(folder, { recursive: true });
  });
});
