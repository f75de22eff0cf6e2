/** What L-BFGS moves in place of pixels: values, gradient and inverse, on small odd sizes. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import type { Size } from '../src/picture/image';
import { IMAGENET_MEANS_BGR } from '../src/picture/preprocess';
import { pyramid } from '../src/variables/pyramid';
import { REACH, squash, unsquash } from '../src/variables/squash';
import { halfOf, upsample } from '../src/variables/upsample';

const SIZES: Size[] = [
  { height: 2, width: 2 },
  { height: 2, width: 9 },
  { height: 7, width: 5 },
  { height: 33, width: 47 },
];

/** The same numbers for the same seed, standard normal. */
function normal(length: number, seed: number): Float32Array {
  return tf.randomNormal([length], 0, 1, 'float32', seed).dataSync<'float32'>();
}

/** Random whole levels in VGG19's form [height, width, 3], with black and white among them. */
function displayablePicture({ height, width }: Size, seed: number): Float32Array {
  const levels = tf.randomUniform([height * width * 3], -20, 275, 'float32', seed).dataSync<'float32'>();
  return levels.map((level, i) => Math.round(Math.min(255, Math.max(0, level))) - mean(i));
}

function mean(i: number): number {
  return IMAGENET_MEANS_BGR[i % 3];
}

function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, ai, i) => Math.max(most, Math.abs(ai - b[i])), 0);
}

describe('Upsampling', () => {
  /** [1 3 3 1] / 4 along one axis. */
  function doubled(values: number[], size: number): number[] {
    const pairs = values.slice(0, -1).map((value, i) => [value, values[i + 1]] as const);
    return pairs.flatMap(([a, b]) => [(3 * a + b) / 4, (a + 3 * b) / 4]).slice(0, size);
  }

  it('weighs two neighbours 3 to 1 along each axis', () => {
    for (const { height, width } of SIZES) {
      const [rows, columns] = [halfOf(height), halfOf(width)];
      const x = tf.tensor3d(normal(2 * rows * columns, 3), [2, rows, columns]);
      const expected = x.arraySync().map((plane) => {
        const wide = plane.map((row) => doubled(row, width));
        const tall = Array.from({ length: width }, (_, j) =>
          doubled(
            wide.map((row) => row[j]),
            height,
          ),
        );
        return Array.from({ length: height }, (_, i) => tall.map((column) => column[i]));
      });
      const y = upsample(x, height, width);
      assert.deepEqual(y.shape, [2, height, width]);
      assert.ok(greatestDifference(y.dataSync(), expected.flat(2)) < 1e-6);
    }
  });

  it('keeps what is constant, up to the borders', () => {
    for (const { height, width } of SIZES) {
      const y = upsample(tf.fill([3, halfOf(height), halfOf(width)], 5), height, width);
      assert.ok(greatestDifference(y.dataSync(), new Float32Array(3 * height * width).fill(5)) < 1e-5);
    }
  });
});

describe('Squash', () => {
  it('gives a displayable level for any number, in the same order', () => {
    const u = [-1e6, -1000, -200, -128, -60, 0, 1, 127, 300, 1e6];
    const levels = Array.from(squash(tf.tensor1d(u)).dataSync());
    assert.ok(levels.every((level) => Math.abs(level) <= REACH));
    levels.slice(1).forEach((level, i) => assert.ok(level >= levels[i], String(u[i])));
  });

  it('has its inverse at every level of a picture', () => {
    const levels = Array.from({ length: 256 }, (_, level) => level - 127.5);
    assert.ok(greatestDifference(squash(tf.tensor1d(levels.map(unsquash))).dataSync(), levels) < 1e-4);
  });

  it('moves dark levels nearly as far as others, so that none stay behind as speckles', () => {
    const slope = tf.grad((u) => squash(u));
    const at = (level: number) => slope(tf.scalar(unsquash(level - 127.5))).dataSync()[0];
    assert.ok(at(128) > 0.99);
    assert.ok(at(10) > 0.95);
    assert.ok(at(3) > 0.7);
    assert.ok(at(0) > 0.05);
  });
});

describe('The pyramid of variables', () => {
  it('makes a picture of the variables that were made from it', async () => {
    for (const size of SIZES) {
      const x = displayablePicture(size, 5);
      const variables = pyramid(size);
      const z = variables.from(x);
      assert.equal(z.length, variables.length);
      const compiled = await compile(
        (input: tf.Tensor) => variables.picture(input as tf.Tensor1D),
        [variables.length],
      );
      const { data, shape } = await compiled(z);
      assert.deepEqual(shape, [1, size.height, size.width, 3]);
      assert.ok(greatestDifference(data, x) < 1e-3);
      const eager = variables.picture(tf.tensor1d(Float32Array.from(z)));
      assert.ok(greatestDifference(eager.dataSync(), x) < 1e-3);
      await compiled.dispose();
    }
  });

  it('takes black and white beyond what can be displayed for black and white', () => {
    const variables = pyramid({ height: 2, width: 2 });
    const x = Float32Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? -400 : 400));
    const picture = variables.picture(tf.tensor1d(Float32Array.from(variables.from(x)))).dataSync();
    assert.ok(
      greatestDifference(
        picture,
        x.map((_, i) => (i % 2 === 0 ? 0 : 255) - mean(i)),
      ) < 1e-3,
    );
  });

  it('makes a displayable picture of any variables', () => {
    for (const size of SIZES) {
      const variables = pyramid(size);
      assert.equal(variables.bounds, null);
      const picture = variables.picture(tf.tensor1d(normal(variables.length, 7).map((zi) => 1e3 * zi)));
      const levels = picture.dataSync<'float32'>().map((xi, i) => xi + mean(i));
      assert.ok(levels.every((level) => level >= -0.5 - 1e-3 && level <= 255.5 + 1e-3));
    }
  });

  it('has a gradient that agrees with finite differences, compiled and eager', async () => {
    for (const size of SIZES) {
      const variables = pyramid(size);
      const weights = tf.tensor4d(normal(size.height * size.width * 3, 13), [1, size.height, size.width, 3]);
      const weighted = (z: tf.Tensor) => tf.sum(tf.mul(variables.picture(z as tf.Tensor1D), weights));
      const gradient = tf.valueAndGrad(weighted);
      const compiled = await compile(gradient, [variables.length]);
      const z = variables.from(displayablePicture(size, 17));
      const { grad } = await compiled(z);
      const eager = gradient(tf.tensor1d(Float32Array.from(z))).grad.dataSync();
      const scale = Math.max(...Array.from(eager, Math.abs));
      assert.ok(greatestDifference(grad.data, eager) < 1e-5 * scale);
      const step = 0.03;
      let [error, length] = [0, 0];
      for (let seed = 21; seed < 31; seed++) {
        const direction = normal(variables.length, seed).map((di) => di / Math.sqrt(variables.length));
        const moved = async (by: number) => {
          const { value } = await compiled(z.map((zi, i) => zi + by * direction[i]));
          return Number(value.data[0]);
        };
        const difference = ((await moved(step)) - (await moved(-step))) / (2 * step);
        const slope = direction.reduce((sum, di, i) => sum + di * Number(grad.data[i]), 0);
        error += (difference - slope) ** 2;
        length += slope ** 2;
      }
      const relative = Math.sqrt(error / length);
      assert.ok(relative < 0.02, `${size.height} x ${size.width}: ${relative}`);
      await compiled.dispose();
    }
  });

  it('turns one number of a coarse level into a smooth bump, without squares', () => {
    const size = { height: 96, width: 128 };
    const variables = pyramid(size);
    const grey = new Float32Array(size.height * size.width * 3).map((_, i) => 127.5 - mean(i));
    let [begin, rows, columns] = [0, size.height, size.width];
    for (let k = 0; k < 4; k++) {
      begin += 3 * rows * columns;
      [rows, columns] = [halfOf(rows), halfOf(columns)];
    }
    const z = variables.from(grey);
    z[begin + Math.floor(rows / 2) * columns + Math.floor(columns / 2)] = 0.1;
    const picture = variables.picture(tf.tensor1d(Float32Array.from(z)));
    const u = Float64Array.from(picture.dataSync<'float32'>(), (xi, i) => unsquash(xi + mean(i) - 127.5));
    const blue = (row: number, column: number) => u[(row * size.width + column) * 3];
    const spacing = 2 ** 4;
    const peak = Math.max(...u);
    assert.ok(peak > 1 && peak < 100, String(peak));
    for (let row = 1; row < size.height - 1; row++) {
      for (let column = 1; column < size.width - 1; column++) {
        const [before, here, after] = [-1, 0, 1].map((d) => blue(row, column + d)) as [
          number,
          number,
          number,
        ];
        // A quadratic B-spline's own slope and curvature, at its peak of 3/4 along each axis.
        assert.ok(Math.abs(after - here) <= (1.4 * peak) / spacing);
        assert.ok(Math.abs(after - 2 * here + before) <= (3 * peak) / spacing ** 2);
      }
    }
    const corner = u.slice(0, 3);
    assert.ok(corner.every((ui) => Math.abs(ui) < 1e-3));
  });
});
