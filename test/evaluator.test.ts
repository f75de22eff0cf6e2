import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { Evaluator } from '../src/evaluator';
import { fminLbfgsb } from '../src/lbfgsb';

describe('Evaluator', () => {
  const x = Float64Array.of(1, -2, 3);

  async function counted() {
    const squares = await compile(
      tf.valueAndGrad((a: tf.Tensor) => a.sub([4, 5, 6]).square().sum()),
      [3],
    );
    const calls: number[][] = [];
    const evaluator = new Evaluator((at) => {
      calls.push(Array.from(at as Float64Array));
      return squares(at);
    });
    return { evaluator, calls, dispose: () => squares.dispose() };
  }

  it('computes loss and gradient in one pass and hands the gradient over in float64', async () => {
    const { evaluator, calls, dispose } = await counted();
    assert.equal(await evaluator.loss(x), 9 + 49 + 9);
    const grads = evaluator.grads();
    assert.ok(grads instanceof Float64Array);
    assert.deepEqual([...grads], [-6, -14, -6]);
    assert.deepEqual(calls, [[1, -2, 3]]);
    await dispose();
  });

  it('refuses grads before loss, grads twice, and loss twice, with a sentence', async () => {
    const { evaluator, dispose } = await counted();
    assert.throws(() => evaluator.grads(), /^Error: Evaluator: grads\(x\) was called before loss\(x\)\./);
    await evaluator.loss(x);
    await assert.rejects(evaluator.loss(x), /loss\(x\) was called twice without grads\(x\) in between\./);
    evaluator.grads();
    assert.throws(() => evaluator.grads(), /grads\(x\) was called before loss\(x\)\./);
    await dispose();
  });

  it('can go on after an evaluation that failed', async () => {
    let fail = true;
    const evaluator = new Evaluator(() => {
      if (fail) return Promise.reject(new Error('out of memory'));
      return Promise.resolve({
        value: { data: Float32Array.of(2), shape: [] },
        grad: { data: Float32Array.of(1, 1, 1), shape: [3] },
      });
    });
    await assert.rejects(evaluator.loss(x), /out of memory/);
    fail = false;
    assert.equal(await evaluator.loss(x), 2);
  });

  it('is what fminLbfgsb asks, as in the chapter', async () => {
    const { evaluator, calls, dispose } = await counted();
    const [minimum, loss, info] = await fminLbfgsb(evaluator.loss, x, { fprime: evaluator.grads });
    assert.deepEqual(Array.from(minimum, Math.round), [4, 5, 6]);
    assert.ok(loss < 1e-9);
    assert.equal(calls.length, info.funcalls);
    await dispose();
  });
});
