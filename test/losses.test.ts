import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import {
  CHAPTER_WEIGHTS,
  type Features,
  type LossWeights,
  contentLoss,
  contentTargets,
  gramMatrix,
  lossAndGrads,
  styleLoss,
  styleTargets,
  totalVariationLoss,
  transferLoss,
} from '../src/losses';
import { features } from '../src/network/vgg19';
import { tinyPicture, tinyVgg19 } from './helpers/tinyVgg19';

interface Stored {
  shape: number[];
  data: number[];
}

interface Reference {
  combination: Stored;
  value: number;
  grad: Stored;
}

const reference = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/losses/losses.json'), 'utf8')) as {
  content: Reference & { base: Stored };
  gram: { x: Stored; value: Stored };
  style: Reference & { style: Stored };
  totalVariation: Reference;
};

function tensor<T extends tf.Tensor>({ data, shape }: Stored): T {
  return tf.tensor(data, shape) as T;
}

/** Closeness relative to the greatest element: what float32 can give. */
function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  Array.from(expected).forEach((value, i) => {
    const difference = Math.abs((actual[i] as number) - value);
    assert.ok(difference <= tolerance * scale, `element ${i}: expected ${value}, came ${actual[i]}`);
  });
}

describe('losses against PyTorch', () => {
  const cases: [string, (x: tf.Tensor) => tf.Scalar, Reference][] = [
    ['contentLoss', (x) => contentLoss(tensor(reference.content.base), x), reference.content],
    ['styleLoss', (x) => styleLoss(tensor(reference.style.style), x as tf.Tensor3D, 6, 9), reference.style],
    ['totalVariationLoss', (x) => totalVariationLoss(x as tf.Tensor4D), reference.totalVariation],
  ];
  for (const [name, loss, { combination, value, grad }] of cases) {
    it(`${name} and its gradient`, () => {
      const eager = tf.valueAndGrad(loss)(tensor(combination));
      close(eager.value.dataSync(), [value]);
      close(eager.grad.dataSync(), grad.data);
    });

    it(`${name} and its gradient, compiled`, async () => {
      const compiled = await compile(tf.valueAndGrad(loss), combination.shape);
      const result = await compiled(combination.data);
      close(result.value.data, [value]);
      close(result.grad.data, grad.data);
      await compiled.dispose();
    });
  }

  it('gramMatrix', () => {
    const gram = gramMatrix(tensor(reference.gram.x));
    assert.deepEqual(gram.shape, reference.gram.value.shape);
    close(gram.dataSync(), reference.gram.value.data);
  });

  it('totalVariationLoss of a flat picture is 0, and so is its gradient', () => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => totalVariationLoss(x as tf.Tensor4D))(
      tf.fill([1, 4, 5, 3], 7),
    );
    assert.equal(value.dataSync()[0], 0);
    assert.ok(grad.dataSync().every((x) => x === 0));
  });
});

describe('transferLoss', () => {
  const [height, width] = [32, 40];
  const shape = [1, height, width, 3];
  const model = tinyVgg19();
  const content = tinyPicture(height, width, 1);
  const style = tinyPicture(height, width, 2);
  const x = tinyPicture(height, width, 3);

  function chosen(weights: LossWeights): string[] {
    return [...new Set([...Object.keys(weights.content), ...Object.keys(weights.style)])];
  }

  function lossOf(weights: LossWeights, network: Features = features(model, chosen(weights))) {
    const targets = {
      content: contentTargets(network, weights)(content),
      style: styleTargets(network, weights)(style),
    };
    return transferLoss(network, targets, weights);
  }

  /** The loss as In [22] writes it: one variable, added to. */
  function chapterLoss(combination: tf.Tensor4D): number {
    const outputs = features(model, chosen(CHAPTER_WEIGHTS));
    const at = (picture: tf.Tensor4D, layer: string) =>
      (outputs(picture)[layer] as tf.Tensor4D).squeeze<tf.Tensor3D>([0]);
    let loss =
      0.025 *
      (contentLoss(at(content, 'block5_conv2'), at(combination, 'block5_conv2')).dataSync()[0] as number);
    const styleLayers = [1, 2, 3, 4, 5].map((i) => `block${i}_conv1`);
    for (const layer of styleLayers) {
      const sl = styleLoss(at(style, layer), at(combination, layer), height, width).dataSync()[0] as number;
      loss += (1.0 / styleLayers.length) * sl;
    }
    return loss + 1e-4 * (totalVariationLoss(combination).dataSync()[0] as number);
  }

  it("with the chapter's weights is the chapter's loss", () => {
    const { value, content, style, totalVariation } = lossAndGrads(lossOf(CHAPTER_WEIGHTS))(x);
    const parts = [content, style, totalVariation].map((part) => part.dataSync()[0] as number);
    close(value.dataSync(), [chapterLoss(x)]);
    close(value.dataSync(), [parts.reduce((a, b) => a + b)]);
    assert.ok(parts.every((part) => part > 0));
  });

  it('compiled is the same as eager, parts and gradient', async () => {
    const fn = lossAndGrads(lossOf(CHAPTER_WEIGHTS));
    const eager = fn(x);
    const compiled = await compile(fn, shape);
    const result = await compiled(x);
    for (const name of ['value', 'content', 'style', 'totalVariation', 'grad'] as const) {
      close(result[name].data, eager[name].dataSync(), 1e-5);
    }
    await compiled.dispose();
  });

  it('compiled computes the network forward and backward once, and no target', async () => {
    const compiled = await compile(lossAndGrads(lossOf(CHAPTER_WEIGHTS)), shape);
    // block1_conv1 to block5_conv2 are 14 convolutions.
    assert.equal(compiled.ops.Conv, 28);
    // One product for each style layer's Gram matrix, one for its gradient.
    assert.equal(compiled.ops.Gemm, 10);
    await compiled.dispose();
  });

  const none: LossWeights = { content: {}, style: {}, totalVariation: 0 };
  // A step is large enough to stand out from float32's rounding; on its way ReLUs and maxima change their minds, deep in the network
  // more than at its start, which is what the tolerances allow for.
  for (const [what, weights, tolerance] of [
    ['content', { ...none, content: CHAPTER_WEIGHTS.content }, 0.06],
    ['style', { ...none, style: CHAPTER_WEIGHTS.style }, 0.03],
    ['total variation', { ...none, totalVariation: 1e-4 }, 0.002],
    ['the whole loss', CHAPTER_WEIGHTS, 0.02],
  ] as const) {
    it(`has a gradient that agrees with finite differences in random directions: ${what}`, async () => {
      const compiled = await compile(lossAndGrads(lossOf(weights)), shape);
      const at = x.dataSync<'float32'>();
      const { grad } = await compiled(at);
      const step = 0.02;
      let [error, size] = [0, 0];
      for (let seed = 11; seed < 31; seed++) {
        const direction = tf.randomNormal(shape, 0, 1, 'float32', seed).dataSync<'float32'>();
        const moved = async (by: number) => {
          const parts = await compiled(at.map((xi, i) => xi + by * (direction[i] as number)));
          return ['content', 'style', 'totalVariation'].reduce(
            (sum, part) => sum + Number(parts[part as keyof typeof parts].data[0]),
            0,
          );
        };
        const difference = ((await moved(step)) - (await moved(-step))) / (2 * step);
        const slope = direction.reduce((sum, di, i) => sum + di * Number(grad.data[i]), 0);
        error += (difference - slope) ** 2;
        size += slope ** 2;
      }
      const relative = Math.sqrt(error / size);
      assert.ok(relative < tolerance, `root mean square error of the slopes: ${relative}`);
      await compiled.dispose();
    });
  }

  it('computes the targets once, before the loop', () => {
    let passes = 0;
    const network = features(model, chosen(CHAPTER_WEIGHTS));
    const counting: Features = (picture) => {
      passes++;
      return network(picture);
    };
    const loss = lossOf(CHAPTER_WEIGHTS, counting);
    assert.equal(passes, 2);
    loss(x);
    assert.equal(passes, 3);
  });

  it('weighs every layer by itself', () => {
    const parts = (weights: LossWeights): [number, number] => {
      const { content, style } = lossOf(weights)(x);
      return [content.dataSync()[0] as number, style.dataSync()[0] as number];
    };
    const one = parts({ content: { block1_conv2: 1 }, style: { block2_conv1: 1 }, totalVariation: 0 });
    const other = parts({ content: { block4_conv4: 1 }, style: { block3_conv1: 1 }, totalVariation: 0 });
    const both = parts({
      content: { block1_conv2: 2, block4_conv4: 3 },
      style: { block2_conv1: 0.5, block3_conv1: 0.25 },
      totalVariation: 0,
    });
    close(both, [2 * one[0] + 3 * other[0], 0.5 * one[1] + 0.25 * other[1]]);
  });

  it('does not compute a part that weighs 0: it is exactly 0', async () => {
    const onlyStyle = { content: { block5_conv2: 0 }, style: { block1_conv1: 1 }, totalVariation: 0 };
    const compiled = await compile(lossAndGrads(lossOf(onlyStyle)), shape);
    const { value, content, style, totalVariation } = await compiled(x);
    assert.deepEqual([content.data[0], totalVariation.data[0]], [0, 0]);
    assert.equal(value.data[0], style.data[0]);
    assert.equal(compiled.ops.Conv, 2);
    assert.ok(!('Sqrt' in compiled.ops), 'the power of the total variation');
    await compiled.dispose();

    const onlySmooth = { content: {}, style: {}, totalVariation: 1 };
    const smooth = lossAndGrads(
      transferLoss(() => assert.fail('no network'), { content: {}, style: {} }, onlySmooth),
    );
    close(smooth(x).value.dataSync(), totalVariationLoss(x).dataSync());
  });

  it('refuses weights that are all 0', () => {
    const nothing = { content: { block5_conv2: 0 }, style: {}, totalVariation: 0 };
    assert.throws(() => transferLoss(() => ({}), { content: {}, style: {} }, nothing), {
      name: 'UserError',
      message: /a weight above 0 .* but all are 0/,
    });
  });
});
