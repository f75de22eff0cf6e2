/** The pictures of a training: a painting at the height at which it is looked at, and photographs to train on and to score on. */
import path from 'node:path';
import { UserError } from '../errors';
import { type Picture, loadImage, pictureSize, resizePicture } from '../picture/image';
import { listPictures } from '../train/listPictures';

/** One photograph in so many is scored on, and not trained on, up to a few. */
const ONE_IN = 8;
const MOST_HELD_OUT = 5;
/** Photographs are brought down to this shorter side: crops of a few hundred pixels see no more. */
const SHORTER_SIDE = 400;
/** Crops need as many pixels. */
const LEAST_SIDE = 224;

export async function paintingAt(file: string, height: number): Promise<Picture> {
  const { width, height: own } = await pictureSize(file);
  return loadImage(file, { size: { height, width: Math.max(16, Math.round((width * height) / own)) } });
}

/**
 * The photographs in these folders that are large enough, without the painting.
 *
 * @throws UserError where there is none
 */
export async function photographsIn(folders: readonly string[], style: string): Promise<Picture[]> {
  const { training: files } = await listPictures(folders, []);
  const pictures: Picture[] = [];
  for (const file of files) {
    if (path.resolve(file) === path.resolve(style)) continue;
    const picture = await loadImage(file);
    const shorter = Math.min(picture.width, picture.height);
    if (shorter < LEAST_SIDE) continue;
    const scale = Math.min(1, SHORTER_SIDE / shorter);
    const size = { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
    pictures.push(await resizePicture(picture, size, 'lanczos3'));
  }
  if (pictures.length > 0) return pictures;
  throw new UserError(
    `No picture in ${folders.join(', ')} has ${LEAST_SIDE} pixels along both sides. Name a folder of larger ones.`,
  );
}

/** Every eighth is held out, up to five. */
export function split<T>(all: readonly T[]): { training: T[]; heldOut: T[] } {
  const isHeldOut = (i: number) => i % ONE_IN === ONE_IN - 1 && i < ONE_IN * MOST_HELD_OUT;
  return {
    training: all.filter((_, i) => !isHeldOut(i)),
    heldOut: all.filter((_, i) => isHeldOut(i)),
  };
}
