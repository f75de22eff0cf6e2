/** Nearest-neighbour resizing by a whole factor, the upsampling of decoders, and its gradient. */
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph';
import { type View, reshape } from '../view';
import { broadcastView } from './elementwise';
import { sum } from './reduce';
import { traceKernel } from './traceKernel';

/** How many times larger each axis becomes. */
function factors(from: readonly number[], to: readonly number[], alignCorners: boolean): [number, number] {
  const scale = [0, 1].map((i) => to[i] / from[i]) as [number, number];
  if (alignCorners || !scale.every((factor) => Number.isInteger(factor) && factor >= 1)) {
    throw new Error(
      `compile cannot trace resizeNearestNeighbor from [${from.join(', ')}] to [${to.join(', ')}]${alignCorners ? ' with alignCorners' : ''}. ` +
        'Enlarge by whole factors, without alignCorners.',
    );
  }
  return scale;
}

/** Each pixel becomes a block of rows x columns: repeated along two new axes, which are then merged with the old. */
function enlarge(graph: Graph, x: View, [rows, columns]: [number, number]): View {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const cells = reshape(graph, x, [n, h, 1, w, 1, c]);
  return reshape(graph, broadcastView(graph, cells, [n, h, rows, w, columns, c]), [
    n,
    h * rows,
    w * columns,
    c,
  ]);
}

/** The gradient of enlarge: each block's sum. */
function sumBlocks(graph: Graph, dy: View, [rows, columns]: [number, number]): View {
  const [n, h, w, c] = dy.shape as [number, number, number, number];
  const cells = reshape(graph, dy, [n, h / rows, rows, w / columns, columns, c]);
  return sum(graph, cells, { axis: [2, 4], keepDims: false });
}

export function registerResize(): void {
  traceKernel<tf.ResizeNearestNeighborAttrs>(tf.ResizeNearestNeighbor, ({ graph, input, attrs }) => {
    const x = input('images');
    return enlarge(graph, x, factors(x.shape.slice(1, 3), attrs.size, attrs.alignCorners));
  });
  traceKernel<tf.ResizeNearestNeighborGradAttrs>(tf.ResizeNearestNeighborGrad, ({ graph, input, attrs }) => {
    const [x, dy] = [input('images'), input('dy')];
    return sumBlocks(graph, dy, factors(x.shape.slice(1, 3), dy.shape.slice(1, 3), attrs.alignCorners));
  });
}
