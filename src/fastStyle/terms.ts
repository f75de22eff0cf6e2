/** The loss that a fast style network is trained with unless told otherwise: what the slow way minimises, with the painter preset. */
import type { LossTerm } from '../losses/terms';
import { PRESETS } from '../presets';
import { lossTerms } from '../problem/fromSettings';
import { type Settings, readSettings } from '../settings';

const { painter } = PRESETS;

/** The terms' weights, in the settings' units. */
export type TermWeights = Pick<Settings, 'contentWeight' | 'tvWeight'>;

/**
 * A network has one try for every picture, and does not begin at the photograph as the slow way does: content and smoothness, which it
 * would give up first, count more. Set by eye, on held-out photographs.
 */
export const TERM_WEIGHTS: TermWeights = {
  contentWeight: 2.5 * painter.contentWeight,
  tvWeight: 2 * painter.tvWeight,
};

/**
 * The painter's terms. They compare at full, half and quarter size: without the last two, a network paints small strokes only and fills flat
 * areas with a regular hatching.
 */
export function fastStyleTerms(weights: Partial<TermWeights> = {}): LossTerm[] {
  const pictures = { content: 'the photograph', style: 'the painting' };
  return lossTerms(readSettings({ ...pictures, preset: 'painter', ...TERM_WEIGHTS, ...weights }));
}
