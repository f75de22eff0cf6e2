import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { type FeatureExtractor, featureExtractor } from '../src/losses/features';
import {
  clippingLoss,
  contentLoss,
  gramLossPerPosition,
  gramMatrix,
  gramMatrixPerPosition,
  relativeDistance,
  squaredVariation,
  styleLoss,
  totalVariationLoss,
} from '../src/losses/lossFunctions';
import {
  CHAPTER_TERMS,
  type LossTerm,
  contentTerm,
  layersOf,
  styleTerm,
  styleTermPerPosition,
  totalVariationTerm,
} from '../src/losses/terms';
import { lossAndGrads, targetsOf, transferLoss } from '../src/losses/transferLoss';
import { octavesOf } from '../src/losses/octaves';
import { features } from '../src/network/vgg19';
import { lossTerms } from '../src/problem/fromSettings';
import { readSettings } from '../src/settings';
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
  relative: Reference & { base: Stored };
  squaredVariation: Reference;
  clipping: Reference;
  half: { x: Stored; value: Stored };
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
    const difference = Math.abs(actual[i] - value);
    assert.ok(difference <= tolerance * scale, `element ${i}: expected ${value}, came ${actual[i]}`);
  });
}

describe('losses against PyTorch', () => {
  const cases: [string, (x: tf.Tensor) => tf.Scalar, Reference][] = [
    ['contentLoss', (x) => contentLoss(tensor(reference.content.base), x), reference.content],
    ['styleLoss', (x) => styleLoss(tensor(reference.style.style), x as tf.Tensor3D, 6, 9), reference.style],
    ['totalVariationLoss', (x) => totalVariationLoss(x as tf.Tensor4D), reference.totalVariation],
    ['relativeDistance', (x) => relativeDistance(tensor(reference.relative.base), x), reference.relative],
    ['squaredVariation', (x) => squaredVariation(x as tf.Tensor4D), reference.squaredVariation],
    ['clippingLoss', (x) => clippingLoss(x as tf.Tensor4D), reference.clipping],
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

  it('a picture at half size, as the network sees it', () => {
    const pixels = featureExtractor((picture) => ({ pixels: picture }));
    const { half } = reference;
    close(octavesOf(pixels, tensor(half.x))(1).activations('pixels').dataSync(), half.value.data);
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

  const networkFor = (terms: readonly LossTerm[]) => featureExtractor(features(model, layersOf(terms)));

  function lossOf(terms: readonly LossTerm[], network: FeatureExtractor = networkFor(terms)) {
    const targets = {
      ...targetsOf(terms, 'content', network)(content),
      ...targetsOf(terms, 0, network)(style),
    };
    return transferLoss(terms, network, targets);
  }

  const painter = lossTerms(
    // At a quarter of this size the deepest layer would see nothing.
    readSettings({ content: 'a', style: 'b', styleLayers: 'block1_conv1,block4_conv1,block3_conv1/2' }),
  );

  /** The loss as In [22] writes it: one variable, added to. */
  function chapterLoss(combination: tf.Tensor4D): number {
    const outputs = features(model, layersOf(CHAPTER_TERMS));
    const at = (picture: tf.Tensor4D, layer: string) => outputs(picture)[layer].squeeze<tf.Tensor3D>([0]);
    let loss =
      0.025 * contentLoss(at(content, 'block5_conv2'), at(combination, 'block5_conv2')).dataSync()[0];
    const styleLayers = [1, 2, 3, 4, 5].map((i) => `block${i}_conv1`);
    for (const layer of styleLayers) {
      const sl = styleLoss(at(style, layer), at(combination, layer), height, width).dataSync()[0];
      loss += (1.0 / styleLayers.length) * sl;
    }
    return loss + 1e-4 * totalVariationLoss(combination).dataSync()[0];
  }

  it("with the chapter's terms is the chapter's loss", () => {
    const { value, terms } = lossAndGrads(lossOf(CHAPTER_TERMS))(x);
    assert.deepEqual(Object.keys(terms), ['content', 'style', 'totalVariation']);
    const parts = Object.values(terms).map((term) => term.dataSync()[0]);
    close(value.dataSync(), [chapterLoss(x)]);
    close(value.dataSync(), [parts.reduce((a, b) => a + b)]);
    assert.ok(parts.every((part) => part > 0));
  });

  it('compiled is the same as eager, parts and gradient', async () => {
    const fn = lossAndGrads(lossOf(CHAPTER_TERMS));
    const eager = fn(x);
    const compiled = await compile(fn, shape);
    const result = await compiled(x);
    for (const name of ['value', 'grad'] as const) close(result[name].data, eager[name].dataSync(), 1e-5);
    for (const [name, term] of Object.entries(eager.terms)) {
      close(result.terms[name]?.data ?? [], term.dataSync(), 1e-5);
    }
    await compiled.dispose();
  });

  it('compiled computes the network forward and backward once, and no target', async () => {
    const compiled = await compile(lossAndGrads(lossOf(CHAPTER_TERMS)), shape);
    // block1_conv1 to block5_conv2 are 14 convolutions.
    assert.equal(compiled.ops.Conv, 28);
    // One product for each style layer's Gram matrix, one for its gradient.
    assert.equal(compiled.ops.Gemm, 10);
    await compiled.dispose();
  });

  // A step is large enough to stand out from float32's rounding; on its way ReLUs and maxima change their minds, deep in the network
  // more than at its start, which is what the tolerances allow for.
  const [contentAlone, styleAlone, smoothAlone] = CHAPTER_TERMS.map((term) => [term]);
  for (const [what, terms, tolerance] of [
    ['content', contentAlone, 0.06],
    ['style', styleAlone, 0.03],
    ['style per position', [stylePerPosition()], 0.03],
    ["the painter's content", painter.slice(0, 1), 0.06],
    ["the painter's style", painter.slice(1, 2), 0.03],
    ["the painter's whole loss", painter, 0.03],
    ['total variation', smoothAlone, 0.002],
    ['the whole loss', CHAPTER_TERMS, 0.02],
  ] as const) {
    it(`has a gradient that agrees with finite differences in random directions: ${what}`, async () => {
      const compiled = await compile(lossAndGrads(lossOf(terms ?? [])), shape);
      const at = x.dataSync<'float32'>();
      const { grad } = await compiled(at);
      const step = 0.02;
      let [error, size] = [0, 0];
      for (let seed = 11; seed < 31; seed++) {
        const direction = tf.randomNormal(shape, 0, 1, 'float32', seed).dataSync<'float32'>();
        const moved = async (by: number) => {
          const result = await compiled(at.map((xi, i) => xi + by * direction[i]));
          return Object.values(result.terms).reduce((sum, term) => sum + Number(term.data[0]), 0);
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
    const network = networkFor(CHAPTER_TERMS);
    const counting: FeatureExtractor = (picture) => {
      passes++;
      return network(picture);
    };
    const loss = lossOf(CHAPTER_TERMS, counting);
    assert.equal(passes, 2);
    loss(x);
    assert.equal(passes, 3);
  });

  it('weighs every layer by itself', () => {
    const values = (...terms: LossTerm[]) =>
      Object.values(lossOf(terms)(x)).map((term) => term.dataSync()[0]) as [number, number];
    const of = (contentLayers: Record<string, number>, styleLayers: Record<string, number>) =>
      values(
        contentTerm({ weight: 1, layers: contentLayers }),
        styleTerm({ weight: 0.5, layers: styleLayers }),
      );
    const one = of({ block1_conv2: 1 }, { block2_conv1: 1 });
    const other = of({ block4_conv4: 1 }, { block3_conv1: 1 });
    const both = of({ block1_conv2: 2, block4_conv4: 3 }, { block2_conv1: 0.5, block3_conv1: 0.25 });
    close(both, [2 * one[0] + 3 * other[0], 0.5 * one[1] + 0.25 * other[1]]);
  });

  it('adds up any terms, several styles included, each by its own name', () => {
    const layers = { block2_conv1: 1 };
    const terms = [
      styleTerm({ name: 'first style', weight: 2, layers, style: 0 }),
      styleTerm({ name: 'second style', weight: 3, layers, style: 1 }),
      totalVariationTerm({ weight: 1 }),
    ];
    const network = networkFor(terms);
    const targets = { ...targetsOf(terms, 0, network)(style), ...targetsOf(terms, 1, network)(content) };
    const values = transferLoss(terms, network, targets)(x);
    const alone = (picture: tf.Tensor4D) =>
      styleLoss(
        network(picture).activations('block2_conv1'),
        network(x).activations('block2_conv1'),
        height,
        width,
      );
    close(values['first style']?.dataSync() ?? [], [2 * alone(style).dataSync()[0]]);
    close(values['second style']?.dataSync() ?? [], [3 * alone(content).dataSync()[0]]);
    close(values.totalVariation?.dataSync() ?? [], totalVariationLoss(x).dataSync());
  });

  it('does not compute a term that weighs 0: it is exactly 0', async () => {
    const onlyStyle = [
      contentTerm({ weight: 1, layers: { block5_conv2: 0 } }),
      styleTerm({ weight: 1, layers: { block1_conv1: 1 } }),
      totalVariationTerm({ weight: 0 }),
    ];
    const compiled = await compile(lossAndGrads(lossOf(onlyStyle)), shape);
    const { value, terms } = await compiled(x);
    assert.deepEqual([terms.content?.data[0], terms.totalVariation?.data[0]], [0, 0]);
    assert.equal(value.data[0], terms.style?.data[0]);
    assert.equal(compiled.ops.Conv, 2);
    assert.ok(!('Sqrt' in compiled.ops), 'the power of the total variation');
    await compiled.dispose();

    const noNetwork = () => assert.fail('no network');
    const onlySmooth = [
      contentTerm({ weight: 0, layers: { block5_conv2: 1 } }),
      totalVariationTerm({ weight: 1 }),
    ];
    close(
      lossAndGrads(transferLoss(onlySmooth, noNetwork, {}))(x).value.dataSync(),
      totalVariationLoss(x).dataSync(),
    );
  });

  it('compares a layer at the size that its name says', () => {
    const half = (picture: tf.Tensor4D) => tf.avgPool(picture, 2, 2, 'valid');
    const term = (layer: string) => [contentTerm({ weight: 1, layers: { [layer]: 1 } })];
    const network = networkFor(term('block3_conv1'));
    const at = (layer: string, of: (picture: tf.Tensor4D) => tf.Tensor4D) =>
      transferLoss(term(layer), network, targetsOf(term(layer), 'content', network)(of(content)))(of(x));
    close(
      at('block3_conv1/4', (picture) => picture).content?.dataSync() ?? [],
      at('block3_conv1', (picture) => half(half(picture))).content?.dataSync() ?? [],
    );
  });

  it('refuses weights that are all 0, and two terms of one name', () => {
    const nothing = [
      contentTerm({ weight: 1, layers: { block5_conv2: 0 } }),
      totalVariationTerm({ weight: 0 }),
    ];
    const twice = [totalVariationTerm({ weight: 1 }), totalVariationTerm({ weight: 2 })];
    const none = () => assert.fail('no network');
    assert.throws(() => transferLoss(nothing, none, {}), {
      name: 'UserError',
      message: /^Every weight is 0, so there is nothing to minimise\./,
    });
    assert.throws(() => transferLoss(twice, none, {}), {
      name: 'UserError',
      message: /^Two terms of the loss are called 'totalVariation'\./,
    });
  });
});

function stylePerPosition(): LossTerm {
  const layers = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`block${i}_conv1`, 1 / 5]));
  return styleTermPerPosition({ weight: 1e6, layers });
}

describe('style per position', () => {
  it("is Gatys's: the chapter's sums, divided by positions and by the layer's channels", () => {
    const random = (seed: number) => tf.randomNormal<tf.Rank.R3>([7, 9, 4], 0, 3, 'float32', seed);
    const [S, C] = [random(5), random(6)];
    // Equation 4 of Gatys, Ecker and Bethge 2015: N channels, M positions.
    const [N, M] = [4, 63];
    const [G, A] = [gramMatrix(C).arraySync(), gramMatrix(S).arraySync()];
    const sum = G.flat().reduce((total, g, i) => total + (g - A.flat()[i]) ** 2, 0);
    const [perS, perC] = [S, C].map((x) => gramMatrixPerPosition(gramMatrix(x), 7, 9)) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    close(gramLossPerPosition(perS, perC).dataSync(), [sum / (4 * N ** 2 * M ** 2)]);
  });

  it('is 0 for a style picture that repeats the combination image, whatever its size', () => {
    const x = tinyPicture(32, 40, 3);
    const twice = tf.concat([x, x], 2);
    // Apart from the borders, which the network pads with zeros: so a layer whose windows are single pixels.
    const pointwise = featureExtractor((picture) => ({ pixels: tf.square(picture) }));
    for (const term of [styleTermPerPosition, styleTerm]) {
      const terms = [term({ weight: 1, layers: { pixels: 1 } })];
      const loss = transferLoss(terms, pointwise, targetsOf(terms, 0, pointwise)(twice));
      const [value] = loss(x).style?.dataSync() as Float32Array;
      const itself = transferLoss(terms, pointwise, { style: [tf.zeros([3, 3])] })(x).style?.dataSync()[0];
      const share = value / itself;
      assert.ok(term === styleTerm ? Math.abs(share - 1) < 1e-5 : share < 1e-9, `${share}`);
    }
  });
});

describe('totalVariationLoss of a batch', () => {
  it('is the sum over its pictures', () => {
    const pictures = [1, 2].map((seed) => tinyPicture(6, 9, seed));
    const [first, second] = pictures.map((x) => totalVariationLoss(x).dataSync()[0]) as [number, number];
    close(totalVariationLoss(tf.concat(pictures, 0)).dataSync(), [first + second]);
  });
});
