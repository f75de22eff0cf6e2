/** Compiles and runs a function, and prints which of ONNX Runtime's files this thread has loaded, as JSON. */
import * as tf from '@tensorflow/tfjs';
import { compile } from '../../src/compile';

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const run = await compile((x: tf.Tensor) => x.mul(2), [3]);
  await run([1, 2, 3]);
  await run.dispose();
  const loaded = Object.keys(require.cache).filter((file) => file.includes('onnxruntime-node'));
  process.stdout.write(JSON.stringify(loaded));
}

void main();
