/**
 * What a network is trained for: a loss of what it paints. `perceptual` compares it with the photograph and the style, as Johnson et al.
 * do; `pairs` with a picture that the slow way made of the same photograph, as the chapter proposes. Neither knows which network judges.
 */
import * as tf from '@tensorflow/tfjs';
import type { Shape } from '../compile';
import type { BatchExtractor, FeatureExtractor } from '../losses/features';
import { type LossTerm, isLayerTerm, termsAbout } from '../losses/terms';
import { octavesOf } from '../losses/octaves';
import { targetsFrom, targetsOf, transferLoss } from '../losses/transferLoss';
import { PRESETS } from '../presets';
import { IMAGENET_MEANS_BGR } from '../picture/preprocess';
import { reflectPad } from './reflectPad';

/** A loss of a batch of painted pictures, in tfjs, to be differentiated and compiled. */
export interface Objective {
  /** The shapes of the arrays that each sample brings beside its photograph. */
  extras: readonly Shape[];
  /**
   * @param painted, pictures [batch, size, size, 3], RGB, 0 to 255
   * @param extras the samples' arrays, one upon another: [batch, ...] each
   * @returns each term's weighted value, the mean over the batch, by name
   */
  loss(painted: tf.Tensor4D, pictures: tf.Tensor4D, extras: readonly tf.Tensor[]): Record<string, tf.Scalar>;
}

export interface PerceptualOptions {
  terms: readonly LossTerm[];
  extractor: BatchExtractor;
  /** The shapes of a style's targets, as targetsOfStyle gives them. */
  targets: readonly Shape[];
}

/** Content from the photograph, style from the targets of the sample's style. */
export function perceptual({ terms, extractor, targets }: PerceptualOptions): Objective {
  return {
    extras: targets,
    loss: (painted, pictures, extras) => comparison(terms, extractor, painted, pictures, extras),
  };
}

export interface PairsOptions {
  /** Terms that compare with the painted target, whichever picture they name. Without any, pixels alone count. */
  terms: readonly LossTerm[];
  extractor: BatchExtractor;
  /** The weight of the mean squared difference of pixels, as a part of 255 squared. */
  pixelWeight: number;
  size: number;
}

/** The target picture is everything: its pixels, and what a network sees of it. */
export function pairs({ terms, extractor, pixelWeight, size }: PairsOptions): Objective {
  const compared = terms.map((term) => (isLayerTerm(term) ? { ...term, source: 'content' as const } : term));
  return {
    extras: [[size, size, 3]],
    loss: (painted, _, [targets]) => ({
      pixels: tf.mul(tf.mean(tf.square(tf.div(tf.sub(painted, targets), 255))), pixelWeight),
      ...(terms.length === 0 ? {} : comparison(compared, extractor, painted, targets as tf.Tensor4D, [])),
    }),
  };
}

/**
 * The judge sees so many mirrored pixels around each picture, as the painter preset has them. Without them it sees black beyond the edges, and
 * the network paints a frame.
 */
const MARGIN = PRESETS.painter.margin;

/** The terms' values by name, the mean over the batch. */
function comparison(
  terms: readonly LossTerm[],
  extractor: BatchExtractor,
  painted: tf.Tensor4D,
  compared: tf.Tensor4D,
  styles: readonly tf.Tensor[],
): Record<string, tf.Scalar> {
  const [x, content] = [painted, compared].map((pictures) => judged(reflectPad(pictures, MARGIN)));
  const [own, wanted] = [seenIn(extractor, x), seenIn(extractor, content)];
  const batch = x.shape[0];
  const each = Array.from({ length: batch }, (_, i) => {
    const row = (tensor: tf.Tensor) => (batch === 1 ? tensor : tf.slice(tensor, i, 1));
    const picture = row(x) as tf.Tensor4D;
    const targets = {
      ...targetsOf(terms, 'content', wanted(i))(row(content) as tf.Tensor4D),
      ...targetsFrom(
        termsAbout(terms, 0),
        styles.map((tensor) => tf.squeeze(row(tensor), [0])),
      ),
    };
    return transferLoss(terms, own(i), targets)(picture);
  });
  return Object.fromEntries(
    terms.map(({ name }) => {
      const sum = tf.addN(each.map((values) => values[name]));
      return [name, tf.div(sum, batch)];
    }),
  );
}

/** For each picture of a batch an extractor, which looks up what the network sees of all of them, in the same octave. */
function seenIn(extractor: BatchExtractor, x: tf.Tensor4D): (picture: number) => FeatureExtractor {
  const features = octavesOf(extractor, x);
  return (picture) => (part) => features(Math.round(Math.log2(x.shape[1] / part.shape[1])))[picture];
}

/** Pictures RGB, 0 to 255, as the judge takes them: BGR minus ImageNet's means. */
function judged(x: tf.Tensor4D): tf.Tensor4D {
  return tf.sub(tf.reverse(x, 3), tf.tensor1d([...IMAGENET_MEANS_BGR]));
}
