/**
 * Times one loss and gradient of the chapter's problem with vgg19-slim against VGG19, taking turns, so that what else the machine does
 * meets both alike.
 *
 *     npx tsx bench/slim.ts 400x500
 *
 * VGG19's weights are zeros: times do not depend on their values.
 */
import * as tf from '@tensorflow/tfjs';
import '../src/greeting';
import { type CompiledFunction, compile } from '../src/compile';
import { CHAPTER_WEIGHTS, type Features, type LossAndGrads, lossAndGrads, transferLoss } from '../src/losses';
import { features, vgg19 } from '../src/network/vgg19';
import { slimFeatures } from '../src/network/vgg19Slim';
import { disposeSlim, loadSlimWeights } from '../src/network/vgg19SlimWeights';

const ROUNDS = 8;
/** Evaluations of vgg19-slim for each of VGG19. */
const SLIM_TURNS = 5;
const WARM_UP = 2;

type Shape4D = [number, number, number, number];

function chapterProblem(
  network: Features,
  [, height, width]: Shape4D,
): Promise<CompiledFunction<LossAndGrads>> {
  const channels = [64, 128, 256, 512, 512];
  const style = Object.keys(CHAPTER_WEIGHTS.style).map((layer, i) => {
    const size = channels[i];
    return [layer, tf.zeros([size, size])] as const;
  });
  const targets = {
    content: {
      block5_conv2: tf.zeros<tf.Rank.R3>([Math.floor(height / 16), Math.floor(width / 16), 512]),
    },
    style: Object.fromEntries(style) as Record<string, tf.Tensor2D>,
  };
  return compile(lossAndGrads(transferLoss(network, targets, CHAPTER_WEIGHTS)), [1, height, width, 3]);
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const [height, width] = (process.argv[2] ?? '400x500').split('x').map(Number) as [number, number];
  const shape: Shape4D = [1, height, width, 3];
  const layers = [...Object.keys(CHAPTER_WEIGHTS.content), ...Object.keys(CHAPTER_WEIGHTS.style)];
  const model = vgg19({ upTo: 'block5_conv2' });
  const parameters = await loadSlimWeights();
  const contenders = {
    VGG19: { run: await chapterProblem(features(model, layers), shape), turns: 1, seconds: [] as number[] },
    'vgg19-slim': {
      run: await chapterProblem(slimFeatures(parameters, layers), shape),
      turns: SLIM_TURNS,
      seconds: [] as number[],
    },
  };
  model.dispose();
  disposeSlim(parameters);
  const x = tf.randomUniform(shape, -120, 130, 'float32', 3).dataSync<'float32'>();
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    for (const { run, turns, seconds } of Object.values(contenders)) {
      for (let turn = 0; turn < turns; turn++) {
        const start = performance.now();
        await run(x);
        if (round >= WARM_UP) seconds.push((performance.now() - start) / 1000);
      }
    }
  }
  console.log(`${height} x ${width}, seconds per loss and gradient, in turns:`);
  for (const [name, { seconds }] of Object.entries(contenders)) {
    const spread = `${Math.min(...seconds).toFixed(3)}-${Math.max(...seconds).toFixed(3)} over ${seconds.length}`;
    console.log(`  ${name.padEnd(12)} ${median(seconds).toFixed(3)} s  (${spread})`);
  }
  const ratio = (of: (seconds: readonly number[]) => number) =>
    (of(contenders.VGG19.seconds) / of(contenders['vgg19-slim'].seconds)).toFixed(2);
  // What else the machine does lengthens short runs more than long ones; the fastest of each met the least of it.
  const fastest = ratio((seconds) => Math.min(...seconds));
  console.log(`  VGG19 / vgg19-slim  ${ratio(median)} by the medians, ${fastest} by the fastest`);
}

void main();
