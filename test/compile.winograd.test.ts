import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compile } from '../src/compile';
import { type Computation, type Value, opCounts } from '../src/compile/graph';
import { graphMemory } from '../src/compile/memory';
import { inputNames } from '../src/compile/names';
import { onnxModel } from '../src/compile/onnxModel';
import { optimise } from '../src/compile/passes';
import { winograd, winogradWhere } from '../src/compile/passes/winograd';
import { winogradRatio, winogradWins } from '../src/compile/passes/winogradCost';
import { prepare } from '../src/compile/prepare';
import { trace } from '../src/compile/trace';
import { leaves } from '../src/compile/tree';
import { Evaluator } from '../src/evaluator';
import { fminLbfgsb } from '../src/lbfgsb';
import { featureExtractor } from '../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../src/losses/terms';
import { lossAndGrads } from '../src/losses/transferLoss';
import { features } from '../src/network/vgg19';
import { chapterLoss } from './helpers/chapterLoss';
import { tinyVgg19 } from './helpers/tinyVgg19';

type Fn = (x: tf.Tensor4D) => tf.Tensor | readonly tf.Tensor[];

/** Of the greatest value of a result. Float32 gives some 1e-5. */
const TOLERANCE = 5e-5;

function isValue(node: unknown): node is Value {
  return typeof node === 'object' && node !== null && 'dtype' in node;
}

async function recorded(fn: Fn, shape: readonly number[]): Promise<Computation> {
  const { graph, result } = await trace(fn, [shape]);
  return optimise({ graph, outputs: leaves(result, isValue) }, 'cpu');
}

const everywhere = (computation: Computation) => winogradWhere(computation, () => true);

/** As ONNX Runtime computes it, with and without its own optimisations. */
async function run(
  computation: Computation,
  input: Float32Array,
  graphOptimizationLevel: 'disabled' | 'all',
): Promise<Float32Array[]> {
  const { graph, outputs } = computation;
  const names = { inputs: inputNames(1), outputs: outputs.map((_, i) => `y${i}`) };
  const session = await InferenceSession.create(onnxModel(computation, names), { graphOptimizationLevel });
  const results = await session.run({ input: new Tensor('float32', input, graph.inputs[0]?.dims) });
  await session.release();
  return names.outputs.map((name) => results[name]?.data as Float32Array);
}

function close(actual: readonly Float32Array[], expected: readonly Float32Array[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((values, which) => {
    assert.equal(actual[which]?.length, values.length);
    const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[which]?.[i])), 0);
    assert.ok(error <= tolerance * greatest, `output ${which}: greatest error / value ${error / greatest}`);
  });
}

/** Of each op, and of the products with one matrix for each of a tile's factors: with filters, and of the filters themselves. */
function countsOf(computation: Computation): Record<string, number> {
  const nodes = computation.graph.reachable(computation.outputs);
  const products = nodes.filter(({ op, outputs }) => op === 'MatMul' && outputs[0]?.dims[0] === 36).length;
  return { ...opCounts(computation), products };
}

/** What became of a function, whose values must stay, is counted. */
async function transformed(fn: Fn, shape: readonly number[]): Promise<Record<string, number>> {
  const before = await recorded(fn, shape);
  const after = everywhere(before);
  const x = tf.randomNormal([...shape], 0, 1, 'float32', 7).dataSync<'float32'>();
  const expected = await run(before, x, 'disabled');
  close(await run(after, x, 'disabled'), expected, TOLERANCE);
  close(await run(after, x, 'all'), expected, TOLERANCE);
  return countsOf(after);
}

describe("Winograd's convolution", () => {
  before(() => tf.setBackend('cpu'));

  const filter = (from: number, to: number) =>
    tf.randomNormal<tf.Rank.R4>([3, 3, from, to], 0, Math.sqrt(2 / (9 * from)), 'float32', 3);
  const bias = (channels: number) => tf.randomNormal<tf.Rank.R1>([channels], 0, 1, 'float32', 4);

  it('gives the values of the direct one at any size, with and without bias and ReLU', async () => {
    const [w, b] = [filter(5, 6), bias(6)];
    for (const [height, width] of [
      [1, 1],
      [3, 4],
      [8, 12],
      [9, 7],
      [13, 22],
    ] as const) {
      const fn = (x: tf.Tensor4D) => {
        const y = tf.conv2d(x, w, 1, 'same');
        return [y, tf.relu(y), y.add(b), tf.relu(y.add(b)), y.add(1)];
      };
      const ops = await transformed(fn, [1, height, width, 5]);
      assert.deepEqual(
        [ops.Conv, ops.products],
        [1, 2],
        'one transform of tiles, one of filters, one product',
      );
    }
  });

  it('takes the paddings of each side', async () => {
    const w = filter(5, 6);
    const pads = ['valid', [1, 2, 0, 1], [2, 0, 0, 2]] as const;
    const fn = (x: tf.Tensor4D) =>
      pads.map((pad) =>
        pad === 'valid'
          ? tf.conv2d(x, w, 1, pad)
          : tf.conv2d(x, w, 1, [
              [0, 0],
              [pad[0], pad[1]],
              [pad[2], pad[3]],
              [0, 0],
            ]),
      );
    assert.equal((await transformed(fn, [1, 10, 11, 5])).Conv, 3);
  });

  it('gives the gradient for the input', async () => {
    const [v, w, b] = [filter(5, 8), filter(8, 6), bias(6)];
    const loss = (x: tf.Tensor4D) =>
      tf
        .relu(tf.conv2d(tf.conv2d(x, v, 1, 'valid'), w, 1, 'same').add(b))
        .square()
        .sum();
    const fn = tf.grad((x: tf.Tensor) => loss(x as tf.Tensor4D));
    const before = await recorded((x) => fn(x), [1, 11, 14, 5]);
    assert.equal(opCounts(before).Conv, 4);
    const ops = await transformed((x) => fn(x), [1, 11, 14, 5]);
    // Four products on constants, for two filters both ways round; two forward, two backward.
    assert.deepEqual([ops.Conv, ops.products], [4, 8]);
    assert.equal(prepare(everywhere(before)).values.length, 0);
  });

  it('holds small filters both ways round, and large ones once', async () => {
    const preparedOf = (computation: Computation) =>
      prepare(everywhere(computation)).values.map(({ dims }) => dims);
    const gradientFor = (w: tf.Tensor4D) => {
      const fn = tf.grad((x: tf.Tensor) =>
        tf
          .conv2d(x as tf.Tensor4D, w, 1, 'same')
          .square()
          .sum(),
      );
      return (x: tf.Tensor4D) => fn(x);
    };
    const small = await recorded(gradientFor(filter(32, 48)), [1, 8, 8, 32]);
    assert.deepEqual(preparedOf(small), [
      [36, 48, 32],
      [36, 32, 48],
    ]);
    const large = gradientFor(filter(320, 384));
    assert.deepEqual(preparedOf(await recorded(large, [1, 5, 6, 320])), [[36, 320, 384]]);
    await transformed(large, [1, 5, 6, 320]);
  });

  it('is done in bands, whose values are those of the whole', async () => {
    const w = filter(96, 4);
    const ops = await transformed((x) => tf.relu(tf.conv2d(x, w, 1, 'same')), [1, 130, 131, 96]);
    assert.equal(ops.Concat, 1);
    assert.deepEqual([ops.Conv, ops.products], [2, 3], 'two bands, and the filters');
  });

  it('takes little more memory than the direct one', async () => {
    const w = filter(64, 64);
    const direct = await recorded((x) => tf.relu(tf.conv2d(x, w, 1, 'same')), [1, 400, 500, 64]);
    const [plain, tiled] = [graphMemory(direct), graphMemory(everywhere(direct))];
    assert.ok(tiled.peak < 1.5 * plain.peak, `${tiled.peak} / ${plain.peak}`);
    assert.equal(tiled.prepared, 36 * 64 * 64 * 4);
  });

  it('leaves alone what it cannot take', async () => {
    const w = filter(5, 6);
    const cases: [Fn, readonly number[]][] = [
      [(x) => tf.conv2d(x, w, 2, 'same'), [1, 8, 8, 5]],
      [(x) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2), [1, 8, 8, 5]],
      [(x) => tf.conv2d(x, tf.randomNormal<tf.Rank.R4>([5, 5, 5, 6]), 1, 'same'), [1, 8, 8, 5]],
      [
        (x) => tf.conv2d(x, x.slice(0, [1, 3, 3, 5]).reshape<tf.Tensor4D>([3, 3, 5, 1]), 1, 'same'),
        [1, 8, 8, 5],
      ],
      [(x) => tf.conv2d(x, w, 1, 'same'), [2, 8, 8, 5]],
      [
        (x) =>
          tf.conv2d(x, w, 1, [
            [0, 0],
            [3, 0],
            [0, 0],
            [0, 0],
          ]),
        [1, 8, 8, 5],
      ],
    ];
    for (const [fn, shape] of cases) {
      const before = await recorded(fn, shape);
      assert.deepEqual(opCounts(everywhere(before)), opCounts(before));
    }
  });

  it('is taken where layers are wide, and left where they are narrow or small', async () => {
    const square = (channels: number, side: number) => ({
      channelsIn: channels,
      channelsOut: channels,
      height: side,
      width: side,
    });
    assert.deepEqual(
      [square(512, 50), square(256, 100), square(64, 400), square(16, 400), square(512, 4)].map(winogradWins),
      [true, true, false, false, false],
    );
    assert.ok(winogradRatio(square(512, 50)) < winogradRatio(square(256, 50)));
    const narrow = await recorded((x) => tf.conv2d(x, filter(8, 8), 1, 'same'), [1, 32, 32, 8]);
    assert.deepEqual(opCounts(winograd(narrow)), opCounts(narrow));
  });

  it('is a choice of compile, and no part of what toOnnx gives', async () => {
    const w = filter(256, 256);
    const fn = (x: tf.Tensor4D) => tf.relu(tf.conv2d(x, w, 1, 'same'));
    const shape = [1, 24, 28, 256];
    const x = tf.randomNormal(shape, 0, 1, 'float32', 5);
    const [without, with_] = [await compile(fn, shape, { winograd: false }), await compile(fn, shape)];
    assert.deepEqual([without.ops.MatMul, without.memory.prepared], [undefined, 0]);
    // One of filters, one with them, and one that puts tiles side by side.
    assert.deepEqual([with_.ops.MatMul, with_.memory.prepared], [3, 36 * 256 * 256 * 4]);
    const [expected, came] = [await without(x), await with_(x)];
    close([came.data as Float32Array], [expected.data as Float32Array], TOLERANCE);
    assert.deepEqual(with_.toOnnx(), without.toOnnx());
    await without.dispose();
    await with_.dispose();
  });

  it("gives the chapter's loss and gradient", async () => {
    const network = featureExtractor(features(tinyVgg19(), layersOf(CHAPTER_TERMS)));
    const loss = lossAndGrads(chapterLoss(network, 36, 48));
    const fn = (x: tf.Tensor4D) => {
      const { value, grad } = loss(x);
      return [value, grad];
    };
    assert.equal((await transformed(fn, [1, 36, 48, 3])).ConvTranspose, undefined);
  });

  it('leads L-BFGS to the same losses', async () => {
    // A content loss. Gram matrices enlarge a difference in rounding tenfold every three evaluations, which tells machines apart and not
    // algorithms. No picture has activations like the targets, so the loss stays far from 0.
    const [v, w] = [filter(3, 256), filter(256, 256)];
    const shape = [1, 20, 22, 3];
    const noise = (dims: readonly number[], seed: number) =>
      tf.randomNormal<tf.Rank.R4>(dims as never, 0, 1, 'float32', seed);
    const activations = (x: tf.Tensor4D) =>
      tf.relu(tf.conv2d(tf.relu(tf.conv2d(x, v, 1, 'same')), w, 1, 'same'));
    const wanted = tf.tidy(() => activations(noise(shape, 1)).add(noise([1, 20, 22, 256], 3).mul(0.3)));
    const fn = tf.valueAndGrad((x: tf.Tensor) =>
      activations(x as tf.Tensor4D)
        .sub(wanted)
        .square()
        .sum(),
    );
    const [losses, ops] = [[] as number[][], [] as (number | undefined)[]];
    for (const winograd of [false, true]) {
      const compiled = await compile(fn, shape, { winograd });
      ops.push(compiled.ops.MatMul);
      const evaluator = new Evaluator(compiled);
      const reached: number[] = [];
      const func = async (x: Float64Array) => {
        reached.push(await evaluator.loss(x));
        return reached.at(-1) as number;
      };
      await fminLbfgsb(func, noise(shape, 2).dataSync(), { fprime: evaluator.grads, maxfun: 12 });
      losses.push(reached);
      await compiled.dispose();
    }
    assert.ok(ops[0] === undefined && (ops[1] as number) > 4);
    const [direct, ours] = losses as [number[], number[]];
    assert.ok((direct.at(-1) as number) < 0.5 * direct[0], 'it descends');
    assert.equal(ours.length, direct.length);
    direct.forEach((loss, i) => {
      assert.ok(Math.abs(ours[i] / loss - 1) < 1e-4, `evaluation ${i}: ${ours[i]}, not ${loss}`);
    });
  });
});
