/**
 * Winograd's convolution F(4x4, 3x3) in stock ONNX ops: pictures to tiles, one product for each of the 36 factors, tiles to pictures.
 *
 * ONNX Runtime takes the Transpose before a product, and the Relu after one, into the product itself.
 */
import { type Graph, type Value, sizeOf } from '../graph';
import { reshaped } from '../view';
import { tilesOf } from './winogradCost';
import { FILTER, INPUTS, OUTPUTS, TAPS, type Transforms } from './winogradMatrices';

const FACTORS = INPUTS ** 2;
const PER_TILE = OUTPUTS ** 2;

/** Products of tiles, [36, channels, tiles] or, where channels come last, [36, tiles, channels]. */
export interface Products {
  value: Value;
  channelsLast: boolean;
  transforms: Transforms;
  /** Of the picture that they make, [1, channels, height, width]. */
  dims: readonly number[];
}

/**
 * The transformed filters [36, in, out] of a constant [3, 3, in, out]: nodes on constants only, which ONNX Runtime computes when it loads
 * the model, in float64.
 */
export function transformedFilters(graph: Graph, filter: Value): Value {
  const [, , channelsIn, channelsOut] = filter.dims as [number, number, number, number];
  const flat = [TAPS ** 2, channelsIn * channelsOut];
  const [taps, factors] = [flat, [FACTORS, channelsIn * channelsOut]];
  const exact = graph.add('Cast', [reshaped(graph, filter, taps)], taps, { to: 'float64' }, 'float64');
  const matrix = graph.constant(FILTER, [FACTORS, TAPS ** 2], 'float64');
  const product = graph.add('MatMul', [matrix, exact], factors);
  const rounded = graph.add('Cast', [product], factors, { to: 'float32' }, 'float32');
  return reshaped(graph, rounded, [FACTORS, channelsIn, channelsOut]);
}

/**
 * The factors of a picture's tiles, [channels, 36, tiles]: one convolution with 36 kernels, in steps of a tile.
 *
 * @param x [1, channels, height, width]
 * @param dims of the result of the whole convolution
 * @param pads what it adds at the top and on the left
 */
export function tileFactors(
  graph: Graph,
  x: Value,
  transforms: Transforms,
  [, , height, width]: readonly [number, number, number, number],
  [top, left]: readonly [number, number],
): Value {
  const [, channels, rowsIn, columnsIn] = x.dims as [number, number, number, number];
  const [rows, columns] = tilesOf(height, width);
  const [bottom, right] = [
    rows * OUTPUTS + TAPS - 1 - rowsIn - top,
    columns * OUTPUTS + TAPS - 1 - columnsIn - left,
  ];
  const kernels = graph.constant(
    Float32Array.from(transforms.input),
    [FACTORS, 1, INPUTS, INPUTS],
    'float32',
  );
  const factors = graph.add(
    'Conv',
    [reshaped(graph, x, [channels, 1, rowsIn, columnsIn]), kernels],
    [channels, FACTORS, rows, columns],
    {
      kernel_shape: [INPUTS, INPUTS],
      strides: [OUTPUTS, OUTPUTS],
      dilations: [1, 1],
      pads: [top, left, bottom, right],
    },
  );
  return reshaped(graph, factors, [channels, FACTORS, rows * columns]);
}

/** Sums over the channels that come in: `filters` [36, in, out] and `factors` [in, 36, tiles] give [36, tiles, out]. */
export function forwardProducts(graph: Graph, filters: Value, factors: Value): Value {
  const [, channelsIn, channelsOut] = filters.dims as [number, number, number];
  const tiles = factors.dims[2] as number;
  const turned = graph.add('Transpose', [factors], [FACTORS, tiles, channelsIn], { perm: [1, 2, 0] });
  return graph.add('MatMul', [turned, filters], [FACTORS, tiles, channelsOut]);
}

/** Sums over the channels that come out: `filters` [36, in, out] and `factors` [out, 36, tiles] give [36, in, tiles]. */
export function backwardProducts(graph: Graph, filters: Value, factors: Value): Value {
  const [, channelsIn, channelsOut] = filters.dims as [number, number, number];
  const tiles = factors.dims[2] as number;
  const turned = graph.add('Transpose', [factors], [FACTORS, channelsOut, tiles], { perm: [1, 0, 2] });
  return graph.add('MatMul', [filters, turned], [FACTORS, channelsIn, tiles]);
}

/**
 * The picture [1, channels, height, width] of products.
 *
 * @param bias [1, channels, 1, 1], or of as many elements, added to each channel
 * @param isRelu whether ReLU is applied: here, and not to the picture, it costs nothing
 */
export function picture(graph: Graph, products: Products, bias: Value | undefined, isRelu: boolean): Value {
  const { value, channelsLast, transforms, dims } = products;
  const [, channels, height, width] = dims as [number, number, number, number];
  const [rows, columns] = tilesOf(height, width);
  const elements = channels * rows * columns;
  const matrix = graph.constant(Float32Array.from(transforms.output), [PER_TILE, FACTORS], 'float32');
  const factors = [matrix, reshaped(graph, value, [FACTORS, elements])];
  if (bias) factors.push(repeated(graph, bias, products));
  const linear = graph.add('Gemm', factors, [PER_TILE, elements], { transA: 0, transB: 0 });
  const tiles = isRelu ? graph.add('Relu', [linear], linear.dims) : linear;
  const depth = [1, channels * PER_TILE, rows, columns];
  const whole = [1, channels, rows * OUTPUTS, columns * OUTPUTS];
  const covered = channelsLast
    ? graph.add(
        'DepthToSpace',
        [reshaped(graph, channelsFirst(graph, tiles, channels, rows * columns), depth)],
        whole,
        {
          blocksize: OUTPUTS,
          mode: 'CRD',
        },
      )
    : graph.add('DepthToSpace', [reshaped(graph, tiles, depth)], whole, { blocksize: OUTPUTS, mode: 'DCR' });
  if (sizeOf(covered.dims) === sizeOf(dims)) return covered;
  const bounds = [
    [0, 0],
    [height, width],
    [2, 3],
  ].map((list) => graph.int64(list));
  return graph.add('Slice', [covered, ...bounds], dims);
}

/** [16, tiles, channels] to [channels, 16, tiles]. */
function channelsFirst(graph: Graph, tiles: Value, channels: number, count: number): Value {
  const parts = reshaped(graph, tiles, [PER_TILE, count, channels]);
  return graph.add('Transpose', [parts], [channels, PER_TILE, count], { perm: [2, 0, 1] });
}

/** A bias for each element of a row of products. */
function repeated(graph: Graph, bias: Value, { channelsLast, value }: Products): Value {
  const [, rows, columns] = value.dims as [number, number, number];
  const channels = sizeOf(bias.dims);
  const one = reshaped(graph, bias, channelsLast ? [1, channels] : [channels, 1]);
  const each = graph.add('Expand', [one, graph.int64([rows, columns])], [rows, columns]);
  return reshaped(graph, each, [1, rows * columns]);
}
