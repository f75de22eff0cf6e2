/** Small tiles, which lie one element of all tiles after the other, side by side as a picture. */
import type { Graph, Value } from '../graph';
import { reshaped } from '../view';

/**
 * A picture [1, channels, rows * height, columns * width] of tiles [height, width, channels, rows, columns]. DepthToSpace does the same, but
 * ONNX Runtime moves whole rows in all its threads, and the elements of DepthToSpace in one.
 */
export function tilesToPicture(
  graph: Graph,
  tiles: Value,
  [height, width]: readonly [number, number],
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
  const alongRows = turn(tiles, [height, width, channels * rows * columns], [0, 2, 1]);
  const picture = turn(alongRows, [height, channels * rows, columns * width], [1, 0, 2]);
  return reshaped(graph, picture, [1, channels, rows * height, columns * width]);
}
