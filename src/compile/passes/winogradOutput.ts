/**
 * The last part of Winograd's convolution: the products of a tile's 36 factors become its 16 outputs, and the tiles a picture.
 *
 * Outputs lie one after another only once they have been turned round, which ONNX Runtime does in one thread, except within products.
 */
import type { Graph, Value } from '../graph';
import { reshaped } from '../view';
import { tilesToPicture } from './tilesToPicture';
import { INPUTS, OUTPUTS, type Transforms } from './winogradMatrices';

const FACTORS = INPUTS ** 2;
const PER_TILE = OUTPUTS ** 2;

/** Channels, and rows and columns of tiles. */
type Size = readonly [channels: number, rows: number, columns: number];

/**
 * The picture [1, channels, rows * 4, columns * 4] of products [36, channels, tiles], in two steps that both leave the outputs where they
 * belong: along columns, then along rows.
 */
export function pictureOf(
  graph: Graph,
  products: Value,
  [channels, rows, columns]: Size,
  { outputRows, outputColumns }: Transforms,
): Value {
  const places = channels * rows * columns;
  const apart = reshaped(graph, products, [INPUTS, INPUTS, places]);
  const turned = graph.add('Transpose', [apart], [INPUTS, places, INPUTS], { perm: [0, 2, 1] });
  const right = graph.constant(outputColumns, [1, INPUTS, OUTPUTS], 'float32');
  const alongColumns = graph.add('MatMul', [turned, right], [INPUTS, places, OUTPUTS]);
  const [lines, width] = [channels * rows, columns * OUTPUTS];
  const together = reshaped(graph, alongColumns, [INPUTS, lines, width]);
  const byLine = graph.add('Transpose', [together], [lines, INPUTS, width], { perm: [1, 0, 2] });
  const left = graph.constant(outputRows, [1, OUTPUTS, INPUTS], 'float32');
  const picture = graph.add('MatMul', [left, byLine], [lines, OUTPUTS, width]);
  return reshaped(graph, picture, [1, channels, rows * OUTPUTS, width]);
}

/**
 * The same with a bias for each channel, and with ReLU, which cost nothing here, unlike on the picture.
 *
 * @param bias [1, channels, 1, 1] or [channels]
 */
export function activatedPictureOf(
  graph: Graph,
  products: Value,
  size: Size,
  { output }: Transforms,
  bias: Value | undefined,
  isRelu: boolean,
): Value {
  const [channels, rows, columns] = size;
  const places = channels * rows * columns;
  const matrix = graph.constant(output, [PER_TILE, FACTORS], 'float32');
  const operands = [matrix, reshaped(graph, products, [FACTORS, places])];
  if (bias) operands.push(repeated(graph, bias, channels, rows * columns));
  const sums = graph.add('Gemm', operands, [PER_TILE, places], { transA: 0, transB: 0 });
  const outputs = isRelu ? graph.add('Relu', [sums], sums.dims) : sums;
  return tilesToPicture(graph, outputs, [OUTPUTS, OUTPUTS], size);
}

/** A channel's bias for each of its tiles, as a row. */
function repeated(graph: Graph, bias: Value, channels: number, tiles: number): Value {
  const dims = [channels, tiles];
  const each = graph.add('Expand', [reshaped(graph, bias, [channels, 1]), graph.int64(dims)], dims);
  return reshaped(graph, each, [1, channels * tiles]);
}
