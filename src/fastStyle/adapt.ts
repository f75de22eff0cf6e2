/**
 * A style of one's own from the base that comes with the package: its vector first, at a small size, then all weights at growing sizes. The
 * base's kernels have learned to paint; what is left to learn takes minutes.
 */
import path from 'node:path';
import { UserError } from '../errors';
import { layersOf } from '../losses/terms';
import { type BatchNetwork, openBatchNetwork } from '../network/network';
import { type Picture, loadImage, pictureSize, resizePicture } from '../picture/image';
import { PROJECT_FOLDER } from '../project';
import { listPictures } from '../train/listPictures';
import { type Parameters, parameter } from '../train/parameters';
import { ARCHITECTURES, type ArchitectureName } from './architecture';
import { type FastStyleModel, loadFastStyle } from './modelFile';
import { perceptual } from './objective';
import { STYLE_HEIGHT } from './styleHeight';
import { drawSamples, heldOutSamples } from './samples';
import { targetsOfStyle } from './styleTargets';
import { fastStyleTerms } from './terms';
import { type Phase, type TrainingEvent, trainFastStyle } from './training';
import { type TrainingState, loadTraining, startTraining } from './trainingState';
import { styleParameter } from './trainingStep';

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
  /** The network that judges, and its weights. */
  network?: 'vgg19' | 'vgg19-slim';
  weights?: string;
  /** Where the state is kept; a training that is found there goes on. */
  checkpoint?: string;
  threads?: number;
  signal?: AbortSignal;
}

/** As long as the training has sizes of its own, with the rates that it begins with. */
export const ADAPT_PHASES: readonly Phase[] = [
  { share: 0.12, size: 128, batch: 1, trains: 'styles', rate: 0.05 },
  { share: 0.5, size: 128, batch: 1, trains: 'everything', rate: 0.02 },
  { share: 0.38, size: 224, batch: 1, trains: 'everything', rate: 0.02 },
];

const HELD_OUT_SIZE = 224;
/** One photograph in so many is scored on, and not trained on, up to a few. */
const ONE_IN = 8;
const MOST_HELD_OUT = 5;
const INTERVAL = 30;
const DECAY = 0.99;
/** Photographs are brought down to this shorter side: crops of a few hundred pixels see no more. */
const SHORTER_SIDE = 400;
/** Crops need as many pixels. */
const LEAST_SIDE = 224;

export type AdaptEvent =
  | { type: 'ready'; photographs: number; heldOut: number; network: string; resumedAt: number }
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
  const { training, heldOut } = split(pictures);
  const terms = fastStyleTerms();
  const judge: BatchNetwork = await openBatchNetwork({
    network: options.network ?? 'vgg19-slim',
    layers: layersOf(terms),
    size: { width: HELD_OUT_SIZE, height: HELD_OUT_SIZE },
    weights: options.weights,
    signal,
  });
  try {
    const targets = await targetsOfStyle(terms, judge.extractor, painting, { threads });
    const objective = perceptual({
      terms,
      extractor: judge.extractor,
      targets: targets.map(({ shape }) => shape),
    });
    const styles = [{ name, targets: targets.map(({ data }) => data as Float32Array) }];
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
    const events = trainFastStyle({
      architecture: ARCHITECTURES[architecture],
      phases: ADAPT_PHASES,
      objective: () => objective,
      draw: drawSamples(training, styles, 0),
      heldOut: {
        size: HELD_OUT_SIZE,
        samples: heldOutSamples(heldOut, styles, HELD_OUT_SIZE, heldOut.length),
      },
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

async function paintingAt(file: string, height: number): Promise<Picture> {
  const { width, height: own } = await pictureSize(file);
  return loadImage(file, { size: { height, width: Math.max(16, Math.round((width * height) / own)) } });
}

async function photographsIn(folders: readonly string[], style: string): Promise<Picture[]> {
  const { training: files } = await listPictures(folders, []);
  const pictures: Picture[] = [];
  for (const file of files) {
    if (path.resolve(file) === path.resolve(style)) continue;
    const picture = await loadImage(file);
    const shorter = Math.min(picture.width, picture.height);
    if (shorter < LEAST_SIDE) continue;
    const scale = Math.min(1, SHORTER_SIDE / shorter);
    const size = { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
    pictures.push(await resizePicture(picture, size, 'lanczos3'));
  }
  if (pictures.length > 0) return pictures;
  throw new UserError(
    `No picture in ${folders.join(', ')} has ${LEAST_SIDE} pixels along both sides. Name a folder of larger ones.`,
  );
}

/** Every eighth is held out, where there are enough. */
function split(pictures: readonly Picture[]): { training: Picture[]; heldOut: Picture[] } {
  const isHeldOut = (i: number) => i % ONE_IN === ONE_IN - 1 && i < ONE_IN * MOST_HELD_OUT;
  return {
    training: pictures.filter((_, i) => !isHeldOut(i)),
    heldOut: pictures.filter((_, i) => isHeldOut(i)),
  };
}
