/**
 * Grey pictures as regions of the result: white where a style is painted, black where it is not, grey for soft edges. The word `sky` stands
 * for the sky of the content picture.
 */
import { UserError } from '../errors';
import { type Mask, type Region, regionOf } from '../losses/regions';
import { type Picture, type PictureSource, type Size, loadImage, resizePicture } from '../picture/image';
import { maskWithMargin } from './margin';

/** A file of this name is ./sky. */
export const SKY = 'sky';

/**
 * A region for each style picture.
 *
 * @param masks one for each style picture, or one fewer: then the last style gets what the others leave
 * @param content the content picture at the result's size
 * @param margin how many pixels more the canvas has on each side
 * @throws UserError for another number of masks, one that is black everywhere, nothing left for the last style, or a sky that is not found
 */
export async function readRegions(
  masks: readonly PictureSource[],
  styles: number,
  content: Picture,
  margin = 0,
): Promise<Region[]> {
  if (masks.length === 0) return [];
  if (masks.length !== styles && masks.length !== styles - 1) {
    throw new UserError(
      `There are ${masks.length} masks for ${styles} style pictures. Give one mask for each, or leave out the last.`,
    );
  }
  const size = { width: content.width, height: content.height };
  const read: Mask[] = [];
  for (const mask of masks) {
    const picture = mask === SKY ? await skyOf(content) : await loadImage(mask);
    const { data } = await resizePicture(picture, size, 'lanczos3');
    const grey = (i: number) => (data[i] + data[i + 1] + data[i + 2]) / (3 * 255);
    read.push({
      ...size,
      data: Float32Array.from({ length: size.width * size.height }, (_, i) => grey(3 * i)),
    });
  }
  if (read.length < styles) read.push(restOf(read, size));
  const empty = read.findIndex(({ data }) => data.every((share) => share === 0));
  if (empty >= 0) {
    throw new UserError(
      empty < masks.length
        ? `Mask ${empty + 1} is black everywhere, so its style would be painted nowhere. Paint its region white.`
        : 'The masks leave nothing for the last style. Paint a part of them black.',
    );
  }
  return read.map((mask) => regionOf(maskWithMargin(mask, margin)));
}

/** The masks that are files, or pictures from elsewhere. */
export function givenMasks(masks: readonly PictureSource[]): PictureSource[] {
  return masks.filter((mask) => mask !== SKY);
}

/** The sky of a picture, white, at whatever size it was looked for. */
async function skyOf(content: Picture): Promise<Picture> {
  // It loads ml-matrix.
  const { skyMask } = await import('./sky.js');
  const { width, height, data } = await skyMask(content);
  return {
    width,
    height,
    data: Uint8Array.from({ length: 3 * data.length }, (_, i) => 255 * data[Math.floor(i / 3)]),
  };
}

function restOf(masks: readonly Mask[], size: Size): Mask {
  const data = new Float32Array(size.width * size.height);
  return {
    ...size,
    data: data.map((_, i) => Math.max(0, 1 - masks.reduce((sum, mask) => sum + mask.data[i], 0))),
  };
}
