/**
 * Times one training step of a fast style network: vgg19-slim as judge, batch 1.
 *
 *     npx tsx bench/trainStep.ts                   quality, 256 x 256
 *     npx tsx bench/trainStep.ts webcam 128
 *
 * Pictures are noise: times do not depend on them. On a machine that does other things too, the fastest step met the least of it; processor
 * time is what all threads took together.
 */
import { availableParallelism, cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import '../src/greeting';
import { ARCHITECTURES, type ArchitectureName } from '../src/fastStyle/architecture';
import { initialParameters, initialStyle } from '../src/fastStyle/initial';
import { limitGradients } from '../src/fastStyle/limitGradients';
import { perceptual } from '../src/fastStyle/objective';
import { drawSamples } from '../src/fastStyle/samples';
import { targetsOfStyle } from '../src/fastStyle/styleTargets';
import { fastStyleTerms } from '../src/fastStyle/terms';
import { startTraining, updateAverage } from '../src/fastStyle/trainingState';
import { compileStep, styleParameter } from '../src/fastStyle/trainingStep';
import { layersOf } from '../src/losses/terms';
import { openBatchNetwork } from '../src/network/network';
import { noise } from '../src/problem/fromSettings';
import { adamStep } from '../src/train/adam';
import { parameter } from '../src/train/parameters';

const STEPS = 12;
/** The first steps of a process find their memory. */
const WARM_UP = 2;
/** Seconds at 256 x 256 on two cores. */
const TARGET = 0.2;

interface Times {
  wall: number[];
  processor: number[];
}

/** Does the work, and notes what it took. */
async function timed<T>(times: Times, work: () => Promise<T> | T): Promise<T> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  times.wall.push((performance.now() - began) / 1000);
  times.processor.push((user + system) / 1e6);
  return result;
}

function row(name: string, { wall, processor }: Times): string {
  const [fastest, median] = ofLate(wall);
  const [least] = ofLate(processor);
  const numbers = [`fastest ${fastest.toFixed(3)} s`, `median ${median.toFixed(3)} s`];
  return `  ${name.padEnd(12)} ${numbers.join(', ')}, least processor time ${least.toFixed(3)} s`;
}

/** The least and the median, without the first. */
function ofLate(list: readonly number[]): [number, number] {
  const sorted = list.slice(WARM_UP).sort((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)]];
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const asked = process.argv.slice(2);
  const name = asked.find((each): each is ArchitectureName => each in ARCHITECTURES) ?? 'quality';
  const size = Number(asked.find((each) => /^\d+$/.test(each)) ?? 256);
  const architecture = ARCHITECTURES[name];
  const terms = fastStyleTerms();
  const picture = { width: size, height: size };
  const judge = await openBatchNetwork({ network: 'vgg19-slim', layers: layersOf(terms), size: picture });
  const { extractor } = judge;
  const targets = await targetsOfStyle(terms, extractor, noise(picture, 1));
  const objective = perceptual({
    terms,
    extractor,
    targets: targets.map(({ shape }) => shape),
  });
  const style = initialStyle(architecture);
  const state = startTraining({
    ...initialParameters(architecture, 0),
    [styleParameter('one')]: parameter([style.length], style),
  });
  const styles = [{ name: 'one', targets: targets.map(({ data }) => data as Float32Array) }];
  const draw = drawSamples([noise({ width: 2 * size, height: 2 * size }, 2)], styles, 0);
  const step = await compileStep({ architecture, objective, size, batch: 1, trains: 'everything' });
  const limit = limitGradients();

  const times = () => ({ wall: [], processor: [] });
  const parts: Record<string, Times> = { crop: times(), engine: times(), Adam: times(), average: times() };
  const whole: Times = times();
  for (let i = 0; i < STEPS; i++) {
    await timed(whole, async () => {
      const samples = await timed(parts.crop, () => draw(i, { size, batch: 1 }));
      const result = await timed(parts.engine, () => step.run(samples, state.parameters));
      await timed(parts.Adam, () => {
        const { gradients } = limit(result);
        adamStep(state.adam, state.parameters, gradients, 0.001);
      });
      await timed(parts.average, () => updateAverage(state, 0.99));
    });
  }
  await step.dispose();
  judge.dispose();
  console.log(`${availableParallelism()} processors, ${cpus()[0]?.model}, Node ${process.version}`);
  console.log(`${name}, ${size} x ${size} (target for quality at 256 x 256 on two cores: ${TARGET} s)`);
  console.log(row('a step', whole));
  for (const [part, each] of Object.entries(parts)) console.log(row(part, each));
}

void main();
