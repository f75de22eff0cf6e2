/** What a network sees of a picture, as the losses ask for it. */
import * as tf from '@tensorflow/tfjs';
import { gramMatrix } from './lossFunctions';
import { guided } from './regions';

/** What a network sees of one picture, by layer. Each tensor is computed when it is first asked for. */
export interface Features {
  /** The layer's activations [height, width, channels]. */
  activations: (layer: string) => tf.Tensor3D;
  /**
   * The Gram matrix [channels, channels] of those activations; a network may have a shorter way to it. With a guide [height, width] each
   * position counts by its value there, from 0 to 1.
   */
  gramMatrix: (layer: string, guide?: tf.Tensor2D) => tf.Tensor2D;
}

/** From a picture [1, height, width, 3] (BGR minus ImageNet's means) to what a network sees of it. */
export type FeatureExtractor = (x: tf.Tensor4D) => Features;

/** The same for several pictures at once [batch, height, width, 3]: what the network sees of each. */
export type BatchExtractor = (x: tf.Tensor4D) => readonly Features[];

/** The extractor of a network that gives its activations [1, height, width, channels] by layer, as vgg19.ts's features() does. */
export function featureExtractor(
  activationsOf: (x: tf.Tensor4D) => Record<string, tf.Tensor4D>,
): FeatureExtractor {
  return firstOf(batchExtractor(activationsOf));
}

/** The same for several pictures: the network runs once on all of them. */
export function batchExtractor(
  activationsOf: (x: tf.Tensor4D) => Record<string, tf.Tensor4D>,
): BatchExtractor {
  return (x) =>
    eachPicture(x.shape[0], activationsOf(x), (activationsAt) => {
      const activations = once((layer) => activationsAt(layer).squeeze<tf.Tensor3D>([0]));
      const whole = once((layer) => gramMatrix(activations(layer)));
      return {
        activations,
        gramMatrix: (layer, guide) => (guide ? gramMatrix(guided(activations(layer), guide)) : whole(layer)),
      };
    });
}

/**
 * Features of each picture from activations of all.
 *
 * @param computed activations [batch, height, width, channels] by layer
 * @param featuresOf from one picture's activations [1, height, width, channels] at a layer
 */
export function eachPicture(
  batch: number,
  computed: Readonly<Record<string, tf.Tensor4D>>,
  featuresOf: (activationsAt: (layer: string) => tf.Tensor4D) => Features,
): Features[] {
  const parts = once((layer) =>
    batch === 1 ? [computed[layer]] : tf.split<tf.Tensor4D>(computed[layer], batch),
  );
  return Array.from({ length: batch }, (_, i) => featuresOf((layer) => parts(layer)[i]));
}

/** An extractor for one picture. */
export function firstOf(extractor: BatchExtractor): FeatureExtractor {
  return (x) => extractor(x)[0];
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
