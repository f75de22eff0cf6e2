/** What the optimiser moves: the pixels themselves, or other numbers that a picture is made of. */
import type * as tf from '@tensorflow/tfjs';
import type { Bounds } from '../lbfgsb';

/** What the optimiser moves, and how a picture is made of it. */
export interface Variables {
  /** How many numbers the optimiser moves. */
  readonly length: number;
  /**
   * The picture [1, height, width, 3] (BGR minus ImageNet's means) that the variables [length] make, in tfjs ops that compile knows: it
   * is differentiated and compiled in front of the loss.
   */
  picture(z: tf.Tensor1D): tf.Tensor4D;
  /** The inverse: variables whose picture is `x`, row-major [height, width, 3] (BGR minus ImageNet's means). */
  from(x: ArrayLike<number>): Float64Array;
  /** The box that the optimiser keeps to; null where any variables make a displayable picture. */
  readonly bounds: Bounds | null;
}
