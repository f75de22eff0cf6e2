import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../src/compile';

/**
 * Every traced op against tfjs's own CPU backend: values, and gradients in all inputs through a non-uniform weighting of the
 * result (so that an element's gradient in another's place shows).
 */
interface Case {
  name: string;
  fn: (...inputs: tf.Tensor[]) => tf.Tensor;
  shapes: number[][];
  /** Inputs are drawn from here; default -2..2. */
  range?: [number, number];
  /** Rounds the inputs to whole numbers, so that ties and zeros occur. */
  whole?: boolean;
  /** False where tfjs has no gradient, or a wrong one. */
  gradient?: boolean;
}

/** Deterministic numbers in [low, high). */
function numbers(count: number, [low, high]: [number, number], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  });
}

function close(actual: NDArray, expected: tf.Tensor, tolerance = 2e-5): void {
  assert.deepEqual([...actual.shape], expected.shape);
  const values = expected.dataSync();
  const scale = Math.max(1, ...[...values].filter(Number.isFinite).map(Math.abs));
  values.forEach((value, i) => {
    const came = Number(actual.data[i]);
    assert.ok(
      Object.is(value, came) || Math.abs(value - came) <= tolerance * scale,
      `element ${i}: expected ${value}, compiled gives ${came}`,
    );
  });
}

async function check({ fn, shapes, range = [-2, 2], whole, gradient = true }: Case): Promise<void> {
  await tf.setBackend('cpu');
  const arrays = shapes.map((shape, i) => {
    const drawn = numbers(tf.util.sizeFromShape(shape), range, 17 + i);
    return whole ? drawn.map(Math.round) : drawn;
  });
  const inputs = arrays.map((array, i) => tf.tensor(array, shapes[i]));
  const expected = fn(...inputs);
  const value = await compile(fn, ...shapes);
  close(await value(...arrays), expected);
  await value.dispose();
  if (!gradient) return;

  const weights = tf.tensor(numbers(expected.size, [-1, 1], 5), expected.shape);
  const grads = tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(fn(...x), weights)));
  const eager = grads(inputs);
  const compiled = await compile((...x: tf.Tensor[]) => grads(x), ...shapes);
  const results = await compiled(...inputs);
  eager.forEach((grad, i) => close(results[i], grad));
  await compiled.dispose();
}

const unary = (name: string, fn: (x: tf.Tensor) => tf.Tensor, more: Partial<Case> = {}): Case => ({
  name,
  fn,
  shapes: [[3, 5]],
  ...more,
});
const image = [2, 7, 5, 3];
const nhwc = (fn: (x: tf.Tensor4D) => tf.Tensor) => (x: tf.Tensor) => fn(x as tf.Tensor4D);
const conv =
  (
    strides: number | [number, number],
    pad: 'same' | 'valid' | number,
    dilations: number | [number, number] = 1,
  ) =>
  (x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, 'NHWC', dilations);

/** A boolean tensor, its zeros, its ones and a filled one, added up. */
const allKinds = (x: tf.Tensor) =>
  tf.addN([x, x.zerosLike(), x.onesLike(), tf.fill(x.shape, 1, 'bool')].map((each) => each.cast('float32')));

const cases: Record<string, Case[]> = {
  'element-wise': [
    unary('abs', (x) => x.abs()),
    unary('ceil', (x) => x.ceil()),
    unary('clipByValue', (x) => x.clipByValue(-1, 1)),
    unary('cos', (x) => x.cos()),
    unary('elu', (x) => x.elu()),
    unary('erf', (x) => x.erf()),
    unary('exp', (x) => x.exp()),
    unary('floor', (x) => x.floor()),
    unary('leakyRelu', (x) => x.leakyRelu(0.3)),
    unary('log', (x) => x.log(), { range: [0.1, 4] }),
    unary('neg', (x) => x.neg()),
    unary('reciprocal', (x) => x.reciprocal(), { range: [0.5, 2] }),
    unary('relu', (x) => x.relu()),
    unary('relu of ties with zero', (x) => x.relu(), { whole: true }),
    unary('relu6', (x) => tf.relu6(x), { range: [-3, 9] }),
    unary('round', (x) => x.mul(0.5).round(), { whole: true }),
    unary('rsqrt', (x) => x.rsqrt(), { range: [0.5, 4] }),
    unary('sigmoid', (x) => x.sigmoid()),
    unary('sign', (x) => x.sign(), { whole: true }),
    unary('sin', (x) => x.sin()),
    unary('softplus', (x) => x.softplus()),
    unary('sqrt', (x) => x.sqrt(), { range: [0.1, 4] }),
    unary('square', (x) => x.square()),
    unary('step', (x) => x.step(), { whole: true }),
    unary('step with a slope', (x) => x.step(-0.5), { whole: true }),
    unary('tanh', (x) => x.tanh()),
    unary('zerosLike and onesLike', (x) => x.zerosLike().add(x.onesLike())),
    unary('zerosLike, onesLike and fill of booleans', (x) => allKinds(x.greater(0)), { gradient: false }),
    unary('clipByValue and relu6 of whole numbers', (x) =>
      tf.relu6(x.mul(3).cast('int32').clipByValue(-1, 4)),
    ),
    unary('cast there and back', (x) => x.cast('int32').cast('float32'), { range: [-3, 3] }),
    unary('cast of a comparison', (x) => x.greater(0).cast('float32').mul(x), { gradient: false }),
    ...[1, 1.25, 2, 2.5, 3.75, 1.3, 0.25].map((p) => unary(`pow ${p}`, (x) => x.pow(p), { range: [0.1, 3] })),
    unary('pow 1.25 at zero', (x) => x.pow(1.25), { range: [0, 2], whole: true }),
  ],
  'element-wise, two operands': (
    [
      [
        'equal shapes',
        [
          [3, 4],
          [3, 4],
        ],
      ],
      ['a scalar', [[3, 4], []]],
      ['a row', [[3, 4], [4]]],
      [
        'a column',
        [
          [3, 1],
          [3, 4],
        ],
      ],
      [
        'outer',
        [
          [3, 1],
          [1, 4],
        ],
      ],
      [
        'ranks',
        [
          [2, 3, 4, 5],
          [3, 1, 5],
        ],
      ],
    ] as [string, number[][]][]
  ).flatMap(([how, shapes]) =>
    (
      [
        ['add', (a, b) => a.add(b)],
        ['sub', (a, b) => a.sub(b)],
        ['mul', (a, b) => a.mul(b)],
        ['div', (a, b) => a.div(b)],
        ['maximum', (a, b) => a.maximum(b)],
        ['minimum', (a, b) => a.minimum(b)],
        ['squaredDifference', (a, b) => a.squaredDifference(b)],
        ['pow', (a, b) => a.pow(b)],
        [
          'where',
          (a, b) => tf.where(tf.tensor1d([1, 0, 1, 1, 0], 'bool').slice(0, b.shape.at(-1) ?? 1), a, b),
        ],
      ] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][]
    ).map(([name, fn]): Case => ({
      name: `${name}, ${how}`,
      fn: fn,
      shapes,
      range: [0.5, 3],
      // tfjs itself has no gradient for these over broadcast operands.
      gradient: how === 'equal shapes' || !['maximum', 'minimum', 'squaredDifference'].includes(name),
    })),
  ),
  comparisons: (['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'] as const).map(
    (name) => ({
      name,
      fn: (a: tf.Tensor, b: tf.Tensor) => a[name](b),
      shapes: [[4, 4], [4]],
      whole: true,
      gradient: false,
    }),
  ),
  logic: [
    {
      name: 'and, or, not',
      fn: (a: tf.Tensor, b: tf.Tensor) =>
        a.greater(0).logicalAnd(b.less(0)).logicalOr(a.less(b).logicalNot()),
      shapes: [[4, 4], [4]],
      whole: true,
      gradient: false,
    },
  ],
  reductions: [
    unary('mean of whole numbers', (x) => x.mul(3).cast('int32').mean(0)),
    unary('mean of booleans', (x) => x.greater(0).mean(), { gradient: false }),
    unary('sum of nothing', (x) => x.slice([0, 0], [0, 5]).sum(0)),
    ...([undefined, 0, 1, [1, 2], [-1], [0, 1, 2]] as (number | number[] | undefined)[]).flatMap((axis) =>
      [false, true].flatMap((keepDims) => [
        unary(`sum over ${String(axis)} ${keepDims}`, (x) => x.sum(axis, keepDims), { shapes: [[2, 3, 4]] }),
        unary(`mean over ${String(axis)} ${keepDims}`, (x) => x.mean(axis, keepDims), {
          shapes: [[2, 3, 4]],
        }),
      ]),
    ),
    unary('max', (x) => x.max(1), { shapes: [[2, 3, 4]] }),
    unary('min', (x) => x.min([0, 2]), { shapes: [[2, 3, 4]] }),
    unary('prod', (x) => x.prod(1), { shapes: [[2, 3, 4]] }),
    unary('prod over two axes, with zeros', (x) => x.prod([0, 2]), { shapes: [[2, 3, 4]], whole: true }),
    ...[false, true].flatMap((exclusive) =>
      [false, true].map((reverse) =>
        unary(`cumprod ${exclusive} ${reverse}`, (x) => tf.cumprod(x, 1, exclusive, reverse), {
          gradient: false,
        }),
      ),
    ),
    unary('sum of a repeated tensor', (x) => tf.tile(x, [1, 4, 1]).sum([1, 2]), { shapes: [[2, 1, 4]] }),
    unary('count of true', (x) => x.greater(0).sum(0), { gradient: false }),
    unary(
      'sum over channels of a convolution',
      nhwc((x) => tf.maxPool(x, 2, 2, 'valid').sum(3)),
      { shapes: [image] },
    ),
    unary('variance', (x) => tf.moments(x, [1, 2]).variance, { shapes: [image] }),
  ],
  shapes: [
    unary('reshape', (x) => x.reshape([5, 3])),
    unary('transpose', (x) => x.transpose([2, 0, 1]), { shapes: [[2, 3, 4]] }),
    unary('reshape of a transpose', (x) => x.transpose([2, 0, 1]).reshape([8, 3]), { shapes: [[2, 3, 4]] }),
    unary('merging apart axes', (x) => x.transpose([0, 2, 1]).reshape([8, 3]).mul(2), {
      shapes: [[2, 3, 4]],
    }),
    unary('splitting', (x) => x.transpose().reshape([2, 3, 2, 2]), { shapes: [[4, 6]] }),
    unary('squeeze and expandDims', (x) => x.squeeze([1]).expandDims(0).expandDims(-1), {
      shapes: [[3, 1, 4]],
    }),
    unary('slice', (x) => x.slice([1, 0], [2, 3])),
    unary('stridedSlice', (x) => x.stridedSlice([0, 4], [3, 0], [2, -2]), { gradient: false }),
    unary('reverse', (x) => x.reverse([0, 1])),
    unary('pad', (x) =>
      x.pad(
        [
          [1, 2],
          [0, 3],
        ],
        0.5,
      ),
    ),
    unary('mirrorPad', (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        'reflect',
      ),
    ),
    unary('concat', (x) => tf.concat([x, x.mul(2), x.slice(0, [3, 1])], 1)),
    unary('stack', (x) => tf.stack([x, x.square()], 1)),
    unary('unstack', (x) => tf.unstack(x, 1)[2].square()),
    unary('split', (x) => tf.split(x, [1, 4], 1)[1].square()),
    unary('tile', (x) => x.tile([2, 3])),
    unary('tile of single rows', (x) => x.tile([4, 1]), { shapes: [[1, 5]] }),
    unary('gather', (x) => x.gather(tf.tensor1d([2, 0, 2], 'int32'), 0)),
    unary('gather of columns', (x) =>
      x.gather(
        tf.tensor2d(
          [
            [4, 0, 4],
            [1, 4, 2],
          ],
          [2, 3],
          'int32',
        ),
        1,
      ),
    ),
    unary('unsortedSegmentSum', (x) => tf.unsortedSegmentSum(x, tf.tensor1d([3, 0, 3], 'int32'), 4), {
      gradient: false,
    }),
    unary('fill', (x) => x.mul(tf.fill([3, 1], 2))),
    unary('slice of repeated', (x) => x.tile([4, 1]).slice([1, 1], [2, 3]), { shapes: [[1, 5]] }),
    unary('reshape of repeated', (x) => x.tile([4, 1]).reshape([2, 2, 5]).mul(3), { shapes: [[1, 5]] }),
  ],
  'matrix products': [
    ...[false, true].flatMap((a) =>
      [false, true].flatMap((b): Case[] => [
        {
          name: `matMul ${a} ${b}`,
          fn: (x, y) => tf.matMul(x, y, a, b),
          shapes: [a ? [4, 3] : [3, 4], b ? [5, 4] : [4, 5]],
        },
        {
          name: `batched ${a} ${b}`,
          fn: (x, y) => tf.matMul(x, y, a, b),
          shapes: [a ? [2, 4, 3] : [2, 3, 4], b ? [2, 5, 4] : [2, 4, 5]],
        },
      ]),
    ),
    {
      name: 'batch of one',
      fn: (x, y) => tf.matMul(x, y),
      shapes: [
        [1, 3, 4],
        [1, 4, 5],
      ],
    },
    {
      name: 'of transposes',
      fn: (x, y) => x.transpose().matMul(y.transpose()),
      shapes: [
        [4, 3],
        [5, 4],
      ],
    },
    {
      name: 'sum of two products with one factor, each repeated',
      fn: (x, y, w) =>
        x
          .matMul(w)
          .tile([4, 1])
          .add(y.matMul(w).tile([4, 1])),
      shapes: [
        [1, 3],
        [1, 3],
        [3, 2],
      ],
    },
    unary('gramMatrix, transposeB', (x) => x.matMul(x, false, true)),
    unary('gramMatrix, transpose', (x) => x.matMul(x.transpose())),
    unary(
      'gramMatrix of [H, W, C]',
      (x) => {
        const features = x.transpose([2, 0, 1]).reshape([4, 6]);
        return features.matMul(features.transpose());
      },
      { shapes: [[2, 3, 4]] },
    ),
    unary(
      'gramMatrix of [pixels, C]',
      (x) => {
        const features = x.reshape([6, 4]);
        return features.matMul(features, true, false);
      },
      { shapes: [[2, 3, 4]] },
    ),
    {
      name: 'fused, with bias and relu',
      fn: (a, b, bias) => tf.fused.matMul({ a: a, b: b, bias, activation: 'relu' }),
      shapes: [[3, 4], [4, 5], [5]],
    },
  ],
  convolutions: [
    ...(
      [
        [1, 'same'],
        [1, 'valid'],
        [1, 2],
        [2, 'same'],
        [2, 'valid'],
        [[2, 1], 'same'],
        [3, 1],
      ] as [number | [number, number], 'same' | 'valid' | number][]
    ).flatMap(([strides, pad]) =>
      [
        [3, 3],
        [1, 1],
        [2, 3],
      ]
        // With a number for pad, tfjs sizes the output by the filter's height alone.
        .filter(([height, width]) => typeof pad === 'string' || height === width)
        .map((size): Case => ({
          name: `conv2d ${size.join()} strides ${String(strides)} pad ${pad}`,
          fn: conv(strides, pad),
          shapes: [image, [...size, 3, 4]],
        })),
    ),
    { name: 'dilated', fn: conv(1, 'same', 2), shapes: [image, [3, 3, 3, 4]], gradient: false },
    {
      name: 'transposed',
      fn: (x, filter) =>
        tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 14, 10, 4], 2, 'same'),
      shapes: [image, [3, 3, 4, 3]],
    },
    ...[
      { of: 'each channel', bias: [4] },
      { of: 'all', bias: [1] },
      { of: 'each pixel', bias: [7, 5, 4] },
    ].map(({ of, bias }): Case => ({
      name: `fused, with a bias of ${of} and relu`,
      fn: (x, filter, shift) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          bias: shift,
          activation: 'relu',
        }),
      shapes: [image, [3, 3, 3, 4], bias],
    })),
    {
      name: 'two with a relu and a Gram matrix between',
      fn: (x, first, second) => {
        const low = tf.relu(conv(1, 'same')(x, first));
        const features = low.reshape([35, 4]);
        return conv(1, 'same')(low, second)
          .sum()
          .add(features.matMul(features, true, false).square());
      },
      shapes: [
        [1, 7, 5, 3],
        [3, 3, 3, 4],
        [3, 3, 4, 2],
      ],
    },
  ],
  pooling: [
    ...(
      [
        [2, 2],
        [3, 2],
        [3, 1],
        [2, 3],
      ] as [number, number][]
    ).flatMap(([size, strides]) =>
      (['same', 'valid'] as const).flatMap((pad) =>
        [false, true].flatMap((whole): Case[] => [
          {
            name: `maxPool ${size}/${strides} ${pad}${whole ? ', ties' : ''}`,
            fn: nhwc((x) => tf.maxPool(x, size, strides, pad)),
            shapes: [image],
            whole,
          },
          {
            name: `avgPool ${size}/${strides} ${pad}${whole ? ', whole' : ''}`,
            fn: nhwc((x) => tf.avgPool(x, size, strides, pad)),
            shapes: [image],
            whole,
            gradient: pad === 'valid', // at a padded edge tfjs's own is wrong: see below
          },
        ]),
      ),
    ),
    ...[false, true].map((whole): Case => ({
      name: `maxPool 2/2 of even sides${whole ? ', ties' : ''}`,
      fn: nhwc((x) => tf.maxPool(x, 2, 2, 'same')),
      shapes: [[2, 8, 6, 3]],
      whole,
    })),
    ...(
      [
        ['above and left', 1, 0],
        ['below and right', 0, 1],
        ['all around', 1, 1],
      ] as const
    ).flatMap(([where, before, after]) =>
      [false, true].map((whole): Case => {
        const sides = [before, after] as [number, number];
        const around = [[0, 0], sides, sides, [0, 0]] as tf.backend_util.ExplicitPadding;
        return {
          name: `maxPool 2/2 of even sides, padded ${where}${whole ? ', ties' : ''}`,
          fn: nhwc((x) => tf.maxPool(x, 2, 2, around)),
          shapes: [[2, 8, 6, 3]],
          whole,
        };
      }),
    ),
    {
      name: 'maxPool 2/2 after a convolution and its ReLU, ties and zeros',
      fn: (x, filter) => tf.maxPool(tf.relu<tf.Tensor4D>(conv(1, 'same')(x, filter)), 2, 2, 'valid'),
      shapes: [
        [1, 8, 6, 3],
        [3, 3, 3, 4],
      ],
      whole: true,
    },
  ],
  resizing: [
    unary(
      'nearest, twice',
      nhwc((x) => tf.image.resizeNearestNeighbor(x, [14, 10])),
      { shapes: [[1, 7, 5, 3]] },
    ),
    unary(
      'nearest, 3 x 1',
      nhwc((x) => tf.image.resizeNearestNeighbor(x, [21, 5])),
      { shapes: [[1, 7, 5, 3]] },
    ),
  ],
};

describe('compile: every op as tfjs computes it', () => {
  for (const [group, list] of Object.entries(cases)) {
    describe(group, () => {
      for (const each of list) it(each.name, () => check(each));
    });
  }
});

describe('compile: the gradient of a padded average pool is its derivative', () => {
  const explicit = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ] as tf.backend_util.ExplicitPadding;
  for (const [size, strides, pad] of [
    [2, 2, 'same'],
    [3, 2, 'same'],
    [2, 3, 'same'],
    [2, 2, explicit],
    [3, 2, explicit],
  ] as const) {
    it(`${size}/${strides} ${typeof pad === 'string' ? pad : 'explicit'}`, async () => {
      const pool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size, strides, pad);
      const weights = tf.tensor4d(
        numbers(tf.util.sizeFromShape(pool(tf.zeros([1, 7, 5, 1])).shape), [-1, 1], 3),
        pool(tf.zeros([1, 7, 5, 1])).shape,
      );
      const fn = (x: tf.Tensor) => pool(x).mul(weights).sum();
      const x = numbers(35, [-1, 1], 4);
      const grad = await compile(tf.grad(fn), [1, 7, 5, 1]);
      const value = await compile(fn, [1, 7, 5, 1]);
      const { data } = await grad(x);
      for (const i of x.keys()) {
        // The pool is linear, so a difference over a whole unit is exact but for rounding.
        const [up, down] = [x.slice(), x.slice()];
        up[i] = x[i] + 0.5;
        down[i] = x[i] - 0.5;
        const slope = Number((await value(up)).data[0]) - Number((await value(down)).data[0]);
        assert.ok(
          Math.abs(slope - Number(data[i])) < 1e-5,
          `element ${i}: ${data[i]}, by difference ${slope}`,
        );
      }
      await Promise.all([grad.dispose(), value.dispose()]);
    });
  }
});

describe('compile', () => {
  const x = Float32Array.of(1, -2, 3);

  it('takes several inputs and gives back what the function returns, nested', async () => {
    const fn = (a: tf.Tensor, b: tf.Tensor) => ({
      sum: a.add(b),
      both: [a.mul(2), { first: b }] as const,
      fixed: tf.scalar(7),
    });
    const compiled = await compile(fn, [3], [3]);
    const { sum, both, fixed } = await compiled(x, tf.tensor1d([1, 1, 1]));
    assert.deepEqual([...sum.data], [2, -1, 4]);
    assert.deepEqual([...both[0].data], [2, -4, 6]);
    assert.deepEqual([...both[1].first.data], [1, 1, 1]);
    assert.deepEqual([...fixed.data], [7]);
    await compiled.dispose();
  });

  it('compiles tf.valueAndGrad', async () => {
    const compiled = await compile(
      tf.valueAndGrad((a: tf.Tensor) => a.square().sum()),
      [3],
    );
    const { value, grad } = await compiled(Float64Array.from(x));
    assert.equal(value.data[0], 14);
    assert.deepEqual([...grad.data], [2, -4, 6]);
    await compiled.dispose();
  });

  it('keeps the values of constants that are used afterwards and in another trace', async () => {
    const weights = tf.tensor1d([1, 2, 3]);
    for (let i = 0; i < 2; i++) {
      const compiled = await compile((a: tf.Tensor) => a.mul(weights), [3]);
      assert.deepEqual([...(await compiled(x)).data], [1, -4, 9]);
      await compiled.dispose();
    }
    assert.deepEqual([...weights.add(1).dataSync()], [2, 3, 4]);
  });

  it('leaves the backend as it was and no tensors behind', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const compiled = await compile(
      tf.valueAndGrad((a: tf.Tensor) => a.exp().sum()),
      [3],
    );
    await compiled.dispose();
    assert.equal(tf.getBackend(), 'cpu');
    assert.equal(tf.memory().numTensors, before);
  });

  it('names an op that it does not know', async () => {
    await assert.rejects(
      compile((a: tf.Tensor) => tf.acosh(a), [3]),
      /uses Acosh.*Known are: Abs, Add/,
    );
    assert.equal(tf.getBackend(), 'cpu');
  });

  it('says so where nothing is returned to compute', async () => {
    await assert.rejects(
      compile((a: tf.Tensor) => Promise.resolve(a) as never, [3]),
      /expected the function to return tensors, but it returned none \(is it async\?\)/,
    );
  });

  it('refuses windows that ONNX would count otherwise', async () => {
    const ceil = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 0, 'ceil');
    await assert.rejects(
      compile(ceil, [1, 6, 6, 2]),
      /expected the 2 x 2 windows .* makes them 3 x 3; take 'same'/,
    );
    await assert.rejects(
      compile(conv(1, 1), [2, 6, 7, 3], [3, 1, 3, 2]),
      /expected the 6 x 9 windows .* makes them 6 x 7/,
    );
  });

  it('refuses a pool whose padding is as wide as its window', async () => {
    for (const pool of [tf.maxPool, tf.avgPool]) {
      await assert.rejects(
        compile((a: tf.Tensor) => pool(a as tf.Tensor4D, 2, 2, 2), [1, 8, 6, 3]),
        /the padding \[2, 2, 2, 2\] of a pool leaves windows of 2 x 2 without any input\. Use less padding/,
      );
    }
  });

  it('refuses to read a value during the trace', async () => {
    const fn = (a: tf.Tensor) => (Number(a.sum().dataSync()[0]) > 0 ? a : a.neg());
    await assert.rejects(
      compile(fn, [3]),
      /reads a value while it is traced.*the result of Reshape of shape \[\]/,
    );
  });

  it('says which input has the wrong shape', async () => {
    const compiled = await compile((a: tf.Tensor) => a.neg(), [3]);
    await assert.rejects(
      compiled(Float32Array.of(1)),
      /expected input 0 to have shape \[3\], but received 1 elements/,
    );
    await assert.rejects(compiled(tf.zeros([1, 3])), /but received shape \[1, 3\]/);
    await assert.rejects(compiled(), /expected 1 inputs, but received 0/);
    await compiled.dispose();
  });
});
