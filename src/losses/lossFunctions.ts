/**
 * The chapter's losses in plain tfjs (In [19] to [21]), and the Gram matrix per position that Gatys, Ecker and Bethge 2015, "A Neural
 * Algorithm of Artistic Style", compare.
 */
import * as tf from '@tensorflow/tfjs';
import { IMAGENET_MEANS_BGR } from '../picture/preprocess';

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
 * @param S the Gram matrix of a layer for the style picture
 * @param C that for the combination image
 * @param imgHeight of the combination image in pixels
 * @param imgWidth likewise
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
 * @param S a Gram matrix per position [channels, channels]
 * @param C another
 * @returns a scalar. Source: Gatys, Ecker and Bethge 2015, equation 4, with the positions divided out beforehand.
 */
export function gramLossPerPosition(S: tf.Tensor2D, C: tf.Tensor2D): tf.Scalar {
  const [channels] = S.shape;
  return tf.div(tf.sum(tf.square(tf.sub(S, C))), 4 * channels ** 2);
}

/**
 * How far two tensors are from each other, as a share of the first: the sum of their squared differences over the sum of its squares. It
 * means the same for activations and Gram matrices of every layer, size and picture: 0 is equal, 1 as far as zeros are.
 *
 * @param target activations [height, width, channels] of the content picture, or a Gram matrix [channels, channels] of the style picture
 * @param own those of the combination image, of the same shape
 * @returns a scalar
 */
export function relativeDistance(target: tf.Tensor, own: tf.Tensor): tf.Scalar {
  return asShare(contentLoss(target, own), tf.sum(tf.square(target)));
}

/** A sum of squared differences as a share of the sum of the target's squares; scalars. */
export function asShare(squares: tf.Scalar, targetSquares: tf.Scalar): tf.Scalar {
  // Where the target is 0 everywhere, so is the distance of 0 to it.
  return tf.div(squares, tf.add(targetSquares, 1e-12));
}

/**
 * How far the textures of the combination image are from those of the style picture, at one layer.
 *
 * @param style activations [height, width, channels] of the style picture
 * @param combination activations [height, width, channels] of the combination image
 * @param imgHeight of the combination image in pixels
 * @param imgWidth likewise
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
 * How much pixels differ from their neighbours below and to the right: the mean squared difference of each, in levels from 0 to 1. Unlike
 * the chapter's sum it means the same for every size, and strong edges cost more against weak ones.
 *
 * @param x images [batch, height, width, 3] in levels from 0 to 255, counted from anywhere
 * @returns a scalar
 */
export function squaredVariation(x: tf.Tensor4D): tf.Scalar {
  const [batch, height, width, channels] = x.shape;
  const difference = (down: number, right: number) => {
    const size: [number, number, number, number] = [batch, height - down, width - right, channels];
    const from = tf.slice4d(x, [0, 0, 0, 0], size);
    const to = tf.slice4d(x, [0, down, right, 0], size);
    return tf.mean(tf.square(tf.sub(to, from)));
  };
  return tf.div(tf.add(difference(1, 0), difference(0, 1)), 255 ** 2);
}

/** From here to the last level, in levels from mid-grey, a value begins to count as clipped. */
const NEARLY_CLIPPED = 118;

/**
 * How much of a picture is as good as black or white: the mean over all values of 0 up to levels 9.5 and from 245.5 on, and beyond them the
 * square of how far a value is towards 0 or 255, where it is 1. Such values have no room for strokes, and no gradient brings them back.
 *
 * @param x images [batch, height, width, 3] (BGR minus ImageNet's means)
 * @returns a scalar
 */
export function clippingLoss(x: tf.Tensor4D): tf.Scalar {
  const fromGrey = tf.abs(tf.sub(x, tf.tensor1d(IMAGENET_MEANS_BGR.map((mean) => 127.5 - mean))));
  const beyond = tf.relu(tf.sub(fromGrey, NEARLY_CLIPPED));
  return tf.mean(tf.square(tf.div(beyond, 127.5 - NEARLY_CLIPPED)));
}
