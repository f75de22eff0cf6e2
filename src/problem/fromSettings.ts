/** A transfer's settings as options of a problem: its terms, its variables and the picture to begin at. */
import * as tf from '@tensorflow/tfjs';
import { type LayerShares, type LossTerm, contentTerm, styleTerm, totalVariationTerm } from '../losses/terms';
import { type Picture, type Size, resizePicture } from '../picture/image';
import type { Settings } from '../settings';
import { UserError } from '../errors';
import { freePixels, pixels } from '../variables/pixels';
import { pyramid } from '../variables/pyramid';
import type { MakeVariables } from '../variables/variables';
import type { ProblemOptions } from './problem';
import type { SizedPictures } from './sources';

/** What the settings say about a problem; the caller adds signals, events or an open network. */
export function problemFromSettings(settings: Settings): ProblemOptions {
  const { content, style, height, resize, color, network, weights, device, threads, winograd } = settings;
  return {
    content,
    styles: [style],
    height,
    resize,
    color,
    network,
    weights,
    winograd,
    device,
    threads,
    terms: lossTerms(settings),
    variables: variablesOf(settings),
    first: (pictures) => firstPicture(settings, pictures),
  };
}

/** The chapter's three terms with the settings' layers and weights. A term of weight 0 stays in the list but adds nothing. */
export function lossTerms(
  settings: Pick<Settings, 'contentLayer' | 'styleLayers' | 'contentWeight' | 'styleWeight' | 'tvWeight'>,
): LossTerm[] {
  return [
    contentTerm({ weight: settings.contentWeight, layers: layerShares(settings.contentLayer) }),
    styleTerm({ weight: settings.styleWeight, layers: layerShares(settings.styleLayers) }),
    totalVariationTerm({ weight: settings.tvWeight }),
  ];
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
function variablesOf({ variables, bounds }: Pick<Settings, 'variables' | 'bounds'>): MakeVariables {
  if (variables === 'pixels') return bounds ? pixels : freePixels;
  if (bounds) return pyramid;
  throw new UserError(
    'A pyramid is displayable without bounds, so --no-bounds has nothing to change. Leave it out, or add --variables pixels.',
  );
}

/** Where the optimiser begins: the content picture as in the chapter, the style picture at the result's size, or noise. */
export async function firstPicture(
  { init, seed, resize }: Pick<Settings, 'init' | 'seed' | 'resize'>,
  { content, styles }: SizedPictures,
): Promise<Picture> {
  if (init === 'noise') return noise(content, seed);
  const [style] = styles;
  return init === 'style' && style ? resizePicture(style, content, resize) : content;
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
