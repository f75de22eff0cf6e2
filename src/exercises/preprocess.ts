/** The check of `preprocessImage`: In [17]. */
import * as tf from '@tensorflow/tfjs';
import { type Size, loadImage } from '../picture/image';
import { IMAGENET_MEANS_BGR, preprocess as rightly } from '../picture/preprocess';
import { compareWith } from './tensorTask';
import { tensorValues } from './values';
import { type Verdict, checked } from './verdict';

/**
 * Checks `preprocessImage`, the function from the path of a picture to VGG19's tensor [1, height, width, 3].
 *
 * @param imagePath a picture to try it on
 * @param size the size that the lesson gives all pictures
 */
export function preprocess(
  answer: (imagePath: string) => unknown,
  imagePath: string,
  size: Size,
): Promise<Verdict> {
  return checked('preprocessImage', async () => {
    const picture = await loadImage(imagePath, { size });
    const given = tensorValues(await answer(imagePath));
    compareWith(
      given,
      () => rightly(picture),
      () => {
        const rgb = tf.tensor4d(Float32Array.from(picture.data), [1, size.height, size.width, 3]);
        const bgr = tf.reverse(rgb, 3);
        const means = tf.tensor1d([...IMAGENET_MEANS_BGR]);
        const meansOfRgb = tf.reverse(means);
        return {
          'The channels are still in the order red, green, blue (RGB). Reverse the last axis, and subtract the means of blue, green, red.':
            tf.sub(rgb, meansOfRgb),
          'The means are right, but the channels are still in the order RGB. Reverse the last axis: VGG19 wants BGR, blue first.':
            tf.sub(rgb, means),
          'Blue gets the mean of red, and red that of blue. Reverse the channels first, then subtract the means of blue, green, red.':
            tf.sub(bgr, meansOfRgb),
          "The means are not subtracted. Subtract ImageNet's mean from each channel.": bgr,
          'These are the values of the file, unchanged. Reverse the channels to BGR, and subtract the means.':
            rgb,
          'The means are added. Subtract them.': tf.add(bgr, means),
          'The values are divided by 255 before the means are subtracted. VGG19 wants values from 0 to 255 minus the means.':
            tf.sub(tf.div(bgr, 255), means),
          'The values are divided by 255, and the means are not subtracted. VGG19 wants values from 0 to 255 minus the means.':
            tf.div(bgr, 255),
          'The picture is mirrored left to right, because axis 2 holds the columns. Reverse axis 3, the channels.':
            tf.sub(tf.reverse(rgb, 2), means),
          'The picture is upside down, because axis 1 holds the rows. Reverse axis 3, the channels.': tf.sub(
            tf.reverse(rgb, 1),
            means,
          ),
        };
      },
    );
  });
}
