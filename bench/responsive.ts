/**
 * Whether anything blocks while a picture is made, and what that costs: the chapter's problem with VGG19, by L-BFGS-B in its box.
 *
 *     npx tsx bench/responsive.ts 400x500
 *
 * How late a timer of 50 ms is during the whole loop, beside one in an idle process, because other programs delay both. Then seconds per
 * loss and gradient in the thread of compiled functions against ONNX Runtime called on the main thread, taking turns.
 */
import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import '../src/greeting';
import { type CompiledFunction, type InputArray, compile } from '../src/compile';
import type { Shape } from '../src/compile/trace';
import type { LossAndGrads } from '../src/losses/transferLoss';
import type { TransferProblem } from '../src/problem/problem';
import { transfer } from '../src/transfer/transfer';
import { pixels } from '../src/variables/pixels';
import { type ChapterProblem, chapterProblem } from './chapterProblem';

const INTERVAL = 50;
const EVALUATIONS = 12;
const TURNS = 8;
const WARM_UP = 2;
/** What is aimed at: milliseconds at the 99th percentile, and a share of an evaluation. */
const LATENESS = 20;
const COST = 0.02;

/** Milliseconds by which each tick of a timer is late while work is done. */
async function latenessDuring(work: () => Promise<unknown>): Promise<number[]> {
  const late: number[] = [];
  const done = work().then(() => true);
  for (let ended = false; !ended;) {
    const due = performance.now() + INTERVAL;
    const tick = setTimeout(INTERVAL, false).then((more) => {
      late.push(performance.now() - due);
      return more;
    });
    ended = await Promise.race([tick, done]);
  }
  return late;
}

function quantile(list: readonly number[], share: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)];
}

function report(name: string, late: readonly number[]): void {
  const [median, p99, most] = [0.5, 0.99, 1].map((share) => quantile(late, share).toFixed(1).padStart(6));
  console.log(
    `  ${name.padEnd(20)} median ${median}  99th percentile ${p99}  most ${most}   (${late.length} ticks)`,
  );
}

async function wholeLoop(run: CompiledFunction<LossAndGrads>, { shape, x }: ChapterProblem): Promise<void> {
  const [, height, width] = shape;
  const problem: TransferProblem = {
    height,
    width,
    variables: pixels({ height, width }),
    z0: Float64Array.from(x.dataSync()),
    lossAndGrads: async (z: InputArray) => ({
      ...(await run(z)),
      picture: { data: Float32Array.from(z as Float64Array), shape },
    }),
  };
  const idle = await latenessDuring(() => setTimeout(6000));
  let evaluations = 0;
  const late = await latenessDuring(async () => {
    const options = { iterations: 1, evaluations: EVALUATIONS, restart: true } as const;
    for await (const event of transfer(problem, { ...options, rounding: 'round' })) {
      ({ evaluations } = event);
    }
  });
  console.log(`a timer of ${INTERVAL} ms is late by, in ms:`);
  report('idle', idle);
  report(`${evaluations} evaluations`, late);
  console.log(`  99th percentile / ${LATENESS} ms  ${(quantile(late, 0.99) / LATENESS).toFixed(2)}\n`);
}

/** A compiled function's model in ONNX Runtime on the main thread, with sessionWorker.ts's options. */
async function onMainThread(
  compiled: Pick<CompiledFunction<unknown>, 'toOnnx'>,
  shape: Shape,
): Promise<(x: Float64Array) => Promise<unknown>> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(compiled.toOnnx(), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    enableMemPattern: false,
  });
  const [name] = session.inputNames as [string];
  return (x) => session.run({ [name]: new Tensor('float32', new Float32Array(x), shape) });
}

/** Seconds of each contender, in turns. */
async function inTurns(turns: number, contenders: (() => Promise<unknown>)[]): Promise<number[][]> {
  const seconds = contenders.map((): number[] => []);
  for (let turn = 0; turn < turns + WARM_UP; turn++) {
    for (const [i, run] of contenders.entries()) {
      const start = performance.now();
      await run();
      if (turn >= WARM_UP) seconds[i]?.push((performance.now() - start) / 1000);
    }
  }
  return seconds;
}

async function cost(run: CompiledFunction<LossAndGrads>, { shape, x }: ChapterProblem): Promise<void> {
  const picture = Float64Array.from(x.dataSync());
  // The same arrays come and go, and next to nothing is computed: what the thread adds, apart from the noise of long evaluations.
  const stillInThread = await compile((input: tf.Tensor) => input.add(1), shape);
  const stillHere = await onMainThread(stillInThread, shape);
  const carried = await inTurns(TURNS * 10, [() => stillInThread(picture), () => stillHere(picture)]);
  const here = await onMainThread(run, shape);
  const evaluated = await inTurns(TURNS, [() => run(picture), () => here(picture)]);
  const [there, main, thereStill, mainStill] = [...evaluated, ...carried].map((list) => quantile(list, 0.5));
  const [fastestThere, fastestMain] = evaluated.map((list) => Math.min(...list));
  const added = thereStill - mainStill;
  console.log('seconds per loss and gradient, in turns:');
  console.log(`  in the thread        ${there.toFixed(3)}  (fastest ${fastestThere?.toFixed(3)})`);
  console.log(`  on the main thread   ${main.toFixed(3)}  (fastest ${fastestMain?.toFixed(3)})`);
  console.log(`  thread / main thread ${(there / main).toFixed(3)}`);
  console.log(`  the arrays' way there and back adds ${(1000 * added).toFixed(2)} ms`);
  console.log(`  of an evaluation     ${((100 * added) / main).toFixed(2)} %, limit ${100 * COST} %`);
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const [height, width] = (process.argv[2] ?? '400x500').split('x').map(Number) as [number, number];
  const problem = chapterProblem(height, width);
  // The model that toOnnx() gives the main thread convolves directly: so does this one.
  const compiled = await compile(problem.fn, problem.shape, { winograd: false });
  console.log(`${height} x ${width}, ${availableParallelism()} processors\n`);
  await wholeLoop(compiled, problem);
  await cost(compiled, problem);
  await compiled.dispose();
}

void main();
