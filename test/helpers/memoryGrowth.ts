/** Many evaluations of a transfer with the tiny network; prints, as JSON, how many tensors and bytes there were along the way. */
import * as tf from '@tensorflow/tfjs';
import '../../src/greeting';
import { problemFromSettings } from '../../src/problem/fromSettings';
import { createProblem } from '../../src/problem/problem';
import { readSettings } from '../../src/settings';
import { transfer } from '../../src/transfer/transfer';
import { openTinyVgg19 } from './tinyVgg19';

export interface Reading {
  evaluations: number;
  tensors: number;
  rss: number;
}

async function main(): Promise<void> {
  const [content, style, height, iterations] = process.argv.slice(2);
  const settings = readSettings({ content, style, height, iterations, evaluations: 20, threads: 1 });
  const problem = await createProblem({ ...problemFromSettings(settings), openNetwork: openTinyVgg19 });
  const readings: Reading[] = [];
  for await (const event of transfer(problem, settings)) {
    if (event.type !== 'iteration') continue;
    // What is garbage does not count.
    globalThis.gc?.();
    const { numTensors } = tf.memory();
    readings.push({ evaluations: event.evaluations, tensors: numTensors, rss: process.memoryUsage.rss() });
  }
  await problem.dispose();
  process.stdout.write(JSON.stringify(readings));
}

void main();
