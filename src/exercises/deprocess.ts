/** The check of `deprocessImage`: In [17]. */
import * as tf from '@tensorflow/tfjs';
import type { Size } from '../picture/image';
import { IMAGENET_MEANS_BGR, deprocess as rightly } from '../picture/preprocess';
import { compare } from './compare';
import { samplePicture } from './samples';
import { type Values, computed, whatItIs } from './values';
import { Fault, type Verdict, checked } from './verdict';

/** A level up or down: the book cuts off the decimals, and we round. */
const ONE_LEVEL = 1;

/**
 * Checks `deprocessImage`, the function from the numbers of VGG19's tensor back to a picture { height, width, data }.
 *
 * @param size the size that the lesson gives all pictures
 */
export function deprocess(answer: (x: Float64Array) => unknown, { height, width }: Size): Promise<Verdict> {
  return checked('deprocessImage', async () => {
    const sample = samplePicture(1, height, width);
    const x = Float64Array.from(sample.dataSync());
    const right = rightly({ data: x, height, width });
    const given = pictureValues(await answer(x.slice()), { height, width });
    const made = computed(() => {
      const means = tf.tensor1d([...IMAGENET_MEANS_BGR]);
      const bgr = tf.add(sample, means);
      const rgb = tf.reverse(bgr, 3);
      const byte = (values: tf.Tensor) => tf.clipByValue(tf.round(values), 0, 255).flatten();
      const wrapped = (values: tf.Tensor) => tf.tensor1d(Array.from(Uint8Array.from(values.dataSync())));
      return {
        'The means are not added back. Add the mean of each channel.': byte(tf.reverse(sample, 3)),
        'The channels are still in the order BGR, blue first. Reverse the last axis.': byte(bgr),
        'The means are not added back, and the channels are still in the order BGR. Do both.': byte(sample),
        'Red gets the mean of blue, and blue that of red. Add the means of blue, green, red before you reverse the channels.':
          byte(tf.add(tf.reverse(sample, 3), means)),
        'The means are subtracted once more. Add them.': byte(tf.reverse(tf.sub(sample, means), 3)),
        'Values below 0 or above 255 wrap around to the other end. Clip them to 0 to 255 before you store them as bytes.':
          wrapped(tf.round(rgb)),
        'Values below 0 or above 255 wrap around to the other end. Clip them to 0 to 255 first.':
          wrapped(rgb),
        'Some values are below 0 or above 255. Clip them to 0 to 255.': rgb.flatten(),
        'The values are divided by 255. A picture has levels from 0 to 255.': tf.div(byte(rgb), 255),
      };
    });
    sample.dispose();
    compare(given, { shape: [right.data.length], data: right.data }, made, ONE_LEVEL);
  });
}

/** @throws Fault where the answer is no picture of this size */
function pictureValues(answer: unknown, { height, width }: Size): Values {
  if (typeof answer !== 'object' || answer === null || !('data' in answer)) {
    throw new Fault(`${whatItIs(answer)} Return a picture, { height: ..., width: ..., data: ... }.`);
  }
  const picture = answer as { height?: unknown; width?: unknown; data: ArrayLike<number> };
  if (picture.height === width && picture.width === height && height !== width) {
    throw new Fault('Height and width are swapped. A picture of this lesson is wider than high.');
  }
  if (picture.height !== height || picture.width !== width) {
    throw new Fault(
      `The picture says that it is ${String(picture.width)} x ${String(picture.height)} pixels, but it should be ${width} x ${height}. Take imgWidth and imgHeight.`,
    );
  }
  if (picture.data.length !== height * width * 3) {
    throw new Fault(
      `The picture has ${picture.data.length} values, but ${width} x ${height} pixels need ${height * width * 3}, three for each. Keep all of them.`,
    );
  }
  return { shape: [picture.data.length], data: picture.data };
}
