/** The check of `styleLoss`: In [20]. */
import * as tf from '@tensorflow/tfjs';
import { gramMatrix, styleLoss as rightly } from '../losses/lossFunctions';
import type { Size } from '../picture/image';
import { sampleActivations } from './samples';
import { judgeTensor } from './tensorTask';
import { type Verdict, checked } from './verdict';

/**
 * Checks `styleLoss`, from two activations [1, rows, columns, channels] to the distance of their Gram matrices.
 *
 * @param size the size that the lesson gives all pictures; the loss is divided by its square
 */
export function styleLoss(
  answer: (style: tf.Tensor4D, combination: tf.Tensor4D) => unknown,
  { height, width }: Size,
): Promise<Verdict> {
  const [style, combination] = [sampleActivations(4), sampleActivations(5)];
  const [, rows, columns, layerChannels] = style.shape;
  const size = height * width;
  const inPicture = (x: tf.Tensor4D) => tf.squeeze<tf.Tensor3D>(x, [0]);
  return checked('styleLoss', () =>
    judgeTensor({
      answer: () => answer(style, combination),
      right: () => rightly(inPicture(style), inPicture(combination), height, width),
      mistakes: () => {
        const apart = tf.sub(gramMatrix(inPicture(style)), gramMatrix(inPicture(combination)));
        const squares = tf.square(apart);
        const sum = tf.sum(squares);
        return {
          'The division is missing: normalise by 4 channels² size².': sum,
          'The Gram matrices are missing: this compares the activations, so it asks where things are. Compare gramMatrix of both.':
            tf.div(tf.sum(tf.square(tf.sub(style, combination))), 4 * 9 * size ** 2),
          'The size is not squared. Divide by 4 channels² size².': tf.div(sum, 4 * 9 * size),
          'The channels are not squared. Divide by 4 channels² size².': tf.div(sum, 4 * 3 * size ** 2),
          'Neither channels nor size are squared. Divide by 4 channels² size².': tf.div(sum, 4 * 3 * size),
          'The factor 4 is missing below. Divide by 4 channels² size².': tf.div(sum, 9 * size ** 2),
          "These are the channels of the layer. The book takes the picture's: 3.": tf.div(
            sum,
            4 * layerChannels ** 2 * size ** 2,
          ),
          "This is the size of the layer. The book takes the picture's: imgHeight * imgWidth.": tf.div(
            sum,
            4 * 9 * (rows * columns) ** 2,
          ),
          "These are channels and size of the layer. The book takes the picture's: 3 and imgHeight * imgWidth.":
            tf.div(sum, 4 * layerChannels ** 2 * (rows * columns) ** 2),
          'This is the mean of the squared differences. Take their sum (tf.sum) before you divide.': tf.div(
            tf.mean(squares),
            4 * 9 * size ** 2,
          ),
          'The differences are not squared. Square them before the sum.': tf.div(
            tf.sum(apart),
            4 * 9 * size ** 2,
          ),
          'These are absolute differences. Square them instead.': tf.div(
            tf.sum(tf.abs(apart)),
            4 * 9 * size ** 2,
          ),
          'The squared differences are not added up yet. Take their sum (tf.sum).': tf.div(
            squares,
            4 * 9 * size ** 2,
          ),
          'The sign is wrong: a loss grows with the difference. Leave the minus out.': tf.div(
            sum,
            -4 * 9 * size ** 2,
          ),
        };
      },
    }),
  ).finally(() => tf.dispose([style, combination]));
}
