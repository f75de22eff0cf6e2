/**
 * Regions of the combination image, each painted in a style of its own: guided Gram matrices. Sources: Gatys et al. 2017, "Controlling
 * Perceptual Factors in Neural Style Transfer", for guides brought to each layer; Luan et al. 2017, "Deep Photo Style Transfer", for
 * dividing by the region's area.
 */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';

/** How much each position of a layer of this size belongs to the region: [height, width], from 0 to 1. */
export type Region = (size: Size) => tf.Tensor2D;

/** How much each pixel belongs to a region, from 0 to 1, row by row. */
export interface Mask extends Size {
  data: Float32Array;
}

/** A mask brought to the size of any layer by the mean over what each position covers, so that soft edges stay soft. */
export function regionOf(mask: Mask): Region {
  return ({ height, width }) => {
    const rows = shares(mask.height, height);
    const columns = shares(mask.width, width);
    const data = new Float32Array(height * width);
    rows.forEach((row, y) => {
      columns.forEach((column, x) => {
        let sum = 0;
        for (const [i, a] of row) for (const [j, b] of column) sum += a * b * mask.data[i * mask.width + j];
        data[y * width + x] = sum;
      });
    });
    return tf.tensor2d(data, [height, width]);
  };
}

/** For each of `count` equal parts of a line of pixels, the pixels that it covers and their shares of it. */
function shares(pixels: number, count: number): [number, number][][] {
  const length = pixels / count;
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [part * length, (part + 1) * length];
    const covered: [number, number][] = [];
    for (let i = Math.floor(from); i < Math.min(to, pixels); i++) {
      covered.push([i, (Math.min(to, i + 1) - Math.max(from, i)) / length]);
    }
    return covered;
  });
}

/** Activations [h, w, channels] of which a Gram matrix counts each position by its share in the region, [h, w]. */
export function guided<T extends tf.Tensor>(activations: T, guide: tf.Tensor2D): T {
  return tf.mul<T>(activations, tf.sqrt(guide).expandDims(2));
}
