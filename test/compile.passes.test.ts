import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Computation, type Value, opCounts, sizeOf } from '../src/compile/graph';
import { inputNames } from '../src/compile/names';
import { onnxModel } from '../src/compile/onnxModel';
import { type Pass, optimise, passesFor } from '../src/compile/passes';
import { filterGradients } from '../src/compile/passes/filterGradients';
import { foldNumbers } from '../src/compile/passes/foldNumbers';
import { longProducts } from '../src/compile/passes/longProducts';
import { missingOps } from '../src/compile/passes/missingOps';
import { narrowConvolutions } from '../src/compile/passes/narrowConvolutions';
import { plainMasks } from '../src/compile/passes/plainMasks';
import { poolGradients } from '../src/compile/passes/poolGradients';
import { poolIndices } from '../src/compile/passes/poolIndices';
import { pooledMasks } from '../src/compile/passes/pooledMasks';
import { powers } from '../src/compile/passes/powers';
import { reluMasks } from '../src/compile/passes/reluMasks';
import { rewrite } from '../src/compile/passes/rewrite';
import { sumsOfProducts } from '../src/compile/passes/sumsOfProducts';
import { transposedProducts } from '../src/compile/passes/transposedProducts';
import { trace } from '../src/compile/trace';
import { leaves } from '../src/compile/tree';
import { featureExtractor } from '../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../src/losses/terms';
import { lossAndGrads } from '../src/losses/transferLoss';
import { features } from '../src/network/vgg19';
import { chapterLoss } from './helpers/chapterLoss';
import { tinyPicture, tinyVgg19 } from './helpers/tinyVgg19';

type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;
type Fn = (...inputs: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];

function isValue(node: unknown): node is Value {
  return typeof node === 'object' && node !== null && 'dtype' in node;
}

async function recorded(fn: Fn, ...shapes: (readonly number[])[]): Promise<Computation> {
  const { graph, result } = await trace(fn, shapes);
  return { graph, outputs: leaves(result, isValue) };
}

/** The outputs of a graph as ONNX Runtime computes them, with none of its own optimisations. */
async function run({ graph, outputs }: Computation, inputs: Float32Array[]): Promise<Float32Array[]> {
  const names = { inputs: inputNames(inputs.length), outputs: outputs.map((_, i) => `y${i}`) };
  const model = onnxModel({ graph, outputs }, names);
  const session = await InferenceSession.create(model, { graphOptimizationLevel: 'disabled' });
  const feeds = inputs.map((data, i) => [
    session.inputNames[i],
    new Tensor('float32', data, graph.inputs[i]?.dims),
  ]);
  const results = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
  await session.release();
  return session.outputNames.map((name) => results[name]?.data as Float32Array);
}

function close(actual: Float32Array[], expected: Float32Array[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((values, which) => {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    values.forEach((value, i) => {
      const came = actual[which]?.[i];
      assert.ok(
        Math.abs(came - value) <= tolerance * scale,
        `output ${which}[${i}]: ${value} became ${came}`,
      );
    });
  });
}

/** Whole numbers from -4 to 4, so that there are ties and zeros. */
function numbers(shape: readonly number[], seed = 1): Float32Array {
  const drawn = tf.randomUniform([...shape], -4, 4, 'float32', seed).round();
  return drawn.dataSync<'float32'>();
}

/** Applies `pass` to what the others leave of a function; the values must stay. Gives the ops that it changed, [before, after]. */
async function changes(pass: Pass, earlier: readonly Pass[], fn: Fn, ...shapes: number[][]) {
  const before = earlier.reduce((computation, each) => each(computation), await recorded(fn, ...shapes));
  const after = pass(before);
  const inputs = shapes.map((shape, i) => numbers(shape, i + 1));
  close(await run(after, inputs), await run(before, inputs));
  const [were, are] = [opCounts(before), opCounts(after)];
  const changed = [...new Set([...Object.keys(were), ...Object.keys(are)])].sort();
  return Object.fromEntries(
    changed.map((op) => [op, [were[op] ?? 0, are[op] ?? 0]]).filter(([, [a, b]]) => a !== b),
  ) as Record<string, [number, number]>;
}

describe('passes over a graph', () => {
  before(() => tf.setBackend('cpu'));

  describe('foldNumbers', () => {
    it('computes with numbers, and leaves out what 0 and 1 do not change', async () => {
      const fn = (x: tf.Tensor) =>
        x
          .mul(tf.scalar(3).mul(tf.scalar(0.5)).sub(0.5))
          .add(tf.zeros([3, 1]))
          .div(1)
          .sub(0)
          .mul(2);
      assert.deepEqual(await changes(foldNumbers, [], fn, [3, 4]), {
        Add: [1, 0],
        Div: [1, 0],
        Mul: [3, 1],
        Sub: [2, 0],
      });
    });

    it('keeps what is not the same the other way round, and the shape of what grows', async () => {
      const fn = (x: tf.Tensor) => [tf.sub(0, x), tf.div(1, x.square().add(1)), x.mul(tf.ones([2, 1, 1]))];
      assert.deepEqual(await changes(foldNumbers, [], fn, [3]), { Mul: [2, 1] });
    });

    it('gives a function that changes nothing an output of its own', async () => {
      assert.deepEqual(await changes(foldNumbers, [], (x) => x.mul(1), [3]), {
        Identity: [0, 1],
        Mul: [1, 0],
      });
    });
  });

  describe('powers', () => {
    it('takes products and square roots', async () => {
      const fn = (x: tf.Tensor) => [3, 2.5, 1.25, 1].map((p) => x.abs().pow(p));
      assert.deepEqual(await changes(powers, [], fn, [3, 5]), { Mul: [0, 4], Pow: [4, 0], Sqrt: [0, 2] });
    });

    it('leaves others alone', async () => {
      const fn = (x: tf.Tensor) => [5, 0, 0.3, -1].map((p) => x.abs().add(1).pow(p)).concat(tf.pow(2, x));
      assert.deepEqual(await changes(powers, [], fn, [3, 5]), {});
    });
  });

  describe('reluMasks', () => {
    it('asks the ReLU, and takes one node', async () => {
      const fn = tf.grad((x: tf.Tensor) => tf.relu(x.mul(2)).square().sum());
      const changed = await changes(reluMasks, [], (x) => fn(x), [3, 5]);
      assert.deepEqual(changed, { Greater: [1, 0], HardSigmoid: [0, 1], Where: [1, 0] });
      const { graph, outputs } = reluMasks(await recorded((x) => fn(x), [3, 5]));
      const mask = graph.reachable(outputs).find(({ op }) => op === 'HardSigmoid');
      assert.equal(mask?.inputs[0]?.node?.op, 'Relu');
    });

    it('leaves other steps and selections alone', async () => {
      const fn = (x: tf.Tensor) => [x.step(0.5), tf.where(x.greater(1), tf.onesLike(x), tf.zerosLike(x))];
      assert.deepEqual(await changes(reluMasks, [], fn, [3, 5]), {});
    });
  });

  /** Of x [N, C, H, W], as a convolution's result lies. */
  const pooledRelu = tf.grad((x: tf.Tensor) => {
    const activation = tf.relu<tf.Tensor4D>(x.transpose([0, 2, 3, 1]));
    return tf.maxPool(activation, 2, 2, 'valid').square().sum();
  });

  describe('pooledMasks', () => {
    it('takes the mask on the maxima', async () => {
      const earlier = [foldNumbers, reluMasks];
      const shape = [2, 3, 6, 8];
      assert.deepEqual(await changes(pooledMasks, earlier, (x) => pooledRelu(x), shape), {});
      const { graph, outputs } = [...earlier, pooledMasks].reduce(
        (computation, pass) => pass(computation),
        await recorded((x) => pooledRelu(x), shape),
      );
      const mask = graph.reachable(outputs).find(({ op }) => op === 'HardSigmoid');
      assert.equal(sizeOf(mask?.outputs[0]?.dims ?? []), (2 * 3 * 6 * 8) / 4);
    });

    it('takes no mask of anything but what was pooled', async () => {
      const unpooled = tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').sum());
      const fn = (x: tf.Tensor) => unpooled(x).mul(x.add(1).step());
      const computation = reluMasks(await recorded(fn, [1, 4, 4, 1]));
      const { graph, outputs } = pooledMasks(computation);
      const mask = graph.reachable(outputs).find(({ op }) => op === 'HardSigmoid');
      assert.equal(sizeOf(mask?.outputs[0]?.dims ?? []), 16);
    });
  });

  describe('poolIndices', () => {
    it('finds the first maximum of 2 x 2 windows, among ties too, in any image and channel', async () => {
      const changed = await changes(poolIndices, [], (x) => pooledRelu(x), [2, 3, 6, 8]);
      assert.deepEqual(
        [changed.MaxPool, changed.Less],
        [
          [1, 4],
          [0, 3],
        ],
      );
    });

    it('leaves other windows alone, and pools whose indices nobody needs have none', async () => {
      const gradientOf = (size: number, strides: number, pad: 'same' | 'valid') =>
        tf.grad((x: tf.Tensor) =>
          tf
            .maxPool(x as tf.Tensor4D, size, strides, pad)
            .square()
            .sum(),
        );
      const fn = (x: tf.Tensor) => [
        gradientOf(3, 2, 'same')(x),
        gradientOf(2, 1, 'valid')(x),
        gradientOf(2, 2, 'valid')(x),
      ];
      assert.deepEqual(await changes(poolIndices, [], fn, [1, 7, 9, 2]), {});
      const forward = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
      assert.deepEqual(await changes(poolIndices, [], forward, [1, 6, 8, 2]), {});
    });

    it('counts beyond the whole numbers of float32', async () => {
      const [height, width] = [4100, 4100];
      const fn = tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').sum());
      const { graph, outputs } = poolIndices(await recorded((x) => fn(x), [1, height, width, 1]));
      assert.equal(opCounts({ graph, outputs }).Less, 3);
      // Every window's maximum is its last element.
      const x = Float32Array.from(
        { length: height * width },
        (_, i) => (i % 2) * (Math.floor(i / width) % 2),
      );
      const [gradient] = (await run({ graph, outputs }, [x])) as [Float32Array];
      assert.equal(
        gradient.findIndex((value, i) => value !== x[i]),
        -1,
      );
    });

    it('leaves alone a row longer than the whole numbers of float32', async () => {
      const fn = tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid').sum());
      const before = await recorded((x) => fn(x), [1, 2, 2 ** 23 + 2, 1]);
      assert.deepEqual(opCounts(poolIndices(before)), opCounts(before));
    });
  });

  describe('poolGradients', () => {
    const gradientOf = (size: number | [number, number], strides: number | [number, number], pad: Padding) =>
      tf.grad((x: tf.Tensor) => {
        const pooled = tf.maxPool(x as tf.Tensor4D, size, strides, pad);
        const weights = Float32Array.from({ length: pooled.size }, (_, i) => i);
        return pooled.mul(tf.tensor(weights, pooled.shape)).sum();
      });
    const explicit: Padding = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    const pools: [string, number | [number, number], number | [number, number], Padding][] = [
      ['side by side', 2, 2, 'valid'],
      ['of odd sides', 2, 2, 'same'],
      ['apart', 2, 3, 'valid'],
      ['overlapping', 3, 2, 'same'],
      ['overlapping by more', 3, 1, 'same'],
      ['of other rows than columns', [3, 2], [1, 4], 'valid'],
      ['padded unevenly', 3, 2, explicit],
      ['of one element', 1, 2, 'valid'],
    ];
    for (const [name, size, strides, pad] of pools) {
      it(`compares: windows ${name}, with ties`, async () => {
        const fn = gradientOf(size, strides, pad);
        const computation = poolGradients(await recorded((x) => fn(x), [2, 7, 9, 3]));
        const left = Object.keys(opCounts(computation)).filter((op) => /MaxUnpool|Scatter/.test(op));
        assert.deepEqual(left, []);
        await changes(poolGradients, [foldNumbers], (x) => fn(x), [2, 7, 9, 3]);
      });
    }

    it('gives ties to the first, and is not misled by pools of the least numbers', async () => {
      const fn = gradientOf(2, 2, 'same');
      const { graph, outputs } = poolGradients(await recorded((x) => fn(x.add(-3e38)), [1, 3, 3, 1]));
      const [gradient] = await run({ graph, outputs }, [new Float32Array(9)]);
      assert.deepEqual([...gradient], [0, 0, 1, 0, 0, 0, 2, 0, 3]);
    });

    it('leaves other scattering alone', async () => {
      const rows = tf.tensor1d([1, 0, 1], 'int32');
      const fn = tf.grad((x: tf.Tensor) => tf.gather(x, rows).square().sum());
      assert.deepEqual(await changes(poolGradients, [], (x) => fn(x), [3, 2]), {});
    });
  });

  describe('missingOps', () => {
    it('rounds, takes signs and combines conditions', async () => {
      const fn = (x: tf.Tensor) => [
        x.mul(0.5).round(),
        x.mul(0.3).round(),
        x.sign(),
        tf.logicalOr(x.greater(2), tf.logicalAnd(x.less(0), x.greater(-3))).cast('float32'),
      ];
      const changed = await changes(missingOps, [], fn, [5, 7]);
      for (const op of ['Round', 'Sign', 'And', 'Or']) assert.equal(changed[op]?.[1], 0, op);
    });

    it('repeats what a power repeats', async () => {
      const fn = (x: tf.Tensor, y: tf.Tensor) => [x.abs().pow(y.abs()), x.abs().pow(3), tf.pow(2, x)];
      assert.deepEqual(await changes(missingOps, [], fn, [3, 1], [3, 4]), { Expand: [0, 2] });
    });
  });

  describe('transposedProducts', () => {
    it('takes the factors the other way round', async () => {
      const fn = (x: tf.Tensor, y: tf.Tensor) =>
        x
          .matMul(y)
          .transpose()
          .add(tf.matMul(x, y, true, true));
      const changed = await changes(transposedProducts, [], fn, [3, 3], [3, 3]);
      assert.deepEqual(changed, { Transpose: [2, 1] });
    });
  });

  describe('filterGradients', () => {
    const gradient = (...[x, filter, dy]: tf.Tensor[]) =>
      tf.grad((f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'))(filter, dy);

    it('takes one product for all places of a filter', async () => {
      const shapes = [
        [2, 8, 6, 3],
        [3, 3, 3, 4],
        [2, 8, 6, 4],
      ];
      const changed = await changes(filterGradients, [], gradient, ...shapes);
      assert.deepEqual(changed, { MatMul: [9, 1], ReduceSum: [9, 1], Reshape: [11, 12] });
    });

    it('leaves a single place, and other products side by side, alone', async () => {
      const single = await changes(filterGradients, [], gradient, [2, 8, 6, 3], [1, 1, 3, 4], [2, 8, 6, 4]);
      assert.deepEqual(single, {});
      const others = (x: tf.Tensor, y: tf.Tensor) =>
        tf.concat([tf.matMul(x, y).sum(0, true), tf.matMul(y, x).sum(0, true)], 0);
      assert.deepEqual(await changes(filterGradients, [], others, [2, 3, 3], [2, 3, 3]), {});
    });
  });

  describe('plainMasks', () => {
    const gradientOf = (value: (y: tf.Tensor) => tf.Tensor) =>
      tf.grad((x: tf.Tensor) => value(tf.relu(x.mul(2))).sum());

    it('takes the mask of a map from the matrix that is made of it', async () => {
      const gram = gradientOf((y) => tf.matMul(y.reshape([2, 12]), y.reshape([2, 12]), false, true).square());
      const computation = reluMasks(await recorded((x) => gram(x), [1, 2, 3, 4]));
      const changed = await changes(plainMasks, [reluMasks], (x) => gram(x), [1, 2, 3, 4]);
      assert.deepEqual(Object.keys(changed), ['Reshape']);
      const { graph, outputs } = plainMasks(computation);
      const mask = graph.reachable(outputs).find(({ op }) => op === 'HardSigmoid');
      assert.equal(mask?.inputs[0]?.node?.op, 'Reshape');
    });

    it('leaves the mask of another map alone', async () => {
      const square = gradientOf((y) => y.square());
      assert.deepEqual(await changes(plainMasks, [reluMasks], (x) => square(x), [1, 2, 3, 4]), {});
    });
  });

  describe('narrowConvolutions', () => {
    const filter = (...shape: [number, number, number, number]) => tf.tensor4d(numbers(shape, 5), shape);
    /** Large enough, and of no whole number of places. */
    const [height, width] = [83, 71];

    it('computes several places of few channels at once, forward and backward', async () => {
      for (const { taps, from, to, places } of [
        { taps: [3, 3], from: 5, to: 3, places: [2, 2] },
        { taps: [3, 5], from: 2, to: 4, places: [1, 4] },
        { taps: [3, 1], from: 1, to: 6, places: [2, 1] },
        { taps: [1, 3], from: 2, to: 8, places: [1, 2] },
      ] as const) {
        const [w, v] = [filter(taps[0], taps[1], from, to), filter(taps[0], taps[1], to, from)];
        const forward = (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w, 1, 'same');
        const gradient = tf.grad((x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, v, 1, 'valid'));
        const dy = [1, height + 1 - taps[0], width + 1 - taps[1], from];
        for (const [fn, ...shapes] of [
          [forward, [1, height, width, from]],
          [(x: tf.Tensor, last: tf.Tensor) => gradient(x, last), [1, height, width, to], dy],
        ] as [Fn, ...number[][]][]) {
          await changes(narrowConvolutions, [], fn, ...shapes);
          const { graph, outputs } = narrowConvolutions(await recorded(fn, ...shapes));
          const conv = graph.reachable(outputs).find(({ op }) => op === 'Conv');
          assert.deepEqual([taps, conv?.attributes.strides], [taps, places]);
          assert.equal(conv?.outputs[0]?.dims[1], to * places[0] * places[1]);
        }
      }
    });

    it('leaves alone what is wide, small, or no such convolution', async () => {
      const [w, wide, single] = [filter(3, 3, 2, 3), filter(3, 3, 2, 9), filter(1, 1, 2, 3)];
      const cases: [(x: tf.Tensor4D) => tf.Tensor, number[]][] = [
        [(x) => tf.conv2d(x, wide, 1, 'same'), [1, height, width, 2]],
        [(x) => tf.conv2d(x, single, 1, 'same'), [1, height, width, 2]],
        [(x) => tf.conv2d(x, w, 1, 'same'), [1, 9, 9, 2]],
        [(x) => tf.conv2d(x, w, 1, 'same'), [2, height, width, 2]],
        [(x) => tf.conv2d(x, w, 2, 'same'), [1, 2 * height, 2 * width, 2]],
        [(x) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2), [1, height, width, 2]],
      ];
      for (const [fn, shape] of cases)
        assert.deepEqual(await changes(narrowConvolutions, [], (x) => fn(x as tf.Tensor4D), shape), {});
    });
  });

  describe('longProducts', () => {
    it('computes Gram matrices, turned or not, in parts', async () => {
      const fn = (x: tf.Tensor, y: tf.Tensor) => [
        tf.matMul(x, x, false, true),
        tf.matMul(y, y, true, false),
        tf.matMul(x, y),
      ];
      const changed = await changes(longProducts, [], fn, [3, 4096], [4096, 2]);
      assert.deepEqual(changed, {
        Gemm: [3, 0],
        MatMul: [0, 3],
        ReduceSum: [0, 3],
        Reshape: [0, 12],
        Transpose: [0, 3],
      });
    });

    it("computes a filter's gradient, batch and all, in parts", async () => {
      const fn = (...[x, dy]: tf.Tensor[]) =>
        tf.grad((filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))(
          tf.zeros([1, 1, 3, 2]),
          dy,
        );
      const changed = await changes(longProducts, [], fn, [2, 64, 48, 3], [2, 64, 48, 2]);
      assert.deepEqual(changed.MatMul, undefined);
      assert.deepEqual(changed.ReduceSum, [1, 2]);
    });

    it('leaves short ones, those that cannot be cut, and large results alone', async () => {
      const fn = (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => [
        tf.matMul(x, x, false, true),
        tf.matMul(y, y, false, true),
        tf.matMul(z, z, true, false),
      ];
      assert.deepEqual(await changes(longProducts, [], fn, [3, 1024], [2, 2053], [2, 600]), {});
    });
  });

  describe('sumsOfProducts', () => {
    it('adds the factors of a Gram matrix gradient', async () => {
      const gradientOf = (gram: (features: tf.Tensor) => tf.Tensor) =>
        tf.grad((x: tf.Tensor) => gram(x).square().sum());
      const rows = gradientOf((features) => features.matMul(features.transpose()));
      const columns = gradientOf((features) => features.matMul(features, true, false));
      const fn = (x: tf.Tensor) => [rows(x), columns(x)];
      const changed = await changes(sumsOfProducts, [transposedProducts], fn, [3, 5]);
      assert.deepEqual(changed.Gemm, [6, 4]);
    });

    it('leaves alone products with other factors, and one that the sum repeats', async () => {
      const fn = (x: tf.Tensor, y: tf.Tensor, w: tf.Tensor) => [
        x.matMul(w).add(w.matMul(x)),
        tf.matMul(x, w).add(tf.matMul(y, w, false, true)),
        x.matMul(w).add(x.slice(0, [1, 3]).matMul(w)),
      ];
      const changed = await changes(sumsOfProducts, [], fn, [3, 3], [3, 3], [3, 3]);
      assert.deepEqual(changed, {});
    });
  });

  describe('all of a target', () => {
    for (const target of ['cpu', 'webgpu'] as const) {
      it(`give the values of the graph as it was recorded: loss and gradient of a transfer, ${target}`, async () => {
        const model = tinyVgg19();
        const network = featureExtractor(features(model, layersOf(CHAPTER_TERMS)));
        const x = tinyPicture(36, 48, 3);
        const fn = lossAndGrads(chapterLoss(network, 36, 48));
        const before = await recorded((y) => {
          const { value, terms, grad } = fn(y as tf.Tensor4D);
          return [value, ...Object.values(terms), grad];
        }, x.shape);
        const after = optimise(before, target);
        const data = await x.data<'float32'>();
        close(await run(after, [data]), await run(before, [data]), 1e-5);
        const gone = target === 'cpu' ? ['Greater', 'Pow', 'Where'] : ['Greater', 'Pow', 'MaxUnpool'];
        const left = Object.keys(opCounts(after)).filter((op) => gone.includes(op));
        assert.deepEqual(left, []);
      });
    }

    it('find nothing more to do in what they made', async () => {
      for (const target of ['cpu', 'webgpu'] as const) {
        const once = optimise(await recorded((x) => pooledRelu(x), [1, 3, 6, 8]), target);
        for (const pass of passesFor(target)) assert.deepEqual(opCounts(pass(once)), opCounts(once));
      }
    });
  });

  it('keep shared values shared, and every input, used or not', async () => {
    const before = await recorded((x) => x.exp().add(x.exp()), [3], [2]);
    const after = rewrite(before, () => undefined);
    assert.deepEqual(opCounts(after), { Add: 1, Exp: 1 });
    assert.deepEqual(
      after.graph.inputs.map(({ dims }) => dims),
      [[3], [2]],
    );
  });
});
