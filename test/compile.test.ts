import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { compile } from '../src/compile';
import { OPS, checkOp, conv, numbers } from './helpers/opTable';

describe('compile: every op as tfjs computes it', () => {
  before(() => tf.setBackend('cpu'));

  for (const [group, list] of Object.entries(OPS)) {
    describe(group, () => {
      for (const each of list) it(each.name, () => checkOp(each));
    });
  }
});

describe('compile: the gradient of a padded average pool is its derivative', () => {
  const explicit = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ] as tf.backend_util.ExplicitPadding;
  for (const [size, strides, pad] of [
    [2, 2, 'same'],
    [3, 2, 'same'],
    [2, 3, 'same'],
    [2, 2, explicit],
    [3, 2, explicit],
  ] as const) {
    it(`${size}/${strides} ${typeof pad === 'string' ? pad : 'explicit'}`, async () => {
      const pool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size, strides, pad);
      const weights = tf.tensor4d(
        numbers(tf.util.sizeFromShape(pool(tf.zeros([1, 7, 5, 1])).shape), [-1, 1], 3),
        pool(tf.zeros([1, 7, 5, 1])).shape,
      );
      const fn = (x: tf.Tensor) => pool(x).mul(weights).sum();
      const x = numbers(35, [-1, 1], 4);
      const grad = await compile(tf.grad(fn), [1, 7, 5, 1]);
      const value = await compile(fn, [1, 7, 5, 1]);
      const { data } = await grad(x);
      for (const i of x.keys()) {
        // The pool is linear, so a difference over a whole unit is exact but for rounding.
        const [up, down] = [x.slice(), x.slice()];
        up[i] = x[i] + 0.5;
        down[i] = x[i] - 0.5;
        const slope = Number((await value(up)).data[0]) - Number((await value(down)).data[0]);
        assert.ok(
          Math.abs(slope - Number(data[i])) < 1e-5,
          `element ${i}: ${data[i]}, by difference ${slope}`,
        );
      }
      await Promise.all([grad.dispose(), value.dispose()]);
    });
  }
});

describe('compile', () => {
  const x = Float32Array.of(1, -2, 3);

  it('takes several inputs and gives back what the function returns, nested', async () => {
    const fn = (a: tf.Tensor, b: tf.Tensor) => ({
      sum: a.add(b),
      both: [a.mul(2), { first: b }] as const,
      fixed: tf.scalar(7),
    });
    const compiled = await compile(fn, [3], [3]);
    const { sum, both, fixed } = await compiled(x, tf.tensor1d([1, 1, 1]));
    assert.deepEqual([...sum.data], [2, -1, 4]);
    assert.deepEqual([...both[0].data], [2, -4, 6]);
    assert.deepEqual([...both[1].first.data], [1, 1, 1]);
    assert.deepEqual([...fixed.data], [7]);
    await compiled.dispose();
  });

  it('compiles tf.valueAndGrad', async () => {
    const compiled = await compile(
      tf.valueAndGrad((a: tf.Tensor) => a.square().sum()),
      [3],
    );
    const { value, grad } = await compiled(Float64Array.from(x));
    assert.equal(value.data[0], 14);
    assert.deepEqual([...grad.data], [2, -4, 6]);
    await compiled.dispose();
  });

  it('keeps the values of constants that are used afterwards and in another trace', async () => {
    const weights = tf.tensor1d([1, 2, 3]);
    for (let i = 0; i < 2; i++) {
      const compiled = await compile((a: tf.Tensor) => a.mul(weights), [3]);
      assert.deepEqual([...(await compiled(x)).data], [1, -4, 9]);
      await compiled.dispose();
    }
    assert.deepEqual([...weights.add(1).dataSync()], [2, 3, 4]);
  });

  it('leaves the backend as it was and no tensors behind', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const compiled = await compile(
      tf.valueAndGrad((a: tf.Tensor) => a.exp().sum()),
      [3],
    );
    await compiled.dispose();
    assert.equal(tf.getBackend(), 'cpu');
    assert.equal(tf.memory().numTensors, before);
  });

  it('names an op that it does not know', async () => {
    await assert.rejects(
      compile((a: tf.Tensor) => tf.acosh(a), [3]),
      /cannot trace Acosh\..*knows these: Abs, Add/,
    );
    assert.equal(tf.getBackend(), 'cpu');
  });

  it('says so where nothing is returned to compute', async () => {
    await assert.rejects(
      compile((a: tf.Tensor) => Promise.resolve(a) as never, [3]),
      /returned no tensors.* do not make it async/,
    );
  });

  it('refuses windows that ONNX would count otherwise', async () => {
    const ceil = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 0, 'ceil');
    await assert.rejects(
      compile(ceil, [1, 6, 6, 2]),
      /makes 3 x 3 windows, but only 2 x 2 fit whole\. Use 'same'/,
    );
    await assert.rejects(
      compile(conv(1, 1), [2, 6, 7, 3], [3, 1, 3, 2]),
      /makes 6 x 7 windows, but only 6 x 9 fit whole/,
    );
  });

  it('refuses a pool whose padding is as wide as its window', async () => {
    for (const pool of [tf.maxPool, tf.avgPool]) {
      await assert.rejects(
        compile((a: tf.Tensor) => pool(a as tf.Tensor4D, 2, 2, 2), [1, 8, 6, 3]),
        /With the padding \[2, 2, 2, 2\], a pool of 2 x 2 has windows without any input\. Use less padding/,
      );
    }
  });

  it('refuses to read a value during the trace', async () => {
    const fn = (a: tf.Tensor) => (Number(a.sum().dataSync()[0]) > 0 ? a : a.neg());
    await assert.rejects(compile(fn, [3]), /reads a value .*the result of Reshape of shape \[\]/);
  });

  it('says which input has the wrong shape', async () => {
    const compiled = await compile((a: tf.Tensor) => a.neg(), [3]);
    await assert.rejects(
      compiled(Float32Array.of(1)),
      /Input 0 .* has the shape \[3\], but it got 1 elements/,
    );
    await assert.rejects(compiled(tf.zeros([1, 3])), /but it got shape \[1, 3\]/);
    await assert.rejects(compiled(), /number of inputs is 0, but this compiled function takes 1/);
    await compiled.dispose();
  });
});
