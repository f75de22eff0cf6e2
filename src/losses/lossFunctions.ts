/**
 * The chapter's losses in plain tfjs (In [19] to [21]), and the Gram matrix per position that Gatys, Ecker and Bethge 2015, "A Neural
 * Algorithm of Artistic Style", compare.
 */
import * as tf from '@tensorflow/tfjs';

/** What a relative loss adds to the sum that it divides by, so that a black base gives a number. */
const LEAST_SQUARES = 1e-3;

/**
 * How far the activations of the combination image are from those of the content picture: the sum of their squared differences.
 *
 * @param base activations [height, width, channels] of the content picture
 * @param combination activations of the combination image, of the same shape
 * @returns a scalar. Source: In [19].
 */
export function contentLoss(base: tf.Tensor, combination: tf.Tensor): tf.Scalar {
  return tf.sum(tf.square(tf.sub(combination, base)));
}

/**
 * Which features occur together, wherever in the picture: the inner product of every pair of feature maps.
 *
 * @param x activations [height, width, channels]
 * @returns [channels, channels]. Source: In [20].
 */
export function gramMatrix(x: tf.Tensor3D): tf.Tensor2D {
  const [height, width, channels] = x.shape;
  const features = x.transpose([2, 0, 1]).reshape([channels, height * width]);
  return tf.matMul(features, features, false, true);
}

/**
 * A Gram matrix divided by the number of positions that it sums over. Pictures of different sizes and proportions can be compared by it.
 *
 * @param gram the Gram matrix [channels, channels] of activations [height, width, channels]
 * @returns [channels, channels]
 */
export function gramMatrixPerPosition(gram: tf.Tensor2D, height: number, width: number): tf.Tensor2D {
  return tf.div(gram, height * width);
}

/**
 * How far two Gram matrices are from each other, by the chapter's measure: the sum of their squared differences, divided by
 * 4 channels^2 size^2, where the channels are the picture's 3 and the size is the picture's, not the layer's.
 *
 * @param S, C Gram matrices of a layer for the style picture and for the combination image
 * @param imgHeight, imgWidth the combination image's size in pixels
 * @returns a scalar
 */
export function gramLoss(S: tf.Tensor2D, C: tf.Tensor2D, imgHeight: number, imgWidth: number): tf.Scalar {
  const channels = 3;
  const size = imgHeight * imgWidth;
  return tf.div(tf.sum(tf.square(tf.sub(S, C))), 4 * channels ** 2 * size ** 2);
}

/**
 * How far two Gram matrices per position are from each other: the sum of their squared differences, divided by 4 channels^2, where the
 * channels are the layer's.
 *
 * @param S, C Gram matrices per position [channels, channels]
 * @returns a scalar. Source: Gatys, Ecker and Bethge 2015, equation 4, with the positions divided out beforehand.
 */
export function gramLossPerPosition(S: tf.Tensor2D, C: tf.Tensor2D): tf.Scalar {
  const [channels] = S.shape;
  return tf.div(tf.sum(tf.square(tf.sub(S, C))), 4 * channels ** 2);
}

/**
 * How far the textures of the combination image are from those of the style picture, at one layer.
 *
 * @param style activations [height, width, channels] of the style picture
 * @param combination activations [height, width, channels] of the combination image
 * @param imgHeight, imgWidth the combination image's size in pixels
 * @returns a scalar. Source: In [20].
 */
export function styleLoss(
  style: tf.Tensor3D,
  combination: tf.Tensor3D,
  imgHeight: number,
  imgWidth: number,
): tf.Scalar {
  return gramLoss(gramMatrix(style), gramMatrix(combination), imgHeight, imgWidth);
}

/**
 * How much each pixel differs from the one below it and the one to its right: small for a smooth image.
 *
 * @param x images [batch, height, width, 3]
 * @returns a scalar, the sum over the batch. Source: In [21].
 */
export function totalVariationLoss(x: tf.Tensor4D): tf.Scalar {
  const [batch, height, width, channels] = x.shape;
  const size: [number, number, number, number] = [batch, height - 1, width - 1, channels];
  const corner = tf.slice4d(x, [0, 0, 0, 0], size);
  const a = tf.square(tf.sub(corner, tf.slice4d(x, [0, 1, 0, 0], size)));
  const b = tf.square(tf.sub(corner, tf.slice4d(x, [0, 0, 1, 0], size)));
  return tf.sum(tf.pow(tf.add(a, b), 1.25));
}

/**
 * How far two arrays are from each other, relative to the first: the sum of their squared differences, divided by the sum of the
 * first's squares. 0 is equal; 1 is as far as nothing at all. One weight suits whatever sizes the arrays' numbers have.
 *
 * @param base, combination of one shape
 * @returns a scalar
 */
export function relativeLoss(base: tf.Tensor, combination: tf.Tensor): tf.Scalar {
  const size = tf.add(tf.sum(tf.square(base)), LEAST_SQUARES);
  return tf.div(tf.sum(tf.square(tf.sub(combination, base))), size);
}
