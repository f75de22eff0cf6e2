/** The loss as a function of sums over positions. */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';
import { type LayerTerm, type LossTerm, comparisons, isLayerTerm } from '../losses/terms';

/** The Gram matrix of a layer of the combination image, or of a region of it. */
export interface GramSum {
  sum: 'gramMatrix';
  octave: number;
  layer: string;
  region: number | undefined;
}

/** The squared differences between a layer's activations and those of another picture, the term's target at this index. */
export interface SquaresSum {
  sum: 'squares';
  octave: number;
  layer: string;
  term: string;
  index: number;
}

/** What is summed up over the positions of a layer. */
export type Sum = GramSum | SquaresSum;

/** What the terms need: each Gram matrix once, whatever terms compare it. */
export function sumsOf(terms: readonly LossTerm[]): Sum[] {
  const all = terms.filter(isLayerTerm).flatMap((term) => comparisons(term).map((_, i) => sumOf(term, i)));
  const keys = all.map((sum) => JSON.stringify(sum));
  return all.filter((_, i) => keys.indexOf(keys[i]) === i);
}

/** What a term needs for one of its comparisons. */
function sumOf(term: LayerTerm, index: number): Sum {
  const { layer, octave } = comparisons(term)[index];
  if (term.compares === 'activations') return { sum: 'squares', octave, layer, term: term.name, index };
  return { sum: 'gramMatrix', octave, layer, region: term.region };
}

/**
 * Each layer term's weighted value, a scalar, by name.
 *
 * @param size the combination image's, in pixels
 * @param areaOf how many positions a Gram matrix sums over, or the area of its region
 * @returns a function of the sums and of the terms' targets: Gram matrices, and for activations the sum of their squares
 */
export function lossOfSums(
  terms: readonly LossTerm[],
  size: Size,
  areaOf: (sum: GramSum) => number,
): (sums: readonly tf.Tensor[], targets: readonly tf.Tensor[]) => Record<string, tf.Scalar> {
  const places = new Map(sumsOf(terms).map((sum, i) => [JSON.stringify(sum), i]));
  return (sums, targets) => {
    let position = 0;
    return Object.fromEntries(
      terms.filter(isLayerTerm).map((term) => {
        const parts = comparisons(term).map(({ weight }, i) => {
          const what = sumOf(term, i);
          const own = sums[places.get(JSON.stringify(what)) as number];
          const target = targets[position++];
          return tf.mul<tf.Scalar>(distance(term, what, target, own), weight);
        });
        return [term.name, parts.length === 0 ? tf.scalar(0) : tf.addN(parts)];
      }),
    );
  };

  function distance(term: LayerTerm, what: Sum, target: tf.Tensor, own: tf.Tensor): tf.Scalar {
    if (term.compares === 'activations') return term.distance(own as tf.Scalar, target as tf.Scalar);
    const gram = term.perPosition ? tf.div(own, areaOf(what as GramSum)) : own;
    return term.distance(target as tf.Tensor2D, gram as tf.Tensor2D, size);
  }
}
