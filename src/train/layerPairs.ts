/** What the student and the teacher see of a picture, side by side, at every convolution layer. */
import * as tf from '@tensorflow/tfjs';
import { type Features, gramMatrix } from '../losses';
import { type SlimParameters, convLayers, slimFeatures } from '../network/vgg19Slim';

/** One thing as the student gives it, through its head, and as the teacher does. */
export interface Pair<T extends tf.Tensor> {
  student: T;
  teacher: T;
}

export interface LayerPairs {
  name: string;
  /** [1, h, w, the teacher's channels] */
  activations: Pair<tf.Tensor4D>;
  /** [the teacher's channels, the teacher's channels] */
  gramMatrices: Pair<tf.Tensor2D>;
}

/**
 * @param teacher the teacher's activations at all convolution layers
 * @param parameters the student's
 * @param x a picture [1, height, width, 3]
 * @returns in the order of convLayers
 */
export function layerPairs(teacher: Features, parameters: SlimParameters, x: tf.Tensor4D): LayerPairs[] {
  const names = convLayers().map(({ name }) => name);
  const targets = teacher(x);
  const student = slimFeatures(parameters, names).withGramMatrices(x);
  return names.map((name) => {
    const target = targets[name];
    return {
      name,
      activations: { student: student.activations[name], teacher: target },
      gramMatrices: {
        student: student.gramMatrices[name],
        teacher: gramMatrix(tf.squeeze(target, [0])),
      },
    };
  });
}
