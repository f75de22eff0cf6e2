/** The terms of a loss, as a list: the chapter's three (In [22]), and a style term that compares pictures of any size. */
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../errors';
import type { Size } from '../picture/image';
import { type Place, placeOf, sizeAtOctave } from './octaves';
import {
  asShare,
  clippingLoss,
  gramLoss,
  gramLossPerPosition,
  relativeDistance,
  squaredVariation,
  totalVariationLoss,
} from './lossFunctions';

/** Layers, each with its share of a term's weight, by name, or as block4_conv1/2, where the network sees the pictures at half size. */
export type LayerShares = Readonly<Record<string, number>>;

/** What every term has. */
export interface Term {
  /** Unique within a loss. Results, curves and notebooks show the term by this name. */
  readonly name: string;
  /** What the term's value is multiplied by. A term of weight 0 is not computed. */
  readonly weight: number;
}

/** What every term has that compares the combination image with another picture, layer by layer. */
export interface ComparingTerm extends Term {
  readonly layers: LayerShares;
  /** The picture to compare with: the content picture, or the style picture at this index. */
  readonly source: 'content' | number;
}

/** Compares the activations of both pictures, position by position. */
export interface ActivationsTerm extends ComparingTerm {
  readonly compares: 'activations';
  /**
   * How far they are apart at a layer, a scalar.
   *
   * @param squares the sum of their squared differences over all positions, a scalar
   * @param targetSquares the sum of the squares of the other picture's activations
   */
  distance(squares: tf.Scalar, targetSquares: tf.Scalar): tf.Scalar;
}

/** Compares Gram matrices, which know nothing of positions. */
export interface GramTerm extends ComparingTerm {
  readonly compares: 'gramMatrices';
  /** Whether each is divided by the number of positions that it sums over, or by the area of the region. */
  readonly perPosition: boolean;
  /** The region of the combination image that is compared, by its index; default all of it. */
  readonly region?: number;
  /** How far two of them [channels, channels] are apart, a scalar. `size` is the combination image's, in pixels. */
  distance(target: tf.Tensor2D, own: tf.Tensor2D, size: Size): tf.Scalar;
}

/** Compares what the network sees of the combination image with what it sees of another picture, layer by layer. */
export type LayerTerm = ActivationsTerm | GramTerm;

/** Asks something of the combination image [1, height, width, 3] alone; a scalar. */
export interface PictureTerm extends Term {
  loss(x: tf.Tensor4D): tf.Scalar;
}

export type LossTerm = LayerTerm | PictureTerm;

/** What most layer terms are made from. */
export interface LayerTermOptions {
  name?: string;
  weight: number;
  layers: LayerShares;
}

/** What the terms about the picture alone are made from. */
export type PictureTermOptions = Pick<LayerTermOptions, 'name' | 'weight'>;

/** Content: activations compared position by position. Source: In [19]. */
export function contentTerm({ name = 'content', ...rest }: LayerTermOptions): LossTerm {
  return { name, ...rest, source: 'content', compares: 'activations', distance: (squares) => squares };
}

/** Content, by activations that differ as a share of the content picture's own: the weight means the same at every size. */
export function contentTermRelative({ name = 'content', ...rest }: LayerTermOptions): LossTerm {
  return { name, ...rest, source: 'content', compares: 'activations', distance: asShare };
}

export interface StyleTermOptions extends LayerTermOptions {
  /** Which of the style pictures; default the first, 0. */
  style?: number;
}

export interface RelativeStyleTermOptions extends StyleTermOptions {
  /** Which region of the combination image; default all of it. */
  region?: number;
}

/**
 * Style: the chapter's Gram matrices, which are sums over positions. The style picture must have as many positions as the combination
 * image, and so its size. Source: In [20].
 */
export function styleTerm({ name = 'style', style = 0, ...rest }: StyleTermOptions): LossTerm {
  return {
    name,
    ...rest,
    source: style,
    compares: 'gramMatrices',
    perPosition: false,
    distance: (S, C, { height, width }) => gramLoss(S, C, height, width),
  };
}

/** Style by Gram matrices per position: the style picture keeps its own size and proportions. Source: Gatys, Ecker and Bethge 2015. */
export function styleTermPerPosition(options: StyleTermOptions): LossTerm {
  return perPosition(options, gramLossPerPosition);
}

/** The same, by Gram matrices that differ as a share of the style picture's own: all layers and all pictures count alike. */
export function styleTermRelative(options: RelativeStyleTermOptions): LossTerm {
  return perPosition(options, relativeDistance);
}

function perPosition(
  { name = 'style', style = 0, ...rest }: RelativeStyleTermOptions,
  distance: GramTerm['distance'],
): LossTerm {
  return { name, ...rest, source: style, compares: 'gramMatrices', perPosition: true, distance };
}

/** Total variation: smoothness of the combination image. Source: In [21]. */
export function totalVariationTerm({ name = 'totalVariation', weight }: PictureTermOptions): LossTerm {
  return { name, weight, loss: totalVariationLoss };
}

/** Smoothness by the mean squared difference of neighbours: the weight means the same at every size. */
export function squaredVariationTerm({ name = 'totalVariation', weight }: PictureTermOptions): LossTerm {
  return { name, weight, loss: squaredVariation };
}

/** No plain white or black: the weight is what a picture of nothing else would cost. */
export function clippingTerm({ name = 'clipping', weight }: PictureTermOptions): LossTerm {
  return { name, weight, loss: clippingLoss };
}

/** The chapter's loss: In [22]. */
export const CHAPTER_TERMS: readonly LossTerm[] = [
  contentTerm({ weight: 0.025, layers: { block5_conv2: 1 } }),
  styleTerm({
    weight: 1,
    layers: Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`block${i}_conv1`, 1 / 5])),
  }),
  totalVariationTerm({ weight: 1e-4 }),
];

export function isLayerTerm(term: LossTerm): term is LayerTerm {
  return 'layers' in term;
}

/** The layers of a term that count: those whose share is not 0, of a term whose weight is not 0. */
export function countingLayers({ weight, layers }: LayerTerm): string[] {
  return weight === 0 ? [] : Object.keys(layers).filter((layer) => layers[layer] !== 0);
}

/** Where a term compares: each layer that counts and its octave, with what the distance there is multiplied by. */
export function comparisons(term: LayerTerm): (Place & { weight: number })[] {
  const { weight, layers } = term;
  return countingLayers(term).map((name) => ({ ...placeOf(name), weight: weight * layers[name] }));
}

/** Every layer that the terms name, once. */
export function layersOf(terms: readonly LossTerm[]): string[] {
  const names = terms.filter(isLayerTerm).flatMap(({ layers }) => Object.keys(layers));
  return [...new Set(names.map((name) => placeOf(name).layer))];
}

/**
 * The size of the smallest picture that the network sees for the terms at a layer.
 *
 * @param content the size of the combination image, and so of the content picture
 * @param styles those of the style pictures
 */
export function smallestSeen(
  terms: readonly LossTerm[],
  layer: string,
  content: Size,
  styles: readonly Size[],
): Size {
  const sizes = terms.filter(isLayerTerm).flatMap((term) => {
    const pictures = [content, ...(term.source === 'content' ? [] : [styles[term.source]])];
    const places = comparisons(term).filter((place) => place.layer === layer);
    return places.flatMap(({ octave }) => pictures.map((size) => sizeAtOctave(size, octave)));
  });
  const side = ({ width, height }: Size) => Math.min(width, height);
  return sizes.reduce((least, size) => (side(size) < side(least) ? size : least), content);
}

/** The terms that compare the combination image with this picture. */
export function termsAbout(terms: readonly LossTerm[], source: LayerTerm['source']): LayerTerm[] {
  return terms
    .filter(isLayerTerm)
    .filter((term) => term.source === source && countingLayers(term).length > 0);
}

/** @throws UserError where two terms share a name, or nothing counts, so that there is nothing to minimise */
export function assertTerms(terms: readonly LossTerm[]): void {
  const names = terms.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UserError(`Two terms of the loss are called '${twice}'. Give each term a name of its own.`);
  }
  const counts = (term: LossTerm) =>
    isLayerTerm(term) ? countingLayers(term).length > 0 : term.weight !== 0;
  if (!terms.some(counts)) {
    throw new UserError('Every weight is 0, so there is nothing to minimise. Raise the weight of one term.');
  }
}
