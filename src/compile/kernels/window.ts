/** How a window slides over a picture, in ONNX's attributes: what convolutions and pooling share. */
import type * as tf from '@tensorflow/tfjs';

export interface Window {
  kernel_shape: number[];
  strides: number[];
  /** top, left, bottom, right */
  pads: number[];
}

/** @throws Error where tfjs counts the windows otherwise than ONNX, which has no dimRoundingMode and pads each axis by its own window */
export function windowGeometry(info: tf.backend_util.Conv2DInfo): Window {
  const { top, left, bottom, right } = info.padInfo;
  const { inHeight, inWidth, filterHeight, filterWidth, dilationHeight, dilationWidth } = info;
  const rows = whole(inHeight + top + bottom, (filterHeight - 1) * dilationHeight + 1, info.strideHeight);
  const columns = whole(inWidth + left + right, (filterWidth - 1) * dilationWidth + 1, info.strideWidth);
  if (rows !== info.outHeight || columns !== info.outWidth) {
    throw new Error(
      `This pad or dimRoundingMode makes ${info.outHeight} x ${info.outWidth} windows, but only ${rows} x ${columns} fit whole. ` +
        "Use 'same', 'valid' or a number for each side.",
    );
  }
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
  };
}

/** How many windows of `span` fit into `size`. */
function whole(size: number, span: number, stride: number): number {
  return Math.floor((size - span) / stride) + 1;
}
