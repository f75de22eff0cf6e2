/** The loss that a fast style network is trained with unless told otherwise: what the slow way minimises, with the painter preset. */
import type { LossTerm } from '../losses/terms';
import { lossTerms } from '../problem/fromSettings';
import { type Settings, readSettings } from '../settings';

/** The terms' weights, in the settings' units. */
export type TermWeights = Pick<Settings, 'contentWeight' | 'tvWeight'>;

/**
 * More smoothness than the slow way asks for, and a little less content, which a network keeps by itself. Set by eye, on held-out photographs:
 * with a content weight of 1000, pictures are dull, and hardly painted.
 */
export const TERM_WEIGHTS: TermWeights = {
  contentWeight: 200,
  tvWeight: 3000,
};

const FULL_SIZE = [1, 2, 3, 4].map((block) => `block${block}_conv1`);

/**
 * The painter's terms, with style at full and half size. Without half size, strokes are small. Quarter size would be too much: all the light and
 * shade of a painting would have to be in every crop, and flat skies get dark blots.
 */
export function fastStyleTerms(weights: Partial<TermWeights> = {}): LossTerm[] {
  const pictures = { content: 'the photograph', style: 'the painting' };
  const styleLayers = [...FULL_SIZE, ...FULL_SIZE.map((layer) => `${layer}/2`)];
  return lossTerms(
    readSettings({ ...pictures, preset: 'painter', styleLayers, ...TERM_WEIGHTS, ...weights }),
  );
}
