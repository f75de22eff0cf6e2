/** What a network sees of a picture, as the losses ask for it. */
import type * as tf from '@tensorflow/tfjs';
import { gramMatrix } from './lossFunctions';

/** What a network sees of one picture, by layer. Each tensor is computed when it is first asked for. */
export interface Features {
  /** The layer's activations [height, width, channels]. */
  activations: (layer: string) => tf.Tensor3D;
  /** The Gram matrix [channels, channels] of those activations; a network may have a shorter way to it. */
  gramMatrix: (layer: string) => tf.Tensor2D;
}

/** From a picture [1, height, width, 3] (BGR minus ImageNet's means) to what a network sees of it. */
export type FeatureExtractor = (x: tf.Tensor4D) => Features;

/** The extractor of a network that gives its activations [1, height, width, channels] by layer, as vgg19.ts's features() does. */
export function featureExtractor(
  activationsOf: (x: tf.Tensor4D) => Record<string, tf.Tensor4D>,
): FeatureExtractor {
  return (x) => {
    const computed = activationsOf(x);
    const activations = once((layer) => computed[layer].squeeze<tf.Tensor3D>([0]));
    return { activations, gramMatrix: once((layer) => gramMatrix(activations(layer))) };
  };
}

/** The same function, which computes the result for a layer once. */
export function once<T>(compute: (layer: string) => T): (layer: string) => T {
  const known = new Map<string, T>();
  return (layer) => {
    const result = known.get(layer) ?? compute(layer);
    known.set(layer, result);
    return result;
  };
}
