/**
 * A style of one's own from the base that comes with the package: its vector first, at a small size, then all weights at growing sizes. The
 * base's kernels have learned to paint; what is left to learn takes minutes.
 */
import path from 'node:path';
import { layersOf } from '../losses/terms';
import { type BatchNetwork, openBatchNetwork } from '../network/network';
import type { Picture } from '../picture/image';
import { PROJECT_FOLDER } from '../project';
import { type Parameters, parameter } from '../train/parameters';
import { ARCHITECTURES, type ArchitectureName } from './architecture';
import { type FastStyleModel, loadFastStyle } from './modelFile';
import type { PairEvent } from './paintedPairs';
import { paintingAt, photographsIn, split } from './photographs';
import { STYLE_HEIGHT } from './styleHeight';
import { fastStyleTerms } from './terms';
import { type TrainingEvent, trainFastStyle } from './training';
import { type TrainingState, loadTraining, startTraining } from './trainingState';
import { styleParameter } from './trainingStep';
import { HELD_OUT_SIZE, byLosses, byPairs } from './ways';

/** The pictures that come with the package, to train on where no others are named; the painting among them is one more picture. */
export const BUNDLED_PHOTOGRAPHS = path.join(PROJECT_FOLDER, 'img');

export interface AdaptOptions {
  /** The painting. */
  style: string;
  /** Folders of photographs; default those that come with the package. */
  photographs?: readonly string[];
  minutes: number;
  architecture?: ArchitectureName;
  /** Height in pixels at which the painting is looked at: a larger one gives larger strokes. */
  styleHeight?: number;
  /** With it, the network learns from so many pictures that the slow way made, kept in this folder, and no longer from losses alone. */
  pairs?: { count: number; folder: string };
  /** The network that judges, and its weights. */
  network?: 'vgg19' | 'vgg19-slim';
  weights?: string;
  /** Where the state is kept; a training that is found there goes on. */
  checkpoint?: string;
  threads?: number;
  signal?: AbortSignal;
}

const INTERVAL = 30;
const DECAY = 0.99;

export type AdaptEvent =
  | { type: 'ready'; photographs: number; heldOut: number; network: string; resumedAt: number }
  | PairEvent
  | TrainingEvent
  /** The best network so far, after each score. */
  | { type: 'model'; step: number; model: FastStyleModel; heldOut: Picture };

/** Where the base of an architecture lies. */
export function baseFile(architecture: ArchitectureName): string {
  return path.join(PROJECT_FOLDER, 'models', `fast-style-${architecture}.safetensors`);
}

/**
 * Trains, and yields what happens. The last 'model' event has the result.
 *
 * @throws UserError for pictures that cannot be used, a missing base and a checkpoint of another training; the signal's reason
 */
export async function* adapt(options: AdaptOptions): AsyncGenerator<AdaptEvent, void, void> {
  const { architecture = 'quality', threads, signal, checkpoint, minutes } = options;
  const name = path.parse(options.style).name;
  const base = await loadFastStyle(baseFile(architecture));
  const painting = await paintingAt(options.style, options.styleHeight ?? STYLE_HEIGHT);
  const pictures = await photographsIn(options.photographs ?? [BUNDLED_PHOTOGRAPHS], options.style);
  const photographs = split(pictures);
  const { training, heldOut } = photographs;
  const judge: BatchNetwork = await openBatchNetwork({
    network: options.network ?? 'vgg19-slim',
    layers: layersOf(fastStyleTerms()),
    size: { width: HELD_OUT_SIZE, height: HELD_OUT_SIZE },
    weights: options.weights,
    signal,
  });
  try {
    const first = firstParameters(base, name);
    const found = checkpoint === undefined ? undefined : await loadTraining(checkpoint, first);
    const state = found ?? startTraining(first);
    yield {
      type: 'ready',
      photographs: training.length,
      heldOut: heldOut.length,
      network: judge.choice,
      resumedAt: state.seconds,
    };
    const common = { name, painting, photographs, judge, threads, signal };
    const way = options.pairs ? yield* byPairs(common, options.pairs) : await byLosses(common);
    const events = trainFastStyle({
      architecture: ARCHITECTURES[architecture],
      ...way,
      budget: { minutes },
      interval: INTERVAL,
      decay: DECAY,
      ...{ state, checkpoint, threads, signal },
    });
    for await (const event of events) {
      yield event;
      if (event.type !== 'score') continue;
      const metadata = trainingNotes(state, options, judge.name);
      const model = modelOf(architecture, state, name, metadata);
      yield { type: 'model', step: event.step, model, heldOut: heldOut[0] ?? training[0] };
    }
  } finally {
    judge.dispose();
  }
}

function trainingNotes({ adam, seconds, best }: TrainingState, { style }: AdaptOptions, judge: string) {
  return {
    training: `${adam.step} steps in ${(seconds / 60).toFixed(1)} minutes from Wheatfield's base, judged by ${judge}`,
    score: best.score.toPrecision(4),
    painting: path.basename(style),
  };
}

/** The base's shared parameters, and for a vector to begin with the mean of its styles. */
function firstParameters({ parameters, styles }: FastStyleModel, name: string): Parameters {
  const vectors = Object.values(styles);
  const mean = vectors[0].map((_, i) => vectors.reduce((sum, vector) => sum + vector[i], 0) / vectors.length);
  return { ...parameters, [styleParameter(name)]: parameter([mean.length], mean) };
}

function modelOf(
  architecture: ArchitectureName,
  { best }: TrainingState,
  name: string,
  metadata: Record<string, string>,
): FastStyleModel {
  const { [styleParameter(name)]: style, ...parameters } = best.parameters;
  return { architecture, parameters, styles: { [name]: style.data }, metadata };
}
