/** What the optimiser moves, as an interface: pixels, as in the chapter, or anything else that a picture can be made of. */
import type * as tf from '@tensorflow/tfjs';
import type { Bounds } from '../lbfgsb';
import type { Size } from '../picture/image';

/** What the optimiser moves, and how a picture is made of it. */
export interface Variables {
  /** How many numbers the optimiser moves. */
  readonly length: number;
  /**
   * The picture [1, height, width, 3] (BGR minus ImageNet's means) that the variables [length] make, in tfjs ops that compile knows: it is
   * differentiated and compiled in front of the loss.
   */
  readonly picture: (z: tf.Tensor1D) => tf.Tensor4D;
  /** The inverse: variables whose picture is `x`, row-major [height, width, 3] (BGR minus ImageNet's means). */
  readonly from: (x: ArrayLike<number>) => Float64Array;
  /** The box that the optimiser keeps to; null where any variables make a displayable picture, or none is asked for. */
  readonly bounds: Bounds | null;
}

/** The variables for a picture of this size. */
export type MakeVariables = (size: Size) => Variables;
