/**
 * One contender of bench/engine.ts in a process of its own: KIND HEIGHT WIDTH RUNS. Prints one line of JSON. The kinds: compiled, without
 * Winograd's convolution (direct), with ONNX Runtime's profile (profiled), and eager tfjs in tfjs-node (native) or WebAssembly (wasm).
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { useEagerBackend } from '../src/notebook/backend';
import { chapterProblem } from './chapterProblem';

interface ProfileEvent {
  cat: string;
  name: string;
  dur: number;
  ts: number;
  args: { op_name?: string };
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
  const eager = { wasm: 'wasm', native: 'tensorflow' }[kind];
  if (kind === 'wasm') await useEagerBackend(() => Promise.reject(new Error('tfjs-node is not asked for')));
  else await (eager ? useEagerBackend() : tf.setBackend('cpu'));
  const { fn, shape, x, disposeNetwork } = chapterProblem(height, width);
  const seconds: number[] = [];
  const time = async (run: () => unknown) => {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  };
  let profile: Record<string, number> | undefined;
  let compileSeconds: number | undefined;
  if (eager) {
    if (tf.getBackend() !== eager)
      throw new Error(`the eager backend here is ${tf.getBackend()}, not ${eager}`);
    for (let i = 0; i < runs; i++) await time(() => tf.tidy(() => fn(x).grad.dataSync()));
  } else {
    const folder = mkdtempSync(path.join(tmpdir(), 'wheatfield-bench-'));
    const profilePrefix = kind === 'profiled' ? path.join(folder, 'profile') : undefined;
    const start = performance.now();
    const compiled = await compile(fn, shape, { profilePrefix, winograd: kind !== 'direct' });
    compileSeconds = (performance.now() - start) / 1000;
    disposeNetwork();
    const data = await x.data<'float32'>();
    for (let i = 0; i < runs; i++) await time(() => compiled(data));
    await compiled.dispose();
    const [file] = readdirSync(folder);
    if (file) profile = opSeconds(path.join(folder, file));
    rmSync(folder, { recursive: true });
  }
  const peakMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ seconds, peakMegabytes, profile, compileSeconds }));
}

void main();
