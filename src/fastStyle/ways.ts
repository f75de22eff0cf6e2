/** The two ways in which a style is learned from the base: by the losses themselves, or from pairs that the slow way painted. */
import { isLayerTerm } from '../losses/terms';
import type { BatchNetwork } from '../network/network';
import type { Picture } from '../picture/image';
import { pairs, perceptual } from './objective';
import { PAIR_RECIPE, type PairEvent, drawPairs, makePairs, pairSample } from './paintedPairs';
import { split } from './photographs';
import { drawSamples, heldOutSamples } from './samples';
import { targetsOfStyle } from './styleTargets';
import { fastStyleTerms } from './terms';
import type { Phase, TrainingOptions } from './training';

/** What differs between the ways. */
export type Way = Pick<TrainingOptions, 'phases' | 'objective' | 'draw' | 'heldOut'>;

export interface WayOptions {
  /** The style's name, which its vector has. */
  name: string;
  painting: Picture;
  photographs: { training: readonly Picture[]; heldOut: readonly Picture[] };
  judge: BatchNetwork;
  threads?: number;
  signal?: AbortSignal;
}

/** Side of the pictures that a network is scored on. */
export const HELD_OUT_SIZE = 224;

/** The style's vector first, at a small size, then all weights at growing sizes, with the rates that each begins with. */
const LOSS_PHASES: readonly Phase[] = [
  { share: 0.12, size: 128, batch: 1, trains: 'styles', rate: 0.05 },
  { share: 0.5, size: 128, batch: 1, trains: 'everything', rate: 0.02 },
  { share: 0.38, size: 224, batch: 1, trains: 'everything', rate: 0.02 },
];
const PAIR_PHASES: readonly Phase[] = [
  { share: 0.12, size: PAIR_RECIPE.size, batch: 1, trains: 'styles', rate: 0.05 },
  { share: 0.88, size: PAIR_RECIPE.size, batch: 1, trains: 'everything', rate: 0.02 },
];

/** Beside the terms' weights of some hundreds: pixels that are a tenth of 255 off on average cost as much as a few per cent of the style. */
const PIXEL_WEIGHT = 3000;

export async function byLosses({ name, painting, photographs, judge, threads }: WayOptions): Promise<Way> {
  const terms = fastStyleTerms();
  const { extractor } = judge;
  const targets = await targetsOfStyle(terms, extractor, painting, { threads });
  const styles = [{ name, targets: targets.map(({ data }) => data as Float32Array) }];
  const objective = perceptual({ terms, extractor, targets: targets.map(({ shape }) => shape) });
  const { training, heldOut } = photographs;
  return {
    phases: LOSS_PHASES,
    objective: () => objective,
    draw: drawSamples(training, styles, 0),
    heldOut: {
      size: HELD_OUT_SIZE,
      samples: heldOutSamples(heldOut, styles, HELD_OUT_SIZE, heldOut.length),
    },
  };
}

/** Makes the pairs that are missing, and holds some of them out. Errors as makePairs'. */
export async function* byPairs(
  options: WayOptions,
  kept: { count: number; folder: string },
): AsyncGenerator<PairEvent, Way, void> {
  const { name, photographs, judge } = options;
  const made = yield* makePairs({ ...options, ...kept, photographs: photographs.training });
  const { training, heldOut } = split(made);
  // What a network sees of the painting, beside its pixels: pixels alone give a blur.
  const terms = fastStyleTerms().filter(isLayerTerm);
  const objective = pairs({
    terms,
    extractor: judge.extractor,
    pixelWeight: PIXEL_WEIGHT,
    size: PAIR_RECIPE.size,
  });
  return {
    phases: PAIR_PHASES,
    objective: () => objective,
    draw: drawPairs(training, name),
    heldOut: { size: PAIR_RECIPE.size, samples: heldOut.map((pair, i) => pairSample(pair, name, i)) },
  };
}
