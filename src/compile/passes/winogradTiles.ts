/**
 * Winograd's convolution F(4x4, 3x3) in stock ONNX ops: a picture to tiles, one product for each of a tile's 36 factors, tiles to a picture.
 *
 * It is done in bands of some rows of tiles: what a band is transformed to stays in the processor's cache, and takes little memory. ONNX
 * Runtime takes the Transpose before a product, and the Relu after one, into the product itself.
 */
import { type Graph, type Value, sizeOf } from '../graph';
import { reshaped } from '../view';
import { FILTER, FORWARD, INPUTS, OUTPUTS, TAPS, TURNED } from './winogradMatrices';

const FACTORS = INPUTS ** 2;
const PER_TILE = OUTPUTS ** 2;

/** Bytes of a band's factors: what stays in the cache. */
const BAND = 2 ** 23;
/** Tiles of a band, at least: each band reads the filters anew. */
const LEAST_TILES = 256;
/** Of a picture, at most: each has its nodes. */
const MOST_BANDS = 12;

/** A convolution of one picture with a constant filter of 3 x 3 in steps of 1. */
export interface Convolution {
  /** [1, channels in, height, width] */
  x: Value;
  /** The constant filter [3, 3, in, out]. */
  filter: Value;
  /** Whether the filter is turned by 180 degrees and its channels swapped, as for the gradient for the input. */
  isTurned: boolean;
  /** Of the result: [1, channels out, height, width]. */
  dims: readonly [number, number, number, number];
  /** Rows and columns of zeros at the top and on the left, fewer than the filter has. */
  pads: readonly [number, number];
}

/** Tiles that cover height x width outputs. */
export function tilesOf(height: number, width: number): [rows: number, columns: number] {
  return [Math.ceil(height / OUTPUTS), Math.ceil(width / OUTPUTS)];
}

/**
 * The convolution's result.
 *
 * @param bias [1, channels out, 1, 1] or [channels out], added to each channel
 * @param isRelu whether ReLU is applied; here it costs nothing, unlike on the picture
 */
export function convolve(
  graph: Graph,
  convolution: Convolution,
  bias: Value | undefined,
  isRelu: boolean,
): Value {
  const { x, dims } = convolution;
  const [, channels, height, width] = dims;
  const [rows, columns] = tilesOf(height, width);
  const tiles = Math.max(LEAST_TILES, BAND / (4 * FACTORS * Math.max(channels, x.dims[1])));
  const bands = Math.min(MOST_BANDS, Math.max(1, Math.round((rows * columns) / tiles)));
  const step = OUTPUTS * Math.ceil(rows / bands);
  const parts: Value[] = [];
  for (let begin = 0; begin < height; begin += step) {
    const end = Math.min(height, begin + step);
    parts.push(band(graph, convolution, bias, isRelu, begin, end));
  }
  return parts.length === 1 ? parts[0] : graph.add('Concat', parts, dims, { axis: 2 });
}

/** The rows of the result from `begin`, where a tile begins, to before `end`. */
function band(
  graph: Graph,
  convolution: Convolution,
  bias: Value | undefined,
  isRelu: boolean,
  begin: number,
  end: number,
): Value {
  const { filter, isTurned, dims } = convolution;
  const [, channels, , width] = dims;
  const [rows, columns] = tilesOf(end - begin, width);
  const tiles = rows * columns;
  const factors = tileFactors(graph, convolution, begin, end);
  const products = productsOf(graph, transformedFilters(graph, filter), factors, isTurned);
  const { output } = isTurned ? TURNED : FORWARD;
  const matrix = graph.constant(output, [PER_TILE, FACTORS], 'float32');
  const operands = [matrix, reshaped(graph, products, [FACTORS, channels * tiles])];
  if (bias) operands.push(repeated(graph, bias, channels, tiles));
  const sums = graph.add('Gemm', operands, [PER_TILE, channels * tiles], { transA: 0, transB: 0 });
  const outputs = isRelu ? graph.add('Relu', [sums], sums.dims) : sums;
  const whole = toPicture(graph, outputs, [channels, rows, columns]);
  const part = [1, channels, end - begin, width];
  if (sizeOf(part) === sizeOf(whole.dims)) return whole;
  const [starts, ends, axes] = [graph.int64([0, 0]), graph.int64([end - begin, width]), graph.int64([2, 3])];
  return graph.add('Slice', [whole, starts, ends, axes], part);
}

/**
 * The transformed filters [36, in, out]: nodes on constants only, in float64, which are computed once, when the function is compiled. They
 * serve the convolution and its gradient.
 */
function transformedFilters(graph: Graph, filter: Value): Value {
  const [, , channelsIn, channelsOut] = filter.dims as [number, number, number, number];
  const taps = [TAPS ** 2, channelsIn * channelsOut];
  const factors = [FACTORS, channelsIn * channelsOut];
  const exact = graph.add('Cast', [reshaped(graph, filter, taps)], taps, { to: 'float64' }, 'float64');
  const matrix = graph.constant(FILTER, [FACTORS, TAPS ** 2], 'float64');
  const product = graph.add('MatMul', [matrix, exact], factors);
  const rounded = graph.add('Cast', [product], factors, { to: 'float32' }, 'float32');
  return reshaped(graph, rounded, [FACTORS, channelsIn, channelsOut]);
}

/** The factors [channels, 36, tiles] of a band: one convolution with 36 kernels, in steps of a tile. */
function tileFactors(
  graph: Graph,
  { x, isTurned, dims, pads }: Convolution,
  begin: number,
  end: number,
): Value {
  const [, channels, height, width] = x.dims as [number, number, number, number];
  const [rows, columns] = tilesOf(end - begin, dims[3]);
  const [spanH, spanW] = [rows, columns].map((count) => count * OUTPUTS + TAPS - 1) as [number, number];
  const [top, left] = [begin - pads[0], -pads[1]];
  const [from, to] = [Math.max(0, top), Math.min(height, top + spanH)];
  const bounds = [[from], [to], [2]].map((list) => graph.int64(list));
  const part = to - from === height ? x : graph.add('Slice', [x, ...bounds], [1, channels, to - from, width]);
  const { input } = isTurned ? TURNED : FORWARD;
  const kernels = graph.constant(input, [FACTORS, 1, INPUTS, INPUTS], 'float32');
  const factors = graph.add(
    'Conv',
    [reshaped(graph, part, [channels, 1, to - from, width]), kernels],
    [channels, FACTORS, rows, columns],
    {
      kernel_shape: [INPUTS, INPUTS],
      strides: [OUTPUTS, OUTPUTS],
      dilations: [1, 1],
      pads: [from - top, -left, top + spanH - to, left + spanW - width],
    },
  );
  return reshaped(graph, factors, [channels, FACTORS, rows * columns]);
}

/** For each factor, sums over the channels that come in: [36, channels out, tiles]. ONNX Runtime turns operands while it multiplies. */
function productsOf(graph: Graph, filters: Value, factors: Value, isTurned: boolean): Value {
  const [channelsIn, , tiles] = factors.dims as [number, number, number];
  const [, first, second] = filters.dims as [number, number, number];
  const matrices = isTurned
    ? filters
    : graph.add('Transpose', [filters], [FACTORS, second, first], { perm: [0, 2, 1] });
  const turned = graph.add('Transpose', [factors], [FACTORS, channelsIn, tiles], { perm: [1, 0, 2] });
  return graph.add('MatMul', [matrices, turned], [FACTORS, matrices.dims[1], tiles]);
}

/** A channel's bias for each of its tiles, as a row. */
function repeated(graph: Graph, bias: Value, channels: number, tiles: number): Value {
  const dims = [channels, tiles];
  const each = graph.add('Expand', [reshaped(graph, bias, [channels, 1]), graph.int64(dims)], dims);
  return reshaped(graph, each, [1, channels * tiles]);
}

/**
 * Tiles [4, 4, channels, rows, columns] side by side. DepthToSpace does the same, but ONNX Runtime moves single axes in all its threads, and
 * the elements of DepthToSpace in one.
 */
function toPicture(
  graph: Graph,
  tiles: Value,
  [channels, rows, columns]: readonly [number, number, number],
): Value {
  const turn = (
    value: Value,
    [a, b, c]: readonly [number, number, number],
    perm: readonly [number, number, number],
  ) => {
    const apart = reshaped(graph, value, [a, b, c]);
    return graph.add(
      'Transpose',
      [apart],
      perm.map((axis) => apart.dims[axis]),
      { perm: [...perm] },
    );
  };
  const alongRows = turn(tiles, [OUTPUTS, OUTPUTS, channels * rows * columns], [0, 2, 1]);
  const picture = turn(alongRows, [OUTPUTS, channels * rows, columns * OUTPUTS], [1, 0, 2]);
  return reshaped(graph, picture, [1, channels, rows * OUTPUTS, columns * OUTPUTS]);
}
