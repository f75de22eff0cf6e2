/** The loss that a fast style network is trained with unless told otherwise: what the slow way minimises, with the painter preset. */
import type { LossTerm } from '../losses/terms';
import { lossTerms } from '../problem/fromSettings';
import { type Settings, readSettings } from '../settings';

/** Weights that differ from the painter's, in its units. */
export type TermWeights = Partial<Pick<Settings, 'contentWeight' | 'styleWeight' | 'tvWeight'>>;

/**
 * The painter's terms. They compare at full, half and quarter size: without the last two, a network paints small strokes only and fills flat
 * areas with a regular hatching.
 */
export function fastStyleTerms(weights: TermWeights = {}): LossTerm[] {
  const pictures = { content: 'the photograph', style: 'the painting' };
  return lossTerms(readSettings({ ...pictures, preset: 'painter', ...weights }));
}
