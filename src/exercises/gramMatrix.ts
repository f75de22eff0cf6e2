/** The check of `gramMatrix`: In [20]. */
import * as tf from '@tensorflow/tfjs';
import { gramMatrix as rightly } from '../losses/lossFunctions';
import { sampleActivations } from './samples';
import { judgeTensor } from './tensorTask';
import { type Verdict, checked } from './verdict';

/** Checks `gramMatrix`, from activations [1, rows, columns, channels] to the matrix [channels, channels]. */
export function gramMatrix(answer: (x: tf.Tensor4D) => unknown): Promise<Verdict> {
  const x = sampleActivations(3);
  const [, rows, columns, channels] = x.shape;
  const positions = rows * columns;
  /** Channels in rows, positions in columns. */
  const flat = () => tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [channels, positions]);
  const right = () => rightly(tf.squeeze(x, [0]));
  return checked('gramMatrix', () =>
    judgeTensor({
      answer: () => answer(x),
      right,
      mistakes: () => {
        const mixed = tf.reshape(x, [channels, positions]);
        const centred = tf.sub(flat(), tf.mean(flat(), 1, true));
        return {
          'This is transposed: it compares positions, and should compare channels. Multiply flat by its transpose, not the other way round.':
            tf.matMul(flat(), flat(), true, false),
          'Channels and positions are mixed up: reshape does not move axes. Transpose first, so that the channels come first, then reshape.':
            tf.matMul(mixed, mixed, false, true),
          'This is divided by the number of positions. The book does not normalise here: leave the division out.':
            tf.div(right(), positions),
          'This is divided by the number of positions and channels. The book does not normalise here: leave the division out.':
            tf.div(right(), positions * channels),
          'The mean of each channel is subtracted, which gives the covariance. Leave the means in.':
            tf.matMul(centred, centred, false, true),
          'These are the squared features, not yet multiplied with one another. Use tf.matMul instead of a product of elements.':
            tf.square(flat()),
          'These are the features before they are multiplied. Multiply them by their transpose (tf.matMul).':
            flat(),
          'The batch axis is still there. Reshape to [channels, rows * columns], without the 1.':
            tf.expandDims(right(), 0),
        };
      },
    }),
  ).finally(() => x.dispose());
}
