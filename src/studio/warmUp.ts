import * as tf from '@tensorflow/tfjs';
import { compile } from '../compile';

/**
 * Loads the compiler and ONNX Runtime, and starts its thread, while the person still chooses pictures: the first picture comes sooner. What
 * fails here fails again when something is painted, and is shown then.
 */
export async function warmUp(): Promise<void> {
  const compiled = await compile((x: tf.Tensor) => tf.add(x, 1), [1]).catch(() => undefined);
  await compiled?.dispose();
}
