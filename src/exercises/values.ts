/** Numbers with a shape: what answers are compared as. */
import * as tf from '@tensorflow/tfjs';
import { Fault } from './verdict';

export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export function valuesOf(tensor: tf.Tensor): Values {
  return { shape: tensor.shape, data: Float64Array.from(tensor.dataSync()) };
}

/** The values of a tensor, or of several by name. Everything that the computation makes is freed again. */
export function computed(compute: () => Record<string, tf.Tensor>): Record<string, Values> {
  const values: Record<string, Values> = {};
  tf.tidy(() => {
    for (const [name, tensor] of Object.entries(compute())) values[name] = valuesOf(tensor);
  });
  return values;
}

/**
 * The values of an answer that has to be a tensor.
 *
 * @throws Fault where it is something else
 */
export function tensorValues(answer: unknown): Values {
  if (isTensor(answer)) return valuesOf(answer);
  throw new Fault(`${whatItIs(answer)} Return a tensor.`);
}

function isTensor(answer: unknown): answer is tf.Tensor {
  return answer instanceof tf.Tensor;
}

/** What an answer is instead of what it should be, as a sentence. */
export function whatItIs(answer: unknown): string {
  if (answer === undefined) return 'Your function returns nothing: a return is missing.';
  if (answer instanceof Promise) {
    return 'Your function returns a promise: take out async and await, because tfjs needs the result at once.';
  }
  if (typeof answer === 'number') {
    return 'Your function returns a number, and tfjs cannot follow a gradient through it.';
  }
  if (isTensor(answer)) return `Your function returns a tensor [${answer.shape.join(', ')}].`;
  if (Array.isArray(answer) || ArrayBuffer.isView(answer)) return 'Your function returns an array.';
  return `Your function returns ${answer === null ? 'null' : `a value of the type ${typeof answer}`}.`;
}
