/**
 * Trains the base that `wheatfield train` begins from: one network for many paintings, each with scales and shifts of its own.
 *
 *     npx tsx scripts/trainBase.ts --photos DIR --paintings DIR --held-out DIR --minutes 60 --out models/fast-style-quality.safetensors
 *
 * Stop it at any time; the same command goes on from the last checkpoint. The paintings' file names become the styles' names.
 */
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import '../src/greeting';
import type { DeviceName } from '../src/compile';
import { UserError } from '../src/errors';
import { ARCHITECTURES, type ArchitectureName } from '../src/fastStyle/architecture';
import { initialParameters, initialStyle } from '../src/fastStyle/initial';
import { loadFastStyle, saveFastStyle } from '../src/fastStyle/modelFile';
import { perceptual } from '../src/fastStyle/objective';
import { type StyleWithTargets, drawSamples, heldOutSamples } from '../src/fastStyle/samples';
import { targetsOfStyle } from '../src/fastStyle/styleTargets';
import { TERM_WEIGHTS, fastStyleTerms } from '../src/fastStyle/terms';
import { trainFastStyle } from '../src/fastStyle/training';
import { loadTraining, startTraining } from '../src/fastStyle/trainingState';
import { styleParameter } from '../src/fastStyle/trainingStep';
import { layersOf } from '../src/losses/terms';
import { openBatchNetwork } from '../src/network/network';
import { loadImage, pictureSize } from '../src/picture/image';
import { listPictures } from '../src/train/listPictures';
import { type Parameters, parameter } from '../src/train/parameters';

interface Flags {
  photos: string[];
  paintings: string[];
  heldOut: string[];
  architecture: ArchitectureName;
  network: 'vgg19' | 'vgg19-slim';
  weights?: string;
  device: DeviceName;
  size: string;
  batch: string;
  minutes: string;
  rate: string;
  styleHeight: string;
  contentWeight: string;
  tvWeight: string;
  from?: string;
  interval: string;
  decay: string;
  seed: string;
  checkpoint: string;
  out: string;
  threads?: string;
}

/** Pairs of a photograph and a style that the network is scored on. */
const SCORED = 15;
const LOG_EVERY = 10;

async function main(): Promise<void> {
  const flags = new Command('trainBase')
    .description('Trains the base of the fast style networks.')
    .requiredOption('--photos <dirs...>', 'folders of photographs to train on')
    .requiredOption('--paintings <dirs...>', 'folders of paintings, one style each')
    .requiredOption('--held-out <dirs...>', 'folders of photographs to score on')
    .option('--architecture <name>', Object.keys(ARCHITECTURES).join(' or '), 'quality')
    .option('--network <name>', 'the network that judges: vgg19-slim or vgg19', 'vgg19-slim')
    .option('--weights <file>', 'its weights (default: the bundled ones, or looked for on this machine)')
    .option('--device <name>', 'cpu or webgpu', 'cpu')
    .option('--size <pixels>', 'side of the crops', '256')
    .option('--batch <n>', 'crops in a step', '1')
    .option('--minutes <n>', 'how long, over all sessions', '60')
    .option('--rate <x>', "the learning rate, relative to the size of a parameter's numbers", '0.02')
    .option('--style-height <pixels>', 'height that the paintings are looked at', '400')
    .option('--content-weight <x>', 'more keeps more of the photograph', String(TERM_WEIGHTS.contentWeight))
    .option('--tv-weight <x>', 'more is smoother', String(TERM_WEIGHTS.tvWeight))
    .option('--from <file>', 'an earlier base of these styles, to begin with')
    .option('--interval <seconds>', 'between scores and checkpoints', '60')
    .option('--decay <x>', 'how slowly the averaged weights follow', '0.999')
    .option('--seed <n>', 'the same number draws the same crops', '0')
    .option('--checkpoint <file>', 'where the state is kept', path.join('results', 'fast-style.checkpoint'))
    .option('--out <file>', 'where the best network goes', path.join('results', 'fast-style.safetensors'))
    .option('--threads <n>', 'how many processors to use')
    .parse()
    .opts<Flags>();
  await tf.setBackend('cpu');
  const [size, batch, seed] = [Number(flags.size), Number(flags.batch), Number(flags.seed)];
  const { device } = flags;
  const threads = flags.threads === undefined ? undefined : Number(flags.threads);
  const terms = fastStyleTerms({
    contentWeight: Number(flags.contentWeight),
    tvWeight: Number(flags.tvWeight),
  });
  const layers = layersOf(terms);
  const judge = await openBatchNetwork({
    network: flags.network,
    layers,
    size: { width: size, height: size },
    weights: flags.weights,
  });
  const { extractor } = judge;

  const photographs = await load(flags.photos);
  const heldOut = await load(flags.heldOut);
  const paintings = (await listPictures(flags.paintings, [])).training;
  const styles: StyleWithTargets[] = [];
  let shapes: (readonly number[])[] = [];
  for (const file of paintings) {
    const { width, height } = await pictureSize(file);
    const styleHeight = Number(flags.styleHeight);
    const picture = await loadImage(file, {
      size: { height: styleHeight, width: Math.round((width * styleHeight) / height) },
    });
    const targets = await targetsOfStyle(terms, extractor, picture, { threads });
    shapes = targets.map(({ shape }) => shape);
    styles.push({ name: path.parse(file).name, targets: targets.map(({ data }) => data as Float32Array) });
  }
  console.log(
    `${photographs.length} photographs, ${heldOut.length} held out, ${styles.length} styles; ${judge.name}.`,
  );

  const architecture = ARCHITECTURES[flags.architecture];
  const from = flags.from === undefined ? undefined : await loadFastStyle(flags.from);
  const first: Parameters = { ...(from?.parameters ?? initialParameters(architecture, seed)) };
  for (const { name } of styles) {
    const style = from?.styles[name] ?? initialStyle(architecture);
    first[styleParameter(name)] = parameter([style.length], style);
  }
  const state = (await loadTraining(flags.checkpoint, first)) ?? startTraining(first);
  const events = trainFastStyle({
    architecture,
    phases: [{ share: 1, size, batch, trains: 'everything', rate: Number(flags.rate) }],
    objective: () => perceptual({ terms, extractor, targets: shapes }),
    draw: drawSamples(photographs, styles, seed),
    heldOut: { size, samples: heldOutSamples(heldOut, styles, size, SCORED) },
    budget: { minutes: Number(flags.minutes) },
    state,
    checkpoint: flags.checkpoint,
    interval: Number(flags.interval),
    decay: Number(flags.decay),
    device,
    threads,
  });
  const write = async () => {
    const entries = Object.entries(state.best.parameters);
    const isStyle = ([name]: readonly [string, unknown]) => name.startsWith(styleParameter(''));
    await saveFastStyle(flags.out, {
      architecture: flags.architecture,
      parameters: Object.fromEntries(entries.filter((entry) => !isStyle(entry))),
      styles: Object.fromEntries(
        entries.filter(isStyle).map(([name, { data }]) => [name.slice(styleParameter('').length), data]),
      ),
      metadata: {
        steps: String(state.adam.step),
        seconds: String(Math.round(state.seconds)),
        judge: judge.name,
      },
    });
  };
  let began = performance.now();
  for await (const event of events) {
    if (event.type === 'score') {
      await write();
      console.log(
        `${event.step} steps, ${(event.seconds / 60).toFixed(1)} min: held out ${event.score.toFixed(4)}${event.isBest ? ', the best' : ''}`,
      );
    } else if (event.step % LOG_EVERY === 0) {
      const parts = Object.entries(event.terms).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      const each = (performance.now() - began) / 1000 / LOG_EVERY;
      began = performance.now();
      console.log(
        `step ${event.step}  ${each.toFixed(3)} s  loss ${event.loss.toFixed(4)}  ${parts.join('  ')}`,
      );
    }
  }
  judge.dispose();
}

async function load(folders: readonly string[]) {
  const { training } = await listPictures(folders, []);
  return Promise.all(training.map((file) => loadImage(file)));
}

main().catch((error: unknown) => {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = error instanceof UserError ? 2 : 1;
});
