/**
 * Times one loss and gradient of the chapter's problem, with VGG19 to block5_conv2: the compiled engine, with and without Winograd's
 * convolution, PyTorch, TensorFlow's tf.function, and the same functions op by op in tfjs-node and in tfjs's WebAssembly backend. Each runs
 * in a process of its own, so that its peak memory is its own.
 *
 *     npm run bench                                    two sizes, and seconds per megapixel at four
 *     npx tsx bench/engine.ts 200x256                  one size
 *     PYTHON=venv/bin/python npx tsx bench/engine.ts   the Python of pip install torch tensorflow-cpu
 *
 * Weights are random: times do not depend on their values. Who is missing is skipped, saying so.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';

const SIZES = ['400x500', '200x256'];
/** At which the time per pixel must be the same. */
const SCALES = ['200x250', '400x500', '800x1000', '1200x1500'];
const RUNS = { compiled: 8, eager: 3, wasm: 1, python: 6, scale: 5 };
/** The first runs of a process find their memory; the median of the later ones counts. */
const WARM_UP = 2;
/** The engine and its peers take turns, so that a busy minute of the machine meets both. */
const TURNS = 3;
const PYTHON = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');

interface Measured {
  seconds: number[];
  peakMegabytes: number;
  version?: string;
  compileSeconds?: number;
  /** Of a run, by ONNX Runtime's own profile: seconds in all nodes by op. */
  profile?: Record<string, number>;
}

type Outcome = Measured | { skipped: string };

function run(command: string, args: string[]): Outcome {
  const child = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const line = child.stdout?.trim().split('\n').at(-1);
  if (child.status === 0 && line) return JSON.parse(line) as Measured;
  const said = child.stderr?.trim().split('\n') ?? [];
  // Node.js ends with its version, Python with the error.
  const reason =
    child.error?.message ??
    said.reverse().find((words) => /error/i.test(words)) ??
    said[0] ??
    `exit code ${child.status}`;
  return { skipped: reason };
}

function contender(
  kind: 'compiled' | 'direct' | 'profiled' | 'native' | 'wasm',
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

function python(script: string, height: number, width: number): Outcome {
  return run(PYTHON, [path.join(__dirname, script), ...[height, width, RUNS.python].map(String)]);
}

function versionOf(outcome: Outcome): string {
  return 'version' in outcome ? ` ${outcome.version}` : '';
}

function benchmark(size: string): void {
  const [height, width] = size.split('x').map(Number) as [number, number];
  const turns = Array.from({ length: TURNS }, () => ({
    compiled: contender('compiled', height, width, RUNS.compiled),
    direct: contender('direct', height, width, RUNS.compiled),
    pytorch: python('pytorch_peer.py', height, width),
    tensorflow: python('tensorflow_peer.py', height, width),
  }));
  const compiled = together(turns.map((turn) => turn.compiled));
  const pytorch = together(turns.map((turn) => turn.pytorch));
  const tensorflow = together(turns.map((turn) => turn.tensorflow));
  const peers: [string, Outcome][] = [
    ['direct convolution', together(turns.map((turn) => turn.direct))],
    [`PyTorch${versionOf(pytorch)}`, pytorch],
    [`TensorFlow${versionOf(tensorflow)}`, tensorflow],
    ['tfjs-node, eager', together([contender('native', height, width, RUNS.eager)])],
    ['tfjs-wasm, eager', together([contender('wasm', height, width, RUNS.wasm)])],
  ];
  const lines = [
    `${height} x ${width}, seconds per loss and gradient:`,
    row('compiled (ONNX Runtime)', compiled),
  ];
  for (const [name, outcome] of peers) lines.push(row(name, outcome));
  if ('seconds' in compiled) {
    lines.push(`  compile time                 ${compiled.compileSeconds?.toFixed(2).padStart(8)} s`);
    for (const [name, outcome] of peers) {
      if (!('seconds' in outcome)) continue;
      const fastest = Math.min(...compiled.seconds) / Math.min(...outcome.seconds);
      lines.push(
        `${ratio(`compiled / ${name}`, median(compiled.seconds), median(outcome.seconds))}  (fastest ${fastest.toFixed(2)})`,
      );
    }
  }
  lines.push(...profileLines(contender('profiled', height, width, RUNS.compiled)));
  console.log(lines.join('\n') + '\n');
}

/** Where the time goes, by ONNX Runtime's own profile. */
function profileLines(profiled: Outcome): string[] {
  if (!('profile' in profiled) || !profiled.profile) return [];
  const entries = Object.entries(profiled.profile).sort(([, a], [, b]) => b - a);
  const total = entries.reduce((sum, [, seconds]) => sum + seconds, 0);
  const shares = entries
    .slice(0, 9)
    .map(([op, seconds]) => `${op} ${((100 * seconds) / total).toFixed(1)} %`);
  return [`  where the time goes: ${shares.join(', ')}`];
}

function scales(): void {
  console.log('seconds per megapixel, compiled:');
  let first: number | undefined;
  for (const size of SCALES) {
    const [height, width] = size.split('x').map(Number) as [number, number];
    const outcome = together([contender('compiled', height, width, RUNS.scale)]);
    if (!('seconds' in outcome)) {
      console.log(row(size, outcome));
      continue;
    }
    const each = Math.min(...outcome.seconds) / ((height * width) / 1e6);
    first ??= each;
    const memory = `peak ${outcome.peakMegabytes.toFixed(0)} MB`;
    console.log(
      `  ${size.padEnd(28)} ${each.toFixed(2).padStart(8)} s  ${(each / first).toFixed(2)} of the first  ${memory}`,
    );
  }
  console.log();
}

console.log(`${availableParallelism()} processors, ${cpus()[0]?.model}, Node ${process.version}\n`);
const asked = process.argv.slice(2);
for (const size of asked.length > 0 ? asked : SIZES) benchmark(size);
if (asked.length === 0) scales();
