/**
 * A network that sees a picture continued beyond its borders. VGG19 surrounds every layer with zeros: near a border it sees a black frame
 * that neither picture has, and the optimiser paints against it. Behind a margin that mirrors the picture those zeros are far away.
 */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';
import type { FeatureExtractor } from './features';

/** The same extractor for pictures with a margin of so many mirrored pixels on every side, or as many as the picture has. */
export function withMargin(extractor: FeatureExtractor, margin: number): FeatureExtractor {
  return margin === 0 ? extractor : (x) => extractor(mirrored(mirrored(x, 1, margin), 2, margin));
}

/** How many pixels are mirrored on each side of a picture with so many. */
function marginOf(length: number, margin: number): number {
  return Math.min(margin, length - 1);
}

/** The size of a picture with its margin. */
export function sizeWithMargin({ width, height }: Size, margin: number): Size {
  return { width: width + 2 * marginOf(width, margin), height: height + 2 * marginOf(height, margin) };
}

/** The outermost pixels are not repeated. */
function mirrored(x: tf.Tensor4D, axis: 1 | 2, margin: number): tf.Tensor4D {
  const length = x.shape[axis];
  const pixels = marginOf(length, margin);
  const strip = (begin: number) => {
    const [from, size] = [[0, 0, 0, 0], [...x.shape]];
    [from[axis], size[axis]] = [begin, pixels];
    return tf.reverse(tf.slice4d(x, from as [number, number, number, number], size as typeof x.shape), axis);
  };
  return tf.concat4d([strip(1), x, strip(length - 1 - pixels)], axis);
}
