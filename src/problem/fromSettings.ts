/** A transfer's settings as options of a problem: its terms, its variables and the picture to begin at. */
import * as tf from '@tensorflow/tfjs';
import {
  type LayerShares,
  type LossTerm,
  clippingTerm,
  contentTerm,
  contentTermRelative,
  squaredVariationTerm,
  styleTerm,
  styleTermRelative,
  totalVariationTerm,
} from '../losses/terms';
import { luminancePicture } from '../picture/color';
import { type Picture, type Size, loadImage } from '../picture/image';
import type { Settings } from '../settings';
import { UserError } from '../errors';
import { freePixels, pixels } from '../variables/pixels';
import { pyramid } from '../variables/pyramid';
import type { MakeVariables } from '../variables/variables';
import type { FirstPictureOptions, ProblemOptions } from './problem';
import type { SizedPictures, StyleSize } from './sources';

/** What the settings say about a problem; the caller adds signals, events or an open network. */
export function problemFromSettings(settings: Settings): ProblemOptions {
  const { content, style, height, resize, color, margin, network, weights, device, threads, winograd, tile } =
    settings;
  return {
    content,
    styles: style,
    height,
    resize,
    styleSize: styleSizeOf(settings),
    masks: settings.mask,
    margin,
    color,
    network,
    weights,
    winograd,
    tile,
    device,
    threads,
    terms: lossTerms(settings),
    variables: variablesOf(settings),
    first: (pictures, options) => firstPicture(settings, pictures, options),
  };
}

export type LossSettings = Pick<
  Settings,
  | 'measure'
  | 'style'
  | 'styleWeights'
  | 'mask'
  | 'contentLayer'
  | 'styleLayers'
  | 'contentWeight'
  | 'styleWeight'
  | 'tvWeight'
  | 'clippingWeight'
  | 'strength'
>;

/**
 * Content, one style term for each style picture, and total variation, with the settings' layers and weights. A term of weight 0 stays in
 * the list but adds nothing.
 *
 * @throws UserError where there is not a weight for each style picture, and for masks with the chapter's sums
 */
export function lossTerms(settings: LossSettings): LossTerm[] {
  const { measure, mask, tvWeight, clippingWeight } = settings;
  if (mask && measure === 'sums') {
    throw new UserError('Masks need Gram matrices per position. Use --measure shares, or leave --mask out.');
  }
  const terms =
    measure === 'sums'
      ? { content: contentTerm, style: styleTerm, smooth: totalVariationTerm }
      : { content: contentTermRelative, style: styleTermRelative, smooth: squaredVariationTerm };
  const layers = layerShares(settings.styleLayers);
  const shares = styleShares(settings);
  return [
    terms.content({
      weight: settings.contentWeight * contentFactor(settings.strength),
      layers: layerShares(settings.contentLayer),
    }),
    ...shares.map((share, style) =>
      terms.style({
        name: shares.length === 1 ? 'style' : `style ${style + 1}`,
        weight: settings.styleWeight * share,
        layers,
        style,
        ...(mask && { region: style }),
      }),
    ),
    terms.smooth({ weight: tvWeight }),
    ...(clippingWeight === 0 ? [] : [clippingTerm({ weight: clippingWeight })]),
  ];
}

/** The strengths 0 and 1 divide and multiply the content weight by this. */
const STRONGEST = 16;

/** What a strength from 0 to 1 multiplies the content weight by: 1 at 0.5, and the same ratio for each equal step. */
function contentFactor(strength: number): number {
  return STRONGEST ** (1 - 2 * strength);
}

/** Each style picture's share of the style weight. */
function styleShares({ style, styleWeights }: Pick<Settings, 'style' | 'styleWeights'>): number[] {
  const weights = styleWeights ?? style.map(() => 1);
  if (weights.length !== style.length) {
    throw new UserError(
      `There are ${style.length} style pictures, but ${weights.length} weights. Give --style-weights one number for each.`,
    );
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum === 0 ? 0 : weight / sum));
}

/**
 * The size of a style picture: with shares its long side is the result's, times the scale, but no longer than the picture's own.
 *
 * @throws UserError for a scale where the style picture must have the result's size
 */
function styleSizeOf({ measure, styleScale }: Pick<Settings, 'measure' | 'styleScale'>) {
  if (measure === 'sums') {
    if (styleScale === 1) return squeezed;
    throw new UserError(
      'With --measure sums the style picture has the size of the result. Leave --style-scale out, or use --measure shares.',
    );
  }
  return (style: Size, result: Size): StyleSize => {
    const ratio = (styleScale * Math.max(result.width, result.height)) / Math.max(style.width, style.height);
    const side = (length: number) => Math.max(1, Math.round(length * Math.min(ratio, 1)));
    return {
      width: side(style.width),
      height: side(style.height),
      ...(ratio > 1 && {
        shortfall:
          `has ${style.width} x ${style.height} pixels, and ${ratio.toFixed(1)} times as many along each side would fit the result. ` +
          'It is not enlarged, so its strokes come out smaller.',
      }),
    };
  };
}

/** The result's size, as the chapter's sums over positions need it. */
function squeezed(style: Size, { width, height }: Size): StyleSize {
  const isEnlarged = style.width < width || style.height < height;
  const shortfall = `has ${style.width} x ${style.height} pixels and is enlarged to ${width} x ${height}, which blurs its strokes.`;
  return { width, height, ...(isEnlarged && { shortfall }) };
}

/** Each layer's share of its term's weight, which is the same for all that do not name one. */
function layerShares(specs: readonly string[]): LayerShares {
  return Object.fromEntries(
    specs.map((spec) => {
      const [layer, share = 1 / specs.length] = spec.split(':') as [string, string?];
      return [layer, Number(share)];
    }),
  );
}

/** @throws UserError where bounds are turned off for variables that have none */
export function variablesOf({ variables, bounds }: Pick<Settings, 'variables' | 'bounds'>): MakeVariables {
  if (variables === 'pixels') return bounds ? pixels : freePixels;
  if (bounds) return pyramid;
  throw new UserError(
    'A pyramid is displayable without bounds, so --no-bounds has nothing to change. Leave it out, or add --variables pixels.',
  );
}

/**
 * Where the optimiser begins: a draft, the content picture as in the chapter, the style picture at the result's size, noise, or a file.
 *
 * @throws UserError for a file that cannot be read
 */
export async function firstPicture(
  settings: Settings,
  pictures: SizedPictures,
  options: FirstPictureOptions,
): Promise<Picture> {
  const { init, seed, resize, color } = settings;
  const { content, styles } = pictures;
  if (init === 'draft') {
    const { draft } = await import('./draft.js');
    return draft(settings, pictures, options);
  }
  if (init === 'noise') return noise(content, seed);
  if (init === 'content') return content;
  const { width, height } = content;
  const source = init === 'style' ? styles[0] : init;
  const first = await loadImage(source, { size: { width, height }, resize });
  return color === 'luminance' ? luminancePicture(first) : first;
}

/**
 * A picture whose levels are drawn uniformly and independently from 0..255 for every pixel and channel (seedrandom's Alea): the same for
 * the same seed.
 */
export function noise({ height, width }: Size, seed: number): Picture {
  // As text, because tfjs draws a seed of its own in place of the number 0.
  const levels = tf.randomUniform([height, width, 3], 0, 256, 'float32', String(seed));
  const data = Uint8Array.from(levels.dataSync(), (level) => Math.min(Math.floor(level), 255));
  levels.dispose();
  return { height, width, data };
}
