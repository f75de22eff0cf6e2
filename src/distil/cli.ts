/**
 * Trains vgg19-slim:
 *
 *     npm run train:slim -- --photos DIR... --hold-out NAME...
 *
 * Stop it at any time; the same command continues from the last checkpoint.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Command, InvalidArgumentError } from 'commander';
import '../greeting';
import { UserError } from '../errors';
import { loadKerasWeights } from '../network/kerasWeights';
import { vgg19 } from '../network/vgg19';
import { SLIM_WIDTHS } from '../network/vgg19Slim';
import { saveSlimWeights } from '../network/vgg19SlimWeights';
import { findWeights } from '../network/weights';
import { loadImage, pictureSize } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import { listPictures } from '../train/listPictures';
import { loadPictures } from './data';
import { distil } from './distil';
import { figuresTable } from './figuresTable';
import type { HeldOutPicture } from './heldOut';
import { TrainingLog } from './trainingLog';

/** Pictures held out are looked at whole, at this height. */
const HELD_OUT_HEIGHT = 400;

interface Flags {
  photos: string[];
  holdOut: string[];
  weights?: string;
  out: string;
  checkpoint: string;
  log: string;
  steps: number;
  rate: number;
  size: number;
  seed: number;
  interval: number;
  warmStart: number;
  threads?: number;
}

async function main(): Promise<void> {
  const command = new Command('train:slim')
    .description('Trains vgg19-slim from VGG19 on your pictures.')
    .requiredOption(
      '--photos <dirs...>',
      'folders of pictures to train on; one named twice is drawn from twice as often',
    )
    .option('--hold-out <names...>', 'file names among them to measure on, not to train on', [])
    .option('--weights <file>', "VGG19's weights (default: looked for on this machine)")
    .option('--out <file>', 'where the trained weights go', path.join('models', 'vgg19-slim.safetensors'))
    .option(
      '--checkpoint <file>',
      'where the state of the training is kept',
      path.join('results', 'vgg19-slim.checkpoint'),
    )
    .option('--log <file>', 'every step, one JSON object a line', path.join('results', 'vgg19-slim.jsonl'))
    .option('--steps <n>', 'steps in all', whole(0), 6000)
    .option('--rate <x>', "the learning rate, relative to the size of a parameter's numbers", positive, 0.004)
    .option('--size <pixels>', 'side of the crops', whole(32), 256)
    .option('--seed <n>', 'the same number draws the same pictures', whole(0), 0)
    .option('--interval <n>', 'steps between checkpoints', whole(1), 500)
    .option('--warm-start <n>', 'pictures to solve the first parameters from', whole(1), 360)
    .option('--threads <n>', 'how many processors to use', whole(1))
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const flags = command.opts<Flags>();
  await tf.setBackend('cpu');

  const weights = findWeights(flags.weights)?.path;
  if (!weights) throw new UserError("VGG19's weights are not on this machine. Name them with --weights.");
  const { training, heldOut } = await listPictures(flags.photos, flags.holdOut);
  const teacher = vgg19({ upTo: 'block5_conv4' });
  await loadKerasWeights(teacher, weights);
  console.log(`${training.length} pictures to train on, ${heldOut.length} held out.`);

  const events = distil({
    teacher,
    widths: SLIM_WIDTHS,
    pictures: await loadPictures(training),
    heldOut: await Promise.all(heldOut.map(wholePicture)),
    size: flags.size,
    warmStartPictures: flags.warmStart,
    steps: flags.steps,
    rate: flags.rate,
    seed: flags.seed,
    checkpoint: flags.checkpoint,
    interval: flags.interval,
    threads: flags.threads,
  });
  const log = new TrainingLog(flags.log, flags.steps);
  for (;;) {
    const { done, value } = await events.next();
    if (done) {
      await saveSlimWeights(flags.out, value.parameters);
      console.log(
        `${value.adam.step} steps in ${(value.seconds / 60).toFixed(0)} minutes. Saved ${flags.out}.`,
      );
      return;
    }
    if (value.type === 'figures')
      console.log(figuresTable(value.figures, `Held out, after ${value.step} steps`));
    else if (value.type === 'step') log.step(value);
    else console.log(`solved ${value.layer}`);
  }
}

/** Parses a whole number of at least so much. */
function whole(least: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(n) && n >= least) return n;
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
  };
}

function positive(text: string): number {
  const x = Number(text);
  if (x > 0 && x < Infinity) return x;
  throw new InvalidArgumentError('Give a number above 0.');
}

async function wholePicture(file: string): Promise<HeldOutPicture> {
  const { width, height } = await pictureSize(file);
  const size = { height: HELD_OUT_HEIGHT, width: Math.round((width * HELD_OUT_HEIGHT) / height) };
  const x = preprocess(await loadImage(file, { size }));
  const data = x.dataSync<'float32'>();
  x.dispose();
  return { data, ...size };
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = error instanceof UserError ? 2 : 1;
  });
}
