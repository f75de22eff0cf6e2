import { type PictureSource, loadImage, pictureSize, sizeWithin } from './image';
import { encodeImage } from './save';

/**
 * The picture as a JPEG whose longer side is at most `side` pixels.
 *
 * @throws UserError as loadImage does
 */
export async function thumbnail(source: PictureSource, side: number): Promise<Buffer> {
  const size = sizeWithin(await pictureSize(source), side);
  return encodeImage(await loadImage(source, { size }), 'thumbnail.jpg');
}
