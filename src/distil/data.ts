/** What a network is trained on: random crops of pictures, at random scales, turned left to right, and some of them disturbed. */
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { type Picture, loadImage } from '../picture/image';
import { IMAGENET_MEANS_BGR, preprocess } from '../picture/preprocess';
import type { Random } from '../train/random';

/** Larger pictures are brought down to this on loading: a crop of a few hundred pixels sees no more. */
const LONGEST_SIDE = 1100;
/** The smallest part of a picture's shorter side that a crop spans. */
const SMALLEST_WINDOW = 0.4;

/** Loads pictures to be cropped. */
export async function loadPictures(files: readonly string[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const file of files) {
    const picture = await loadImage(file);
    const { width, height } = picture;
    const scale = LONGEST_SIDE / Math.max(width, height);
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    pictures.push(scale < 1 ? await loadImage(file, { size }) : picture);
  }
  return pictures;
}

/**
 * A square part of a picture: of a random place and size, brought to size x size, and turned left to right half of the time.
 *
 * @returns preprocess's form, row-major [size, size, 3]
 */
export async function randomCrop(picture: Picture, size: number, random: Random): Promise<Float32Array> {
  const { width, height, data } = picture;
  const shorter = Math.min(width, height);
  const window = Math.round(shorter * SMALLEST_WINDOW ** random.next());
  const left = random.below(width - window + 1);
  const top = random.below(height - window + 1);
  const mirrored = random.next() < 0.5;
  const crop = await sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: window, height: window })
    .resize(size, size, { fit: 'fill', kernel: 'lanczos3' })
    .flop(mirrored)
    .raw()
    .toBuffer();
  return preprocessed(crop, size);
}

/** A square picture of 8-bit RGB as VGG19 takes it, row-major [size, size, 3]. */
export function preprocessed(data: Uint8Array, size: number): Float32Array {
  return tf.tidy(() => preprocess({ data, width: size, height: size }).dataSync<'float32'>());
}

/**
 * A picture as an optimiser may come by it: mixed with another one, with noise, or with its contrast changed; all displayable.
 *
 * @param x, other in preprocess's form, of one size
 */
export function disturbed(x: Float32Array, other: Float32Array, random: Random): Float32Array {
  const share = random.next() < 0.5 ? random.between(0.1, 0.6) : 0;
  const noise = random.next() < 0.7 ? random.between(2, 45) : 0;
  const contrast = random.next() < 0.5 ? random.between(0.5, 1.5) : 1;
  return x.map((value, i) => {
    const mean = IMAGENET_MEANS_BGR[(i % 3) as 0 | 1 | 2];
    const mixed = contrast * ((1 - share) * value + share * other[i]);
    const level = mixed + (noise === 0 ? 0 : noise * random.normal()) + mean;
    return Math.min(Math.max(level, 0), 255) - mean;
  });
}
