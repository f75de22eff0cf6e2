import assert from 'node:assert/strict';
import path from 'node:path';
import { inspect } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import type { FetchLossAndGrads } from '../src/evaluator';
import * as check from '../src/exercises';
import '../src/greeting';
import * as losses from '../src/losses/lossFunctions';
import { loadImage } from '../src/picture/image';
import * as pictures from '../src/picture/preprocess';

const PICTURE = path.join(__dirname, '..', 'img', 'bazille_ramparts_aigues-mortes_1867.png');
const SIZE = { height: 12, width: 20 };

async function right(run: () => Promise<check.Verdict>): Promise<void> {
  const { right, words } = await run();
  assert.ok(right, words);
}

/** Each wrong answer, and what its verdict has to say. */
async function wrong<Answer>(
  run: (answer: Answer) => Promise<check.Verdict>,
  answers: [answer: Answer, words: RegExp][],
): Promise<void> {
  assert.ok(answers.length >= 3);
  for (const [answer, words] of answers) {
    const verdict = await run(answer);
    assert.equal(verdict.right, false, String(words));
    assert.match(verdict.words, /^not yet\. .*\.$/s);
    assert.match(verdict.words, words);
  }
}

describe('the checks of the exercises', () => {
  before(() => tf.setBackend('cpu'));

  describe('preprocessImage', () => {
    const means = pictures.IMAGENET_MEANS_BGR;
    const run = (answer: (file: string) => unknown) => check.preprocess(answer, PICTURE, SIZE);
    const rgb = async () => {
      const { data } = await loadImage(PICTURE, { size: SIZE });
      return tf.tensor4d(Float32Array.from(data), [1, SIZE.height, SIZE.width, 3]);
    };

    it('right', () =>
      right(() => run(async (file) => pictures.preprocess(await loadImage(file, { size: SIZE })))));

    it('wrong', () =>
      wrong(run, [
        [async () => (await rgb()).sub([...means].reverse()), /order red, green, blue \(RGB\)/],
        [async () => (await rgb()).sub([...means]), /means are right, but the channels .* RGB/],
        [async () => (await rgb()).reverse(3).sub([...means].reverse()), /Blue gets the mean of red/],
        [async () => (await rgb()).reverse(3), /means are not subtracted/],
        [rgb, /values of the file, unchanged/],
        [async () => (await rgb()).reverse(3).add([...means]), /means are added\. Subtract them/],
        [async () => (await rgb()).reverse(3).div(255), /divided by 255, and the means are not/],
        [async () => (await rgb()).reverse(2).sub([...means]), /mirrored left to right/],
        [async () => (await rgb()).reverse(1).sub([...means]), /upside down/],
        [
          async () =>
            (await rgb())
              .reverse(3)
              .sub([...means])
              .squeeze([0]),
          /shape is \[12, 20, 3\], but it should be \[1, 12, 20, 3\]\. The first axis, the batch/,
        ],
        [
          async () =>
            (await rgb())
              .reverse(3)
              .sub([...means])
              .transpose([0, 2, 1, 3]),
          /Axes are swapped/,
        ],
        [
          async () =>
            (await rgb())
              .reverse(3)
              .sub([...means])
              .mul(2),
          /Every value is 2 times/,
        ],
        [
          async () =>
            (await rgb())
              .reverse(3)
              .sub([...means])
              .add(7),
          /Every value is 7 too large/,
        ],
        [() => undefined, /returns nothing: a return is missing/],
        [() => [1, 2, 3], /returns an array\. Return a tensor/],
      ]));
  });

  describe('deprocessImage', () => {
    const run = (answer: (x: Float64Array) => unknown) => check.deprocess(answer, SIZE);
    const each =
      (rule: (bgr: readonly number[]) => number[], Levels = Uint8ClampedArray as ArrayLikeOf) =>
      (x: Float64Array) => {
        const data = new Levels(x.length);
        for (let i = 0; i < x.length; i += 3) data.set(rule([x[i], x[i + 1], x[i + 2]]), i);
        return { ...SIZE, data };
      };
    const [blue, green, red] = pictures.IMAGENET_MEANS_BGR;

    it('right, rounded or cut off', async () => {
      await right(() => run((x) => pictures.deprocess({ data: x, ...SIZE })));
      await right(() => run((x) => pictures.deprocess({ data: x, ...SIZE }, 'truncate')));
    });

    it('wrong', () =>
      wrong(run, [
        [each(([b, g, r]) => [r, g, b]), /means are not added back/],
        [each(([b, g, r]) => [b + blue, g + green, r + red]), /still in the order BGR/],
        [each(([b, g, r]) => [r + blue, g + green, b + red]), /Red gets the mean of blue/],
        [each(([b, g, r]) => [r - red, g - green, b - blue]), /subtracted once more/],
        [each(([b, g, r]) => [r + red, g + green, b + blue], Uint8Array), /wrap around/],
        [each(([b, g, r]) => [r + red, g + green, b + blue], Float64Array), /below 0 or above 255\. Clip/],
        [(x) => ({ ...pictures.deprocess({ data: x, ...SIZE }), height: 20, width: 12 }), /swapped/],
        [(x) => ({ ...SIZE, data: x.slice(3) }), /has 717 values, but 20 x 12 pixels need 720/],
        [(x) => pictures.deprocess({ data: x, ...SIZE }).data, /returns an array\. Return a picture/],
      ]));
  });

  describe('contentLoss', () => {
    type Answer = Parameters<typeof check.contentLoss>[0];

    it('right', () => right(() => check.contentLoss(losses.contentLoss)));

    it('wrong', () =>
      wrong<Answer>(check.contentLoss, [
        [(a, b) => b.sub(a).square().mean(), /mean of the squared differences\. Take their sum/],
        [(a, b) => b.sub(a).sum(), /cancel out\. Square them/],
        [(a, b) => b.sub(a).abs().sum(), /absolute differences/],
        [(a, b) => b.sub(a).square().sum().sqrt(), /square root/],
        [(a, b) => b.sub(a).square().sum().div(2), /half of the right answer/],
        [(a, b) => b.sub(a).square().sum().neg(), /sign is wrong/],
        [(a, b) => b.square().sub(a.square()).sum(), /one by one/],
        [(a, b) => b.sub(a).square(), /not added up yet/],
        [(a, b) => b.sub(a).square().sum(3), /shape is \[1, 3, 4\], but it should be \[\]/],
        [(a) => a.sub(a).square().sum(), /Every value is 0.*not one of them twice/],
        [(a, b) => b.sub(a).square().sum().mul(3), /3 times as much/],
        [(a, b) => b.sub(a).square().sum().dataSync()[0], /returns a number/],
        [async (a, b) => Promise.resolve(b.sub(a).square().sum()), /returns a promise: take out async/],
        [(a, b) => b.sub(a).div(0).square().sum(), /is (Infinity|NaN)\. Look for a division by 0/],
        [
          () => {
            throw check.notWritten('contentLoss');
          },
          /^not yet\. contentLoss is not written yet\. Replace the line/,
        ],
        [(a) => a.matMul(tf.zeros([7, 7])), /stops with an error: .* Print the shape/],
      ]));
  });

  describe('gramMatrix', () => {
    type Answer = Parameters<typeof check.gramMatrix>[0];
    const flat = (x: tf.Tensor4D) => x.transpose([0, 3, 1, 2]).reshape<tf.Tensor2D>([5, 12]);
    const gram = (x: tf.Tensor4D) => flat(x).matMul(flat(x), false, true);

    it('right', () => right(() => check.gramMatrix(gram)));

    it('wrong', () =>
      wrong<Answer>(check.gramMatrix, [
        [(x) => flat(x).matMul(flat(x), true, false), /transposed: it compares positions/],
        [
          (x) => x.reshape([5, 12]).matMul(x.reshape([5, 12]), false, true),
          /mixed up: reshape does not move axes/,
        ],
        [(x) => gram(x).div(12), /divided by the number of positions\./],
        [(x) => gram(x).div(60), /positions and channels/],
        [(x) => gram(x).neg(), /sign is wrong/],
        [(x) => gram(x).mul(3), /Every value is 3 times/],
        [(x) => flat(x).sub(flat(x).mean(1, true)).matMul(flat(x), false, true), /covariance/],
        [(x) => flat(x).square(), /not yet multiplied with one another/],
        [flat, /before they are multiplied/],
        [(x) => gram(x).expandDims(0), /batch axis is still there/],
        [(x) => gram(x).add(tf.eye(5)), /off by [\d.]+ % on average\. The worst is at \[\d, \d\]/],
        [(x) => flat(x).matMul(flat(x)), /inner shapes.*Print the shape/i],
      ]));
  });

  describe('styleLoss', () => {
    const run = (answer: (a: tf.Tensor4D, b: tf.Tensor4D) => unknown) => check.styleLoss(answer, SIZE);
    const size = SIZE.height * SIZE.width;
    const gram = (x: tf.Tensor4D) => losses.gramMatrix(x.squeeze([0]));
    const apart = (a: tf.Tensor4D, b: tf.Tensor4D) => gram(a).sub(gram(b));

    it('right', () =>
      right(() =>
        run((a, b) =>
          apart(a, b)
            .square()
            .sum()
            .div(36 * size ** 2),
        ),
      ));

    it('wrong', () =>
      wrong(run, [
        [(a, b) => apart(a, b).square().sum(), /division is missing: normalise/],
        [
          (a, b) =>
            a
              .sub(b)
              .square()
              .sum()
              .div(36 * size ** 2),
          /Gram matrices are missing/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(36 * size),
          /size is not squared/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(12 * size ** 2),
          /channels are not squared/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(9 * size ** 2),
          /factor 4 is missing/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(4 * 25 * size ** 2),
          /channels of the layer/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(36 * 12 ** 2),
          /size of the layer/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .mean()
              .div(36 * size ** 2),
          /mean of the squared differences/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .sum()
              .div(-36 * size ** 2),
          /sign is wrong/,
        ],
        [
          (a, b) =>
            apart(a, b)
              .square()
              .div(36 * size ** 2),
          /not added up yet/,
        ],
      ]));
  });

  describe('totalVariationLoss', () => {
    const run = (answer: (x: tf.Tensor4D) => unknown) => check.totalVariation(answer, SIZE);
    const parts = (x: tf.Tensor4D) => {
      const size: [number, number, number, number] = [1, SIZE.height - 1, SIZE.width - 1, 3];
      const corner = x.slice([0, 0, 0, 0], size);
      return {
        below: corner.sub(x.slice([0, 1, 0, 0], size)),
        beside: corner.sub(x.slice([0, 0, 1, 0], size)),
      };
    };
    const squares = (x: tf.Tensor4D) => parts(x).below.square().add(parts(x).beside.square());

    it('right', () => right(() => run(losses.totalVariationLoss)));

    it('wrong', () =>
      wrong(run, [
        [(x) => squares(x).sum(), /power is missing/],
        [(x) => squares(x).sqrt().sum(), /square root/],
        [(x) => squares(x).pow(1.25).mean(), /mean over the pixels\. Take the sum/],
        [(x) => squares(x).sum().pow(1.25), /power is taken of the sum/],
        [(x) => parts(x).below.square().pow(1.25).sum(), /Only the differences to the pixel below/],
        [(x) => parts(x).beside.square().pow(1.25).sum(), /Only the differences to the pixel on the right/],
        [(x) => parts(x).below.abs().add(parts(x).beside.abs()).pow(1.25).sum(), /absolute differences/],
        [(x) => squares(x).pow(1.25), /Nothing is added up yet/],
        [(x) => squares(x).pow(1.25).sum().neg(), /sign is wrong/],
        [(x) => parts(x).below.pow(1.25).sum(), /is NaN\. .*power of a negative number/],
      ]));
  });

  describe('convolution', () => {
    type Answer = Parameters<typeof check.convolution>[0];

    it('right', () => right(() => check.convolution((x, k, b) => x.conv2d(k, 1, 'same').add(b).relu())));

    it('wrong', () =>
      wrong<Answer>(check.convolution, [
        [(x, k, b) => x.conv2d(k, 1, 'same').add(b), /ReLU is missing/],
        [(x, k) => x.conv2d(k, 1, 'same').relu(), /bias is missing/],
        [(x, k, b) => x.conv2d(k, 1, 'same').relu().add(b), /ReLU comes before the bias/],
        [(x, k, b) => x.conv2d(k, 1, 'valid').add(b).relu(), /smaller than the picture/],
        [(x, k, b) => x.conv2d(k, 2, 'same').add(b).relu(), /half the size: the stride is 2/],
        [
          (x, k, b) =>
            x
              .conv2d(k.reverse([0, 1]), 1, 'same')
              .add(b)
              .relu(),
          /turned by 180 degrees/,
        ],
        [(x, k, b) => x.conv2d(k, 1, 'same').sub(b).relu(), /bias is subtracted/],
      ]));
  });

  describe('gradientStep', () => {
    type Answer = Parameters<typeof check.gradientStep>[0];

    it('right', () =>
      right(() => check.gradientStep((x, g, step) => x.map((value, i) => value - step * g[i]))));

    it('wrong', () =>
      wrong<Answer>(check.gradientStep, [
        [(x, g, step) => x.map((value, i) => value + step * g[i]), /sign is wrong: this goes uphill/],
        [(x, g) => x.map((value, i) => value - g[i]), /step size is missing/],
        [(_, g, step) => g.map((slope) => step * slope), /only the step\. Subtract it from x/],
        [(x, g, step) => x.map((value, i) => value - g[i] / step), /divided by the step size/],
        [(x, _, step) => x.map((value) => value - step * value), /gradient is missing/],
        [(x) => x, /x, unchanged/],
        [
          (x, g, step) => {
            for (let i = 0; i < x.length; i++) x[i] -= step * g[i];
            return x;
          },
          /changes the x that it is given/,
        ],
        [(x, g, step) => x[0] - step * g[0], /returns a number/],
        [(x) => x.slice(1), /It has 4 numbers, but x has 5/],
      ]));
  });

  describe('Evaluator', () => {
    /** The right one; others differ in a method. */
    class Evaluator {
      kept: Float64Array | undefined;
      constructor(readonly fetch: FetchLossAndGrads) {}
      async loss(x: Float64Array): Promise<unknown> {
        const { value, grad } = await this.fetch(x);
        this.kept = Float64Array.from(grad.data);
        return value.data[0];
      }
      grads(x: Float64Array): unknown {
        if (!this.kept) throw new Error(`no gradient at ${x.join()}`);
        return this.kept;
      }
    }
    type Answer = Parameters<typeof check.evaluator>[0];

    it('right', () => right(() => check.evaluator(Evaluator)));

    it('wrong', () =>
      wrong<Answer>(check.evaluator, [
        [
          class extends Evaluator {
            override grads() {
              return this.kept;
            }
          },
          /grads\(x\) returns nothing before the first loss\(x\)/,
        ],
        [
          class extends Evaluator {
            override async grads(x: Float64Array) {
              super.grads(x);
              return Float64Array.from((await this.fetch(x)).grad.data);
            }
          },
          /take 2 passes through the network\. One is enough/,
        ],
        [
          class extends Evaluator {
            override grads(x: Float64Array) {
              return Float32Array.from(super.grads(x) as Float64Array);
            }
          },
          /not a Float64Array/,
        ],
        [
          class extends Evaluator {
            override async loss(x: Float64Array) {
              await super.loss(x);
              return (await this.fetch(x)).value;
            }
          },
          /loss\(x\) does not return a number/,
        ],
        [
          class extends Evaluator {
            override async loss(x: Float64Array) {
              const earlier = this.kept;
              const value = await super.loss(x);
              this.kept = earlier ?? this.kept;
              return value;
            }
          },
          /Keep the gradient anew at each loss/,
        ],
        [
          class extends Evaluator {
            override grads(x: Float64Array) {
              return (super.grads(x) as Float64Array).map((value) => -value);
            }
          },
          /sign of the gradient is wrong/,
        ],
        [
          class extends Evaluator {
            override async loss(x: Float64Array) {
              return -((await super.loss(x)) as number);
            }
          },
          /sign of the loss is wrong/,
        ],
      ]));

    it('gives out a gradient that stays as it is', async () => {
      class Shared extends Evaluator {
        static readonly memory = new Float64Array(3);
        override grads(x: Float64Array) {
          Shared.memory.set(super.grads(x) as Float64Array);
          return Shared.memory;
        }
      }
      const { words } = await check.evaluator(Shared);
      assert.match(words, /gradient that you gave out changes with the next pass\. Copy it/);
    });
  });

  it('are printed as sentences', async () => {
    assert.equal(inspect(await check.contentLoss(losses.contentLoss)), 'contentLoss: right.');
  });

  it('leave no tensors behind', async () => {
    const { numTensors } = tf.memory();
    await check.contentLoss(losses.contentLoss);
    await check.gramMatrix((x) => x);
    await check.convolution((x, k, b) => x.conv2d(k, 1, 'same').add(b).relu());
    assert.equal(tf.memory().numTensors, numTensors);
  });
});

type ArrayLikeOf = new (length: number) => { set(values: number[], at: number): void };
