/**
 * Twice as many rows and columns, smoothly: one step of Chaikin's subdivision (1974), whose taps are [1 3 3 1] / 4 along each axis. Step
 * after step a single number becomes a bump with a continuous slope, the quadratic B-spline, so that no squares and no creases show.
 */
import * as tf from '@tensorflow/tfjs';

/** How many rows (or columns) make `size` of them: each new one lies between two, so that no border has to be invented. */
export function halfOf(size: number): number {
  return Math.ceil(size / 2) + 1;
}

/**
 * @param x [planes, halfOf(height), halfOf(width)]
 * @returns [planes, height, width]; where x is constant, so is this
 */
export function upsample(x: tf.Tensor3D, height: number, width: number): tf.Tensor3D {
  const [planes, rows, columns] = x.shape;
  const quarters = tf.conv2d(tf.reshape<tf.Rank.R4>(x, [planes, rows, columns, 1]), taps(), 1, 'valid');
  const blocks = tf.reshape(quarters, [planes, rows - 1, columns - 1, 2, 2]);
  const doubled = tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4]), [
    planes,
    2 * (rows - 1),
    2 * (columns - 1),
  ]);
  return tf.slice(doubled, [0, 0, 0], [planes, height, width]) as tf.Tensor3D;
}

/** Filters [2, 2, 1, 4]: for the upper left, upper right, lower left and lower right of the four pixels between four. */
function taps(): tf.Tensor4D {
  const near = [
    [3 / 4, 1 / 4],
    [1 / 4, 3 / 4],
  ] as const;
  const filters = [0, 1].map((row) =>
    [0, 1].map((column) => [near.flatMap((y) => near.map((x) => y[row] * x[column]))]),
  );
  return tf.tensor4d(filters);
}
