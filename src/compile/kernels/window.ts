/** How a window slides over a picture, in ONNX's attributes: what convolutions and pooling share. */
import type * as tf from '@tensorflow/tfjs';

export interface Window {
  kernel_shape: number[];
  strides: number[];
  /** top, left, bottom, right */
  pads: number[];
}

export function windowGeometry(info: tf.backend_util.Conv2DInfo): Window {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
  };
}
