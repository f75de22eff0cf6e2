/** Animated GIF and WebP files. */
import { UserError } from '../errors';
import type { Picture } from '../picture/image';
import { loadSharp } from '../picture/sharp';
import { writeWholeFile } from '../wholeFile';

export interface Animation {
  frames: readonly Picture[];
  /** Milliseconds that each frame is shown. */
  delay: readonly number[];
  /** How often it is played; 0 for ever. */
  loop: number;
}

/** How many frames the file has: 1 for a picture that does not move. */
export async function frameCount(file: string): Promise<number> {
  const sharp = await loadSharp();
  const { pages = 1, format } = await sharp(file).metadata();
  return format === 'gif' || format === 'webp' ? pages : 1;
}

/**
 * All frames, as 8-bit sRGB; transparent parts become white.
 *
 * @throws UserError where the file is damaged
 */
export async function readAnimation(file: string): Promise<Animation> {
  const sharp = await loadSharp();
  const source = sharp(file, { animated: true, failOn: 'error' });
  const { delay = [], loop = 0 } = await source.metadata();
  const { data, info } = await source
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      const [reason = ''] = (error as Error).message.trim().split('\n');
      throw new UserError(`The animation ${file} is damaged: ${reason}. Name another file.`, {
        cause: error,
      });
    });
  const { width, pageHeight: height = info.height } = info;
  const bytes = width * height * 3;
  const frames = Array.from({ length: data.length / bytes }, (_, i) => {
    return { width, height, data: new Uint8Array(data.subarray(i * bytes, (i + 1) * bytes)) };
  });
  return { frames, delay, loop };
}

/** @throws UserError where the file cannot be written */
export async function writeAnimation(file: string, { frames, delay, loop }: Animation): Promise<void> {
  const sharp = await loadSharp();
  const [{ width, height }] = frames;
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const;
  const pages = sharp(Buffer.concat(frames.map(({ data }) => data)), { raw, limitInputPixels: false });
  const times = { delay: [...delay], loop };
  const encoded = /\.gif$/i.test(file)
    ? // Dithering would move dots about where nothing moves.
      pages.gif({ ...times, dither: 0 })
    : pages.webp({ ...times, quality: 90 });
  await writeWholeFile(file, [await encoded.toBuffer()]);
}
