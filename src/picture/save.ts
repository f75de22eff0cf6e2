/** Writes pictures to files: with 8 or 16 bits a channel, an sRGB profile, and notes on how they were made. */
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type sharp from 'sharp';
import { UserError } from '../errors';
import { writeWholeFile } from '../wholeFile';
import type { DeepPicture, Picture } from './image';
import { type PictureNotes, xmpOf } from './notes';
import { loadSharp } from './sharp';

/**
 * What a file name's extension writes. sharp's own defaults lose visible detail: JPEG at quality 80 with halved colours, also within TIFF.
 */
const WRITABLE: Record<string, (picture: sharp.Sharp) => sharp.Sharp> = {
  '.png': (picture) => picture.png(),
  '.jpg': jpeg,
  '.jpeg': jpeg,
  '.webp': (picture) => picture.webp({ lossless: true }),
  '.tif': tiff,
  '.tiff': tiff,
};
const DEEP = ['.png', '.tif', '.tiff'];

export interface SaveOptions {
  /** How the picture was made; readNotes gives it back. */
  notes?: PictureNotes;
}

/**
 * The bytes of a picture's file, in the format of its extension: png, webp and tif without loss, jpg at quality 95. The levels are written
 * as they are, with the profile of sRGB.
 *
 * @param picture with 16 bits a channel only for png and tif
 * @param file the file's name
 * @throws UserError for another extension, or a picture that the format cannot hold
 */
export async function encodeImage(
  picture: Picture | DeepPicture,
  file: string,
  { notes }: SaveOptions = {},
): Promise<Buffer> {
  const extension = path.extname(file).toLowerCase();
  const encode = WRITABLE[extension];
  const isDeep = picture.data instanceof Uint16Array;
  const endings = isDeep ? DEEP : Object.keys(WRITABLE);
  if (!encode || !endings.includes(extension)) {
    const wanted = isDeep ? 'that holds 16 bits a channel' : 'that a picture can be saved with';
    throw new UserError(`${file} has no ending ${wanted}. Choose one of ${endings.join(', ')}.`);
  }
  const opened = await (isDeep ? openedDeep(picture) : opened8(picture));
  return encode(notes ? opened.withXmp(xmpOf(notes)) : opened)
    .toBuffer()
    .catch((error: unknown) => {
      const reason = (error as Error).message.trim();
      throw new UserError(
        `A ${extension} file cannot hold ${picture.width} x ${picture.height} pixels: ${reason}. Choose another format.`,
        { cause: error },
      );
    });
}

/**
 * Writes a picture as encodeImage encodes it. The file is written under a temporary name first, so that it is either complete or absent.
 *
 * @throws UserError as encodeImage does, and for a place that cannot be written
 */
export async function saveImage(
  picture: Picture | DeepPicture,
  file: string,
  options: SaveOptions = {},
): Promise<void> {
  await writeWholeFile(file, [await encodeImage(picture, file, options)]);
}

async function opened8(picture: Picture | DeepPicture): Promise<sharp.Sharp> {
  return (await rawPicture(picture)).withIccProfile('srgb');
}

/**
 * The profile comes with the input, because sharp converts 16-bit levels to a profile that it is asked for, which changes them. A PNG is
 * the input that can be given one.
 */
async function openedDeep(picture: Picture | DeepPicture): Promise<sharp.Sharp> {
  const sharp = await loadSharp();
  const png = await (
    await rawPicture(picture)
  )
    .toColourspace('rgb16')
    .png({ compressionLevel: 1 })
    .toBuffer();
  const withProfile = insertChunk(
    png,
    'iCCP',
    Buffer.concat([Buffer.from('sRGB\0\0', 'latin1'), deflateSync(await srgbProfile())]),
  );
  return sharp(withProfile, { ignoreIcc: true }).keepIccProfile().toColourspace('rgb16');
}

async function rawPicture({ data, width, height }: Picture | DeepPicture): Promise<sharp.Sharp> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function srgbProfile(): Promise<Buffer> {
  const sharp = await loadSharp();
  const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'white' } })
    .withIccProfile('srgb')
    .png()
    .toBuffer();
  return (await sharp(pixel).metadata()).icc as Buffer;
}

/** Where the header of a PNG ends, after which its profile comes. */
const AFTER_HEADER = 33;

function insertChunk(png: Buffer, type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(content.length);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
}

function jpeg(picture: sharp.Sharp): sharp.Sharp {
  return picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' });
}

function tiff(picture: sharp.Sharp): sharp.Sharp {
  return picture.tiff({ compression: 'deflate' });
}
