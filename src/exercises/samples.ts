/** Tensors to try answers on: the same every time, and without any order that could hide a mistake. */
import * as tf from '@tensorflow/tfjs';

/** What a layer might give, both signs: [1, rows, columns, channels]. */
export function sampleActivations(seed: number, rows = 3, columns = 4, channels = 5): tf.Tensor4D {
  return tf.randomNormal([1, rows, columns, channels], 0.4, 1, 'float32', seed);
}

/** A picture in VGG19's form: [1, height, width, 3], from about -120 to 150. */
export function samplePicture(seed: number, height: number, width: number): tf.Tensor4D {
  return tf.randomUniform([1, height, width, 3], -120, 150, 'float32', seed);
}
