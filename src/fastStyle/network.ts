/** A fast style network as a tfjs function: from pictures to stylised pictures in one pass. `compile` traces it. */
import * as tf from '@tensorflow/tfjs';
import { type Architecture, convolutions, styleParts } from './architecture';
import { instanceNorm } from './instanceNorm';
import { reflectPad } from './reflectPad';

/** What instance norm adds to a variance before it divides by the root. */
export const NORM_EPSILON = 1e-5;

/** The shared parameters as tensors, by name: see `convolutions`. */
export type NetworkTensors = Readonly<Record<string, tf.Tensor>>;

/**
 * The network. Any size goes in and the same comes out, from 5 x 5 pixels on.
 *
 * @param parameters by name, as parameterShapes says
 * @param style one style vector for all pictures [1, length], or one for each [batch, length], laid out as styleParts says
 * @param x pictures [batch, height, width, 3], RGB, 0 to 255
 * @returns stylised pictures of the same shape, RGB; levels may lie up to 22.5 beyond 0 and 255, and are to be clipped
 */
export function stylise(
  architecture: Architecture,
  parameters: NetworkTensors,
  style: tf.Tensor2D,
  x: tf.Tensor4D,
): tf.Tensor4D {
  const specs = new Map(convolutions(architecture).map((spec) => [spec.name, spec]));
  const parts = styleParts(architecture);

  const convolve = (name: string, y: tf.Tensor4D): tf.Tensor4D => {
    const { kernel, stride } = specs.get(name) as { kernel: number; stride: 1 | 2 };
    const padded = reflectPad(y, (kernel - 1) / 2);
    return tf.conv2d(padded, parameters[`${name}/kernel`] as tf.Tensor4D, stride, 'valid');
  };
  const normalised = (name: string, y: tf.Tensor4D): tf.Tensor4D => {
    const { channels, scales, shifts } = parts[name];
    const of = (begin: number) =>
      tf.reshape<tf.Rank.R4>(tf.slice2d(style, [0, begin], [-1, channels]), [-1, 1, 1, channels]);
    return instanceNorm(convolve(name, y), of(scales), of(shifts), NORM_EPSILON);
  };
  const layer = (name: string, y: tf.Tensor4D) => tf.relu(normalised(name, y));

  const whole = layer('encoder1', tf.sub(tf.div(x, 127.5), 1));
  const half = layer('encoder2', whole);
  let y = layer('encoder3', half);
  for (let i = 1; i <= architecture.blocks; i++) {
    y = tf.add(y, normalised(`residual${i}b`, layer(`residual${i}a`, y)));
  }
  y = layer('decoder1', doubled(y, half));
  y = layer('decoder2', doubled(y, whole));
  return tf.add(tf.mul(tf.tanh(tf.add(convolve('output', y), parameters['output/bias'])), 150), 127.5);
}

/** Each pixel as 2 x 2, without the last row or column where `like`, which is to have the same size, has an odd one. */
function doubled(y: tf.Tensor4D, like: tf.Tensor4D): tf.Tensor4D {
  const [batch, rows, columns, channels] = y.shape;
  const [, height, width] = like.shape;
  const large = tf.image.resizeNearestNeighbor(y, [2 * rows, 2 * columns]);
  return tf.slice4d(large, [0, 0, 0, 0], [batch, height, width, channels]);
}
