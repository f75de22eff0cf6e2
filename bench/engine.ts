/**
 * Times one loss and gradient of the chapter's problem, with VGG19 to block5_conv2: the compiled engine, the same functions op by op in
 * tfjs's WebAssembly backend, and PyTorch. Each runs in a process of its own, so that its peak memory is its own.
 *
 *     npm run bench                    both sizes
 *     npx tsx bench/engine.ts 200x256  one
 *
 * Weights are random: times do not depend on their values. PyTorch is skipped, saying so, where python3 or torch is missing.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';

const SIZES = ['400x500', '200x256'];
const RUNS = { compiled: 8, wasm: 1, pytorch: 6 };
/** The first runs of a process find their memory; the median of the later ones counts. */
const WARM_UP = 2;
/** The engine and PyTorch take turns, so that a busy minute of the machine meets both. */
const TURNS = 3;
const PYTHON = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');

interface Measured {
  seconds: number[];
  peakMegabytes: number;
  version?: string;
  /** Of a run, by ONNX Runtime's own profile: seconds in all nodes by op. */
  profile?: Record<string, number>;
}

type Outcome = Measured | { skipped: string };

function run(command: string, args: string[]): Outcome {
  const child = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const line = child.stdout?.trim().split('\n').at(-1);
  if (child.status === 0 && line) return JSON.parse(line) as Measured;
  const reason =
    child.error?.message ?? child.stderr.trim().split('\n').at(-1) ?? `exit code ${child.status}`;
  return { skipped: reason };
}

function contender(
  kind: 'compiled' | 'profiled' | 'wasm',
  height: number,
  width: number,
  runs: number,
): Outcome {
  const script = path.join(__dirname, 'engineContender.ts');
  return run(process.execPath, [
    '--import',
    'tsx',
    script,
    kind,
    String(height),
    String(width),
    String(runs),
  ]);
}

/** Several processes of one contender as one: the warm seconds of all, the largest peak. */
function together(outcomes: Outcome[]): Outcome {
  const measured = outcomes.filter((outcome) => 'seconds' in outcome);
  const [first] = measured;
  if (!first) return outcomes[0];
  return {
    ...first,
    seconds: measured.flatMap(({ seconds }) => (seconds.length > WARM_UP ? seconds.slice(WARM_UP) : seconds)),
    peakMegabytes: Math.max(...measured.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

function median(list: number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function row(name: string, outcome: Outcome): string {
  if ('skipped' in outcome) return `  ${name.padEnd(28)} skipped: ${outcome.skipped}`;
  const { seconds, peakMegabytes } = outcome;
  const spread = `${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)}`;
  return (
    `  ${name.padEnd(28)} ${median(seconds).toFixed(3).padStart(8)} s  ` +
    `(${spread} over ${seconds.length})  peak ${peakMegabytes.toFixed(0)} MB`
  );
}

function ratio(name: string, a: number, b: number): string {
  return `  ${name.padEnd(28)} ${(a / b).toFixed(2).padStart(8)}`;
}

function benchmark(size: string): void {
  const [height, width] = size.split('x').map(Number) as [number, number];
  const lines = [`${height} x ${width}, seconds per loss and gradient:`];
  const python = [
    path.join(__dirname, 'pytorch_peer.py'),
    String(height),
    String(width),
    String(RUNS.pytorch),
  ];
  const turns = Array.from({ length: TURNS }, () => ({
    compiled: contender('compiled', height, width, RUNS.compiled),
    pytorch: run(PYTHON, python),
  }));
  const compiled = together(turns.map((turn) => turn.compiled));
  const pytorch = together(turns.map((turn) => turn.pytorch));
  const profiled = contender('profiled', height, width, RUNS.compiled);
  const wasm = together([contender('wasm', height, width, RUNS.wasm)]);
  lines.push(row('compiled (ONNX Runtime)', compiled), row('tfjs-wasm, eager', wasm));
  lines.push(row(`PyTorch ${'version' in pytorch ? pytorch.version : ''}`, pytorch));
  if ('seconds' in compiled) {
    if ('seconds' in pytorch)
      lines.push(ratio('compiled / PyTorch', median(compiled.seconds), median(pytorch.seconds)));
    if ('seconds' in wasm)
      lines.push(ratio('compiled / tfjs-wasm', median(compiled.seconds), median(wasm.seconds)));
  }
  if ('profile' in profiled && profiled.profile) {
    const { profile } = profiled;
    const total = Object.values(profile).reduce((a, b) => a + b, 0);
    lines.push(ratio('whole run / its Conv nodes', median(profiled.seconds.slice(WARM_UP)), profile.Conv));
    const shares = Object.entries(profile)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 9)
      .map(([op, seconds]) => `${op} ${((100 * seconds) / total).toFixed(1)} %`);
    lines.push(`  where the time goes: ${shares.join(', ')}`);
  }
  console.log(lines.join('\n') + '\n');
}

console.log(`${availableParallelism()} processors, ${cpus()[0]?.model}, Node ${process.version}\n`);
for (const size of process.argv.length > 2 ? process.argv.slice(2) : SIZES) benchmark(size);
