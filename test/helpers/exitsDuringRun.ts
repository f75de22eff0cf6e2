/** Exits with code 3 while a compiled function runs. */
import * as tf from '@tensorflow/tfjs';
import '../../src/greeting';
import { compile } from '../../src/compile';

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const product = await compile((x: tf.Tensor) => x.matMul(x).matMul(x).matMul(x), [1200, 1200]);
  void product(new Float32Array(1200 * 1200));
  setTimeout(() => process.exit(3), 20);
}

void main();
