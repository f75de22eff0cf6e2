/** Loads and resizes pictures: In [16] and [17] of the chapter. */
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import type sharp from 'sharp';
import { UserError } from '../errors';
import { loadSharp } from './sharp';

/** A picture: 8-bit sRGB, three bytes (red, green, blue) a pixel, row by row from the top. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** The same with 16 bits a channel, 0..65535. */
export interface DeepPicture {
  width: number;
  height: number;
  data: Uint16Array;
}

export interface Size {
  width: number;
  height: number;
}

/** Where a picture comes from: the path of a file, the bytes of one, or a picture in memory. */
export type PictureSource = string | Uint8Array | Picture;

/** lanczos3 keeps the most detail; nearest is Keras's load_img (Pillow's NEAREST), pixel for pixel. */
export type ResizeFilter = 'lanczos3' | 'nearest';

const READABLE = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'avif'];
/** Bytes (which includes one bit a pixel) and 16 bits: they become 8-bit sRGB without a guess at the range of values. */
const DEPTHS = ['uchar', 'ushort'];
/** Beyond this a file is a decompression bomb or a mistake: 268 million pixels, sharp's own limit. */
const MOST_PIXELS = 0x3fff * 0x3fff;

/**
 * The size for the chapter's rule: a given height, and the width that keeps the content picture's proportions (floor, as in In [16]).
 *
 * @throws UserError where the width would be 0, or the result would have too many pixels
 */
export function chapterSize(
  { width, height }: Size,
  imgHeight = 400,
): { imgHeight: number; imgWidth: number } {
  const imgWidth = Math.floor((width * imgHeight) / height);
  if (imgWidth < 1) {
    throw new UserError(
      `A picture of ${width} x ${height} pixels is less than 1 pixel wide at height ${imgHeight}. Crop it.`,
    );
  }
  if (imgWidth * imgHeight > MOST_PIXELS) {
    throw new UserError(
      `A result of ${imgWidth} x ${imgHeight} has more than ${MOST_PIXELS} pixels. Lower the height, or crop the picture.`,
    );
  }
  return { imgHeight, imgWidth };
}

/** The size with the same proportions whose longer side is at most `side` pixels. */
export function sizeWithin({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function assertFile(file: string): Promise<void> {
  if (/^([a-z][a-z0-9+.-]+:\/\/|data:)/i.test(file)) {
    throw new UserError(
      `The address ${file.slice(0, 200)} is not a picture on this machine. Download it first.`,
    );
  }
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new UserError(`There is no picture at ${file}. Check the path.`);
  if (found.isDirectory()) throw new UserError(`${file} is a folder, not a picture. Name a file.`);
  if (!found.isFile())
    throw new UserError(`${file} is a pipe or a device, not a picture. Save it as a file first.`);
  if (found.size === 0) throw new UserError(`The picture ${file} is empty. Name another file.`);
  await access(file, constants.R_OK).catch((error: unknown) => {
    throw new UserError(`Cannot read the picture ${file}: ${(error as Error).message}. Name another file.`, {
      cause: error,
    });
  });
}

/** Whether this is HEIC, which phones save and sharp's own build cannot read, by the brand in its first box. */
function isHeic(start: Uint8Array): boolean {
  return /^ftyp(hei|hev)/.test(Buffer.from(start.subarray(4, 12)).toString('latin1'));
}

async function firstBytes(source: string | Uint8Array): Promise<Uint8Array> {
  if (typeof source !== 'string') return source;
  const opened = await open(source);
  try {
    return (await opened.read(Buffer.alloc(12), 0, 12, 0)).buffer;
  } finally {
    await opened.close();
  }
}

/** What a message that is about a source begins with. */
function nameOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? `The picture ${source}` : `The picture of ${source.length} bytes`;
}

/**
 * What the header of a picture says.
 *
 * @throws UserError where it is no picture that loadImage takes
 */
export async function pictureMetadata(source: string | Uint8Array): Promise<sharp.Metadata> {
  if (typeof source === 'string') await assertFile(source);
  const name = nameOf(source);
  const sharp = await loadSharp();
  // The size is checked below, where the message can give it.
  const metadata = await sharp(source, { limitInputPixels: false })
    .metadata()
    .catch(async (error: unknown) => {
      const what = isHeic(await firstBytes(source)) ? 'heic' : 'of no kind that can be read';
      throw new UserError(`${name} is ${what}. Convert it first, to ${READABLE.join(', ')}.`, {
        cause: error,
      });
    });
  const format =
    metadata.format === 'heif' ? (metadata.compression === 'av1' ? 'avif' : 'heic') : metadata.format;
  if (!READABLE.includes(format)) {
    throw new UserError(`${name} is ${format}. Convert it first, to ${READABLE.join(', ')}.`);
  }
  if (metadata.width * metadata.height > MOST_PIXELS) {
    throw new UserError(
      `${name} has ${metadata.width} x ${metadata.height} pixels, more than ${MOST_PIXELS}. ` +
        'Make it smaller first.',
    );
  }
  if (!DEPTHS.includes(metadata.depth)) {
    throw new UserError(
      `${name} has values of the type ${metadata.depth}. Convert it first, to 8 or 16 bits a channel.`,
    );
  }
  return metadata;
}

/** The size of a picture as it is seen, turned upright by its EXIF orientation. */
export async function pictureSize(source: PictureSource): Promise<Size> {
  if (isPicture(source)) return { width: source.width, height: source.height };
  const { autoOrient } = await pictureMetadata(source);
  return autoOrient;
}

function isPicture(source: PictureSource): source is Picture {
  if (typeof source === 'string' || source instanceof Uint8Array) return false;
  const { width, height, data } = source;
  if (data.length === width * height * 3 && data.length > 0) return true;
  throw new UserError(
    `A picture of ${width} x ${height} pixels needs ${width * height * 3} bytes, three a pixel, but its data has ${data.length}. ` +
      'Pass 8-bit RGB without transparency.',
  );
}

export interface LoadOptions {
  /** The size to resize to; default the picture's own. */
  size?: Size;
  /** Default lanczos3. */
  resize?: ResizeFilter;
}

/**
 * Loads a picture, from a file or from the bytes of one, as upright 8-bit sRGB. The EXIF orientation is applied; an ICC profile, CMYK, grey
 * and 16 bits are converted; transparent parts become white; of several pages the first is taken.
 *
 * @throws UserError where the file is missing, damaged, too large or of another kind
 */
export async function loadImage(
  source: PictureSource,
  { size, resize = 'lanczos3' }: LoadOptions = {},
): Promise<Picture> {
  const picture = isPicture(source) ? source : await decoded(source);
  return size ? resizePicture(picture, size, resize) : picture;
}

async function decoded(source: string | Uint8Array): Promise<Picture> {
  const { icc, space } = await pictureMetadata(source);
  try {
    const { data, info } = await asSrgb(icc && space === 'rgb16' ? await inEightBits(source) : source);
    return { width: info.width, height: info.height, data: asRgb(data, info.channels) };
  } catch (error) {
    const [reason = ''] = (error as Error).message.trim().split('\n');
    throw new UserError(`${nameOf(source)} is damaged: ${reason}. Name another file.`, {
      cause: error,
    });
  }
}

// 'truncated', the milder level, takes half a TIFF and shows the rest black.
const STRICT = { failOn: 'error', limitInputPixels: MOST_PIXELS } as const;

async function asSrgb(source: string | Uint8Array): Promise<{ data: Buffer; info: sharp.OutputInfo }> {
  const sharp = await loadSharp();
  return await sharp(source, STRICT)
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
}

/** The same picture with the upper 8 of its 16 bits, and its profile: with more bits sharp would bring it to Display P3, not to sRGB. */
async function inEightBits(source: string | Uint8Array): Promise<Buffer> {
  const sharp = await loadSharp();
  return await sharp(source, { ...STRICT, ignoreIcc: true })
    .autoOrient()
    .toColourspace('srgb')
    .keepIccProfile()
    .tiff({ compression: 'none' })
    .toBuffer();
}

/** Three channels: the one of a grey picture is repeated. */
function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let pixel = 0; pixel < rgb.length / 3; pixel++)
    rgb.fill(data[pixel * channels], pixel * 3, pixel * 3 + 3);
  return rgb;
}

/** The picture at another size. */
export async function resizePicture(picture: Picture, size: Size, filter: ResizeFilter): Promise<Picture> {
  if (picture.width === size.width && picture.height === size.height) return picture;
  if (filter === 'nearest') return resizeNearest(picture, size);
  const { width, height } = picture;
  const sharp = await loadSharp();
  const data = await sharp(picture.data, { raw: { width, height, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { ...size, data };
}

/** The source pixel that Pillow takes for each of `to`: it starts half a step in and adds up steps. */
function nearestIndices(from: number, to: number): Int32Array {
  const step = from / to;
  const indices = new Int32Array(to);
  for (let i = 0, position = step / 2; i < to; i++, position += step) indices[i] = Math.floor(position);
  return indices;
}

function resizeNearest(picture: Picture, { width, height }: Size): Picture {
  const columns = nearestIndices(picture.width, width);
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (const row of nearestIndices(picture.height, height)) {
    for (const column of columns) {
      const from = (row * picture.width + column) * 3;
      data.set(picture.data.subarray(from, from + 3), to);
      to += 3;
    }
  }
  return { width, height, data };
}
