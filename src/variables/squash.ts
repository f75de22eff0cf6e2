/**
 * Turns any number into a displayable level, to keep a picture within 0..255 without a box. Half the difference of the distances of
 * the point (u, SHOULDER) to (-REACH, 0) and (REACH, 0): the level itself nearly everywhere, with a rounded shoulder at black and at white.
 *
 * A tanh over the same range is sixteen times flatter at level 3 than at mid-grey. There dark pixels hardly move while their neighbours do,
 * and the darkest parts of a picture turn into speckles. Here level 3 moves three quarters as far.
 */
import * as tf from '@tensorflow/tfjs';

/** Half a level beyond black and white, counted from mid-grey (127.5): both are reached, and whatever is reached rounds to a level. */
export const REACH = 128;

/**
 * How far from the ends the curve bends, in levels. With 10 the loss is the same, but pixels that are white in the first picture stay
 * behind as red or blue speckles where a cloud darkens; with 30 it takes 10 % more evaluations.
 */
export const SHOULDER = 4;

/** Black and white themselves, and a little more for the rounding of float32. */
const MOST = 127.5 + 1e-4;

/** Levels from mid-grey, within -REACH..REACH, of any numbers. */
export function squash(u: tf.Tensor): tf.Tensor {
  const distance = (to: number) => tf.sqrt(tf.add(tf.square(tf.sub(u, to)), SHOULDER ** 2));
  // (a - b) / 2 as (a^2 - b^2) / 2(a + b), in which float32 loses nothing.
  return tf.div(tf.mul(u, 2 * REACH), tf.add(distance(-REACH), distance(REACH)));
}

/** The number that `squash` makes `level` of; at or beyond the ends, that of the last level before them. */
export function unsquash(level: number): number {
  // The points whose distances to two others differ by the same lie on a hyperbola.
  const within = Math.max(-MOST, Math.min(MOST, level));
  return within * Math.sqrt(1 + SHOULDER ** 2 / (REACH ** 2 - within ** 2));
}
