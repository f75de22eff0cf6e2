/** The check of a function that gives a tensor: its answer, the right one, and the usual mistakes, all from the same samples. */
import * as tf from '@tensorflow/tfjs';
import { compare } from './compare';
import { type Values, computed, tensorValues } from './values';

export interface TensorTask {
  answer: () => unknown;
  right: () => tf.Tensor;
  /** As in compare. */
  mistakes: () => Record<string, tf.Tensor>;
}

/** @throws Fault where the answer is not the right one */
export function judgeTensor({ answer, right, mistakes }: TensorTask): void {
  const values: { given?: Values } = {};
  tf.tidy(() => {
    values.given = tensorValues(answer());
  });
  compareWith(values.given as Values, right, mistakes);
}

/** The same for an answer that is known already. */
export function compareWith(
  given: Values,
  right: TensorTask['right'],
  mistakes: TensorTask['mistakes'],
): void {
  compare(given, computed(() => ({ right: right() })).right, computed(mistakes));
}
