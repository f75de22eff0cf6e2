/** The check of `convolution`, a layer of the network made by hand: In [18]. */
import * as tf from '@tensorflow/tfjs';
import { sampleActivations } from './samples';
import { judgeTensor } from './tensorTask';
import { type Verdict, checked } from './verdict';

/** Checks `convolution`: a 3 x 3 convolution that keeps the size, with a bias and ReLU. */
export function convolution(
  answer: (x: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D) => unknown,
): Promise<Verdict> {
  const x = sampleActivations(7, 6, 8, 3);
  const kernel = tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4], 0, 0.4, 'float32', 8);
  const bias = tf.randomNormal<tf.Rank.R1>([4], 0, 0.7, 'float32', 9);
  const filtered = (filters: tf.Tensor4D, padding: 'same' | 'valid' = 'same') =>
    tf.conv2d(x, filters, 1, padding);
  return checked('convolution', () =>
    judgeTensor({
      answer: () => answer(x, kernel, bias),
      right: () => tf.relu(tf.add(filtered(kernel), bias)),
      mistakes: () => ({
        'ReLU is missing: negative values are still there. Finish with tf.relu.': tf.add(
          filtered(kernel),
          bias,
        ),
        'The bias is missing. Add it before ReLU.': tf.relu(filtered(kernel)),
        'Bias and ReLU are missing. Add the bias, then take tf.relu.': filtered(kernel),
        'ReLU comes before the bias. Add the bias first.': tf.add(tf.relu(filtered(kernel)), bias),
        'The result is smaller than the picture, because nothing is added at the edges. Take the padding same.':
          tf.relu(tf.add(filtered(kernel, 'valid'), bias)),
        'The result has half the size: the stride is 2. Take a stride of 1.': tf.relu(
          tf.add(tf.conv2d(x, kernel, 2, 'same'), bias),
        ),
        'The filters are turned by 180 degrees, as in mathematics. A network does not turn them.': tf.relu(
          tf.add(filtered(tf.reverse(kernel, [0, 1])), bias),
        ),
        'Rows and columns of the filters are swapped. Take the kernel as it is.': tf.relu(
          tf.add(filtered(tf.transpose(kernel, [1, 0, 2, 3])), bias),
        ),
        'The bias is subtracted. Add it.': tf.relu(tf.sub(filtered(kernel), bias)),
      }),
    }),
  ).finally(() => tf.dispose([x, kernel, bias]));
}
