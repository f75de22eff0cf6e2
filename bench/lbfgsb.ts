/**
 * What L-BFGS-B's own arithmetic costs: milliseconds per evaluation, the function's own time taken off, with 600,000
 * variables, m = 10, without bounds and in a box that holds about 2 % of the variables; beside SciPy in the same run.
 *
 *     npx tsx bench/lbfgsb.ts [variables] [evaluations]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fminLbfgsb } from '../src/lbfgsb';

interface Measured {
  bounded: boolean;
  own: number;
  f: number;
  funcalls: number;
  atBound: number;
  scipy?: string;
}

const n = Number(process.argv[2] ?? 600_000);
const evaluations = Number(process.argv[3] ?? 40);

/** A separable quartic; 2 to 3 % of its minimisers lie outside 0..255. */
async function measure(bounded: boolean): Promise<Measured> {
  const target = Float64Array.from({ length: n }, (_, i) => (((i * 7919) % 1000) / 1000) * 263 - 4);
  const weight = Float64Array.from({ length: n }, (_, i) => 1 + ((i * 104729) % 997) / 10);
  const gradient = new Float64Array(n);
  let inside = 0;
  let first = 0;
  const func = (x: Float64Array) => {
    const began = performance.now();
    let f = 0;
    for (let i = 0; i < n; i++) {
      const e = x[i] - target[i];
      const square = e * e;
      f += 0.5 * weight[i] * square + 1e-4 * square * square;
      gradient[i] = weight[i] * e + 4e-4 * square * e;
    }
    inside += performance.now() - began;
    return f;
  };
  const fprime = () => {
    first ||= performance.now();
    return gradient;
  };
  const [x, f, { funcalls }] = await fminLbfgsb(func, new Float64Array(n).fill(127), {
    fprime,
    bounds: bounded ? { lower: 0, upper: 255 } : null,
    maxfun: evaluations,
    factr: 0,
    pgtol: 0,
  });
  const own = (performance.now() - first - inside) / (funcalls - 1);
  const atBound = x.reduce((count, xi) => count + (xi === 0 || xi === 255 ? 1 : 0), 0) / n;
  return { bounded, own, f, funcalls, atBound };
}

function measureScipy(): Measured[] | string {
  const script = path.join(__dirname, 'lbfgsb_scipy.py');
  for (const python of [process.env.PYTHON ?? 'python3', 'python']) {
    const { status, stdout } = spawnSync(python, [script, String(n), String(evaluations)], {
      encoding: 'utf8',
    });
    if (status === 0)
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Measured);
  }
  return 'SciPy left out: no Python with SciPy was found.';
}

function report(who: string, { own, f, funcalls, atBound }: Measured): void {
  const share = `${(100 * atBound).toFixed(1)} % at a bound`;
  console.log(
    `  ${who.padEnd(14)} ${own.toFixed(1).padStart(7)} ms/evaluation   (${funcalls} evaluations, f = ${f.toExponential(9)}, ${share})`,
  );
}

async function main(): Promise<void> {
  console.log(`L-BFGS-B's own time, ${n} variables, m = 10`);
  const scipy = measureScipy();
  if (typeof scipy === 'string') console.log(scipy);
  for (const bounded of [false, true]) {
    console.log(bounded ? 'box 0..255' : 'no bounds');
    const ours = await measure(bounded);
    report('wheatfield', ours);
    const theirs = typeof scipy === 'string' ? undefined : scipy.find((run) => run.bounded === bounded);
    if (theirs) {
      report(`SciPy ${theirs.scipy}`, theirs);
      console.log(`  ratio          ${(ours.own / theirs.own).toFixed(2)}`);
    }
  }
  console.log(`peak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
}

void main();
