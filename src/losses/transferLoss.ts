/** The loss as a weighted sum of terms, and its gradient: In [22] and [23] of the chapter. */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';
import type { FeatureExtractor, Features } from './features';
import { contentLoss, gramMatrixPerPosition } from './lossFunctions';
import { octavesOf } from './octaves';
import type { Region } from './regions';
import { type LayerTerm, type LossTerm, assertTerms, comparisons, isLayerTerm, termsAbout } from './terms';

/** What the combination image is compared with: for each term, by its name, one tensor for each of its comparisons. */
export type Targets = Readonly<Record<string, readonly tf.Tensor[]>>;

/**
 * The targets that one picture gives, as a function of that picture, preprocessed [1, height, width, 3].
 *
 * @param source the content picture, or the style picture at this index
 */
export function targetsOf(
  terms: readonly LossTerm[],
  source: LayerTerm['source'],
  extractor: FeatureExtractor,
): (x: tf.Tensor4D) => Record<string, tf.Tensor[]> {
  const about = termsAbout(terms, source);
  if (about.length === 0) return () => ({});
  return (x) => {
    const features = octavesOf(extractor, x);
    return Object.fromEntries(
      about.map((term) => [
        term.name,
        comparisons(term).map(({ layer, octave }) => statisticOf(term, features(octave), layer)),
      ]),
    );
  };
}

/** All targets as one list, in the order of the terms: for a compiled function that takes targets as inputs. */
export function listTargets<T>(
  terms: readonly LossTerm[],
  targets: Readonly<Record<string, readonly T[]>>,
): T[] {
  return terms.filter(isLayerTerm).flatMap(({ name }) => targets[name] ?? []);
}

/** The inverse of listTargets. */
export function targetsFrom(terms: readonly LossTerm[], list: readonly tf.Tensor[]): Targets {
  let position = 0;
  return Object.fromEntries(
    terms.filter(isLayerTerm).map((term) => {
      const count = comparisons(term).length;
      return [term.name, list.slice(position, (position += count))];
    }),
  );
}

/**
 * The loss as a function of the combination image [1, height, width, 3] (BGR minus ImageNet's means): each term's weighted value, a
 * scalar, by name. The loss is their sum. A term that does not count is exactly 0.
 *
 * The caller computes the targets once; the function only closes over them.
 *
 * @param regions of the combination image, which terms name by their index
 *
 * @throws UserError where two terms share a name, or every weight is 0. Source: In [22].
 */
export function transferLoss(
  terms: readonly LossTerm[],
  extractor: FeatureExtractor,
  targets: Targets,
  regions: readonly Region[] = [],
): (x: tf.Tensor4D) => Record<string, tf.Scalar> {
  assertTerms(terms);
  return (x) => {
    const [, height, width] = x.shape;
    const features = octavesOf(extractor, x);
    return Object.fromEntries(
      terms.map((term) => {
        if (!isLayerTerm(term))
          return [term.name, term.weight === 0 ? tf.scalar(0) : tf.mul(term.loss(x), term.weight)];
        const parts = comparisons(term).map(({ layer, octave, weight }, i) => {
          const [target] = (targets[term.name] ?? []).slice(i, i + 1);
          if (!target)
            throw new Error(`The term ${term.name} has no target for ${layer} in octave ${octave}.`);
          const seen = features(octave);
          const own = statisticOf(term, seen, layer, guideOf(term, seen, layer, regions));
          return tf.mul<tf.Scalar>(distanceOf(term, target, own, { height, width }), weight);
        });
        return [term.name, parts.length === 0 ? tf.scalar(0) : tf.addN(parts)];
      }),
    );
  };
}

/** What a term compares at a layer: activations, or a Gram matrix, in which each position counts by its value in the guide. */
function statisticOf(term: LayerTerm, features: Features, layer: string, guide?: tf.Tensor2D): tf.Tensor {
  const activations = features.activations(layer);
  if (term.compares === 'activations') return activations;
  const gram = features.gramMatrix(layer, guide);
  if (!term.perPosition) return gram;
  const [height, width] = activations.shape;
  return guide ? tf.div(gram, tf.sum(guide)) : gramMatrixPerPosition(gram, height, width);
}

/** How far two of those are apart. */
function distanceOf(term: LayerTerm, target: tf.Tensor, own: tf.Tensor, size: Size): tf.Scalar {
  return term.compares === 'activations'
    ? term.distance(contentLoss(target, own), tf.sum(tf.square(target)))
    : term.distance(target as tf.Tensor2D, own as tf.Tensor2D, size);
}

/** The region of a term at the size of a layer. */
function guideOf(
  term: LayerTerm,
  features: Features,
  layer: string,
  regions: readonly Region[],
): tf.Tensor2D | undefined {
  if (term.compares === 'activations' || term.region === undefined) return undefined;
  const { name, region } = term;
  const [height, width] = features.activations(layer).shape;
  const at = regions.at(region);
  if (!at) throw new Error(`The term ${name} has no region ${region}.`);
  return at({ height, width });
}

/** tf.valueAndGrad's result, with the terms that add up to the value. */
export interface LossAndGrads {
  value: tf.Scalar;
  /** Each term's weighted value, by name. */
  terms: Record<string, tf.Scalar>;
  /** d value / d variables, of their shape. */
  grad: tf.Tensor;
}

/**
 * Loss and gradient in one pass, to be compiled.
 *
 * @param loss of the variables, by term: transferLoss after whatever makes a picture of them
 * @returns a function of the same variables. Source: In [23], K.gradients.
 */
export function lossAndGrads<Variables extends tf.Tensor>(
  loss: (variables: Variables) => Record<string, tf.Scalar>,
): (variables: Variables) => LossAndGrads {
  return (variables) => {
    let names: string[] = [];
    // The gradient of a vector of terms is the gradient of their sum, and the terms come out of the same pass.
    const { value: stacked, grad } = tf.valueAndGrad((z: tf.Tensor) => {
      const terms = loss(z as Variables);
      names = Object.keys(terms);
      return tf.stack(Object.values(terms));
    })(variables);
    const terms = Object.fromEntries(tf.unstack(stacked).map((term, i) => [names[i], term as tf.Scalar]));
    return { value: tf.sum(stacked), terms, grad };
  };
}
