/**
 * What is computed of a window, in tfjs: in a first pass its part of each sum, and in a second, once the loss of the sums is known, its part
 * of the picture's gradient. In the second the network runs again, because the activations of all windows would not fit into the memory.
 */
import * as tf from '@tensorflow/tfjs';
import type { Shape } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { layerSize, type OctavePlan } from './plan';
import type { Sum } from './sums';

/** A function to be compiled, with the shapes of its inputs. */
export interface Traceable<Result> {
  fn: (...inputs: tf.Tensor[]) => Result;
  shapes: readonly Shape[];
}

/** How many channels each layer has. */
export type Channels = Readonly<Record<string, number>>;

/** @returns of the window [1, rows, columns, 3], the guides and the targets: the window's part of each sum */
export function firstPass(
  plan: OctavePlan<Sum>,
  extractor: FeatureExtractor,
  channels: Channels,
): Traceable<tf.Tensor[]> {
  const partsOf = partsOfSums(plan.wanted, extractor);
  return { fn: (x, ...given) => partsOf(x, given), shapes: shapesOf(plan, channels) };
}

/** @returns of the same and the derivative of the loss by each sum: the derivative by the window */
export function secondPass(
  plan: OctavePlan<Sum>,
  extractor: FeatureExtractor,
  channels: Channels,
): Traceable<tf.Tensor> {
  const partsOf = partsOfSums(plan.wanted, extractor);
  const inputs = shapesOf(plan, channels);
  const given = inputs.length - 1;
  return {
    fn: (x, ...rest) => {
      const slopes = rest.slice(given);
      const product = (window: tf.Tensor) =>
        tf.addN(
          partsOf(window, rest.slice(0, given)).map((part, i) => tf.sum<tf.Scalar>(tf.mul(part, slopes[i]))),
        );
      return tf.grad(product)(x);
    },
    shapes: [...inputs, ...plan.wanted.map((sum) => sumShape(sum, channels))],
  };
}

/** [channels, channels] of a Gram matrix; a scalar otherwise. */
export function sumShape({ sum, layer }: Sum, channels: Channels): Shape {
  return sum === 'gramMatrix' ? [channels[layer], channels[layer]] : [];
}

/** The window, a guide for each sum, and a target for each sum of squares. */
function shapesOf({ rows, columns, wanted }: OctavePlan<Sum>, channels: Channels): Shape[] {
  const positions = wanted.map(({ layer }) => {
    const { height, width } = layerSize(layer, { rows: rows.length, columns: columns.length });
    return [height, width];
  });
  const targets = wanted.flatMap(({ sum, layer }, i) =>
    sum === 'squares' ? [[...positions[i], channels[layer]]] : [],
  );
  return [[1, rows.length, columns.length, 3], ...positions, ...targets];
}

/** @returns a function of a window, a guide [h, w] for each sum, and then a target [h, w, channels] for each sum of squares */
function partsOfSums(
  sums: readonly Sum[],
  extractor: FeatureExtractor,
): (window: tf.Tensor, given: readonly tf.Tensor[]) => tf.Tensor[] {
  return (window, given) => {
    const features = extractor(window as tf.Tensor4D);
    let next = sums.length;
    return sums.map(({ sum, layer }, i) => {
      const guide = given[i] as tf.Tensor2D;
      if (sum === 'gramMatrix') return features.gramMatrix(layer, guide);
      const squares = tf.square(tf.sub(features.activations(layer), given[next++]));
      return tf.sum(tf.mul(squares, guide.expandDims(2)));
    });
  };
}
