/** What the terms of a loss compare a painted picture's style with: computed once for each style. */
import { type DeviceName, type NDArray, compile } from '../compile';
import { type BatchExtractor, firstOf } from '../losses/features';
import { type LossTerm, termsAbout } from '../losses/terms';
import { listTargets, targetsOf } from '../losses/transferLoss';
import type { Picture } from '../picture/image';
import { preprocess } from '../picture/preprocess';
import type * as tf from '@tensorflow/tfjs';

/** A style's targets, in the order in which `perceptual` takes them. */
export async function targetsOfStyle(
  terms: readonly LossTerm[],
  extractor: BatchExtractor,
  picture: Picture,
  options: { device?: DeviceName; threads?: number } = {},
): Promise<NDArray[]> {
  const targets = targetsOf(terms, 0, firstOf(extractor));
  const list = (x: tf.Tensor) => listTargets(termsAbout(terms, 0), targets(x as tf.Tensor4D));
  const compiled = await compile(list, [1, picture.height, picture.width, 3], {
    ...options,
    // A function that is called once would not win back the time in which its filters are transformed.
    winograd: false,
  });
  const x = preprocess(picture);
  try {
    return await compiled(x);
  } finally {
    x.dispose();
    await compiled.dispose();
  }
}
