/** What the student and the teacher see of a picture, side by side, at every convolution layer. */
import type * as tf from '@tensorflow/tfjs';
import type { FeatureExtractor } from '../losses/features';
import { type SlimParameters, convLayers, slimFeatures } from '../network/vgg19Slim';

/** One thing as the student gives it, through its head, and as the teacher does. */
export interface Pair<T extends tf.Tensor> {
  student: T;
  teacher: T;
}

export interface LayerPairs {
  name: string;
  /** [h, w, the teacher's channels] */
  activations: Pair<tf.Tensor3D>;
  /** [the teacher's channels, the teacher's channels] */
  gramMatrices: Pair<tf.Tensor2D>;
}

/**
 * @param teacher sees all convolution layers
 * @param parameters the student's
 * @param x a picture [1, height, width, 3]
 * @returns in the order of convLayers
 */
export function layerPairs(
  teacher: FeatureExtractor,
  parameters: SlimParameters,
  x: tf.Tensor4D,
): LayerPairs[] {
  const names = convLayers().map(({ name }) => name);
  const [theirs, own] = [teacher(x), slimFeatures(parameters, names)(x)];
  return names.map((name) => ({
    name,
    activations: { student: own.activations(name), teacher: theirs.activations(name) },
    gramMatrices: { student: own.gramMatrix(name), teacher: theirs.gramMatrix(name) },
  }));
}
