import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fminLbfgsb, type FminLbfgsbInfo } from '../src/lbfgsb';
import { problems } from './fixtures/lbfgsb/problems';

interface Run {
  f: number;
  funcalls: number;
  nit: number;
  warnflag: number;
  task: string;
}

interface Entry {
  name: string;
  func: string;
  x0: number[];
  /** How often x0 and bounds are repeated to make all variables; x below is that of the first 200. */
  repeat?: number;
  restarts?: number;
  m?: number;
  factr?: number;
  pgtol?: number;
  maxfun?: number;
  maxiter?: number;
  maxls?: number;
  bounds?: [number | null, number | null][];
  evaluations: number[];
  stable: number;
  x: number[];
  runs: Run[];
}

/** The fixture's JSON spells NaN and the infinities as Python does. */
const spelled: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity };

const { problems: entries } = JSON.parse(
  readFileSync(path.join(__dirname, 'fixtures/lbfgsb/lbfgsb.json'), 'utf8'),
  (_, value: unknown) => (typeof value === 'string' && value in spelled ? spelled[value] : value),
) as { problems: Entry[] };

function assertClose(actual: number, expected: number, tolerance: number, what: string): void {
  if (Object.is(actual, expected) || actual === expected) return;
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: expected ${expected}, got ${actual}`);
}

async function solve(entry: Entry) {
  const { x0, repeat = 1, restarts = 1, func, m, factr, pgtol, maxfun, maxiter, maxls, bounds } = entry;
  const problem = problems[func];
  const evaluations: number[] = [];
  const runs: { f: number; info: FminLbfgsbInfo }[] = [];
  let x: Float64Array = Float64Array.from({ length: x0.length * repeat }, (_, i) => x0[i % x0.length]);
  const allBounds = bounds && Array.from(x, (_, i) => bounds[i % bounds.length]);
  for (let k = 0; k < restarts; k++) {
    const [next, f, info] = await fminLbfgsb(
      (at) => {
        const value = problem(at)[0];
        evaluations.push(value);
        return value;
      },
      x,
      { fprime: (at) => problem(at)[1], m, factr, pgtol, maxfun, maxiter, maxls, bounds: allBounds },
    );
    runs.push({ f, info });
    x = next;
  }
  return { evaluations, runs, x };
}

describe("fminLbfgsb against SciPy 1.10's fmin_l_bfgs_b", () => {
  for (const entry of entries) {
    // Beyond `stable` evaluations SciPy's own iterates depend on the last bits of x0 (make.py): f is compared
    // one by one, but how the run ends still has to agree.
    const { name, stable, evaluations: expected } = entry;
    it(`${name}: ${stable} of ${expected.length} f to 1e-9, and how it ends`, async () => {
      const { evaluations, runs, x } = await solve(entry);
      const greatest = Math.max(...expected.filter(Number.isFinite).map(Math.abs));
      const rounding = Number.EPSILON * greatest;
      assert.equal(evaluations.length, expected.length);
      for (let k = 0; k < stable; k++) {
        const tolerance = 1e-9 * Math.abs(expected[k]) + rounding;
        assertClose(evaluations[k], expected[k], tolerance, `f of evaluation ${k}`);
      }
      entry.runs.forEach((theirs, k) => {
        const { f, info } = runs[k];
        const { funcalls, nit, warnflag, task } = theirs;
        assert.deepEqual(
          { funcalls: info.funcalls, nit: info.nit, warnflag: info.warnflag, task: info.task },
          { funcalls, nit, warnflag, task },
        );
        // After a line search gave up SciPy returns f of the last trial point, not of x.
        if (task !== 'ABNORMAL_TERMINATION_IN_LNSRCH') {
          assertClose(f, theirs.f, 1e-4 * Math.abs(theirs.f) + rounding, 'the final f');
        }
      });
      const xTolerance = stable === expected.length ? 1e-9 : 1e-7;
      entry.x.forEach((xi, i) => assertClose(x[i], xi, xTolerance * Math.max(1, Math.abs(xi)), `x[${i}]`));
      const last = runs[runs.length - 1];
      const [f, g] = problems[entry.func](x);
      assert.deepEqual([last.f, Array.from(last.info.grad)], [f, g], 'f and grad are those at x');
    });
  }
});

describe('fminLbfgsb', () => {
  const { rosenbrock } = problems;
  const start = [-1.2, 1, -1.2, 1];

  it('asks func first and fprime second, once each a point, and waits for their promises', async () => {
    const calls: string[] = [];
    const point = (x: Float64Array) => Array.from(x).join();
    const later = <T>(value: T) => new Promise<T>((resolve) => setImmediate(() => resolve(value)));
    const [x, f, info] = await fminLbfgsb(
      (at) => {
        calls.push(`f ${point(at)}`);
        return later(rosenbrock(at)[0]);
      },
      start,
      {
        fprime: (at) => {
          calls.push(`g ${point(at)}`);
          return later(rosenbrock(at)[1]);
        },
      },
    );
    const points = calls.filter((call) => call.startsWith('f')).map((call) => call.slice(2));
    assert.equal(points.length, info.funcalls);
    assert.deepEqual(
      calls,
      points.flatMap((at) => [`f ${at}`, `g ${at}`]),
    );
    const atOnce = await fminLbfgsb(rosenbrock, start);
    assert.deepEqual([x, f, info], atOnce, 'func may return [f, gradient] instead');
  });

  it('does not ask again at the point it asked last, as when a step is too small to move x', async () => {
    // f rises at once but the gradient says that it falls: the trial steps shrink until x + step d is x.
    let calls = 0;
    const [, , { funcalls, nit }] = await fminLbfgsb(() => (calls++ === 0 ? 0 : 1), [1], {
      fprime: () => [-1],
      maxls: 60,
    });
    // SciPy's count; an evaluation that was asked for again would make it 8.
    assert.deepEqual({ calls, funcalls, nit }, { calls: 7, funcalls: 7, nit: 1 });
  });

  it('takes both forms of bounds, and clips x0', async () => {
    const box = { lower: -0.5, upper: Float64Array.of(0.5, 2, 0.5, 2) };
    const pairs: [number, number][] = [0.5, 2, 0.5, 2].map((upper) => [-0.5, upper]);
    const first: number[] = [];
    const compact = await fminLbfgsb(
      (x) => {
        if (first.length === 0) first.push(...x);
        return rosenbrock(x);
      },
      start,
      { bounds: box },
    );
    assert.deepEqual(compact, await fminLbfgsb(rosenbrock, start, { bounds: pairs }));
    assert.deepEqual(first, [-0.5, 1, -0.5, 1]);
    const free = await fminLbfgsb(rosenbrock, start, { bounds: { lower: -Infinity, upper: null } });
    assert.deepEqual(free, await fminLbfgsb(rosenbrock, start));
  });

  it('calls callback with a copy of x after every iteration and waits for it', async () => {
    const seen: Float64Array[] = [];
    const [x, , { nit }] = await fminLbfgsb(rosenbrock, start, {
      callback: async (xk) => {
        await Promise.resolve();
        seen.push(xk);
      },
    });
    assert.equal(seen.length, nit);
    assert.deepEqual(seen[nit - 1], x);
    assert.equal(new Set(seen.map((xk) => xk.buffer)).size, nit);
  });

  it('leaves x0 alone and lets what func throws come through', async () => {
    const x0 = Float64Array.from(start);
    let calls = 0;
    const failing = fminLbfgsb((x) => {
      if (++calls === 5) throw new Error('stop here');
      return rosenbrock(x);
    }, x0);
    await assert.rejects(failing, /^Error: stop here$/);
    assert.deepEqual(Array.from(x0), start);
  });

  const wrong: [string, Parameters<typeof fminLbfgsb>[2], RegExp, number[]?][] = [
    ['an empty x0', {}, /x0 is empty\. Give at least one number/, []],
    ['m = 0', { m: 0 }, /^m is 0\. Give a positive integer/],
    ['factr < 0', { factr: -1 }, /factr is -1\. Give .* at least 0/],
    ['pgtol = NaN', { pgtol: NaN }, /pgtol is NaN\. Give a number/],
    ['maxls = 0', { maxls: 0 }, /maxls is 0\. Give a positive integer/],
    ['maxfun = NaN', { maxfun: NaN }, /maxfun is NaN\. Give a number/],
    ['too few bounds', { bounds: [[0, 1]] }, /bounds has the length 1, for 4 variables/],
    [
      'too many upper bounds',
      { bounds: { upper: [1, 2, 3, 4, 5] } },
      /bounds\.upper has the length 5, for 4 variables/,
    ],
    [
      'bounds that cross',
      { bounds: { lower: 2, upper: 1 } },
      /variable 0, \[2, 1\], do not have lower <= upper/,
    ],
    ['a NaN bound', { bounds: { lower: NaN } }, /variable 0, \[NaN, Infinity\], do not have lower <= upper/],
    ['a gradient too short', { fprime: () => [1] }, /gradient has the length 1, for 4 variables/],
  ];
  for (const [what, options, message, x0 = start] of wrong) {
    it(`refuses ${what}`, async () => {
      const func = options?.fprime ? (x: Float64Array) => rosenbrock(x)[0] : rosenbrock;
      await assert.rejects(fminLbfgsb(func, x0, options), { name: 'UserError', message });
    });
  }

  it('says that gradients are not estimated when there is none', async () => {
    const valueOnly = fminLbfgsb((x) => rosenbrock(x)[0], start);
    await assert.rejects(valueOnly, { name: 'UserError', message: /Pass fprime.*not estimated/ });
  });
});
