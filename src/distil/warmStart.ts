/**
 * The student's first parameters, layer by layer and without gradients: each layer is made to compute some of the teacher's channels from
 * what the student itself gives so far, by linear least squares on the teacher's values before ReLU. A layer thus makes up for the
 * errors of those before it (as in He, Zhang and Sun 2017, "Channel Pruning for Accelerating Very Deep Neural Networks").
 */
import * as tf from '@tensorflow/tfjs';
import { type NDArray, compile } from '../compile';
import { gramMatrix } from '../losses/lossFunctions';
import { type Widths, features, layersUpTo } from '../network/vgg19';
import { type ConvSpec, convLayers, slimActivations, slimInput } from '../network/vgg19Slim';
import { selectChannels } from './channelSelection';
import { type NormalEquations, accumulate, solveLeastSquares, startNormalEquations } from './leastSquares';
import { type Parameters, parameter, slimTensors } from '../train/parameters';

/** Relative to a feature's own sum of squares. */
const RIDGE = 1e-4;

/** Shallow layers have so many pixels that fewer pictures do: the share of the pictures that each block uses. */
const SHARE_OF_PICTURES = [1 / 40, 1 / 20, 1 / 10, 1 / 4, 1];
/** And the share that channels are chosen by. */
const SHARE_FOR_CHOICE = 1 / 4;

export interface WarmStartOptions {
  teacher: tf.LayersModel;
  widths: Widths;
  /** Pictures [size, size, 3] in preprocess's form. */
  pictures: readonly Float32Array[];
  size: number;
  threads?: number;
}

/** Solves all layers, in order, and yields the name of each; then all heads, and returns the parameters. */
export async function* warmStart(options: WarmStartOptions): AsyncGenerator<string, Parameters, void> {
  const moments = await teacherMoments(options);
  const convolutions: Parameters = {};
  for (const layer of convLayers(options.widths)) {
    const { sums, channels, pixels } = moments[layer.name];
    const chosen = selectChannels(sums, channels, layer.filters);
    // Every channel of the student has a mean square of about 1, so that its kernels' numbers are alike.
    const scales = chosen.map((c) => 1 / Math.sqrt(sums[c * channels + c] / pixels || 1));
    await solveConvolution(options, convolutions, layer, chosen, scales);
    yield layer.name;
  }
  const heads = await solveHeads(options, convolutions);
  const parts = ['kernel', 'bias', 'head', 'headBias'];
  const all = { ...convolutions, ...heads };
  const names = convLayers(options.widths).flatMap(({ name }) => parts.map((part) => `${name}/${part}`));
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** Sums over pixels of the products of every two channels [channels, channels]. */
interface Moments {
  sums: Float64Array;
  channels: number;
  pixels: number;
}

/** The teacher's moments over a share of the pictures, by layer. */
async function teacherMoments({
  teacher,
  pictures,
  size,
  threads,
}: WarmStartOptions): Promise<Record<string, Moments>> {
  const names = convLayers().map(({ name }) => name);
  const network = features(teacher, names);
  const grams = await compile(
    (x: tf.Tensor) => {
      const activations = network(x as tf.Tensor4D);
      return names.map((name) => gramMatrix(tf.squeeze(activations[name], [0])));
    },
    [1, size, size, 3],
    { threads },
  );
  const moments: Record<string, Moments> = {};
  for (const x of pictures.slice(0, Math.ceil(pictures.length * SHARE_FOR_CHOICE))) {
    for (const [i, { data, shape }] of (await grams(x)).entries()) {
      const name = names[i];
      const side = Math.floor(size / 2 ** blockIndex(name));
      const moment = (moments[name] ??= {
        sums: new Float64Array(data.length),
        channels: shape[0],
        pixels: 0,
      });
      for (let k = 0; k < data.length; k++) moment.sums[k] = moment.sums[k] + data[k];
      moment.pixels += side * side;
    }
  }
  await grams.dispose();
  return moments;
}

/** 0 for block1_conv1. */
function blockIndex(layer: string): number {
  return Number(layer['block'.length]) - 1;
}

/** The kernel and bias of one layer: its input's 3 x 3 neighbourhoods, and 1, against the teacher's chosen channels before ReLU. */
async function solveConvolution(
  { teacher, pictures, size, threads }: WarmStartOptions,
  convolutions: Parameters,
  { name, filters }: ConvSpec,
  chosen: readonly number[],
  scales: readonly number[],
): Promise<void> {
  const target = beforeRelu(teacher, name, chosen, scales);
  const student = slimTensors(convolutions);
  const sums = await compile(
    (x: tf.Tensor) => {
      const input = slimInput(student.network, x as tf.Tensor4D, name);
      return products(neighbourhoods(input), target.of(x as tf.Tensor4D));
    },
    [1, size, size, 3],
    { threads },
  );
  const count = Math.ceil(pictures.length * SHARE_OF_PICTURES[blockIndex(name)]);
  const equations: NormalEquations[] = [];
  for (const x of pictures.slice(0, count)) addTo(equations, 0, await sums(x));
  await sums.dispose();
  student.dispose();
  target.dispose();
  const { matrix, bias } = solved(equations[0]);
  convolutions[`${name}/kernel`] = parameter([3, 3, matrix.length / filters / 9, filters], matrix);
  convolutions[`${name}/bias`] = parameter([filters], bias);
}

/** The heads of all layers: the student's channels, and 1, against all of the teacher's. */
async function solveHeads(
  { teacher, pictures, size, threads }: WarmStartOptions,
  convolutions: Parameters,
): Promise<Parameters> {
  const names = convLayers().map(({ name }) => name);
  const network = features(teacher, names);
  const student = slimTensors(convolutions);
  const sums = await compile(
    (x: tf.Tensor) => {
      const own = slimActivations(student.network, x as tf.Tensor4D, names);
      const wanted = network(x as tf.Tensor4D);
      return names.map((name) => products(own[name], wanted[name]));
    },
    [1, size, size, 3],
    { threads },
  );
  const equations: NormalEquations[] = [];
  for (const x of pictures) {
    const results = (await sums(x)) as unknown as Products<NDArray>[];
    results.forEach((result, i) => addTo(equations, i, result));
  }
  await sums.dispose();
  student.dispose();
  const heads: Parameters = {};
  names.forEach((name, i) => {
    const { features: from, targets: to } = equations[i];
    const { matrix, bias } = solved(equations[i]);
    heads[`${name}/head`] = parameter([from - 1, to], matrix);
    heads[`${name}/headBias`] = parameter([to], bias);
  });
  return heads;
}

/** Sums over pixels: of the features' products with each other, and with the targets. The last feature is 1. */
interface Products<T> {
  ff: T;
  ft: T;
}

function products(features: tf.Tensor4D, targets: tf.Tensor4D): Products<tf.Tensor> {
  const flat = features.reshape<tf.Tensor2D>([-1, features.shape[3]]);
  const withOne = tf.concat2d([flat, tf.ones([flat.shape[0], 1])], 1);
  const wanted = targets.reshape<tf.Tensor2D>([-1, targets.shape[3]]);
  return { ff: tf.matMul(withOne, withOne, true, false), ft: tf.matMul(withOne, wanted, true, false) };
}

function addTo(equations: NormalEquations[], i: number, { ff, ft }: Products<NDArray>): void {
  const sums = (equations[i] ??= startNormalEquations(ft.shape[0], ft.shape[1]));
  accumulate(sums, ff.data, ft.data);
}

function solved(equations: NormalEquations): { matrix: Float64Array; bias: Float64Array } {
  const weights = solveLeastSquares(equations, RIDGE);
  const end = weights.length - equations.targets;
  return { matrix: weights.subarray(0, end), bias: weights.subarray(end) };
}

/** The teacher's chosen channels at a layer before ReLU, scaled, as a function of the picture. */
function beforeRelu(
  teacher: tf.LayersModel,
  name: string,
  chosen: readonly number[],
  scales: readonly number[],
): { of(x: tf.Tensor4D): tf.Tensor4D; dispose(): void } {
  const [kernel, bias] = teacher.getLayer(name).getWeights() as [tf.Tensor4D, tf.Tensor1D];
  const own = tf.tidy(() => {
    const [indices, factors] = [tf.tensor1d([...chosen], 'int32'), tf.tensor1d([...scales])];
    return [kernel.gather(indices, 3).mul(factors), bias.gather(indices).mul(factors)] as [
      tf.Tensor4D,
      tf.Tensor1D,
    ];
  });
  const before = layersUpTo([name]).at(-2)?.name;
  const network = before === undefined ? undefined : features(teacher, [before]);
  return {
    of: (x) => {
      const input = before !== undefined && network ? network(x)[before] : x;
      return tf.add(tf.conv2d(input, own[0], 1, 'same'), own[1]);
    },
    dispose: () => tf.dispose(own),
  };
}

/** Each pixel's 3 x 3 neighbours, zero beyond the edge: [1, h, w, 9 channels] in the order of a kernel's [3, 3, channels]. */
function neighbourhoods(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const padded = tf.pad4d(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const shifted = [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((column) => tf.slice4d(padded, [0, row, column, 0], [batch, height, width, channels])),
  );
  return tf.concat4d(shifted, 3);
}
