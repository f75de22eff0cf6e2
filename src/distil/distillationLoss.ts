/** How far the small network is from its teacher, at every convolution layer, through the heads: activations and Gram matrices. */
import * as tf from '@tensorflow/tfjs';
import type { FeatureExtractor } from '../losses/features';
import { type SlimParameters, convLayers } from '../network/vgg19Slim';
import { type Pair, layerPairs } from './layerPairs';

/** Squared errors relative to the teacher's own squares, by layer in the order of convLayers: two tensors [layers]. */
export interface RelativeErrors {
  /** |student - teacher|^2 / |teacher|^2 of the activations */
  activations: tf.Tensor1D;
  /** the same of the Gram matrices */
  grams: tf.Tensor1D;
}

/** @see layerPairs for the parameters */
export function relativeErrors(
  teacher: FeatureExtractor,
  parameters: SlimParameters,
  x: tf.Tensor4D,
): RelativeErrors {
  const pairs = layerPairs(teacher, parameters, x);
  return {
    activations: tf.stack(pairs.map(({ activations }) => relative(activations))) as tf.Tensor1D,
    grams: tf.stack(pairs.map(({ gramMatrices }) => relative(gramMatrices))) as tf.Tensor1D,
  };
}

function relative({ student, teacher }: Pair<tf.Tensor>): tf.Scalar {
  return tf.div(tf.sum(tf.square(tf.sub(student, teacher))), tf.add(tf.sum(tf.square(teacher)), 1e-6));
}

/** How much each layer's errors count. */
export interface DistillationWeights {
  /** [layers] */
  activations: readonly number[];
  /** [layers] */
  grams: readonly number[];
}

/** Below this a squared relative error stops to matter much: 0.3^2 and 0.07^2. */
const SMALL_ACTIVATION_ERROR = 0.1;
const SMALL_GRAM_ERROR = 0.005;

/**
 * All errors as one number: the weighted sum of log(1 + error / small). So for a large error only the factor counts by which it shrinks,
 * every layer and every picture pulls alike, and a few crops that nothing fits do not decide.
 */
export function distillationLoss(
  { activations, grams }: RelativeErrors,
  weights: DistillationWeights,
): tf.Scalar {
  const part = (errors: tf.Tensor1D, small: number, layerWeights: readonly number[]) =>
    tf.sum(tf.mul(tf.log(tf.add(tf.div(errors, small), 1)), tf.tensor1d([...layerWeights])));
  return tf.add(
    part(activations, SMALL_ACTIVATION_ERROR, weights.activations),
    part(grams, SMALL_GRAM_ERROR, weights.grams),
  );
}

/**
 * What transfers use by default counts most: the style layers' Gram matrices, above all block4_conv1's, which is nine tenths of the
 * chapter's loss, and activations there and where content is compared.
 */
export function distillationWeights(): DistillationWeights {
  const names = convLayers().map(({ name }) => name);
  const activation: Record<string, number> = { block4_conv1: 2, block4_conv2: 6, block5_conv2: 2 };
  const gram = (name: string) =>
    name === 'block4_conv1' ? 20 : name === 'block3_conv1' ? 4 : name.endsWith('_conv1') ? 2 : 0.15;
  return {
    activations: names.map((name) => activation[name] ?? 0.25),
    grams: names.map(gram),
  };
}
