/**
 * Where the maxima of 2 x 2 windows lie, from other maxima. ONNX Runtime finds indices element by element, and its blocked layouts do
 * without; at maxima alone it is fast. A window's maximum lies beyond its first element, its first row or its first column where it is
 * more than theirs, so that the first maximum in scan order is found, as MaxPool finds it.
 */
import type { Attribute, Computation, Graph, Node, Value } from '../graph';
import { rewrite } from './rewrite';

/** Float32 holds every whole number up to here. */
const WHOLE = 2 ** 24;

/** MaxPool with indices, where windows of 2 x 2 cover the picture exactly, as VGG's do where the sides are even. */
export function poolIndices(computation: Computation): Computation {
  return rewrite(computation, (graph, node) => {
    const [source] = node.inputs as [Value];
    const [pooled, indices] = node.outputs as [Value, Value | undefined];
    if (node.op !== 'MaxPool' || !indices || !halves(source, pooled, node)) return undefined;
    const maxima = graph.add('MaxPool', [source], pooled.dims, node.attributes);
    return [maxima, indicesOf(graph, source, maxima, node.attributes)];
  });
}

function halves(source: Value, pooled: Value, { attributes }: Node): boolean {
  const [, , height, width] = source.dims as [number, number, number, number];
  const { kernel_shape, strides, pads } = attributes as Record<string, number[]>;
  const twos = [...kernel_shape, ...strides].every((n) => n === 2);
  const bare = pads.every((n) => n === 0);
  const covered = height === 2 * pooled.dims[2] && width === 2 * pooled.dims[3];
  return twos && bare && covered && 2 * width <= WHOLE;
}

/**
 * The flat index of each maximum. Within a window's two rows it is counted in float32, which is fast; what comes before them is added as
 * int64, so that it may be any number.
 */
function indicesOf(
  graph: Graph,
  source: Value,
  maxima: Value,
  attributes: Readonly<Record<string, Attribute>>,
): Value {
  const [images, channels, height, width] = source.dims as [number, number, number, number];
  const { dims } = maxima;
  const beyond = (kernel_shape: number[]) => {
    const part = graph.add('MaxPool', [source], dims, { ...attributes, kernel_shape });
    const isLess = graph.add('Less', [part, maxima], dims, {}, 'bool');
    return graph.add('Cast', [isLess], dims, { to: 'float32' }, 'float32');
  };
  const plus = (a: Value, b: Value) => graph.add('Add', [a, b], dims);
  const times = (a: Value, b: Value) => graph.add('Mul', [a, b], dims);
  const [element, row, column] = [beyond([1, 1]), beyond([1, 2]), beyond([2, 1])];
  // 0, 1, the width, or that and 1.
  const offset = times(element, plus(graph.scalar(1), times(row, plus(column, graph.scalar(width - 1)))));
  const columns = Float32Array.from({ length: width / 2 }, (_, i) => 2 * i);
  const within = plus(offset, graph.constant(columns, [1, 1, 1, width / 2], 'float32'));
  const pairs = (images * channels * height) / 2;
  const before = BigInt64Array.from({ length: pairs }, (_, i) => BigInt(2 * width) * BigInt(i));
  return graph.add(
    'Add',
    [
      graph.add('Cast', [within], dims, { to: 'int64' }, 'int64'),
      graph.constant(before, [images, channels, height / 2, 1], 'int64'),
    ],
    dims,
  );
}
