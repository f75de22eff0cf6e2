/** Small tiles, which lie one element of all tiles after the other, side by side as a picture. */
import type { Graph, Value } from '../graph';
import { reshaped } from '../view';

/**
 * A picture [1, channels, rows * height, columns * width] of tiles [height, width, channels, rows, columns]. DepthToSpace does the same, but in
 * one thread. In all of them, ONNX Runtime moves whole rows, and elements while it multiplies: here by 1.
 */
export function tilesToPicture(
  graph: Graph,
  tiles: Value,
  [height, width]: readonly [number, number],
  [channels, rows, columns]: readonly [number, number, number],
): Value {
  const places = channels * rows * columns;
  const apart = reshaped(graph, tiles, [height, width, places]);
  const turned = graph.add('Transpose', [apart], [height, places, width], { perm: [0, 2, 1] });
  const alongRows = graph.add('MatMul', [turned, identity(graph, width)], turned.dims);
  const lines = reshaped(graph, alongRows, [height, channels * rows, columns * width]);
  const dims = [channels * rows, height, columns * width];
  const picture = graph.add('Transpose', [lines], dims, { perm: [1, 0, 2] });
  return reshaped(graph, picture, [1, channels, rows * height, columns * width]);
}

function identity(graph: Graph, size: number): Value {
  const data = Float32Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return graph.constant(data, [1, size, size], 'float32');
}
