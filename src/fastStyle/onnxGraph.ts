/**
 * A fast style network as an ONNX graph for pictures of any size: what `stylise` computes, in standard operators of opset 17. tfjs functions
 * are traced at one size, so this graph is built by hand, on the same form (`convolutions`).
 */
import { type Computation, type DType, Graph, type Value } from '../compile/graph';
import {
  type Architecture,
  type ConvolutionSpec,
  convolutions,
  styleLength,
  styleParts,
} from './architecture';
import { toHalf } from '../network/float16';
import { NORM_EPSILON } from './network';

export const IMAGE = 'image';
export const STYLE = 'style';
export const STYLIZED = 'stylized';
/** The sizes of `image` and `stylized`. */
export const PICTURE_SHAPE = [1, 3, 'height', 'width'] as const;

/** The precision that a file keeps its numbers in. Every runtime computes in float32. */
export type Precision = 'float32' | 'float16';

/** A shape that nobody writes down: it follows from the picture's. */
const ANY = [1, -1, -1, -1];

export interface NetworkNumbers {
  architecture: Architecture;
  /** Kernels [kernel, kernel, from, to] and the bias, by name: see `convolutions`. */
  parameters: Readonly<Record<string, { data: Float32Array }>>;
  /** The style vector; undefined makes it an input of the model. */
  style: Float32Array | undefined;
  precision: Precision;
}

export interface NetworkGraph extends Computation {
  /** The names of the constants that hold the network's numbers: encoder1/kernel (as ONNX has it: [to, from, kernel, kernel]), encoder1/scale ... */
  constants: ReadonlyMap<Value, string>;
}

/** The graph: `image` in (and the style vector after it, where it is an input), `stylized` out. */
export function networkGraph({ architecture, parameters, style, precision }: NetworkNumbers): NetworkGraph {
  const graph = new Graph();
  const constants = new Map<Value, string>();
  const specs = new Map(convolutions(architecture).map((spec) => [spec.name, spec]));
  const parts = styleParts(architecture);
  const image = graph.addInput([1, 3, -1, -1], 'float32');
  const styleInput = style ? undefined : graph.addInput([styleLength(architecture)], 'float32');

  const number = (name: string, data: Float32Array, dims: readonly number[]) => {
    const dtype: DType = precision;
    const value = graph.constant(precision === 'float16' ? toHalf(data) : data, dims, dtype);
    constants.set(value, name);
    return precision === 'float16' ? graph.add('Cast', [value], dims, { to: 'float32' }, 'float32') : value;
  };
  const ofStyle = (name: string, begin: number, channels: number) => {
    if (style) return number(name, style.slice(begin, begin + channels), [channels]);
    const [from, to, axis] = [[begin], [begin + channels], [0]].map((list) => graph.int64(list));
    return graph.add('Slice', [styleInput, from, to, axis], [channels]);
  };
  const kernelOf = ({ name, kernel, from, to }: ConvolutionSpec) => {
    const data = layoutOfOnnx(parameters[`${name}/kernel`].data, [kernel, kernel, from, to]);
    return number(`${name}/kernel`, data, [to, from, kernel, kernel]);
  };
  const specOf = (name: string) => specs.get(name) as ConvolutionSpec;
  const reflect = (y: Value, before: number, after: number) =>
    graph.add('Pad', [y, graph.int64([0, 0, before, before, 0, 0, after, after])], ANY, { mode: 'reflect' });
  const normalised = (name: string, y: Value) => {
    const { channels, scales, shifts } = parts[name];
    const { kernel, stride } = specOf(name);
    const around = (kernel - 1) / 2;
    const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
    const convolved = graph.add(
      'Conv',
      [reflect(y, around, around), kernelOf(specOf(name))],
      ANY,
      attributes,
    );
    const scale = ofStyle(`${name}/scale`, scales, channels);
    const shift = ofStyle(`${name}/shift`, shifts, channels);
    const epsilon = { float: NORM_EPSILON };
    return graph.add('InstanceNormalization', [convolved, scale, shift], ANY, { epsilon });
  };
  const layer = (name: string, y: Value) => graph.add('Relu', [normalised(name, y)], ANY);
  const scaled = (y: Value, by: number, plus: number) =>
    graph.add('Add', [graph.add('Mul', [y, graph.scalar(by)], ANY), graph.scalar(plus)], ANY);

  const whole = layer('encoder1', scaled(image, 1 / 127.5, -1));
  const half = layer('encoder2', whole);
  let y = layer('encoder3', half);
  for (let i = 1; i <= architecture.blocks; i++) {
    y = graph.add('Add', [y, normalised(`residual${i}b`, layer(`residual${i}a`, y))], ANY);
  }
  y = layer('decoder1', doubled(graph, y, half));
  y = layer('decoder2', doubled(graph, y, whole));

  const output = specOf('output');
  const around = (output.kernel - 1) / 2;
  const bias = number('output/bias', parameters['output/bias'].data, [output.to]);
  // A row and a column more than the kernel needs, so that odd sizes have whole quads.
  const levels = graph.add(
    'Conv',
    [
      reflect(y, around, around + 1),
      quadKernel(graph, kernelOf(output), output),
      graph.add('Concat', [bias, bias, bias, bias], [4 * output.to], { axis: 0 }),
    ],
    ANY,
    { kernel_shape: [output.kernel + 1, output.kernel + 1], strides: [2, 2] },
  );
  const quads = graph.add('DepthToSpace', [graph.add('Tanh', [levels], ANY)], ANY, { blocksize: 2 });
  const size = graph.add('Slice', [shapeOf(graph, image), graph.int64([2]), graph.int64([4])], [2]);
  const cut = graph.add('Slice', [quads, graph.int64([0, 0]), size, graph.int64([2, 3])], ANY);
  const stylized = graph.add(
    'Clip',
    [scaled(cut, 150, 127.5), graph.scalar(0), graph.scalar(255)],
    [1, 3, -1, -1],
  );
  return { graph, outputs: [stylized], constants };
}

function shapeOf(graph: Graph, value: Value): Value {
  return graph.add('Shape', [value], [4], {}, 'int64');
}

/**
 * Each pixel as 2 x 2, without the last row or column where `like` has an odd size. In Resize's asymmetric coordinates, row i of 2n - 1
 * comes from row floor(i n / (2n - 1)), which is floor(i / 2).
 */
function doubled(graph: Graph, y: Value, like: Value): Value {
  const channels = graph.add('Slice', [shapeOf(graph, y), graph.int64([0]), graph.int64([2])], [2]);
  const size = graph.add('Slice', [shapeOf(graph, like), graph.int64([2]), graph.int64([4])], [2]);
  const sizes = graph.add('Concat', [channels, size], [4], { axis: 0 });
  return graph.add('Resize', [y, undefined, undefined, sizes], ANY, {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/**
 * The kernel that computes the 2 x 2 pixels of a quad at once, at stride 2: four copies, each moved to its pixel, channels [quad row,
 * quad column, to]. Three channels alone would leave most of a processor's vector unused. ONNX runtimes compute this once, when they load.
 */
function quadKernel(graph: Graph, kernel: Value, { to, from, kernel: side }: ConvolutionSpec): Value {
  const copies = [0, 1].flatMap((down) =>
    [0, 1].map((right) => {
      const pads = graph.int64([0, 0, down, right, 0, 0, 1 - down, 1 - right]);
      return graph.add('Pad', [kernel, pads], [to, from, side + 1, side + 1]);
    }),
  );
  return graph.add('Concat', copies, [4 * to, from, side + 1, side + 1], { axis: 0 });
}

/** A kernel [rows, columns, from, to], as tfjs has it, as [to, from, rows, columns]. */
export function layoutOfOnnx(data: Float32Array, shape: readonly number[]): Float32Array {
  const laidOut = new Float32Array(data.length);
  forEachPlace(shape, (tfjs, onnx) => (laidOut[onnx] = data[tfjs]));
  return laidOut;
}

/** The inverse of layoutOfOnnx; `shape` is [rows, columns, from, to] here too. */
export function layoutOfTfjs(data: Float32Array, shape: readonly number[]): Float32Array {
  const laidOut = new Float32Array(data.length);
  forEachPlace(shape, (tfjs, onnx) => (laidOut[tfjs] = data[onnx]));
  return laidOut;
}

function forEachPlace(
  [rows, columns, from, to]: readonly number[],
  visit: (tfjs: number, onnx: number) => void,
): void {
  const pixels = rows * columns;
  for (let pixel = 0, tfjs = 0; pixel < pixels; pixel++) {
    for (let i = 0; i < from; i++) {
      for (let o = 0; o < to; o++) visit(tfjs++, (o * from + i) * pixels + pixel);
    }
  }
}
