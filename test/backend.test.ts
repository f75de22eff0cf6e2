import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useEagerBackend } from '../src/notebook/backend';
import { supplyRemovedUtil } from '../src/notebook/removedUtil';

describe('useEagerBackend', () => {
  after(() => tf.setBackend('cpu'));

  async function computes(name: string): Promise<void> {
    assert.equal(tf.getBackend(), name);
    assert.deepEqual([...(await tf.matMul([[1, 2]], [[3], [4]]).data())], [11]);
  }

  it('sets a native backend, or says what is used instead', async () => {
    const { name, instead } = await useEagerBackend();
    assert.ok(
      name === 'tensorflow' ? instead === undefined : /tfjs-node is not used \(.+\)/.test(instead ?? ''),
    );
    assert.notEqual(name, 'cpu', 'WebAssembly runs everywhere that Node does');
    await computes(name);
  });

  describe('where tfjs-node does not work', () => {
    afterEach(() => {
      if (tf.findBackend('tensorflow')) tf.removeBackend('tensorflow');
    });

    /** A backend by tfjs-node's name that starts, and whose every op throws. */
    class Broken extends tf.KernelBackend {
      override write(): never {
        throw new TypeError('(0, util_1.isNullOrUndefined) is not a function');
      }
      override dispose(): void {
        // Nothing is held.
      }
    }
    const missing = (message: string, code: string) => () =>
      Promise.reject(Object.assign(new Error(message), { code }));
    const failures: [string, () => Promise<unknown>, RegExp][] = [
      [
        'it is not installed, as require says it',
        missing("Cannot find module '@tensorflow/tfjs-node'", 'MODULE_NOT_FOUND'),
        /\(it is not installed\)/,
      ],
      [
        'it is not installed, as import says it',
        missing("Cannot find package '@tensorflow/tfjs-node' imported from here", 'ERR_MODULE_NOT_FOUND'),
        /\(it is not installed\)/,
      ],
      [
        'a module that it needs is missing',
        missing("Cannot find module 'bindings'", 'MODULE_NOT_FOUND'),
        /\(Cannot find module 'bindings'\)/,
      ],
      [
        'its native library is missing',
        () => Promise.reject(new Error('The native module can not be found at x.node.\nInstall it.')),
        /\(The native module can not be found at x\.node\.\)/,
      ],
      [
        'its backend is not there after all',
        () => Promise.resolve(),
        /\(.*tensorflow.* not found in registry\)/,
      ],
      [
        'it starts and cannot compute',
        () => Promise.resolve(tf.registerBackend('tensorflow', () => new Broken())),
        /isNullOrUndefined\) is not a function/,
      ],
    ];
    for (const [name, load, message] of failures) {
      it(name, async () => {
        const chosen = await useEagerBackend(load);
        assert.equal(chosen.name, 'wasm');
        assert.match(chosen.instead ?? '', message);
        await computes('wasm');
      });
    }
  });
});

describe('supplyRemovedUtil', () => {
  it('puts back what Node has removed, out of sight, and leaves what is there', () => {
    const isArray = () => false;
    const util: { isArray: () => boolean; isNullOrUndefined?: (value: unknown) => boolean } = { isArray };
    supplyRemovedUtil(util);
    assert.deepEqual(
      [null, undefined, 0, ''].map((value) => util.isNullOrUndefined?.(value)),
      [true, true, false, false],
    );
    assert.equal(util.isArray, isArray);
    assert.deepEqual(Object.keys(util), ['isArray']);
  });
});
