/**
 * Times one loss and gradient of the chapter's problem with vgg19-slim against VGG19, taking turns, so that what else the machine does
 * meets both alike.
 *
 *     npx tsx bench/slim.ts 400x500
 *
 * VGG19's weights are random: times do not depend on their values.
 */
import * as tf from '@tensorflow/tfjs';
import '../src/greeting';
import { noise } from '../src/problem/fromSettings';
import { type Problem, createProblem } from '../src/problem/problem';
import type { Size } from '../src/picture/image';
import { type FeatureExtractor, featureExtractor } from '../src/losses/features';
import { CHAPTER_TERMS, layersOf } from '../src/losses/terms';
import type { NetworkName } from '../src/network/chooseNetwork';
import { features, vgg19 } from '../src/network/vgg19';
import { slimFeatures } from '../src/network/vgg19Slim';
import { disposeSlim, loadSlimWeights } from '../src/network/vgg19SlimWeights';
import { randomWeights } from './chapterProblem';

const ROUNDS = 8;
/** Evaluations of vgg19-slim for each of VGG19. */
const SLIM_TURNS = 5;
const WARM_UP = 2;

/** The chapter's problem, on pictures of noise. */
function chapterProblem(name: NetworkName, extractor: FeatureExtractor, size: Size): Promise<Problem> {
  return createProblem({
    content: noise(size, 1),
    styles: [noise(size, 2)],
    height: size.height,
    openNetwork: () =>
      Promise.resolve({
        name,
        choice: name,
        weights: { path: '', md5: '' },
        extractor,
        dispose: () => undefined,
      }),
  });
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const [height, width] = (process.argv[2] ?? '400x500').split('x').map(Number) as [number, number];
  const size = { height, width };
  const layers = layersOf(CHAPTER_TERMS);
  const model = vgg19({ upTo: 'block5_conv2' });
  randomWeights(model);
  const parameters = await loadSlimWeights();
  const contenders = {
    VGG19: {
      problem: await chapterProblem('vgg19', featureExtractor(features(model, layers)), size),
      turns: 1,
      seconds: [] as number[],
    },
    'vgg19-slim': {
      problem: await chapterProblem('vgg19-slim', slimFeatures(parameters, layers), size),
      turns: SLIM_TURNS,
      seconds: [] as number[],
    },
  };
  model.dispose();
  disposeSlim(parameters);
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    for (const { problem, turns, seconds } of Object.values(contenders)) {
      for (let turn = 0; turn < turns; turn++) {
        const start = performance.now();
        await problem.lossAndGrads(problem.z0);
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
