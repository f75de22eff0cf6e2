/** Compiled functions run in a thread of their own: what the thread is given, in which order, and how it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import { type CompiledFunction, type NDArray, compile } from '../src/compile';
import { openSession } from '../src/compile/session';

/** Those that this process has started; mocha reads this file before any test runs. */
const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));

const SIDE = 700;

/** A chain of matrix products that takes some tenths of a second. */
function slow(): Promise<CompiledFunction<tf.Tensor>> {
  const chain = (x: tf.Tensor) => Array.from({ length: 24 }).reduce<tf.Tensor>((y) => y.matMul(x), x);
  return compile(chain, [SIDE, SIDE]);
}

const matrix = () => new Float32Array(SIDE * SIDE);
const double = () => compile((x: tf.Tensor) => x.mul(2), [3]);
const numbers = ({ data }: NDArray) => [...data];

describe("compiled functions' thread", () => {
  before(() => tf.setBackend('cpu'));

  it('keeps ONNX Runtime out of the main thread', () => {
    const script = path.join(__dirname, 'helpers', 'loadedByCompile.ts');
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' });
    assert.match(stdout, /\[\]$/);
  });

  it('frees the session of a function that nobody holds any more', () => {
    const script = path.join(__dirname, 'helpers', 'forgottenFunction.ts');
    const args = ['--expose-gc', '--import', 'tsx', script];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(stdout), ['open', 'run', 'close']);
  });

  it('lets timers run meanwhile', async () => {
    const run = await slow();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await run(matrix());
    clearInterval(timer);
    await run.dispose();
    assert.ok(ticks >= 5, `${ticks} ticks`);
  });

  it("leaves the caller's arrays as they are, views and shared ones included", async () => {
    const run = await double();
    const whole = Float32Array.of(0, 1, 2, 3, 4);
    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, 2, 3]);
    const tensor = tf.tensor1d([1, 2, 3]);
    for (const input of [
      whole.subarray(1, 4),
      shared,
      tensor,
      Float64Array.of(1, 2, 3),
      [1, 2, 3],
      Float32Array.of(1, 2, 3),
    ]) {
      assert.deepEqual(numbers(await run(input)), [2, 4, 6]);
      assert.deepEqual(Array.from(input instanceof tf.Tensor ? input.dataSync() : input), [1, 2, 3]);
    }
    assert.deepEqual([...whole], [0, 1, 2, 3, 4]);
    tensor.dispose();
    await run.dispose();
  });

  it('takes an array as it is when it is given', async () => {
    const run = await double();
    const x = Float32Array.of(1, 2, 3);
    const result = run(x);
    x.fill(7);
    assert.deepEqual(numbers(await result), [2, 4, 6]);
    await run.dispose();
  });

  it('answers in the order in which it was asked, whatever the function', async () => {
    const [long, short] = await Promise.all([slow(), double()]);
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    await Promise.all([
      short([1, 2, 3]).then(note('a')),
      long(matrix()).then(note('b')),
      short([1, 2, 3]).then(note('c')),
      long(matrix()).then(note('d')),
    ]);
    assert.deepEqual(order, ['a', 'b', 'c', 'd']);
    await Promise.all([long.dispose(), short.dispose()]);
  });

  it("passes ONNX Runtime's errors on, and goes on", async () => {
    await assert.rejects(openSession(Uint8Array.of(1, 2, 3), [], [], {}), /protobuf/i);
    await assert.rejects(openSession(new Uint8Array(10_000).fill(9), [], [], {}), /protobuf/i);
    const run = await double();
    assert.deepEqual(numbers(await run([1, 2, 3])), [2, 4, 6]);
    await run.dispose();
  });

  it('finishes what was begun before a disposal, and says so when called after it', async () => {
    const run = await double();
    const tensor = tf.tensor1d([1, 2, 3]);
    const results = [run(tensor), run([1, 2, 3])];
    const disposal = run.dispose();
    await assert.rejects(run([1, 2, 3]), /was disposed of\. Compile it again/);
    for (const result of results) assert.deepEqual(numbers(await result), [2, 4, 6]);
    await disposal;
    await run.dispose();
    tensor.dispose();
  });
});

describe("the end of compiled functions' thread", () => {
  before(() => tf.setBackend('cpu'));

  it('rejects the calls that wait for it; the next compile starts another', async () => {
    const run = await double();
    const started = workers.length;
    // While it is idle: stopped within a native call, it would take the process with it.
    const ended = workers.at(-1)?.terminate();
    const calls = [run([1, 2, 3]), run([1, 2, 3])].map((call) =>
      assert.rejects(call, /^Error: ONNX Runtime's thread died: exit code 1\. Compile the function again\.$/),
    );
    await Promise.all([ended, ...calls]);
    await assert.rejects(run([1, 2, 3]), /thread died/);
    await run.dispose();

    const again = await double();
    assert.equal(workers.length, started + 1);
    assert.deepEqual(numbers(await again([1, 2, 3])), [2, 4, 6]);
    await again.dispose();
  });

  it('leaves the exit code to a process that exits during a run', () => {
    const script = path.join(__dirname, 'helpers', 'exitsDuringRun.ts');
    const { status, signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
      encoding: 'utf8',
    });
    assert.deepEqual({ status, signal, stderr }, { status: 3, signal: null, stderr: '' });
  });
});
