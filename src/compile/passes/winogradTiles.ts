/**
 * Winograd's convolution F(4x4, 3x3) in stock ONNX ops: a picture to tiles, one product for each of a tile's 36 factors, tiles to a picture.
 *
 * It is done in bands of some rows of tiles: what a band is transformed to stays in the processor's cache, and takes little memory. ONNX
 * Runtime takes the Transpose before a product, and the Relu after one, into the product itself.
 */
import { type Graph, type Value, sizeOf } from '../graph';
import { reshaped } from '../view';
import { FILTER, FORWARD, INPUTS, OUTPUTS, TAPS, TURNED } from './winogradMatrices';
import { activatedPictureOf, pictureOf } from './winogradOutput';

const FACTORS = INPUTS ** 2;

/** Bytes of a band's factors: what stays in the cache. */
const BAND = 2 ** 23;
/** Tiles of a band, at least: each band reads the filters anew. */
const LEAST_TILES = 256;
/** Of a picture, at most: each has its nodes. */
const MOST_BANDS = 12;

/** Bytes of transformed filters that are held both ways round, at most. */
const MOST_TWICE = 2 ** 24;

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
  const factors = tileFactors(graph, convolution, begin, end);
  const products = productsOf(graph, transformedFilters(graph, filter, isTurned), factors);
  const transforms = isTurned ? TURNED : FORWARD;
  const size = [channels, rows, columns] as const;
  const whole =
    bias || isRelu
      ? activatedPictureOf(graph, products, size, transforms, bias, isRelu)
      : pictureOf(graph, products, size, transforms);
  const part = [1, channels, end - begin, width];
  if (sizeOf(part) === sizeOf(whole.dims)) return whole;
  const [starts, ends, axes] = [graph.int64([0, 0]), graph.int64([end - begin, width]), graph.int64([2, 3])];
  return graph.add('Slice', [whole, starts, ends, axes], part);
}

/**
 * The transformed filters: nodes on constants only, in float64, which are computed once, when the function is compiled. Small ones are there
 * both ways round, [36, in, out] for the gradient and [36, out, in] forward, which spares a fifth of the products' time. Large ones serve both
 * as [36, in, out].
 */
function transformedFilters(graph: Graph, filter: Value, isTurned: boolean): Value {
  const [, , channelsIn, channelsOut] = filter.dims as [number, number, number, number];
  const isSwapped = !isTurned && 4 * FACTORS * channelsIn * channelsOut <= MOST_TWICE;
  const [first, second] = isSwapped ? [channelsOut, channelsIn] : [channelsIn, channelsOut];
  const taps = [TAPS, TAPS, first, second];
  const laid = isSwapped ? graph.add('Transpose', [filter], taps, { perm: [0, 1, 3, 2] }) : filter;
  const rows = [TAPS ** 2, first * second];
  const exact = graph.add('Cast', [reshaped(graph, laid, rows)], rows, { to: 'float64' }, 'float64');
  const matrix = graph.constant(FILTER, [FACTORS, TAPS ** 2], 'float64');
  const factors = [FACTORS, first * second];
  const product = graph.add('MatMul', [matrix, exact], factors);
  const rounded = graph.add('Cast', [product], factors, { to: 'float32' }, 'float32');
  const filters = reshaped(graph, rounded, [FACTORS, first, second]);
  if (isTurned || isSwapped) return filters;
  return graph.add('Transpose', [filters], [FACTORS, second, first], { perm: [0, 2, 1] });
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
function productsOf(graph: Graph, filters: Value, factors: Value): Value {
  const [channelsIn, , tiles] = factors.dims as [number, number, number];
  const turned = graph.add('Transpose', [factors], [FACTORS, channelsIn, tiles], { perm: [1, 0, 2] });
  return graph.add('MatMul', [filters, turned], [FACTORS, filters.dims[1], tiles]);
}
