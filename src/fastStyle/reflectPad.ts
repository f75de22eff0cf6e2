/** Padding by mirroring, with the gradient that it has: tfjs's own forgets what the mirrored pixels give back. */
import * as tf from '@tensorflow/tfjs';

/** The axes of rows and of columns. */
const PIXELS = [1, 2] as const;

/**
 * `around` pixels more on each side, mirrored at the edge without repeating it: 3 2 | 1 2 3 4 | 3 2.
 *
 * @param x [batch, height, width, channels], of at least around + 1 pixels along each side; of 2 around + 2 for a gradient
 */
export function reflectPad(x: tf.Tensor4D, around: number): tf.Tensor4D {
  const pad = tf.customGrad((input) => ({
    value: tf.mirrorPad(
      input as tf.Tensor4D,
      [
        [0, 0],
        [around, around],
        [around, around],
        [0, 0],
      ],
      'reflect',
    ),
    gradFunc: (dy: tf.Tensor4D) => [PIXELS.reduce((folded, axis) => foldedBack(folded, axis, around), dy)],
  }));
  return pad(x);
}

/** The gradient along one axis: the mirrored pixels' part is added to that of those that they mirror. */
function foldedBack(dy: tf.Tensor4D, axis: number, around: number): tf.Tensor4D {
  const size = dy.shape[axis] - 2 * around;
  const part = (begin: number, length: number) => {
    const [from, to] = [dy.shape.map(() => 0), [...dy.shape]];
    from[axis] = begin;
    to[axis] = length;
    return tf.slice<tf.Rank.R4, tf.Tensor4D>(dy, from, to);
  };
  // Positions within dy, where the picture begins at `around`.
  const first = part(around, 1);
  const near = tf.add<tf.Tensor4D>(part(around + 1, around), tf.reverse(part(0, around), axis));
  const middle = part(2 * around + 1, size - 2 * around - 2);
  const far = tf.add<tf.Tensor4D>(part(size - 1, around), tf.reverse(part(size + around, around), axis));
  const last = part(size + around - 1, 1);
  const parts: tf.Tensor4D[] = [first, near, middle, far, last].filter((each) => each.shape[axis] > 0);
  return tf.concat(parts, axis);
}
