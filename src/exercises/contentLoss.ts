/** The check of `contentLoss`: In [19]. */
import * as tf from '@tensorflow/tfjs';
import { contentLoss as rightly } from '../losses/lossFunctions';
import { sampleActivations } from './samples';
import { judgeTensor } from './tensorTask';
import { type Verdict, checked } from './verdict';

/** Checks `contentLoss`, the sum of the squared differences of two activations. */
export function contentLoss(
  answer: (base: tf.Tensor4D, combination: tf.Tensor4D) => unknown,
): Promise<Verdict> {
  const [base, combination] = [sampleActivations(1), sampleActivations(2)];
  const difference = () => tf.sub(combination, base);
  return checked('contentLoss', () =>
    judgeTensor({
      answer: () => answer(base, combination),
      right: () => rightly(base, combination),
      mistakes: () => ({
        'This is the mean of the squared differences. Take their sum (tf.sum).': tf.mean(
          tf.square(difference()),
        ),
        'This is the sum of the differences: what is too large and what is too small cancel out. Square them first.':
          tf.sum(difference()),
        'This is the sum of the absolute differences. Square them instead.': tf.sum(tf.abs(difference())),
        'This is the square root of the right answer. Leave the square root out.': tf.sqrt(
          tf.sum(tf.square(difference())),
        ),
        'This is half of the right answer. Leave the factor 1/2 out, as the book does.': tf.div(
          tf.sum(tf.square(difference())),
          2,
        ),
        'The sum is squared. Square each difference, then add up.': tf.square(tf.sum(difference())),
        'The sign is wrong: a loss grows with the difference. Leave the minus out.': tf.neg(
          tf.sum(tf.square(difference())),
        ),
        'Base and combination are squared one by one. Subtract first, then square.': tf.sum(
          tf.sub(tf.square(combination), tf.square(base)),
        ),
        'Base and combination are added. Subtract one from the other.': tf.sum(
          tf.square(tf.add(combination, base)),
        ),
        'The squared differences are not added up yet. Take their sum (tf.sum).': tf.square(difference()),
        'The differences are neither squared nor added up. Do both.': difference(),
      }),
    }),
  ).finally(() => tf.dispose([base, combination]));
}
