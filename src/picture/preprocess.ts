/** From a picture to VGG19's tensor and back: In [17] of the chapter, vgg19.preprocess_input in its 'caffe' mode. */
import * as tf from '@tensorflow/tfjs';
import type { Picture } from './image';

/** ImageNet's mean blue, green and red: what is subtracted from each channel, in VGG19's order. */
export const IMAGENET_MEANS_BGR = [103.939, 116.779, 123.68] as const;

/** How a displayable value becomes one of 256 levels: the chapter's astype('uint8') truncates. */
export type Rounding = 'round' | 'truncate';

/**
 * The picture in the form that VGG19 takes, bit for bit as Keras computes it.
 *
 * @returns float32 [1, height, width, 3], BGR, 0..255 minus ImageNet's means
 */
export function preprocess({ data, height, width }: Picture): tf.Tensor4D {
  // Keras subtracts from a float32 array, so the means themselves are float32 there.
  const means = Float32Array.from(IMAGENET_MEANS_BGR);
  const x = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) {
      x[i + channel] = data[i + 2 - channel] - means[channel];
    }
  }
  return tf.tensor4d(x, [1, height, width, 3]);
}

/** The elements of a picture in VGG19's form, with its size. */
export interface PictureArray {
  /** BGR minus ImageNet's means, row-major [height, width, 3]. */
  data: Float32Array | Float64Array;
  height: number;
  width: number;
}

/**
 * The inverse of preprocess: the means are added, channels go back to RGB, values are clipped to 0..255 and made whole.
 * `x` is left as it is.
 */
export function deprocess(x: tf.Tensor4D | PictureArray, rounding: Rounding = 'round'): Picture {
  const { data, height, width } =
    x instanceof tf.Tensor ? { data: x.dataSync<'float32'>(), height: x.shape[1], width: x.shape[2] } : x;
  // Assigning to a Uint8ClampedArray clips, and rounds halves to even.
  const level = rounding === 'round' ? (value: number) => value : Math.floor;
  const rgb = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[i + 2 - channel] = level(data[i + channel] + IMAGENET_MEANS_BGR[channel as 0 | 1 | 2]);
    }
  }
  return { width, height, data: new Uint8Array(rgb.buffer) };
}
