import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { ARCHITECTURES, convolutions, parameterShapes, styleLength } from '../src/fastStyle/architecture';
import { initialParameters, initialStyle } from '../src/fastStyle/initial';
import { instanceNorm } from '../src/fastStyle/instanceNorm';
import { loadFastStyle, saveFastStyle } from '../src/fastStyle/modelFile';
import { stylise } from '../src/fastStyle/network';
import { fromHalf, toHalf } from '../src/network/float16';

const TINY = { widths: [4, 6, 8], blocks: 1 } as const;

function random(shape: number[], seed: number): tf.Tensor {
  return tf.randomUniform(shape, -1, 1, 'float32', seed);
}

function tensorsOf(parameters: ReturnType<typeof initialParameters>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
  );
}

function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('the fast style network', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  it('has the sizes that the issue asks for', () => {
    const sizes = Object.values(ARCHITECTURES).map((architecture) =>
      Object.values(parameterShapes(architecture)).reduce(
        (sum, shape) => sum + shape.reduce((product, n) => product * n, 1),
        0,
      ),
    );
    assert.deepEqual(sizes, [343395, 86451]);
    assert.equal(styleLength(ARCHITECTURES.quality), 1344);
    assert.equal(convolutions(ARCHITECTURES.quality).length, 14);
  });

  it('gives pictures of the size that came in, odd ones too, the same compiled as eager', async () => {
    const parameters = initialParameters(TINY, 1);
    const style = tf.add(initialStyle(TINY), tf.mul(random([styleLength(TINY)], 2), 0.3));
    for (const [height, width] of [
      [5, 5],
      [16, 24],
      [13, 18],
      [11, 7],
    ]) {
      const x = tf.mul(tf.add(random([1, height, width, 3], 3), 1), 127.5);
      const run = (picture: tf.Tensor) =>
        stylise(TINY, tensorsOf(parameters), style.reshape([1, -1]), picture as tf.Tensor4D);
      const eager = run(x);
      assert.deepEqual(eager.shape, [1, height, width, 3]);
      const compiled = await compile(run, [1, height, width, 3]);
      const { data } = await compiled(x);
      await compiled.dispose();
      assert.ok(greatestDifference(data, eager.dataSync()) < 2e-3);
    }
  });

  it('paints each picture of a batch in its own style', () => {
    const parameters = tensorsOf(initialParameters(TINY, 1));
    const styles = tf.add<tf.Tensor2D>(initialStyle(TINY), tf.mul(random([2, styleLength(TINY)], 2), 0.3));
    const x = tf.mul<tf.Tensor4D>(tf.add(random([2, 12, 16, 3], 3), 1), 127.5);
    const together = tf.unstack(stylise(TINY, parameters, styles, x));
    const pictures = tf.split<tf.Tensor4D>(x, 2);
    tf.split<tf.Tensor2D>(styles, 2).forEach((style, i) => {
      const alone = stylise(TINY, parameters, style, pictures[i]);
      assert.ok(greatestDifference(alone.dataSync(), together[i].dataSync()) < 1e-3);
    });
  });
});

describe('instance norm', () => {
  const inputs = (batch: number) => [
    random([2, 5, 4, 3], 1),
    random([batch, 1, 1, 3], 2),
    random([batch, 1, 1, 3], 3),
  ];
  // As tfjs would do it op by op, with its own gradients.
  const plain = (...[x, scale, shift]: tf.Tensor[]) => {
    const { mean, variance } = tf.moments(x, [1, 2], true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
  };

  for (const batch of [1, 2]) {
    it(`has tfjs's values and gradients, with ${batch} style${batch > 1 ? 's' : ''} for two pictures`, () => {
      const dy = random([2, 5, 4, 3], 4);
      const own = (...args: tf.Tensor[]) =>
        instanceNorm(...(args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]), 1e-5);
      const [expected, came] = [plain, own].map((fn) => tf.valueAndGrads(fn)(inputs(batch), dy));
      assert.ok(greatestDifference(came.value.dataSync(), expected.value.dataSync()) < 1e-5);
      expected.grads.forEach((grad, i) => {
        assert.deepEqual(came.grads[i].shape, grad.shape);
        assert.ok(greatestDifference(came.grads[i].dataSync(), grad.dataSync()) < 1e-4, `gradient ${i}`);
      });
    });
  }
});

describe("a fast style network's file", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wheatfield-fast-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gives back what was saved, to float16', async () => {
    const file = path.join(folder, 'model.safetensors');
    const parameters = initialParameters(ARCHITECTURES.webcam, 1);
    const styles = { wave: initialStyle(ARCHITECTURES.webcam) };
    await saveFastStyle(file, { architecture: 'webcam', parameters, styles, metadata: { licence: 'MIT' } });
    const loaded = await loadFastStyle(file);
    assert.equal(loaded.architecture, 'webcam');
    assert.deepEqual(loaded.metadata, { licence: 'MIT' });
    assert.deepEqual(loaded.styles, styles);
    for (const [name, { shape, data }] of Object.entries(parameters)) {
      assert.deepEqual(loaded.parameters[name].shape, shape);
      assert.deepEqual(loaded.parameters[name].data, fromHalf(toHalf(data)));
    }
  });

  it('is refused where it is another file', async () => {
    const file = path.join(folder, 'other.safetensors');
    await writeFile(file, 'no network');
    await assert.rejects(loadFastStyle(file), /is not a whole safetensors file/);
    const slim = path.join(__dirname, '..', 'models', 'vgg19-slim.safetensors');
    await assert.rejects(loadFastStyle(slim), /is not a fast style network/);
  });
});

describe('float16', () => {
  it('keeps every one of its own numbers', () => {
    const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter(
      // Infinity stays, but NaN is one of many.
      (half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0,
    );
    assert.deepEqual(toHalf(fromHalf(all)), all);
  });

  it('rounds to the nearest, ties to even, as Python does', () => {
    // struct.unpack('H', struct.pack('e', x)) for each; it refuses those beyond the range.
    const numbers = [
      1 / 3,
      -2 / 3,
      65504,
      65519,
      65520,
      1e6,
      6e-8,
      2.9e-8,
      2 ** -25,
      3 * 2 ** -25,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      6.1e-5,
      0.1,
    ];
    const expected = [13653, 47445, 31743, 31743, 31744, 31744, 1, 0, 0, 2, 15360, 15362, 1023, 11878];
    assert.deepEqual([...toHalf(Float32Array.from(numbers))], expected);
    assert.ok(Number.isNaN(fromHalf(toHalf(Float32Array.of(NaN)))[0]));
  });
});
