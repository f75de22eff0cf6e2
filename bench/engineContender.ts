/** One contender of bench/engine.ts in a process of its own: KIND HEIGHT WIDTH RUNS. Prints one line of JSON. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { CHAPTER_WEIGHTS, lossAndGrads, transferLoss } from '../src/losses';
import { features, vgg19 } from '../src/network/vgg19';
import { useEagerBackend } from '../src/notebook/backend';

interface ProfileEvent {
  cat: string;
  name: string;
  dur: number;
  ts: number;
  args: { op_name?: string };
}

/** He's initialisation: activations keep their size from layer to layer, as trained ones do. */
function randomWeights(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const [kernel, bias] = layer.weights;
    if (!kernel || !bias) continue;
    const [height, width, channels] = kernel.shape as [number, number, number];
    tf.tidy(() =>
      layer.setWeights([
        tf.randomNormal(
          kernel.shape as number[],
          0,
          Math.sqrt(2 / (height * width * channels)),
          'float32',
          8,
        ),
        tf.zeros(bias.shape as number[]),
      ]),
    );
  }
}

/** Seconds in each op, per run, of the runs after the first two. */
function opSeconds(file: string): Record<string, number> {
  const events = JSON.parse(readFileSync(file, 'utf8')) as ProfileEvent[];
  const starts = events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts);
  const warm = starts.sort((a, b) => a - b).slice(2);
  const seconds: Record<string, number> = {};
  for (const { cat, name, dur, ts, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !args.op_name || ts < (warm[0] ?? 0)) continue;
    seconds[args.op_name] = (seconds[args.op_name] ?? 0) + dur / 1e6 / warm.length;
  }
  return seconds;
}

async function main(): Promise<void> {
  const [kind, height, width, runs] = [process.argv[2], ...process.argv.slice(3).map(Number)] as [
    string,
    number,
    number,
    number,
  ];
  await (kind === 'wasm' ? useEagerBackend() : tf.setBackend('cpu'));
  const shape: [number, number, number, number] = [1, height, width, 3];
  const model = vgg19({ upTo: 'block5_conv2' });
  randomWeights(model);
  const layers = [...Object.keys(CHAPTER_WEIGHTS.content), ...Object.keys(CHAPTER_WEIGHTS.style)];
  const network = features(model, layers);
  const picture = (seed: number) => tf.randomUniform<tf.Rank.R4>(shape, -120, 130, 'float32', seed);
  const x = picture(3);

  // Targets of zeros cost nothing to prepare, and the time does not depend on their values.
  const shapes = {
    content: tf.zeros<tf.Rank.R3>([Math.floor(height / 16), Math.floor(width / 16), 512]),
    style: [64, 128, 256, 512, 512].map((channels) => tf.zeros<tf.Rank.R2>([channels, channels])),
  };
  const targets = {
    content: { block5_conv2: shapes.content },
    style: Object.fromEntries(Object.keys(CHAPTER_WEIGHTS.style).map((layer, i) => [layer, shapes.style[i]])),
  };
  const fn = lossAndGrads(transferLoss(network, targets, CHAPTER_WEIGHTS));

  const seconds: number[] = [];
  const time = async (run: () => unknown) => {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  };
  let profile: Record<string, number> | undefined;
  if (kind === 'wasm') {
    if (tf.getBackend() !== 'wasm') throw new Error(`the eager backend here is ${tf.getBackend()}, not wasm`);
    for (let i = 0; i < runs; i++) await time(() => tf.tidy(() => fn(x).grad.dataSync()));
  } else {
    const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-bench-'));
    const profilePrefix = kind === 'profiled' ? path.join(folder, 'profile') : undefined;
    const compiled = await compile(fn, shape, { profilePrefix });
    model.dispose();
    const data = await x.data<'float32'>();
    for (let i = 0; i < runs; i++) await time(() => compiled(data));
    await compiled.dispose();
    const [file] = readdirSync(folder);
    if (file) profile = opSeconds(path.join(folder, file));
    rmSync(folder, { recursive: true });
  }
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, peakMegabytes, profile }));
}

void main();
