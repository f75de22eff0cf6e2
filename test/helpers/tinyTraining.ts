import path from 'node:path';
import type { Picture } from '../../src/picture/image';
import { deprocess } from '../../src/picture/preprocess';
import type { DistilOptions } from '../../src/distil/distil';
import { tinyPicture, tinyVgg19 } from './tinyVgg19';

/** Narrower than the tiny teacher. */
export const TINY_SLIM_WIDTHS = [
  [4, 3],
  [4, 4],
  [5, 5, 5, 5],
  [6, 6, 6, 6],
  [6, 6, 6, 6],
] as const;

export function picture(seed: number, height = 80, width = 96): Picture {
  const x = tinyPicture(height, width, seed);
  const made = deprocess(x);
  x.dispose();
  return made;
}

/** A training that takes a second or two: crops of 32 x 32 pixels, a tiny teacher. */
export function tinyTraining(folder: string, more: Partial<DistilOptions> = {}): DistilOptions {
  const held = tinyPicture(48, 64, 9);
  return {
    teacher: tinyVgg19(),
    widths: TINY_SLIM_WIDTHS,
    pictures: [1, 2, 3].map((seed) => picture(seed)),
    heldOut: [{ data: held.dataSync<'float32'>(), height: 48, width: 64 }],
    size: 32,
    warmStartPictures: 12,
    steps: 60,
    rate: 0.01,
    seed: 7,
    checkpoint: path.join(folder, 'checkpoint'),
    interval: 30,
    threads: 1,
    ...more,
  };
}
