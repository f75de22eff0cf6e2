/**
 * A network that sees a picture continued beyond its borders. VGG19 surrounds every layer with zeros: near a border it sees a black frame
 * that neither picture has, and the optimiser paints against it. Behind a margin that mirrors the picture those zeros are far away.
 */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';

/** FeatureExtractor or BatchExtractor. */
type Extractor<Seen> = (x: tf.Tensor4D, inner?: tf.Tensor4D) => Seen;

/**
 * The same extractor, which sees a picture with so many mirrored pixels on every side (or as many as the picture has), and leaves out of
 * its activations what lies in that margin: it is seen, but does not count.
 */
export function withMargin<Seen>(extractor: Extractor<Seen>, margin: number): Extractor<Seen> {
  return margin === 0 ? extractor : (x) => extractor(mirrored(mirrored(x, 1, margin), 2, margin), x);
}

/**
 * The part of a layer's activations that belongs to the pictures.
 *
 * @param activations [batch, h, w, channels] of the pictures with their margin, `seen`
 * @param picture, seen [batch, height, width, 3]
 */
export function withoutMargin(
  activations: tf.Tensor4D,
  picture: tf.Tensor4D,
  seen: tf.Tensor4D,
): tf.Tensor4D {
  if (picture === seen) return activations;
  const [batch, height, width, channels] = activations.shape;
  const crop = (axis: 1 | 2) => {
    const scale = activations.shape[axis] / seen.shape[axis];
    const length = Math.max(1, Math.floor(picture.shape[axis] * scale));
    return { begin: Math.floor((activations.shape[axis] - length) / 2), length };
  };
  const [rows, columns] = [crop(1), crop(2)];
  if (rows.length === height && columns.length === width) return activations;
  return tf.slice4d(
    activations,
    [0, rows.begin, columns.begin, 0],
    [batch, rows.length, columns.length, channels],
  );
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
