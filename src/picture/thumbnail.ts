import { type PictureSource, loadImage, pictureSize } from './image';
import { encodeImage } from './save';

/**
 * The picture as a JPEG whose longer side is at most `side` pixels.
 *
 * @throws UserError as loadImage does
 */
export async function thumbnail(source: PictureSource, side: number): Promise<Buffer> {
  const { width, height } = await pictureSize(source);
  const scale = Math.min(1, side / Math.max(width, height));
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  return encodeImage(await loadImage(source, { size }), 'thumbnail.jpg');
}
