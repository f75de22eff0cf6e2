import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useEagerBackend } from '../src/backend';

describe('useEagerBackend', () => {
  after(() => tf.setBackend('cpu'));

  it('sets a native backend, or says what is used instead', async () => {
    const { name, instead } = await useEagerBackend();
    assert.equal(tf.getBackend(), name);
    assert.ok(
      name === 'tensorflow' ? instead === undefined : /tfjs-node is not used \(.+\)/.test(instead ?? ''),
    );
    assert.notEqual(name, 'cpu', 'WebAssembly runs everywhere that Node does');
    assert.deepEqual([...tf.matMul([[1, 2]], [[3], [4]]).dataSync()], [11]);
  });
});
