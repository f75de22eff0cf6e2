/** The distillation of VGG19 into vgg19-slim, from pictures to trained parameters: warm start, then the loop, with checkpoints. */
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../errors';
import { featureExtractor } from '../losses/features';
import { type Widths, features } from '../network/vgg19';
import { convLayers, slimFeatures } from '../network/vgg19Slim';
import type { Picture } from '../picture/image';
import { startAdam } from '../train/adam';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint';
import { disturbed, randomCrop } from './data';
import { distillationWeights } from './distillationLoss';
import { type HeldOutPicture, type LayerFigures, layerFigures, meanFigures } from './heldOut';
import { learningRate, train } from '../train/loop';
import { slimParameters, slimTensors } from '../train/parameters';
import { Random } from '../train/random';
import { TRANSFER_LAYERS, compileStyliser } from './stylised';
import { type TrainingPicture, TrainingPictures } from './trainingPictures';
import { type StepResult, compileTrainingStep } from './trainingStep';
import { warmStart } from './warmStart';

export interface DistilOptions {
  /** VGG19 with its weights, or any network of its form, to block5_conv4. */
  teacher: tf.LayersModel;
  widths: Widths;
  pictures: readonly Picture[];
  heldOut: readonly HeldOutPicture[];
  /** Side of the crops in pixels. */
  size: number;
  warmStartPictures: number;
  steps: number;
  rate: number;
  seed: number;
  /** The state of the training is saved here, and a training found here is continued. */
  checkpoint: string;
  /** Steps from one checkpoint, and from one look at the pictures held out, to the next. */
  interval: number;
  threads?: number;
}

export type DistilEvent =
  | { type: 'warmStart'; layer: string }
  | {
      type: 'step';
      step: number;
      rate: number;
      kind: TrainingPicture['kind'];
      result: StepResult;
      seconds: number;
    }
  | { type: 'figures'; step: number; figures: Record<string, LayerFigures> };

/** Runs the whole training, or what is left of it; its result is in the checkpoint. */
export async function* distil(options: DistilOptions): AsyncGenerator<DistilEvent, Checkpoint, void> {
  const { teacher, pictures, heldOut, size, steps, rate, seed, checkpoint, interval, threads } = options;
  let began = performance.now();
  let state = await loadCheckpoint(checkpoint);
  if (state) assertWidths(state, options);
  else {
    const layers = warmStart({ ...options, pictures: await warmStartPictures(options) });
    let next = await layers.next();
    for (; !next.done; next = await layers.next()) yield { type: 'warmStart', layer: next.value };
    const parameters = next.value;
    state = {
      parameters,
      adam: startAdam(parameters),
      pool: [],
      seconds: (performance.now() - began) / 1000,
    };
    await saveCheckpoint(checkpoint, state);
  }
  const { parameters, adam, seconds: before } = state;
  began = performance.now();
  const names = Object.keys(parameters);
  const everywhere = featureExtractor(
    features(
      teacher,
      convLayers().map(({ name }) => name),
    ),
  );
  const step = await compileTrainingStep(everywhere, distillationWeights(), parameters, size, threads);
  const studentNetwork = (own: readonly tf.Tensor[]) =>
    slimFeatures(slimParameters(names, own), TRANSFER_LAYERS);
  const student = await compileStyliser(studentNetwork, parameters, size, threads);
  const compared = featureExtractor(features(teacher, TRANSFER_LAYERS));
  const teachers = await compileStyliser(() => compared, {}, size, threads);
  // A training may continue with crops of another size; its stylised pictures are then made again.
  const pool = state.pool.filter(({ length }) => length === size * size * 3);
  const source = new TrainingPictures({ pictures, size, seed, student, teacher: teachers }, pool);

  const seconds = () => before + (performance.now() - began) / 1000;
  const now = (): Checkpoint => ({ parameters, adam, pool: source.pool, seconds: seconds() });
  const figures = async () => {
    const { network, dispose } = slimTensors(parameters);
    const measured = meanFigures(await layerFigures(everywhere, network, heldOut, threads));
    dispose();
    return { type: 'figures', step: adam.step, figures: measured } as const;
  };

  const loop = train({
    parameters,
    adam,
    rate: (index) => learningRate(index, { steps, rate }),
    batch: (index) => source.draw(index, parameters),
    gradients: ({ x }: TrainingPicture, current) => step.run(x, current),
  });
  try {
    if (adam.step === 0 && heldOut.length > 0) yield await figures();
    for await (const { step: taken, rate: rateThen, batch, result } of loop) {
      yield { type: 'step', step: taken, rate: rateThen, kind: batch.kind, result, seconds: seconds() };
      if (taken % interval === 0 || taken === steps) {
        await saveCheckpoint(checkpoint, now());
        if (heldOut.length > 0) yield await figures();
      }
    }
  } finally {
    for (const compiled of [step, student, teachers]) await compiled.dispose();
  }
  return now();
}

/** @throws UserError where a checkpoint is of another network */
function assertWidths({ parameters }: Checkpoint, { widths, checkpoint }: DistilOptions): void {
  const expected = convLayers(widths).map(({ filters }) => filters);
  const came = convLayers().map(({ name }) => parameters[`${name}/bias`]?.shape[0]);
  if (expected.join() === came.join()) return;
  throw new UserError(
    `The training at ${checkpoint} has the widths ${came.join(' ')}, not ${expected.join(' ')}. Name another --checkpoint.`,
  );
}

/** Crops, every fourth of them disturbed. */
async function warmStartPictures({
  pictures,
  size,
  seed,
  warmStartPictures: count,
}: DistilOptions): Promise<Float32Array[]> {
  const drawn: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, 3, i);
    const crop = await randomCrop(random.pick(pictures), size, random);
    const other = await randomCrop(random.pick(pictures), size, random);
    drawn.push(i % 4 === 3 ? disturbed(crop, other, random) : crop);
  }
  return drawn;
}
