/**
 * What is minimised: In [19] to [22] of the chapter. Content, style and total variation in plain tfjs, and their weighted sum. The method
 * is that of Gatys, Ecker and Bethge 2015, "A Neural Algorithm of Artistic Style".
 */
import * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';

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
 * Which features occur together, wherever that is: the inner product of every pair of feature maps.
 *
 * @param x activations [height, width, channels]
 * @returns [channels, channels]. Source: In [20].
 */
export function gramMatrix(x: tf.Tensor3D): tf.Tensor2D {
  const [height, width, channels] = x.shape;
  const features = x.transpose([2, 0, 1]).reshape([channels, height * width]);
  return tf.matMul(features as tf.Tensor2D, features as tf.Tensor2D, false, true);
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
 * How much neighbouring pixels differ, downwards and to the right: small for a smooth image.
 *
 * @param x the combination image [1, height, width, 3]
 * @returns a scalar. Source: In [21].
 */
export function totalVariationLoss(x: tf.Tensor4D): tf.Scalar {
  const [, height, width, channels] = x.shape;
  const size: [number, number, number, number] = [1, height - 1, width - 1, channels];
  const corner = tf.slice4d(x, [0, 0, 0, 0], size);
  const a = tf.square(tf.sub(corner, tf.slice4d(x, [0, 1, 0, 0], size)));
  const b = tf.square(tf.sub(corner, tf.slice4d(x, [0, 0, 1, 0], size)));
  return tf.sum(tf.pow(tf.add(a, b), 1.25));
}

/** How much each layer counts, by name, and the total variation. A part that counts 0 is not computed. */
export interface LossWeights {
  content: Readonly<Record<string, number>>;
  style: Readonly<Record<string, number>>;
  totalVariation: number;
}

/** The chapter's weights: In [22]. */
export const CHAPTER_WEIGHTS: LossWeights = {
  content: { block5_conv2: 0.025 },
  style: Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`block${i}_conv1`, 1 / 5])),
  totalVariation: 1e-4,
};

/** The names whose weight is not 0. */
export function countingLayers(weights: Readonly<Record<string, number>>): string[] {
  return Object.keys(weights).filter((layer) => weights[layer] !== 0);
}

/** @throws UserError where every weight is 0, so that there is nothing to minimise */
export function assertSomethingCounts({ content, style, totalVariation }: LossWeights): void {
  if (countingLayers(content).length + countingLayers(style).length === 0 && totalVariation === 0) {
    throw new UserError('Expected a weight above 0 for content, style or total variation, but all are 0.');
  }
}

/** From a picture [1, height, width, 3] to its activations by layer, each [1, h, w, channels]: vgg19.ts's features(). */
export interface Features {
  (x: tf.Tensor4D): Record<string, tf.Tensor4D>;
  /** The same, with the layers' Gram matrices, where the network has a shorter way to those than by the activations. */
  readonly withGramMatrices?: (x: tf.Tensor4D) => Seen;
}

/** What a network sees of a picture, by layer: activations [1, h, w, channels] and their Gram matrices [channels, channels]. */
export interface Seen {
  activations: Record<string, tf.Tensor4D>;
  gramMatrices: Record<string, tf.Tensor2D>;
}

/** What the combination image is compared with: activations of the content picture, Gram matrices of the style picture, by layer. */
export interface Targets {
  content: Record<string, tf.Tensor3D>;
  style: Record<string, tf.Tensor2D>;
}

/** Targets from a list, content layers first: for a compiled function that takes them as inputs, whatever their values will be. */
export function targetsFrom(tensors: readonly tf.Tensor[], weights: LossWeights): Targets {
  const contentLayers = countingLayers(weights.content);
  const [content, style] = [tensors.slice(0, contentLayers.length), tensors.slice(contentLayers.length)];
  const named = <T>(layers: readonly string[], list: readonly tf.Tensor[]) =>
    Object.fromEntries(layers.map((layer, i) => [layer, list[i] as T]));
  return {
    content: named<tf.Tensor3D>(contentLayers, content),
    style: named<tf.Tensor2D>(countingLayers(weights.style), style),
  };
}

/** What either picture contributes to the targets, as a function of the preprocessed picture [1, height, width, 3]. */
export function contentTargets(features: Features, weights: LossWeights) {
  return (x: tf.Tensor4D): Targets['content'] => {
    const layers = countingLayers(weights.content);
    const activations = layers.length === 0 ? {} : features(x);
    return byLayer(layers, (layer) => squeeze(activations, layer));
  };
}

/** @see contentTargets */
export function styleTargets(features: Features, weights: LossWeights) {
  return (x: tf.Tensor4D): Targets['style'] => {
    const layers = countingLayers(weights.style);
    if (layers.length === 0) return {};
    const { gramMatrices } = seen(features, x, layers);
    return byLayer(layers, (layer) => gramMatrices[layer] as tf.Tensor2D);
  };
}

/** The weighted parts of the loss, scalars. The loss is their sum. */
export interface LossParts {
  content: tf.Scalar;
  style: tf.Scalar;
  totalVariation: tf.Scalar;
}

/**
 * The loss as a function of the combination image [1, height, width, 3] (BGR minus ImageNet's means), in its three weighted parts.
 *
 * The targets are computed once, by whoever calls this; the function only closes over them.
 *
 * @throws UserError where every weight is 0. Source: In [22].
 */
export function transferLoss(features: Features, targets: Targets, weights: LossWeights) {
  const contentLayers = countingLayers(weights.content);
  const styleLayers = countingLayers(weights.style);
  const usesNetwork = contentLayers.length + styleLayers.length > 0;
  assertSomethingCounts(weights);
  return (x: tf.Tensor4D): LossParts => {
    const [, imgHeight, imgWidth] = x.shape;
    const { activations, gramMatrices } = usesNetwork
      ? seen(features, x, styleLayers)
      : { activations: {}, gramMatrices: {} };
    const content = contentLayers.map((layer) =>
      weighted(
        weights.content[layer],
        contentLoss(targets.content[layer] as tf.Tensor3D, squeeze(activations, layer)),
      ),
    );
    const style = styleLayers.map((layer) => {
      const [S, C] = [targets.style[layer], gramMatrices[layer]] as [tf.Tensor2D, tf.Tensor2D];
      return weighted(weights.style[layer], gramLoss(S, C, imgHeight, imgWidth));
    });
    const totalVariation =
      weights.totalVariation === 0 ? [] : [weighted(weights.totalVariation, totalVariationLoss(x))];
    return { content: sum(content), style: sum(style), totalVariation: sum(totalVariation) };
  };
}

/** tf.valueAndGrad's result, with the parts that add up to the value. */
export interface LossAndGrads extends LossParts {
  value: tf.Scalar;
  /** d value / d x, of x's shape. */
  grad: tf.Tensor4D;
}

/**
 * Loss and gradient in one pass, to be compiled: `compile(lossAndGrads(loss), [1, height, width, 3])`.
 *
 * @param loss from transferLoss
 * @returns a function of the combination image [1, height, width, 3]. Source: In [23], K.gradients.
 */
export function lossAndGrads(loss: (x: tf.Tensor4D) => LossParts): (x: tf.Tensor4D) => LossAndGrads {
  // The gradient of a vector of parts, each weighted by 1, is the gradient of their sum; and the parts come out of the same pass.
  const stacked = tf.valueAndGrad((x: tf.Tensor) => {
    const { content, style, totalVariation } = loss(x as tf.Tensor4D);
    return tf.stack([content, style, totalVariation]);
  });
  return (x) => {
    const { value: parts, grad } = stacked(x, tf.ones([3]));
    const [content, style, totalVariation] = tf.unstack(parts) as [tf.Scalar, tf.Scalar, tf.Scalar];
    return { value: tf.sum(parts), content, style, totalVariation, grad: grad as tf.Tensor4D };
  };
}

/** One pass through the network, for all that is asked of it: its gradient then goes back once, too. */
function seen(features: Features, x: tf.Tensor4D, styleLayers: readonly string[]): Seen {
  if (features.withGramMatrices) return features.withGramMatrices(x);
  const activations = features(x);
  return {
    activations,
    gramMatrices: byLayer(styleLayers, (layer) => gramMatrix(squeeze(activations, layer))),
  };
}

function weighted(weight: number | undefined, loss: tf.Scalar): tf.Scalar {
  return tf.mul(loss, weight as number);
}

function sum(scalars: tf.Scalar[]): tf.Scalar {
  return scalars.length === 0 ? tf.scalar(0) : tf.addN(scalars);
}

function squeeze(activations: Record<string, tf.Tensor4D>, layer: string): tf.Tensor3D {
  return tf.squeeze(activations[layer] as tf.Tensor4D, [0]);
}

function byLayer<T>(layers: readonly string[], map: (layer: string) => T): Record<string, T> {
  return Object.fromEntries(layers.map((layer) => [layer, map(layer)]));
}
