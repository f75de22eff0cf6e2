/** Every traced op: a function of it, and inputs to try it on. Checked against tfjs's own backends, and on every device. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { type NDArray, type SessionOptions, compile } from '../../src/compile';

/** Values, and gradients in all inputs through a non-uniform weighting of the result (so that an element's gradient in another's place shows). */
export interface OpCase {
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
export function numbers(count: number, [low, high]: [number, number], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  });
}

function close(actual: NDArray, expected: tf.Tensor, tolerance: number): void {
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

/**
 * Compares, to `tolerance` of the greatest value, what compile makes of a function with tfjs op by op, on the backend that is set: its values, then its gradients.
 *
 * @throws AssertionError that names the first element that differs
 */
export async function checkOp(
  { fn, shapes, range = [-2, 2], whole, gradient = true }: OpCase,
  options: SessionOptions = {},
  tolerance = 2e-5,
): Promise<void> {
  const arrays = shapes.map((shape, i) => {
    const drawn = numbers(tf.util.sizeFromShape(shape), range, 17 + i);
    return whole ? drawn.map(Math.round) : drawn;
  });
  const inputs = arrays.map((array, i) => tf.tensor(array, shapes[i]));
  const expected = fn(...inputs);
  const value = await compile(fn, ...shapes, options);
  close(await value(...arrays), expected, tolerance);
  await value.dispose();
  if (!gradient) return;

  const weights = tf.tensor(numbers(expected.size, [-1, 1], 5), expected.shape);
  const grads = tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(fn(...x), weights)));
  const eager = grads(inputs);
  const compiled = await compile((...x: tf.Tensor[]) => grads(x), ...shapes, options);
  const results = await compiled(...inputs);
  eager.forEach((grad, i) => close(results[i], grad, tolerance));
  await compiled.dispose();
}

const unary = (name: string, fn: (x: tf.Tensor) => tf.Tensor, more: Partial<OpCase> = {}): OpCase => ({
  name,
  fn,
  shapes: [[3, 5]],
  ...more,
});
const image = [2, 7, 5, 3];
const nhwc = (fn: (x: tf.Tensor4D) => tf.Tensor) => (x: tf.Tensor) => fn(x as tf.Tensor4D);
export const conv =
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

export const OPS: Record<string, OpCase[]> = {
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
    ).map(([name, fn]): OpCase => ({
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
      [false, true].flatMap((b): OpCase[] => [
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
        .map((size): OpCase => ({
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
    ].map(({ of, bias }): OpCase => ({
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
        [false, true].flatMap((whole): OpCase[] => [
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
    ...[false, true].map((whole): OpCase => ({
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
      [false, true].map((whole): OpCase => {
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
