/** Everything that is compiled for a loss in windows: traced for an estimate of its memory, or compiled to work. */
import * as tf from '@tensorflow/tfjs';
import { type DeviceName, outline } from '../compile';
import type { FeatureExtractor } from '../losses/features';
import { halvings, sizeAtOctave } from '../losses/octaves';
import type { Region } from '../losses/regions';
import { type LossTerm, comparisons, isLayerTerm, layersOf } from '../losses/terms';
import { lossAndGrads } from '../losses/transferLoss';
import type { Size } from '../picture/image';
import type { Variables } from '../variables/variables';
import { type Guides, guidesOf } from './guides';
import { type Channels, type Traceable, firstPass, secondPass, sumShape } from './passes';
import { type OctavePlan, octavePlans } from './plan';
import { type Sum, lossOfSums, sumsOf } from './sums';

/** A loss that is to be computed in windows. */
export interface TiledParts {
  terms: readonly LossTerm[];
  extractor: FeatureExtractor;
  regions?: readonly Region[];
  variables: Variables;
  /** Of the combination image, in pixels. */
  size: Size;
  /** About how long the sides of a window are, in pixels. */
  tile: number;
  device: DeviceName;
}

export interface TiledFunctions {
  sums: readonly Sum[];
  channels: Channels;
  /** 0, the whole picture, and those of the plans. */
  octaves: readonly number[];
  plans: readonly OctavePlan<Sum>[];
  guides: Guides;
  /** From the variables to the picture in each of the octaves, [1, height, width, 3]. */
  pictures: Traceable<tf.Tensor[]>;
  /** From the sums and the targets to the terms, and to the loss's derivative by each sum. */
  loss: Traceable<{ terms: Record<string, tf.Scalar>; slopes: tf.Tensor[] }>;
  /** From the variables, and the derivative by each of those pictures, to the terms of the picture alone and the whole gradient. */
  gradient: Traceable<{ terms: Record<string, tf.Scalar>; grad: tf.Tensor }>;
  /** For each plan. */
  first: readonly Traceable<tf.Tensor[]>[];
  second: readonly Traceable<tf.Tensor>[];
}

/** @throws UserError for a layer that the network does not have */
export async function tiledFunctions(parts: TiledParts): Promise<TiledFunctions> {
  const { terms, extractor, regions = [], variables, size, tile } = parts;
  const channels = await channelsOf(terms, parts);
  const sums = sumsOf(terms);
  const plans = octavePlans(sums, size, tile);
  const guides = guidesOf(size, regions);
  const octaves = [...new Set([0, ...plans.map(({ octave }) => octave)])];
  return {
    sums,
    channels,
    octaves,
    plans,
    guides,
    pictures: {
      fn: (z) => octaves.map(halvings(variables.picture(z as tf.Tensor1D))),
      shapes: [[variables.length]],
    },
    loss: lossFunction(terms, size, guides, sums, channels),
    gradient: gradientFunction(terms, variables, size, octaves),
    first: plans.map((plan) => firstPass(plan, extractor, channels)),
    second: plans.map((plan) => secondPass(plan, extractor, channels)),
  };
}

/** The smallest picture that every layer can see. */
const SMALLEST = [1, 32, 32, 3];

export async function channelsOf(
  terms: readonly LossTerm[],
  { extractor, device }: Pick<TiledParts, 'extractor' | 'device'>,
): Promise<Channels> {
  const layers = layersOf(terms);
  if (layers.length === 0) return {};
  const activations = (x: tf.Tensor4D) => layers.map((layer) => extractor(x).activations(layer));
  const { shapes } = await outline(activations, SMALLEST, { device });
  return Object.fromEntries(layers.map((layer, i) => [layer, (shapes[i] as number[])[2]]));
}

function lossFunction(
  terms: readonly LossTerm[],
  size: Size,
  guides: Guides,
  sums: readonly Sum[],
  channels: Channels,
): TiledFunctions['loss'] {
  const loss = lossOfSums(terms, size, (sum) => guides.areaOf(sum));
  const targets = terms.filter(isLayerTerm).flatMap((term) =>
    comparisons(term).map(({ layer }) => {
      return term.compares === 'activations' ? [] : [channels[layer], channels[layer]];
    }),
  );
  return {
    fn: (...inputs) => {
      let names: string[] = [];
      const stacked = (...at: tf.Tensor[]) => {
        const values = loss(at, inputs.slice(sums.length));
        names = Object.keys(values);
        return tf.stack(Object.values(values));
      };
      const { value, grads } = tf.valueAndGrads(stacked)(inputs.slice(0, sums.length));
      const each = tf.unstack(value) as tf.Scalar[];
      return { terms: Object.fromEntries(each.map((term, i) => [names[i], term])), slopes: grads };
    },
    shapes: [...sums.map((sum) => sumShape(sum, channels)), ...targets],
  };
}

/** The name of what stands for the terms that see the picture through the network. */
const THROUGH_NETWORK = 'through the network';

function gradientFunction(
  terms: readonly LossTerm[],
  { picture, length }: Variables,
  size: Size,
  octaves: readonly number[],
): TiledFunctions['gradient'] {
  const loss = (z: tf.Tensor1D, slopes: readonly tf.Tensor[]) => {
    const x = picture(z);
    const pictures = octaves.map(halvings(x));
    const own = terms.flatMap((term): [string, tf.Scalar][] => {
      if (isLayerTerm(term)) return [];
      return [[term.name, term.weight === 0 ? tf.scalar(0) : tf.mul(term.loss(x), term.weight)]];
    });
    const products = pictures.map((each, i) => tf.sum<tf.Scalar>(tf.mul(each, slopes[i])));
    return { ...Object.fromEntries(own), [THROUGH_NETWORK]: tf.addN<tf.Scalar>(products) };
  };
  return {
    fn: (z, ...slopes) => {
      const computed = lossAndGrads((at: tf.Tensor1D) => loss(at, slopes))(z as tf.Tensor1D);
      const own = Object.entries(computed.terms).filter(([name]) => name !== THROUGH_NETWORK);
      return { terms: Object.fromEntries(own), grad: computed.grad };
    },
    shapes: [
      [length],
      ...octaves.map((octave) => {
        const { height, width } = sizeAtOctave(size, octave);
        return [1, height, width, 3];
      }),
    ],
  };
}
