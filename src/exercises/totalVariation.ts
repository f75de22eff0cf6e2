/** The check of `totalVariationLoss`: In [21]. */
import * as tf from '@tensorflow/tfjs';
import { totalVariationLoss } from '../losses/lossFunctions';
import type { Size } from '../picture/image';
import { samplePicture } from './samples';
import { judgeTensor } from './tensorTask';
import { type Verdict, checked } from './verdict';

/**
 * Checks `totalVariationLoss` of pictures [1, height, width, 3].
 *
 * @param size the size that the lesson gives all pictures
 */
export function totalVariation(
  answer: (x: tf.Tensor4D) => unknown,
  { height, width }: Size,
): Promise<Verdict> {
  const x = samplePicture(6, height, width);
  return checked('totalVariationLoss', () =>
    judgeTensor({
      answer: () => answer(x),
      right: () => totalVariationLoss(x),
      mistakes: () => {
        const size: [number, number, number, number] = [1, height - 1, width - 1, 3];
        const corner = tf.slice4d(x, [0, 0, 0, 0], size);
        const below = tf.sub(corner, tf.slice4d(x, [0, 1, 0, 0], size));
        const beside = tf.sub(corner, tf.slice4d(x, [0, 0, 1, 0], size));
        const across = tf.sub(corner, tf.slice4d(x, [0, 1, 1, 0], size));
        const [a, b] = [tf.square(below), tf.square(beside)];
        const power = (values: tf.Tensor) => tf.pow(values, 1.25);
        return {
          'The power is missing. Raise a + b to 1.25 before the sum.': tf.sum(tf.add(a, b)),
          'This is the square root of a + b. The book takes the power 1.25.': tf.sum(tf.sqrt(tf.add(a, b))),
          'a and b are raised to 1.25 one by one. Add them first.': tf.sum(tf.add(power(a), power(b))),
          'The power is taken of the sum. Raise each pixel to 1.25 first, then add up.': power(
            tf.sum(tf.add(a, b)),
          ),
          'This is the mean over the pixels. Take the sum (tf.sum).': tf.mean(power(tf.add(a, b))),
          'Only the differences to the pixel below count. Add those to the pixel on the right.': tf.sum(
            power(a),
          ),
          'Only the differences to the pixel on the right count. Add those to the pixel below.': tf.sum(
            power(b),
          ),
          'These are absolute differences. Square them.': tf.sum(
            power(tf.add(tf.abs(below), tf.abs(beside))),
          ),
          'The differences are added before they are squared. Square each, then add.': tf.sum(
            power(tf.square(tf.add(below, beside))),
          ),
          'Each pixel is compared with the one below and to the right at once. Compare it with the one below, and with the one on the right.':
            tf.sum(power(tf.square(across))),
          'Nothing is added up yet. Take the sum over all pixels and channels (tf.sum).': power(tf.add(a, b)),
          'The sign is wrong: a loss grows with the differences. Leave the minus out.': tf.neg(
            tf.sum(power(tf.add(a, b))),
          ),
        };
      },
    }),
  ).finally(() => x.dispose());
}
