/** The chapter's loss of small smooth pictures, for whatever compiles, exports or transforms it. */
import type * as tf from '@tensorflow/tfjs';
import type { FeatureExtractor } from '../../src/losses/features';
import { CHAPTER_TERMS } from '../../src/losses/terms';
import { targetsOf, transferLoss } from '../../src/losses/transferLoss';
import { tinyPicture } from './tinyVgg19';

/** A function of a picture [1, height, width, 3] that returns the weighted terms; content and style are tinyPictures 1 and 2. */
export function chapterLoss(
  extractor: FeatureExtractor,
  height: number,
  width: number,
): (x: tf.Tensor4D) => Record<string, tf.Scalar> {
  const [content, style] = [tinyPicture(height, width, 1), tinyPicture(height, width, 2)];
  return transferLoss(CHAPTER_TERMS, extractor, {
    ...targetsOf(CHAPTER_TERMS, 'content', extractor)(content),
    ...targetsOf(CHAPTER_TERMS, 0, extractor)(style),
  });
}
