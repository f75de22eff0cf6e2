/**
 * How long `require('wheatfield')` takes beside its three large dependencies alone, each in processes of its own that take turns.
 *
 *     npx tsx bench/require.ts [processes]
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const PROCESSES = Number(process.argv[2] ?? 15);
const CONTENDERS = {
  wheatfield: ['.'],
  'tfjs, sharp and onnxruntime-node': ['@tensorflow/tfjs', 'sharp', 'onnxruntime-node'],
};

/** Milliseconds that requiring these takes in a new process. */
function measure(names: readonly string[]): number {
  const program =
    `const began = performance.now(); for (const name of ${JSON.stringify(names)}) require(name);` +
    'process.stdout.write(String(performance.now() - began));';
  const cwd = path.join(__dirname, '..');
  return Number(execFileSync(process.execPath, ['-e', program], { cwd, encoding: 'utf8' }));
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

const times = Object.entries(CONTENDERS).map(([who, names]) => ({ who, names, ms: [] as number[] }));
// The first round reads the files from the disk.
for (let round = 0; round <= PROCESSES; round++) {
  for (const { names, ms } of times) {
    const each = measure(names);
    if (round > 0) ms.push(each);
  }
}
console.log(`Milliseconds to require, medians over ${PROCESSES} processes each, in turns`);
for (const { who, ms } of times) {
  const spread = `${Math.min(...ms).toFixed(0)}-${Math.max(...ms).toFixed(0)}`;
  console.log(`  ${who.padEnd(34)} ${median(ms).toFixed(0).padStart(5)}  (${spread})`);
}
const [ours, theirs] = times.map(({ ms }) => median(ms)) as [number, number];
console.log(`  ratio ${(ours / theirs).toFixed(2)}`);
