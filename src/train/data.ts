/** What a network is trained on: random crops of pictures, at random scales, turned left to right, and some of them disturbed. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { UserError } from '../errors';
import { type Picture, loadImage } from '../picture/image';
import { IMAGENET_MEANS_BGR, preprocess } from '../picture/preprocess';
import type { Random } from './random';

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif'];
/** Larger pictures are brought down to this on loading: a crop of a few hundred pixels sees no more. */
const LONGEST_SIDE = 1100;
/** The smallest part of a picture's shorter side that a crop spans. */
const SMALLEST_WINDOW = 0.4;

/**
 * The paths of all pictures in these folders, by name, without those whose file names are held out. A folder named twice counts twice:
 * its pictures are drawn twice as often.
 */
export async function listPictures(
  folders: readonly string[],
  heldOut: readonly string[],
): Promise<{ training: string[]; heldOut: string[] }> {
  const files: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder).catch((error: unknown) => {
      throw new UserError(
        `Cannot read the folder of pictures ${folder}: ${(error as Error).message}. Name another one.`,
        { cause: error },
      );
    });
    const pictures = names.filter((name) => EXTENSIONS.includes(path.extname(name).toLowerCase()));
    if (pictures.length === 0)
      throw new UserError(`There are no pictures in ${folder}. Name another folder.`);
    files.push(...pictures.sort().map((name) => path.join(folder, name)));
  }
  const isHeldOut = (file: string) => heldOut.includes(path.basename(file));
  const missing = heldOut.filter((name) => !files.some((file) => path.basename(file) === name));
  if (missing.length > 0) {
    throw new UserError(
      `These pictures to hold out are not among the pictures: ${missing.join(', ')}. Check their names.`,
    );
  }
  const training = files.filter((file) => !isHeldOut(file));
  if (training.length === 0)
    throw new UserError('All pictures are held out, so none is left to train on. Hold out fewer.');
  return { training, heldOut: [...new Set(files.filter(isHeldOut))] };
}

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
