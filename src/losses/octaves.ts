/**
 * A picture at full, half, quarter size ...: what a network sees of each. A stroke that is too large for a layer's field of view at full
 * size fits into it at half size, so that large strokes count too. Source: Snelgrove 2017, "High-Resolution Multi-Scale Neural Texture
 * Synthesis".
 */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';

/** A layer, and how many times a picture is halved before the network sees it. */
export interface Place {
  layer: string;
  octave: number;
}

/** The place that a name such as block4_conv1 (full size) or block4_conv1/2 (half size) stands for. */
export function placeOf(name: string): Place {
  const [layer, size = '1'] = name.split('/') as [string, string?];
  return { layer, octave: Math.log2(Number(size)) };
}

/** The size of a picture that was halved `octave` times. */
export function sizeAtOctave({ width, height }: Size, octave: number): Size {
  return { width: Math.floor(width / 2 ** octave), height: Math.floor(height / 2 ** octave) };
}

/** Pictures [batch, height, width, 3] halved `octave` times; each octave is computed once. */
export function halvings(x: tf.Tensor4D): (octave: number) => tf.Tensor4D {
  const pictures = [x];
  return (octave) => {
    while (pictures.length <= octave)
      pictures.push(tf.avgPool(pictures.at(-1) as tf.Tensor4D, 2, 2, 'valid'));
    return pictures[octave];
  };
}

/**
 * What the network sees of pictures [batch, height, width, 3] that were halved `octave` times; each octave is computed once.
 *
 * @param extractor of one picture, or of several
 */
export function octavesOf<Seen>(
  extractor: (x: tf.Tensor4D) => Seen,
  x: tf.Tensor4D,
): (octave: number) => Seen {
  const pictures = halvings(x);
  const features: Seen[] = [];
  return (octave) => (features[octave] ??= extractor(pictures(octave)));
}
