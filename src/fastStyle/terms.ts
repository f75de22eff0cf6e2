/** The loss that a fast style network is trained with unless told otherwise. */
import { type LossTerm, contentTermRelative, styleTermRelative, totalVariationTerm } from '../losses/terms';

export interface TermWeights {
  content: number;
  style: number;
  totalVariation: number;
}

/** Each term is relative to its picture's own size, so that these suit most styles. Set by eye, on held-out photographs. */
export const TERM_WEIGHTS: TermWeights = { content: 0.3, style: 1, totalVariation: 0.01 };

const STYLE_SHARES = {
  block1_conv1: 0.2,
  block2_conv1: 0.2,
  block3_conv1: 0.25,
  block4_conv1: 0.3,
  block5_conv1: 0.05,
};

/** Total variation's unit: neighbours that differ by so many levels. */
const STEP = 16;

/** @param size side of the pictures in pixels */
export function fastStyleTerms(size: number, weights: TermWeights = TERM_WEIGHTS): LossTerm[] {
  return [
    contentTermRelative({ weight: weights.content, layers: { block4_conv2: 1 } }),
    styleTermRelative({ weight: weights.style, layers: STYLE_SHARES }),
    // A mean over pixels, whatever their number.
    totalVariationTerm({ weight: weights.totalVariation / (size ** 2 * STEP ** 2.5) }),
  ];
}
