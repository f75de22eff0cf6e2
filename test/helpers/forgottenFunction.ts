/** Compiles a function, forgets it, collects garbage (--expose-gc), and prints what ONNX Runtime's thread was asked meanwhile, as JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import '../../src/greeting';
import { compile } from '../../src/compile';
import { sessionThread } from '../../src/compile/sessionThread';

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const thread = sessionThread();
  const asked: string[] = [];
  const ask = thread.ask.bind(thread);
  thread.ask = (request, transfer) => {
    asked.push(request.ask);
    return ask(request, transfer);
  };
  await (
    await compile((x: tf.Tensor) => x.mul(2), [3])
  )([1, 2, 3]);
  for (let i = 0; i < 20 && !asked.includes('close'); i++) {
    globalThis.gc?.();
    await sleep(20);
  }
  process.stdout.write(JSON.stringify(asked));
}

void main();
