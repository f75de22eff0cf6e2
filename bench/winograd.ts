/**
 * Times each convolution of VGG19 with its ReLU, and its gradient for the input, directly and by Winograd's algorithm, taking turns.
 *
 *     npx tsx bench/winograd.ts 400x500
 *
 * The fastest of each counts. "model" is what winogradCost.ts expects, which is to be fitted to such a table.
 */
import * as tf from '@tensorflow/tfjs';
import type { Computation, Value } from '../src/compile/graph';
import { openComputation } from '../src/compile/openComputation';
import { optimise } from '../src/compile/passes';
import { winogradWhere } from '../src/compile/passes/winograd';
import { winogradRatio, winogradWins } from '../src/compile/passes/winogradCost';
import type { Session } from '../src/compile/session';
import { trace } from '../src/compile/trace';

const TURNS = 15;
const WARM_UP = 2;
/** Channels in and out, and how often the picture was halved before. */
const LAYERS: [number, number, number][] = [
  [64, 64, 0],
  [64, 128, 1],
  [128, 128, 1],
  [128, 256, 2],
  [256, 256, 2],
  [256, 512, 3],
  [512, 512, 3],
  [512, 512, 4],
];

async function recorded(fn: (x: tf.Tensor4D) => tf.Tensor, shape: readonly number[]): Promise<Computation> {
  const { graph, result } = await trace(fn, [shape]);
  return optimise({ graph, outputs: [result as Value] }, 'cpu');
}

/** Milliseconds of the fastest run of each, and the greatest difference for the greatest value. */
async function inTurns(computations: readonly Computation[], shape: readonly number[]) {
  const names = { inputs: ['x'], outputs: ['y'] };
  const sessions: Session[] = [];
  for (const each of computations) sessions.push(await openComputation(each, names, [shape], {}));
  const x = tf.tidy(() => tf.relu(tf.randomNormal([...shape])).dataSync<'float32'>());
  const fastest = sessions.map(() => Infinity);
  const results: Float32Array[] = [];
  for (let turn = 0; turn < TURNS + WARM_UP; turn++) {
    for (const [i, session] of sessions.entries()) {
      const start = performance.now();
      const { y } = await session.run([x]);
      const milliseconds = performance.now() - start;
      if (turn >= WARM_UP) fastest[i] = Math.min(fastest[i], milliseconds);
      results[i] = y.data as Float32Array;
    }
  }
  for (const session of sessions) await session.dispose();
  const [direct, winograd] = results as [Float32Array, Float32Array];
  const [greatest, error] = direct.reduce(
    ([most, worst], value, i) => [
      Math.max(most, Math.abs(value)),
      Math.max(worst, Math.abs(value - winograd[i])),
    ],
    [0, 0],
  );
  return { fastest: fastest as [number, number], error: error / greatest };
}

async function main(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const [height, width] = (process.argv[2] ?? '400x500').split('x').map(Number) as [number, number];
  console.log('layer, way                     direct   Winograd   ratio   model   taken   greatest error');
  for (const [channelsIn, channelsOut, halvings] of LAYERS) {
    const [h, w] = [height, width].map((n) => Math.floor(n / 2 ** halvings)) as [number, number];
    const scale = Math.sqrt(2 / (9 * channelsIn));
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, channelsIn, channelsOut], 0, scale);
    const bias = tf.randomNormal<tf.Rank.R1>([channelsOut], 0, 0.1);
    const forward = (x: tf.Tensor4D) => tf.relu(tf.add(tf.conv2d(x, filter, 1, 'same'), bias));
    const backward = (dy: tf.Tensor4D) => tf.conv2dTranspose(dy, filter, [1, h, w, channelsIn], 1, 'same');
    for (const [way, fn, from, to] of [
      ['forward', forward, channelsIn, channelsOut],
      ['gradient', backward, channelsOut, channelsIn],
    ] as const) {
      const direct = await recorded(fn, [1, h, w, from]);
      const both = [direct, winogradWhere(direct, () => true)];
      const { fastest, error } = await inTurns(both, [1, h, w, from]);
      const shape = { channelsIn: from, channelsOut: to, height: h, width: w };
      const columns = [
        `${from} -> ${to}, ${h} x ${w}, ${way}`.padEnd(30),
        ...fastest.map((ms) => ms.toFixed(1).padStart(7)),
        (fastest[1] / fastest[0]).toFixed(2).padStart(9),
        winogradRatio(shape).toFixed(2).padStart(7),
        (winogradWins(shape) ? 'yes' : 'no').padStart(7),
        error.toExponential(1).padStart(12),
      ];
      console.log(columns.join(' '));
    }
    tf.dispose([filter, bias]);
  }
}

void main();
