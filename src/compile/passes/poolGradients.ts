/**
 * The gradient of a max pooling without indices: each window's elements are compared with its maximum, one place of the window after
 * another, and the first that is equal takes the gradient, as in TensorFlow. For devices that have no MaxUnpool and no 64-bit integers.
 */
import type { Computation, Graph, Node, Value } from '../graph';
import { reshaped } from '../view';
import { numberOf, rewrite } from './rewrite';

/** Less than any element, and a number that shaders can hold: the padding that no window's maximum is. */
const LEAST = -3.4028234663852886e38;

/** MaxUnpool, and ScatterElements of flat gradients, where the indices are those of a MaxPool. */
export function poolGradients(computation: Computation): Computation {
  return rewrite(computation, (graph, { op, inputs, outputs: [result] }) => {
    const [first, second, third] = inputs as [Value, Value, Value];
    const [dy, indices] =
      op === 'MaxUnpool'
        ? [first, second]
        : op === 'ScatterElements' && isZero(first)
          ? [third, unflattened(second)]
          : [];
    const pool = indices?.node;
    if (!dy || pool?.op !== 'MaxPool' || pool.outputs[1] !== indices) return undefined;
    const gradient = poolGradient(graph, pool, reshaped(graph, dy, indices.dims));
    return [reshaped(graph, gradient, result.dims)];
  });
}

function isZero({ node }: Value): boolean {
  return node?.op === 'Expand' && numberOf(node.inputs[0] as Value) === 0;
}

function unflattened({ node }: Value): Value | undefined {
  return node?.op === 'Reshape' ? node.inputs[0] : undefined;
}

/** Of rows and of columns. */
type Pair = readonly [number, number];

/** The sizes of a pooling along one of its axes. */
interface Axis {
  size: number;
  windows: number;
  kernel: number;
  stride: number;
  before: number;
}

function axesOf({ inputs, outputs, attributes }: Node): [Axis, Axis] {
  const [{ dims: from }, { dims: to }] = [inputs[0] as Value, outputs[0]];
  const { kernel_shape, strides, pads } = attributes as Record<'kernel_shape' | 'strides' | 'pads', number[]>;
  const axis = (i: 0 | 1): Axis => ({
    size: from[2 + i],
    windows: to[2 + i],
    kernel: kernel_shape[i],
    stride: strides[i],
    before: pads[i],
  });
  return [axis(0), axis(1)];
}

/** Elements from the first window's beginning to the last one's end. */
function span({ windows, kernel, stride }: Axis): number {
  return (windows - 1) * stride + kernel;
}

function poolGradient(graph: Graph, pool: Node, dy: Value): Value {
  const [rows, columns] = axesOf(pool);
  const [source, maxima] = [pool.inputs[0], pool.outputs[0]] as [Value, Value];
  const x = moved(graph, source, [rows.before, columns.before], [span(rows), span(columns)], LEAST);
  const shares = sharesOf(graph, x, maxima, dy, [rows, columns]);
  // A tile is as large as the stride. A window is one tile; where windows overlap, it is several, whose pictures are added up.
  const pictures: Value[] = [];
  for (let top = 0; top < rows.kernel; top += rows.stride) {
    for (let left = 0; left < columns.kernel; left += columns.stride) {
      const tiles = tiled(graph, dy, [rows.stride, columns.stride], (row, column) =>
        shares.get(`${top + row} ${left + column}`),
      );
      const before: Pair = [top - rows.before, left - columns.before];
      pictures.push(moved(graph, tiles, before, [rows.size, columns.size], 0));
    }
  }
  return pictures.reduce((a, b) => graph.add('Add', [a, b], a.dims));
}

/** Each window's gradient at the place of its first maximum, by row and column within the window, and 0 at all others. */
function sharesOf(graph: Graph, x: Value, maxima: Value, dy: Value, [rows, columns]: [Axis, Axis]) {
  const shares = new Map<string, Value>();
  // What no place has taken yet.
  let left = dy;
  for (let row = 0; row < rows.kernel; row++) {
    for (let column = 0; column < columns.kernel; column++) {
      if (row === rows.kernel - 1 && column === columns.kernel - 1) {
        shares.set(`${row} ${column}`, left);
        break;
      }
      const ends = [
        row + (rows.windows - 1) * rows.stride + 1,
        column + (columns.windows - 1) * columns.stride + 1,
      ];
      const bounds = [[row, column], ends, [2, 3], [rows.stride, columns.stride]].map((list) =>
        graph.int64(list),
      );
      const place = graph.add('Slice', [x, ...bounds], dy.dims);
      const isMaximum = graph.add('Equal', [place, maxima], dy.dims, {}, 'bool');
      const share = graph.add('Where', [isMaximum, left, graph.scalar(0)], dy.dims, {}, 'float32');
      left = graph.add('Sub', [left, share], dy.dims);
      shares.set(`${row} ${column}`, share);
    }
  }
  return shares;
}

/** [N, C, H, W] of each place of a tile, put together to [N, C, H * height, W * width]; a place without a value is 0. */
function tiled(
  graph: Graph,
  like: Value,
  [height, width]: Pair,
  at: (row: number, column: number) => Value | undefined,
): Value {
  const [n, c, h, w] = like.dims as [number, number, number, number];
  const zeros = graph.add('Expand', [graph.scalar(0), graph.int64(like.dims)], like.dims);
  const join = (parts: Value[], dims: number[], axis: number) =>
    parts.length === 1 ? parts[0] : graph.add('Concat', parts, dims, { axis });
  const lines = Array.from({ length: height }, (_, row) => {
    const places = Array.from({ length: width }, (__, column) =>
      reshaped(graph, at(row, column) ?? zeros, [n, c, h, w, 1]),
    );
    return reshaped(graph, join(places, [n, c, h, w, width], 4), [n, c, h, 1, w * width]);
  });
  return reshaped(graph, join(lines, [n, c, h, height, w * width], 3), [n, c, h * height, w * width]);
}

/** A picture of other sizes, with as many rows and columns before it as `before` says: padding, or cut off where that is negative. */
function moved(graph: Graph, value: Value, before: Pair, sizes: Pair, padding: number): Value {
  const [n, c, ...from] = value.dims as [number, number, number, number];
  const after = sizes.map((size, i) => size - before[i] - from[i]);
  const begin = before.map((amount) => Math.max(0, -amount));
  const end = after.map((amount, i) => from[i] + Math.min(0, amount));
  const kept = end.map((last, i) => last - begin[i]);
  const isWhole = kept.join() === from.join();
  const bounds = [begin, end, [2, 3]].map((list) => graph.int64(list));
  const part = isWhole ? value : graph.add('Slice', [value, ...bounds], [n, c, ...kept]);
  const pads = [before, after].flatMap((amounts) => [0, 0, ...amounts.map((amount) => Math.max(0, amount))]);
  if (pads.every((amount) => amount === 0)) return part;
  const inputs = [part, graph.int64(pads), graph.scalar(padding)];
  return graph.add('Pad', inputs, [n, c, ...sizes], { mode: 'constant' });
}
