/** Instance norm (Ulyanov, Vedaldi and Lempitsky 2016), with a gradient of its own: half the passes over the feature maps. */
import * as tf from '@tensorflow/tfjs';

const PIXELS = [1, 2];

/**
 * Brings each channel of each picture to mean 0 and variance 1 over its pixels, then multiplies and adds.
 *
 * @param x [batch, height, width, channels]
 * @param scale, shift [batch or 1, 1, 1, channels]
 * @param epsilon is added to the variance
 */
export function instanceNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor4D,
  shift: tf.Tensor4D,
  epsilon: number,
): tf.Tensor4D {
  const norm = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, factor, term, save] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, PIXELS, true));
    const rate = tf.rsqrt(tf.add(tf.mean(tf.square(centred), PIXELS, true), epsilon));
    save([centred, rate, factor]);
    return {
      value: tf.add<tf.Tensor4D>(tf.mul(centred, tf.mul(rate, factor)), term),
      gradFunc: (dy: tf.Tensor4D, saved: tf.Tensor[]) => gradients(dy, saved as tf.Tensor4D[]),
    };
  });
  return norm(x, scale, shift);
}

/**
 * With n = centred * rate: dx = scale * rate * (dy - mean(dy) - n * mean(dy * n)), dscale = sum(dy * n), dshift = sum(dy).
 */
function gradients(dy: tf.Tensor4D, [centred, rate, scale]: readonly tf.Tensor4D[]): tf.Tensor[] {
  const mean = tf.mean<tf.Tensor4D>(dy, PIXELS, true);
  const along = tf.mul<tf.Tensor4D>(tf.mean(tf.mul(dy, centred), PIXELS, true), rate);
  const dx = tf.mul(tf.sub(tf.sub(dy, mean), tf.mul(centred, tf.mul(along, rate))), tf.mul(rate, scale));
  const [, height, width] = dy.shape;
  // One style for all pictures takes the sum of their gradients.
  const ofStyle = (each: tf.Tensor4D) => {
    const total = tf.mul(each, height * width);
    return scale.shape[0] === 1 ? tf.sum(total, 0, true) : total;
  };
  return [dx, ofStyle(along), ofStyle(mean)];
}
