/** From a picture to VGG19's tensor and back: In [17] of the chapter, vgg19.preprocess_input in its 'caffe' mode. */
import * as tf from '@tensorflow/tfjs';
import type { DeepPicture, Picture, Size } from './image';

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

/** Values of red, green and blue, 0..255 where they can be shown, three a pixel, row by row from the top. */
export interface RgbValues extends Size {
  data: Float64Array;
}

/** The inverse of preprocess, without whole levels: the means are added and the channels go back to RGB. `x` is left as it is. */
export function rgbValues({ data, height, width }: PictureArray): RgbValues {
  const rgb = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[i + 2 - channel] = data[i + channel] + IMAGENET_MEANS_BGR[channel as 0 | 1 | 2];
    }
  }
  return { width, height, data: rgb };
}

/** A picture's levels as values. */
export function valuesOf({ data, height, width }: Picture): RgbValues {
  return { width, height, data: Float64Array.from(data) };
}

/** The values clipped to 0..255 and made whole. */
export function eightBit({ data, height, width }: RgbValues, rounding: Rounding): Picture {
  // Assigning to a Uint8ClampedArray clips, and rounds halves to even.
  const levels = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) levels[i] = rounding === 'round' ? data[i] : Math.floor(data[i]);
  return { width, height, data: new Uint8Array(levels.buffer) };
}

/** The values clipped to 0..255 and made whole on 257 times as fine a scale, 0..65535. */
export function sixteenBit({ data, height, width }: RgbValues, rounding: Rounding): DeepPicture {
  const levels = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const level = Math.min(Math.max(data[i] * 257, 0), 65535);
    levels[i] = rounding === 'round' ? Math.round(level) : level;
  }
  return { width, height, data: levels };
}

/**
 * The inverse of preprocess: the means are added, channels go back to RGB, values are clipped to 0..255 and made whole.
 * `x` is left as it is.
 */
export function deprocess(x: tf.Tensor4D | PictureArray, rounding: Rounding = 'round'): Picture {
  return eightBit(
    rgbValues(
      x instanceof tf.Tensor ? { data: x.dataSync<'float32'>(), height: x.shape[1], width: x.shape[2] } : x,
    ),
    rounding,
  );
}
