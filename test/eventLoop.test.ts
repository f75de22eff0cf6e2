/** Long arithmetic gives the event loop its turns. */
import assert from 'node:assert/strict';
import { breathe } from '../src/eventLoop';
import { fminLbfgsb } from '../src/lbfgsb';

/** How often the event loop came round while work was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let working = true;
  const count = () => {
    turns++;
    if (working) setImmediate(count);
  };
  setImmediate(count);
  await work();
  working = false;
  return turns;
}

function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the event loop', () => {
  it('has its turn between slices of arithmetic, not after every piece of one', async () => {
    const began = performance.now();
    const turns = await turnsDuring(async () => {
      for (let piece = 0; piece < 200; piece++) {
        compute(0.5);
        await breathe();
      }
    });
    const elapsed = performance.now() - began;
    assert.ok(turns >= 4 && turns <= 4 + elapsed / 4, `${turns} turns in ${elapsed} ms`);
  });

  it("has its turn within L-BFGS-B's iterations, with bounds and without", async () => {
    const n = 200_000;
    const gradient = new Float64Array(n);
    const func = (x: Float64Array) => {
      let f = 0;
      for (let i = 0; i < n; i++) {
        const weight = 1 + (i % 97);
        gradient[i] = weight * (x[i] - (i % 50));
        f += (gradient[i] * gradient[i]) / weight / 2;
      }
      return f;
    };
    for (const bounds of [null, { lower: 1, upper: 45 }]) {
      let evaluations = 0;
      const turns = await turnsDuring(() =>
        fminLbfgsb((x) => ++evaluations && func(x), new Float64Array(n).fill(9), {
          fprime: () => gradient,
          bounds,
          maxfun: 10,
        }),
      );
      assert.ok(evaluations >= 6 && turns >= evaluations / 2, `${turns} turns, ${evaluations} evaluations`);
    }
  });
});
