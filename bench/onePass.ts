/**
 * Times one pass of the fast style networks, picture in and picture out, against PyTorch running the same network.
 *
 *     npx tsx bench/onePass.ts                                     512 x 512, both sizes
 *     npx tsx bench/onePass.ts 720x1280
 *     PYTHON=venv/bin/python npx tsx bench/onePass.ts quality     one of them
 *
 * Numbers are random: times do not depend on them. The two take turns in processes of their own, so that what else the machine does meets
 * both alike. The fastest pass met the least of it.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { ARCHITECTURES, type ArchitectureName } from '../src/fastStyle/architecture';
import { initialParameters, initialStyle } from '../src/fastStyle/initial';
import { openStylizer } from '../src/stylize/stylizer';

const PYTHON = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
const TURNS = 4;
const RUNS = 12;
/** The first passes of a process find their memory. */
const WARM_UP = 2;
/** Seconds at 512 x 512 on two cores. */
const TARGETS: Record<ArchitectureName, number> = { quality: 0.2, webcam: 0.06 };

/** Seconds of passes of ours. */
async function ours(name: ArchitectureName, height: number, width: number): Promise<number[]> {
  const architecture = ARCHITECTURES[name];
  const model = {
    architecture: name,
    parameters: initialParameters(architecture, 1),
    styles: { one: initialStyle(architecture) },
    metadata: {},
  };
  const stylizer = await openStylizer({ name, model, style: 'one' });
  const picture = { width, height, data: Uint8Array.from({ length: height * width * 3 }, (_, i) => i * 7) };
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await stylizer.stylize(picture);
    seconds.push((performance.now() - start) / 1000);
  }
  await stylizer.dispose();
  return seconds.slice(WARM_UP);
}

interface Peer {
  seconds: number[];
  version: string;
}

/** Seconds of PyTorch's passes, or why there are none. */
function pytorch(name: ArchitectureName, height: number, width: number): Peer | string {
  const { widths, blocks } = ARCHITECTURES[name];
  const numbers = [height, width, RUNS, ...widths, blocks].map(String);
  const child = spawnSync(PYTHON, [path.join(__dirname, 'one_pass_pytorch.py'), ...numbers], {
    encoding: 'utf8',
  });
  if (child.status !== 0)
    return child.error?.message ?? child.stderr.trim().split('\n').at(-1) ?? 'no reason';
  const { seconds, version } = JSON.parse(child.stdout) as Peer;
  return { seconds: seconds.slice(WARM_UP), version };
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

function row(name: string, seconds: readonly number[]): string {
  const fastest = Math.min(...seconds).toFixed(3);
  return `  ${name.padEnd(22)} fastest ${fastest} s, median ${median(seconds).toFixed(3)} s of ${seconds.length}`;
}

async function benchmark(name: ArchitectureName, height: number, width: number): Promise<void> {
  const mine: number[] = [];
  const theirs: number[] = [];
  let peer: Peer | string = 'it was not run';
  for (let turn = 0; turn < TURNS; turn++) {
    mine.push(...(await ours(name, height, width)));
    peer = pytorch(name, height, width);
    if (typeof peer === 'string') continue;
    theirs.push(...peer.seconds);
  }
  console.log(`${name}, ${height} x ${width} (target at 512 x 512 on two cores: ${TARGETS[name]} s)`);
  console.log(row('Wheatfield', mine));
  if (typeof peer === 'string') {
    console.log(`  PyTorch skipped: ${peer}`);
    return;
  }
  console.log(row(`PyTorch ${peer.version}`, theirs));
  const ratio = (of: (list: readonly number[]) => number) => (of(mine) / of(theirs)).toFixed(2);
  console.log(
    `  ratio: ${ratio((list) => Math.min(...list))} by the fastest, ${ratio(median)} by the medians`,
  );
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const [height, width] = (asked.find((each) => /^\d+x\d+$/.test(each)) ?? '512x512').split('x').map(Number);
  const names = Object.keys(ARCHITECTURES) as ArchitectureName[];
  const chosen = names.filter((name) => asked.includes(name));
  console.log(`${availableParallelism()} processors, ${cpus()[0]?.model}, Node ${process.version}`);
  for (const name of chosen.length > 0 ? chosen : names) await benchmark(name, height, width);
}

void main();
