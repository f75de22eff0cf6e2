import type { Picture } from '../picture/image';
import { loadSharp } from '../picture/sharp';

/**
 * A PNG that is not compressed: exact to the pixel, and made in a thirtieth of the time. Its size does not matter on the way from this machine
 * to itself.
 */
export async function previewPng({ data, width, height }: Picture): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
