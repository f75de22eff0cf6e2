import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compile } from '../src/compile';

/** What ONNX Runtime computes from a model's bytes, by output. */
async function runModel(model: Uint8Array, ...inputs: Float32Array[]): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(model);
  const feeds = inputs.map((data, i) => {
    const input = session.inputMetadata[i];
    assert.ok(input?.isTensor);
    return [input.name, new Tensor('float32', data, input.shape as number[])] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results;
}

describe('toOnnx', () => {
  const x = Float32Array.of(1, -2, 3);
  before(() => tf.setBackend('cpu'));

  it('gives a model that computes the same, and outlives the tensors that the function closed over', async () => {
    const weights = tf.randomNormal([3, 20], 0, 1, 'float32', 1);
    const fn = tf.valueAndGrad((a: tf.Tensor) =>
      tf
        .relu(a.reshape([1, 3]).matMul(weights))
        .square()
        .sum(),
    );
    const compiled = await compile(fn, [3]);
    weights.dispose();
    const { value, grad } = await compiled(x);
    const results = await runModel(compiled.toOnnx(), x);
    assert.deepEqual(Object.keys(results).sort(), ['grad', 'value']);
    assert.deepEqual([...(results.value?.data as Float32Array)], [...value.data]);
    assert.deepEqual([...(results.grad?.data as Float32Array)], [...grad.data]);
    assert.deepEqual(results.grad?.dims, [3]);
    await compiled.dispose();
  });

  it('names inputs by their places and outputs by the keys of what is returned, each once', async () => {
    const named = async (fn: (...inputs: tf.Tensor[]) => tf.Tensor, ...shapes: number[][]) => {
      const compiled = await compile(fn, ...shapes);
      const session = await InferenceSession.create(compiled.toOnnx());
      const names = [session.inputNames, session.outputNames];
      await session.release();
      await compiled.dispose();
      return names;
    };
    const returning = (result: (a: tf.Tensor) => unknown) =>
      named(result as (a: tf.Tensor) => tf.Tensor, [3]);
    assert.deepEqual(await returning((a) => a.exp()), [['input'], ['output']]);
    assert.deepEqual(await returning((a) => [a.exp(), a]), [['input'], ['output_0', 'output_1']]);
    assert.deepEqual(await returning((a) => ({ input: a, v1: { 'b/c': a.exp() }, 2: a.sin() })), [
      ['input'],
      ['output_2', 'input_', 'v1_b_c'],
    ]);
    assert.deepEqual(await named((a, b) => a.add(b), [3], [3]), [['input_0', 'input_1'], ['output']]);
  });

  it('gives a value that is returned twice under both names', async () => {
    const fn = (a: tf.Tensor) => ({ twice: a.mul(2), again: a.mul(2), thrice: a.mul(2).mul(1) });
    const compiled = await compile(fn, [3]);
    const ours = await compiled(x);
    const results = await runModel(compiled.toOnnx(), x);
    for (const name of ['twice', 'again', 'thrice'] as const) {
      assert.deepEqual([...ours[name].data], [2, -4, 6]);
      assert.deepEqual([...(results[name]?.data as Float32Array)], [2, -4, 6]);
    }
    await compiled.dispose();
  });

  it('is refused once the function is disposed', async () => {
    const compiled = await compile((a: tf.Tensor) => a.exp(), [3]);
    await compiled.dispose();
    assert.throws(() => compiled.toOnnx(), /The model is gone.* Call toOnnx\(\) before/);
  });
});
