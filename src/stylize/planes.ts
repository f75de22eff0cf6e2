/** A picture's pixels as a fast style network takes them, and back. Nothing is imported, so that a browser computes the same. */
import type { Picture, Size } from '../picture/image';

/** The least rows and columns: what the 5 x 5 kernels' mirrored edges need. */
export const LEAST_SIDE = 5;

/**
 * @param noise for each pixel: see noiseOfPictures
 * @returns [3, height, width], about 0 to 255
 */
export function planesOf({ width, height, data }: Picture, noise: Float32Array): Float32Array<ArrayBuffer> {
  const size = width * height;
  const planes = new Float32Array(3 * size);
  for (let pixel = 0, i = 0; pixel < size; pixel++) {
    planes[pixel] = data[i++] + noise[pixel];
    planes[size + pixel] = data[i++] + noise[pixel];
    planes[2 * size + pixel] = data[i++] + noise[pixel];
  }
  return planes;
}

/**
 * The painting, blended with the picture that it was made of.
 *
 * @param painted [3, height, width], 0 to 255
 * @param strength 1 for all of the painting, 0 for the picture as it was
 */
export function blended(
  { width, height, data }: Picture,
  painted: ArrayLike<number>,
  strength: number,
): Size & { data: Uint8Array } {
  const size = width * height;
  // Assigning to a Uint8ClampedArray rounds.
  const levels = new Uint8ClampedArray(data.length);
  for (let pixel = 0, i = 0; pixel < size; pixel++) {
    for (let channel = 0; channel < 3; channel++, i++) {
      levels[i] = data[i] + strength * (painted[channel * size + pixel] - data[i]);
    }
  }
  return { width, height, data: new Uint8Array(levels.buffer) };
}
