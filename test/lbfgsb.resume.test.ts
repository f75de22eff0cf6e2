import assert from 'node:assert/strict';
import { deserialize, serialize } from 'node:v8';
import {
  exportState,
  fminLbfgsb,
  lbfgsb,
  restoreState,
  startState,
  type Bounds,
  type LbfgsbState,
  type SavedLbfgsb,
} from '../src/lbfgsb';
import { problems } from './fixtures/lbfgsb/problems';

interface Iterate {
  x: number[];
  f: number;
  g: number[];
  nit: number;
  funcalls: number;
}

function iterateOf({ x, f, g, nit, funcalls }: LbfgsbState): Iterate {
  return { x: Array.from(x), f, g: Array.from(g), nit, funcalls };
}

/** Everything the optimiser asks and reaches from `state` to the end. */
async function follow(state: LbfgsbState, problem: (x: Float64Array) => [number, number[]]) {
  const asked: number[][] = [];
  const iterates: Iterate[] = [];
  const steps = lbfgsb(
    state,
    (x) => {
      asked.push(Array.from(x));
      return problem(x);
    },
    { factr: 10 },
  );
  for await (const at of steps) iterates.push(iterateOf(at));
  return { asked, iterates, task: state.task, last: iterateOf(state) };
}

const n = 24;
const x0 = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
const boundsOf: Record<string, Bounds | null> = {
  'no bounds': null,
  'a box': { lower: -0.6, upper: 0.9 },
  'mixed bounds': x0.map((_, i): [number | null, number | null] =>
    i % 4 === 0 ? [-0.5, null] : i % 4 === 1 ? [null, 0.7] : i % 4 === 2 ? [0.25, 0.25] : [null, null],
  ),
};

describe('lbfgsb resumed from an exported state', () => {
  for (const [what, bounds] of Object.entries(boundsOf)) {
    for (const name of ['rosenbrock', 'chain', 'corner']) {
      it(`goes on bit for bit: ${name}, ${what}, from every iterate`, async () => {
        const problem = problems[name];
        const whole = await follow(startState(x0, { m: 4, bounds }), problem);
        assert.ok(whole.iterates.length > 3);
        for (let stop = 1; stop <= whole.iterates.length; stop++) {
          const state = startState(x0, { m: 4, bounds });
          for await (const { nit } of lbfgsb(state, problem, { factr: 10 })) if (nit === stop) break;
          const saved = deserialize(serialize(exportState(state))) as SavedLbfgsb;
          const resumed = await follow(restoreState(saved), problem);
          const rest = {
            ...whole,
            asked: whole.asked.slice(whole.iterates[stop - 1].funcalls),
            iterates: whole.iterates.slice(stop),
          };
          assert.deepEqual(resumed, rest, `interrupted after iterate ${stop}`);
        }
      });
    }
  }

  it('goes on through the same generator function too, and ends where fminLbfgsb ends', async () => {
    const { rosenbrock } = problems;
    const state = startState(x0);
    for await (const { nit } of lbfgsb(state, rosenbrock)) if (nit % 3 === 0) break;
    while (state.task === 'NEW_X') {
      for await (const { nit } of lbfgsb(state, rosenbrock)) if (nit % 3 === 0) break;
    }
    const [x, f, info] = await fminLbfgsb(rosenbrock, x0);
    assert.deepEqual(iterateOf(state), {
      x: Array.from(x),
      f,
      g: Array.from(info.grad),
      nit: info.nit,
      funcalls: info.funcalls,
    });
    assert.equal(state.task, info.task);
  });

  for (const [what, bounds] of Object.entries(boundsOf)) {
    for (const name of ['rosenbrock', 'chain', 'corner']) {
      it(`goes on bit for bit where func threw: ${name}, ${what}, at evaluations all along`, async () => {
        const problem = problems[name];
        const whole = await follow(startState(x0, { m: 4, bounds }), problem);
        const stride = Math.ceil(whole.asked.length / 24);
        for (let stop = 1; stop <= whole.asked.length; stop += stride) {
          const state = startState(x0, { m: 4, bounds });
          let calls = 0;
          let saved: SavedLbfgsb | undefined;
          const iterates: Iterate[] = [];
          const interrupted = lbfgsb(
            state,
            async (x) => {
              if (++calls < stop) return problem(x);
              // As a watcher would, while the evaluation is under way.
              saved = await Promise.resolve().then(() => structuredClone(exportState(state)));
              throw new Error('stop here');
            },
            { factr: 10 },
          );
          await assert.rejects(async () => {
            for await (const at of interrupted) iterates.push(iterateOf(at));
          }, /^Error: stop here$/);
          const last = iterates.at(-1);
          if (last) assert.deepEqual({ ...iterateOf(state), funcalls: 0 }, { ...last, funcalls: 0 });
          for (const from of [state, restoreState(saved as SavedLbfgsb)]) {
            const resumed = await follow(from, problem);
            assert.deepEqual(
              { ...resumed, asked: [], iterates: [...iterates, ...resumed.iterates] },
              { ...whole, asked: [] },
              `interrupted in evaluation ${stop}`,
            );
          }
        }
      });
    }
  }

  it('refuses a state of another format or with an array cut short', async () => {
    const state = startState(x0);
    await lbfgsb(state, problems.rosenbrock).next();
    const saved = exportState(state);
    assert.throws(
      () => restoreState({ ...saved, format: 'lbfgsb-0' as 'lbfgsb-1' }),
      /has the format lbfgsb-0, not lbfgsb-1/,
    );
    assert.throws(
      () => restoreState({ ...saved, d: saved.d.slice(1) }),
      /damaged: d has 23 elements, not 24/,
    );
  });
});
